"""A quarter of two teams in JSON lines, on real backlogs; every figure is reckoned here from the script as well.

Nothing of the product is asked for the expected numbers: they are sums over what the script says happened.
"""

import csv
import json
import os
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from statistics import mean, pstdev
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.lines import TERMINAL, talk
from core.commands import assemble
from core.exchange.importing import Import
from core.store.database import Database

BACKLOG = Path(__file__).parents[3].parent / "shared" / "data" / "backlog"
pytestmark = pytest.mark.skipif(
    not BACKLOG.is_dir() and not os.environ.get("CI"), reason="the real files of ../shared/data are not here"
)

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 8, 31)  # a Monday; three fortnights without a public holiday
HELD = 8  # items that a team commits to anew
Json = dict[str, Any]


def points(name: str) -> list[float]:
    """The story points of a file, in its order, as the csv module alone reads them."""
    csv.field_size_limit(1 << 24)
    with (BACKLOG / name).open(encoding="utf-8", newline="") as file:
        return [float(row["storypoint"]) for row in csv.DictReader(file)]


@dataclass
class Team:
    """What happened to one team, as the script has it: points by item, what is in the sprint, what is done."""

    key: str
    place: str
    lead: str
    file: str
    speed: int  # items done in a sprint
    points: dict[int, float] = field(default_factory=dict)
    fresh: int = 1  # the next item that was in no sprint yet
    carried: list[int] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    done_on: dict[int, date] = field(default_factory=dict)
    results: list[tuple[float, float]] = field(default_factory=list)  # committed and done, by sprint

    def sum(self, items: list[int]) -> float:
        return sum(self.points[item] for item in items)

    def name(self, items: list[int]) -> str:
        return " ".join(f"{self.key}-{item}" for item in items)


def said(number: float) -> str:
    return f"{round(number, 1):g}"


def both(items: list[int], sum_: float) -> str:
    """'1 item, 5 pts'."""
    return f"{len(items)} item{'' if len(items) == 1 else 's'}, {said(sum_)} pt{'' if sum_ == 1 else 's'}"


class Script:
    """Lines and what each must say; played at the end, all in one chat."""

    def __init__(self) -> None:
        self.lines: list[tuple[Json, tuple[str, ...]]] = []

    def say(self, team: Team, who: str, line: str, day: date, hour: int, *wanted: str) -> None:
        at = datetime.combine(day, time(hour), BERLIN)
        self.lines.append(({"as": who, "in": team.place, "say": line, "at": at.isoformat()}, wanted))


def _sprint(script: Script, team: Team, n: int) -> None:
    """One fortnight: planned, started, worked on, one item in, one out, one estimated anew, one reopened, closed."""
    first = FIRST + timedelta(days=14 * n)
    last = first + timedelta(days=11)
    new = list(range(team.fresh, team.fresh + HELD))
    team.fresh += HELD + 1  # the one behind comes in later
    team.inside, team.done = [*team.carried, *new], []
    script.say(team, team.lead, f"sprint new from={first} to={last} goal=Fortnight {n + 1}", first, 8)
    script.say(team, team.lead, f"sprint add {team.name(team.inside)}", first, 9)
    committed = team.sum(team.inside)
    script.say(team, team.lead, "sprint start", first, 10, f"{both(team.inside, committed)} committed")
    remaining = [committed]
    for day in (first + timedelta(days=d) for d in range(12)):
        _day(script, team, n, (day - first).days, day, remaining)
        remaining.append(team.sum(team.inside) - team.sum(team.done))
    _end(script, team, n, last, committed, remaining)


def _day(script: Script, team: Team, n: int, d: int, day: date, remaining: list[float]) -> None:
    """What happens on one day; every third one somebody looks at how far it is."""
    if day.weekday() < 5 and len(team.done) < team.speed:
        open_ = [item for item in team.inside if item not in team.done]
        script.say(team, "bob", f"backlog done {team.name(open_[:1])}", day, 11)
        team.done.append(open_[0])
        team.done_on[open_[0]] = day
    if d == 2:
        late = team.fresh - 1
        why = f"outage {n}"
        team.inside.append(late)
        script.say(team, team.lead, f"sprint add {team.name([late])} because={why}", day, 12, f"because {why}")
    if d == 3:
        out = next(item for item in reversed(team.inside[:-1]) if item not in team.done)
        team.inside.remove(out)
        script.say(team, team.lead, f"sprint remove {team.name([out])} because=no room", day, 12)
    if d == 4:
        item = team.inside[-1]
        team.points[item] += 2
        script.say(team, "bob", f"backlog edit {team.name([item])} points={said(team.points[item])}", day, 13)
    if d == 7:
        back = team.done.pop()
        del team.done_on[back]
        script.say(team, "bob", f"backlog reopen {team.name([back])}", day, 14)
    if d % 3 == 1:
        done, scope = team.sum(team.done), team.sum(team.inside)
        progress = f"pts done: {done:g} of {scope:g}"
        script.say(team, "bob", "sprint status", day, 20, progress, f"({len(team.done)} of {len(team.inside)} items)")


def _end(script: Script, team: Team, n: int, last: date, committed: float, remaining: list[float]) -> None:
    done, scope = team.sum(team.done), team.sum(team.inside)
    days = ", ".join(f"{one:,.4g}" for one in remaining[1:])
    script.say(team, "bob", "sprint burndown", last, 21, f"By day: {days}.", f"{committed:g} pts committed")
    script.say(team, team.lead, "sprint close", last, 22, f"closed: {said(done)} of {said(scope)} pts done")
    team.carried = [item for item in team.inside if item not in team.done]
    team.results.append((committed, done))
    left = team.sum(team.carried)
    added = team.points[team.fresh - 1] - 2  # before it was estimated anew
    review = [
        f"Committed: {both(team.inside, committed)}",  # one came in, and one went out
        f"Added: {both([team.fresh - 1], added)}",
        f"Done: {both(team.done, done)}",
        f"Not finished: {both(team.carried, left)}",
    ]
    script.say(team, "bob", "sprint review", last, 23, *review)
    values = [value for _, value in team.results]
    spread = f", {said(min(values))} to {said(max(values))}, ± {said(pstdev(values))}" if n else ""
    title = f"velocity {said(mean(values))} pts a sprint{spread}"
    rows = [f"{said(a)} · {said(b)}" for a, b in team.results]
    script.say(team, "bob", "sprint velocity", last, 23, title, *rows)
    tomorrow = last + timedelta(days=1)
    weeks = -(-(tomorrow - min(team.done_on.values())).days // 7)
    if len(team.done_on) >= 10 and weeks >= 3:
        finished = f"From {len(team.done_on)} items finished in the last {weeks} weeks"
        script.say(team, "bob", "sprint forecast", tomorrow, 9, finished)
    if n:
        average = f"average of {', '.join(said(value) for value in values)} × 10 of 10 days"
        room = f"Room {round(mean(values)):g} pt"
        script.say(
            team, team.lead, "sprint plan", last, 23, room, average, *(f"{team.key}-{i}" for i in team.carried[:3])
        )


def _play(database: Database, teams: list[Team], script: Script) -> list[Json]:
    steward = assemble(database)
    start = datetime.combine(FIRST - timedelta(days=1), time(8), BERLIN)
    setup = [
        {"as": team.lead, "in": team.place, "say": f"product new {team.key} team key={team.key} tz=Europe/Berlin"}
        for team in teams[1:]
    ]
    head = [
        {"as": "ann", "in": "#app", "say": 'setup "App team" key=APP tz=Europe/Berlin'},
        *setup,
        *({"as": "ann", "in": team.place, "say": f"product use {team.key}"} for team in teams),
        *({"as": "bob", "in": team.place, "say": "backlog list"} for team in teams),
        *({"as": "ann", "in": team.place, "say": "team capacity @ann 0%"} for team in teams),
    ]
    first = [{**line, "at": start.isoformat()} for line in head]
    answers = [json.loads(one) for one in talk(steward, map(json.dumps, first), lambda: start)]
    assert all(answer["ok"] for answer in answers), answers
    for team in teams:
        done = Import(database, TERMINAL, team.key, "ann", BACKLOG / team.file, lambda: start)
        assert sum(done.run()) > 0
    return [json.loads(one) for one in talk(steward, [json.dumps(line) for line, _ in script.lines], lambda: start)]


@pytest.fixture
def teams() -> list[Team]:
    found = [
        Team("APP", "#app", "ann", "storypoints_usergrid.csv", speed=7),
        Team("SHOP", "#shop", "ann", "storypoints_clover.csv", speed=5),
    ]
    for team in found:
        team.points = dict(enumerate(points(team.file), 1))
    return found


def test_every_figure_of_a_quarter_is_what_the_script_comes_to(database: Database, teams: list[Team]) -> None:
    script = Script()
    for n in range(3):
        for team in teams:  # both at the same time, each in its own place
            _sprint(script, team, n)
    script.lines.sort(key=lambda line: str(line[0]["at"]))
    checked = 0
    for (line, wanted), answer in zip(script.lines, _play(database, teams, script), strict=True):
        assert answer["ok"], (line, answer)
        for one in wanted:
            assert one in answer["text"], (line, one, answer["text"])
            checked += 1
    assert checked > 100
    assert any("From " in one for _, wanted in script.lines for one in wanted)
