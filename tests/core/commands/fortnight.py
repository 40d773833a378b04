"""A sprint of two weeks as JSON lines play it: seven people in three countries, and whatever they do to a backlog.

`play(steward, seed)` says hundreds of lines, ticks the clock three times an hour, night and weekend included, and
gives back a Fortnight: every message that came, and what was done. What it knows of working days is the holidays
library's and zoneinfo's; no calendar of ours takes part in it.
"""

import json
import random
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from bot import lines
from core.commands.dispatch import Steward

STEP = timedelta(minutes=20)
NIGHT = timedelta(hours=1)
HOME = ZoneInfo("Europe/Vienna")
EVE = datetime(2026, 10, 16, 10, tzinfo=UTC)  # a Friday
BEGIN, END = datetime(2026, 10, 18, 22, tzinfo=UTC), datetime(2026, 10, 31, 6, tzinfo=UTC)
"""Dussehra in India is the 20th, Austria's national day the 26th; its clocks change in the night before that."""


@dataclass(frozen=True, slots=True)
class Person:
    """Where somebody works, and when by their own clock; `away` are local days."""

    name: str
    zone: ZoneInfo
    country: str
    start: time
    end: time
    away: tuple[date, ...] = ()

    def works_on(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.away and day not in holidays.country_holidays(self.country)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def at_work(self, at: datetime) -> bool:
        local = self.local(at)
        return self.works_on(local.date()) and self.start <= local.time() <= self.end


def _person(name: str, zone: str, country: str, hours: str, away: tuple[date, ...] = ()) -> Person:
    start, end = map(time.fromisoformat, hours.split("-"))
    return Person(name, ZoneInfo(zone), country, start, end, away)


PEOPLE = {
    one.name: one
    for one in (
        _person("ann", "Europe/Vienna", "AT", "09:00-17:30"),
        _person("peter", "Europe/Vienna", "AT", "08:00-16:00"),
        _person("lena", "Europe/Vienna", "AT", "10:00-18:30"),
        _person("ravi", "Asia/Kolkata", "IN", "09:00-18:00"),
        _person("mira", "Asia/Kolkata", "IN", "11:00-20:00", (date(2026, 10, 27), date(2026, 10, 28))),
        _person("tom", "America/New_York", "US", "09:00-17:00"),
        _person("chen", "America/New_York", "US", "07:30-15:30", (date(2026, 10, 22), date(2026, 10, 23))),
    )
}
READER = _person("vi", "Europe/Vienna", "AT", "09:00-17:30")  # no member: reads what stakeholders may
EVERYBODY = {**PEOPLE, READER.name: READER}

SETTING_UP = (
    ("ann", "#app", 'setup "Acme app" key=APP tz=Europe/Vienna po=@ann pm=@peter sm=@lena'),
    *((one.name, "#app", "help") for one in PEOPLE.values()),
    ("ann", "#app", "team role @vi viewer"),
    *(("ann", "#app", f"backlog add Thing {n} points={1 + n % 5}") for n in range(1, 17)),
    *(
        ("peter", "#app", f"roadmap add Plan {n} to=2026-11-{n:02} audience=stakeholders")
        for n in (10, 20, 27)
    ),
    ("peter", "#app", "roadmap add Inside job to=2026-11-12 audience=team"),
    ("peter", "#app", "roadmap link R-1 APP-1 APP-2 APP-3"),
    ("peter", "#app", "goal add Fewer tickets due=2026-12-31 audience=stakeholders"),
    ("peter", "#app", "goal result G-1 Tickets a week from=41 to=25"),
    ("peter", "#app", "metric define speed unit=s ask=@peter every=monday"),
    ("lena", "#app", 'sprint new "Sprint 8" from=2026-10-19 to=2026-10-30 goal=Export without tickets'),
    ("lena", "#app", "sprint add " + " ".join(f"APP-{n}" for n in range(1, 13))),
    ("lena", "#app", "sprint start"),
    ("lena", "#app", "standup new Daily"),
    ("lena", "#app", "standup new Evening at=16:00 days=tue,thu with=@ravi,@mira,@tom"),
    ("lena", "#app", 'digest new sprint at="weekdays 09:00"'),
    ("peter", "#app", 'digest new stakeholder at="weekdays 15:00" in=#board draft=4h'),
    ("peter", "#app", 'digest new stakeholder at="weekdays 12:00" in=#app draft=0h empty=line'),
    ("peter", "#app", 'digest new stakeholder at="weekdays 11:00" for=@vi draft=0h empty=line'),
    ("ravi", "#app", "digest new personal"),
    ("tom", "#app", "digest new personal"),
    *((name, "#app", "watch all") for name in ("lena", "vi")),
    ("chen", "#app", "mute watch"),
    ("chen", "#app", "watch all"),
    ("mira", "#app", "link APP-2 https://example.com/design"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Came:
    """A message as it came. edit: it stands in the place of one that came before."""

    at: datetime
    to: str
    thread: str
    key: str
    text: str
    edit: bool
    open: dict[str, bool] = field(hash=False)
    """The blockers that are open then, the oldest first, and whether somebody has taken each."""

    @property
    def kind(self) -> str:
        return self.key.partition(":")[0]

    @property
    def person(self) -> Person | None:
        return EVERYBODY[self.to[1:]] if self.to.startswith("@") else None


@dataclass(slots=True)
class Fortnight:
    came: list[Came] = field(default_factory=list)
    said: list[tuple[datetime, str, str, dict[str, Any]]] = field(default_factory=list)
    """When who said which line, and what was answered."""
    slips: list[tuple[datetime, str, str]] = field(default_factory=list)
    """When which roadmap entry moved, and why."""
    given: list[tuple[datetime, str, str]] = field(default_factory=list)
    """When somebody was given an item, or was needed by a blocker: who, and the thing."""
    settled: list[tuple[datetime, str]] = field(default_factory=list)
    """When that was so no more: the item was given to somebody else, the blocker was taken or cleared."""
    blockers: dict[str, bool] = field(default_factory=dict)
    urgent: set[str] = field(default_factory=set)


class Play:
    def __init__(self, steward: Steward, seed: int) -> None:
        self.chance = random.Random(seed)
        self.story = Fortnight()
        self.now = EVE
        self._to_say: deque[str] = deque()
        self._answers: Iterator[str] = lines.talk(steward, iter(self._to_say.popleft, None), lambda: self.now)
        self._seen: set[str] = set()
        self._later: list[tuple[datetime, Callable[[], None]]] = []
        self._assigned: dict[str, str] = {}
        self._count = 0

    # ---- lines ----

    def _line(self, **line: Any) -> dict[str, Any]:
        self._to_say.append(json.dumps({"at": self.now.isoformat(), **line}))
        answer: dict[str, Any] = json.loads(next(self._answers))
        return answer

    def say(self, who: str, where: str, what: str, **more: Any) -> dict[str, Any]:
        answer = self._line(**{"as": who, "in": where, "say": what, **more})
        assert "went wrong" not in answer.get("refused", ""), (what, answer)
        self.story.said.append((self.now, who, what, answer))
        return answer

    def tick(self) -> None:
        for one in self._line(tick=True)["delivered"]:
            edit = one["key"] in self._seen
            self._seen.add(one["key"])
            came = Came(
                self.now, one["to"], one["thread"], one["key"], one["text"], edit, dict(self.story.blockers)
            )  # fmt: skip
            self.story.came.append(came)
            if came.kind == "prompt" and not edit:
                self._answer_some_time(came)

    def run(self) -> Fortnight:
        for who, where, what in SETTING_UP:
            answer = self.say(who, where, what)
            assert answer["ok"], (what, answer)
        for one in PEOPLE.values():
            hours = f"{one.start:%H:%M}-{one.end:%H:%M} tz={one.zone.key} country={one.country}"
            assert self.say(one.name, "#app", f"team hours me {hours}")["ok"]
            for day in one.away:
                assert self.say(one.name, "#app", f"team away me {day}")["ok"]
        self.tick()
        self.now = BEGIN
        while self.now < END:
            self._step()
        return self.story

    def _step(self) -> None:
        """What happens until the next tick, at the minutes at which it does. While nobody works an hour is enough."""
        busy = any(one.at_work(at) for one in EVERYBODY.values() for at in (self.now, self.now + NIGHT))
        step = STEP if busy or self.now.minute else NIGHT
        until = self.now + step
        if self.now < END - timedelta(days=1):  # the last day is quiet: what waits comes
            for one in PEOPLE.values():
                often = 0.13 if one.at_work(self.now) else 0.01
                if self.chance.random() < often:
                    self._at(self.now + self.chance.random() * step, self._act(one.name))
        for at, act in sorted((one for one in self._later if one[0] < until), key=lambda one: one[0]):
            self.now = max(self.now, at)
            act()
        self._later = [one for one in self._later if one[0] >= until]
        self.now = until
        self.tick()

    def _at(self, at: datetime, act: Callable[[], None]) -> None:
        self._later.append((at, act))

    # ---- what people do ----

    def _act(self, who: str) -> Callable[[], None]:
        acts: dict[Callable[[str], None], int] = {
            self._add: 3, self._change: 8, self._assign: 4, self._comment: 5, self._watch: 2, self._take_back: 1,
            self._block: 2, self._take: 2, self._clear: 2, self._ask: 2, self._slip: 3, self._measure: 1,
            self._invite: 1,
        }  # fmt: skip
        act = self.chance.choices(list(acts), list(acts.values()))[0]
        return lambda: act(who)

    def _item(self) -> str:
        return f"APP-{self.chance.randint(1, 16)}"

    def _other(self, who: str) -> str:
        return self.chance.choice([one for one in PEOPLE if one != who])

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _add(self, who: str) -> None:
        self.say(who, "#app", f"backlog add Thing of {who} {self._number()} points=2")

    def _change(self, who: str) -> None:
        item = self._item()
        line = self.chance.choice(
            (f"start {item}", f"done {item}", f"reopen {item}", f"edit {item} points={self._number()}",
             f"edit {item} due=2026-10-{self.chance.randint(20, 31)}", f"move {item} top")
        )  # fmt: skip
        self.say("ann" if line.startswith("move") else who, "#app", f"backlog {line}")

    def _assign(self, who: str) -> None:
        item, other = self._item(), self._other(who)
        if self.say(who, "#app", f"backlog assign {item} @{other}")["ok"] and self._assigned.get(item) != other:
            self._assigned[item] = other
            self.story.settled.append((self.now, item))
            self.story.given.append((self.now, other, item))

    def _comment(self, who: str) -> None:
        self.say(who, "#app", f"backlog comment {self._item()} Number {self._number()}: @{self._other(who)}, look")

    def _watch(self, who: str) -> None:
        verb = self.chance.choice(("watch", "watch", "unwatch"))
        self.say(who, "#app", f"{verb} {self.chance.choice((self._item(), 'R-1', 'R-2', 'G-1'))}")

    def _take_back(self, who: str) -> None:
        if self.say(who, "#app", f"backlog add Mistake {self._number()}")["ok"]:
            assert self.say(who, "#app", "undo")["ok"]

    def _block(self, who: str) -> None:
        other = self._other(who)
        needs = f" needs=@{other}" if self.chance.random() < 0.5 else ""
        answer = self.say(who, "#app", f"blocker add The key {self._number()} is missing on={self._item()}{needs}")
        if answer["ok"]:
            name = self._raised(answer)
            if needs:
                self.story.given.append((self.now, other, name))

    def _raised(self, answer: dict[str, Any]) -> str:
        name = re.findall(r"\bB-\d+", answer["text"])[0]
        self.story.blockers[name] = False
        return str(name)

    def _take(self, who: str) -> None:
        free = [name for name, taken in self.story.blockers.items() if not taken]
        if free and self.say(who, "#app", f"blocker take {free[0]} by=friday")["ok"]:
            self.story.blockers[free[0]] = True
            self.story.settled.append((self.now, free[0]))

    def _clear(self, who: str) -> None:
        if len(self.story.blockers) > 2:
            name = self.chance.choice(list(self.story.blockers))
            if self.say(who, "#app", f"blocker clear {name} because=It works")["ok"]:
                del self.story.blockers[name]
                self.story.settled.append((self.now, name))

    def _ask(self, who: str) -> None:
        urgent = " urgent=yes" if self.chance.random() < 0.1 else ""
        answer = self.say(who, "#app", f"question add What is number {self._number()} for? on={self._item()}{urgent}")
        if answer["ok"] and (name := re.search(r"\bQ-\d+", answer["text"])):
            if urgent:
                self.story.urgent.add(name[0])
            wait = timedelta(hours=self.chance.randint(1, 60))
            self._at(self.now + wait, lambda: self._settle(name[0]))

    def _settle(self, name: str) -> None:
        self.say(self.chance.choice(("ann", "peter")), "#app", f"question answer {name} It is for the bank")

    def _slip(self, _: str) -> None:
        entry, why = self.chance.choice((1, 2, 3, 4)), f"reason {self._number()} came up"
        day = date(2026, 11, 12) + timedelta(days=self.chance.randint(0, 60))
        answer = self.say("peter", "#app", f"roadmap date R-{entry} to={day} because={why}")
        if answer["ok"]:
            self.story.slips.append((self.now, f"R-{entry}", why))

    def _measure(self, who: str) -> None:
        self.say("peter", "#app", f"metric record speed {self._number()}")
        self.say("peter", "#app", f"goal update G-1.1 {self.chance.randint(25, 41)}")

    def _invite(self, who: str) -> None:
        n, other = self._number(), self._other(who)
        line = self.chance.choice(
            (f"feedback ask What about number {n}? to=@{other}", f'decide open What about number {n}? options="a|b"',
             f"roadmap review open Review {n} with=@{other} on=friday", "retro open until=tomorrow",
             "retro good Number so and so")
        )  # fmt: skip
        self.say("peter" if "review" in line else "lena", "#app", line)

    # ---- stand-ups ----

    def _answer_some_time(self, prompt: Came) -> None:
        who = prompt.to[1:]
        name = "Evening" if prompt.text.partition("\n")[0].find("Evening") >= 0 else "Daily"
        soon = self.now + timedelta(minutes=self.chance.randint(1, 110))
        first, second = self.chance.random(), self.chance.random()
        if first < 0.15:
            self._at(self.now + timedelta(minutes=2), lambda: self._say(who, f"standup later {name} 30m"))
        if second < 0.1:
            self._at(soon, lambda: self._say(who, f"standup skip {name}"))
        elif second < 0.8:
            self._at(soon, lambda: self._answer(who, name))

    def _say(self, who: str, line: str) -> None:
        self.say(who, "@steward", line)

    def _answer(self, who: str, name: str) -> None:
        blocked = self.chance.random() < 0.1
        values = {"yesterday": "Things", "today": f"More of {self._item()}",
                  "blockers": f"The door {self._number()} is shut" if blocked else "none"}  # fmt: skip
        answer = self.say(who, "@steward", f"standup answer {name}", values=values)
        if answer["ok"] and blocked:
            self._raised(answer)


def play(steward: Steward, seed: int) -> Fortnight:
    return Play(steward, seed).run()
