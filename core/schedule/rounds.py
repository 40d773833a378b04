"""One day of a stand-up: the channel's post that all answers stand under. What each member is asked is in `prompts`.

The post is opened by the first answer and updated in place; each answer is a message in its thread. Whatever changes an
answer or a blocker, an undo too, is heard here and brings the post up to date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from core.chat import grammar, walltime
from core.chat.card import Button, Buttons, Card, Items, Line, Part, Text, escape
from core.chat.words import listed, shorten
from core.product import blockers, burndown, capacity, presence, sprints, standups
from core.product.blockers import Blocker
from core.product.items import Item
from core.product.people import Directory, ProductInfo
from core.product.presence import Presence
from core.product.sprints import RUNNING
from core.product.standups import ANSWERED, BLOCKERS, SKIPPED, Answer, Day, Standup
from core.schedule import recipients, riding
from core.schedule.digests import Digest
from core.store import history
from core.store.database import Session

SHOWN = 6  # of each kind
LOOK_BACK = 200  # changes
A_WHILE = timedelta(minutes=5)
TAKEN_BACK = "has taken their answer back"


@dataclass(frozen=True, slots=True)
class View:
    """What the cards of a stand-up are written from."""

    db: Session
    directory: Directory
    product: ProductInfo
    there: Presence
    now: datetime

    def name(self, person: str | None) -> str:
        return self.directory.name(person)

    def key(self, number: int) -> str:
        return f"{self.product.key}-{number}"

    @property
    def today(self) -> date:
        return self.now.astimezone(self.there.tz).date()


def view_of(db: Session, directory: Directory, standup: Standup, now: datetime) -> View:
    product = directory.products[standup.product_id]
    return View(db, directory, product, presence.read(db, product), now)


def titled(standup: Standup) -> str:
    return standup.name if "stand" in standup.name.lower() else f"{standup.name} stand-up"


# ---- the channel's post ----


def post(view: View, standup: Standup, day: date, *, boarding: Sequence[Digest] = ()) -> Card:
    """The post of a day: who answered, what is blocked, what moved, and the sprint digest that rides on it. Answers by
    person are in its thread. boarding: digests whose time comes just now."""
    people = standups.members(view.db, standup, standups.team(view.directory, view.product.id))
    given = standups.answers(view.db, standup.id, day)
    stands = standups.standing(standup, view.there, people, given, day)
    title = f"{titled(standup)} · {day:%a} {day.day} {day:%b} · {len(stands.answered)} of {stands.expected} answered"
    body: list[Part] = []
    closes = standups.closes(standup, view.there, people, day)
    if said := _who(view, stands, day, closed=view.now >= closes):
        body.append(Text(escape(said)))
    if standups.is_first_day(view.db, standup.id, day):
        body += out_of_reach(view.db, view.directory, standup, stands.missing, "here")
    if sprint := _sprint(view, day):
        body.append(Text(escape(sprint)))
    rows = blockers.standing(view.db, view.product.id)
    if rows:
        body += [Text("**Blocked**"), Items(blocker_lines(view, rows[:SHOWN], button=True))]
        if len(rows) > SHOWN:
            body.append(Buttons((Button(f"All {len(rows)} blockers", "blocker list"),)))
    if overnight := _since_yesterday(view, day):
        body.append(Text(f"**Since yesterday** {escape(overnight)}"))
    for digest in (*riding.aboard(view.db, view.directory, standup, day), *boarding):
        body += riding.parts(view.db, digest, day)
    body.append(Text(f"Answers by person are in the thread. {_stamp(view, closes)}", subtle=True))
    name = grammar.quote(standup.name)
    buttons = (
        Button("Answer", f"standup answer {name} for={day} fill=yes", form=True),
        Button("I'm blocked", "blocker add", form=True),
        Button("Away today", "team away me today"),
    )
    return Card(title, tuple(body), buttons)


def _stamp(view: View, closes: datetime) -> str:
    """'Updated 11:42.', 'Closed 12:00.', or both where somebody answered well after that."""
    now, end = (f"{at.astimezone(view.there.tz):%H:%M}" for at in (view.now, closes))
    if view.now < closes:
        return f"Updated {now}."
    return f"Closed {end}." if view.now - closes < A_WHILE else f"Closed {end}, updated {now}."


def _who(view: View, stands: Day, day: date, *, closed: bool) -> str:
    """'Chen away until Fri · Maria's day begins in 2 h · Tom skips'."""
    said = []
    for person, last in stands.away.items():
        until = f" until {last:%a} {last.day} {last:%b}" if last and last > day else " today"
        said.append(f"{view.name(person)} away{until}")
    said += [f"{view.name(person)} skips" for person in stands.skipped]
    if closed:
        missing = listed([view.name(person) for person in stands.missing])
        return " · ".join([*said, *([f"no answer from {missing}"] if missing else [])])
    for person in stands.missing:
        wait = stands.asked_at[person] - view.now
        if wait > timedelta(minutes=30):
            hours = round(wait / timedelta(hours=1)) or 1
            said.append(f"{view.name(person)}'s day begins in {hours} h")
    return " · ".join(said)


def out_of_reach(
    db: Session, directory: Directory, standup: Standup, people: Sequence[str], where: str
) -> tuple[Text, ...]:
    """'I cannot write to mira in private. They can write to me there once, or press Answer here.'; () where everybody
    can be reached. where: where there is an [Answer] for them."""
    names = [directory.name(one) for one in recipients.out_of_reach(db, directory, people, standup.product_id)]
    if not names:
        return ()
    rest = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    said = f"I cannot write to {listed(names[:SHOWN] + rest)} in private."
    return (Text(escape(f"{said} They can write to me there once, or press Answer {where}.")),)


def _sprint(view: View, day: date) -> str:
    """'Sprint 8, day 2 of 10 · 5 of 30 pts done · on track', '' where none runs."""
    sprint = sprints.by_state(view.db, view.product.id, RUNNING)
    course = burndown.course(view.db, sprint) if sprint else None
    if sprint is None or course is None:
        return ""
    every = capacity.working_days(view.product, sprint.starts_on, sprint.ends_on)
    done, total = course.last.done.of(course.unit), course.last.scope.of(course.unit)
    passed = max(1, sum(one <= day for one in every))
    behind = capacity.is_behind(view.product, sprint.starts_on, sprint.ends_on, done, total, day)
    how = "at risk" if behind else "on track"
    return f"{sprint.name}, day {passed} of {len(every)} · {done:g} of {total:g} {course.unit} done · {how}"


def moves(view: View, since: datetime, assignee: str | None = None) -> list[tuple[int, str, str | None]]:
    """(number, status, who) of items whose status changed since an instant, the first change first, each item once."""
    latest: dict[str, tuple[str, str | None]] = {}
    for one in reversed(history.changes(view.db, product=view.product.id, since=since, limit=LOOK_BACK)):
        if one.entity == "items" and one.before is not None and one.after and "status" in one.after:
            latest.pop(one.entity_id, None)
            latest[one.entity_id] = (str(one.after["status"]), one.actor_id)
    if not latest:
        return []
    wanted = select(Item.id, Item.number, Item.status).where(Item.id.in_(list(latest)))
    if assignee is not None:
        wanted = wanted.where(Item.assignee_id == assignee)
    rows = {row.id: row for row in view.db.execute(wanted)}
    return [
        (rows[key].number, status, actor)
        for key, (status, actor) in latest.items()
        if key in rows and rows[key].status == status
    ]


def _since_yesterday(view: View, day: date) -> str:
    """What was done and begun since the day before began."""
    since = walltime.day_begins(day - timedelta(days=1), view.there.tz)
    moved = [row for row in moves(view, since) if row[1] in ("done", "accepted", "doing")]
    verbs = {"done": "done", "accepted": "accepted", "doing": "started"}
    told = [f"{view.key(number)} {verbs[status]} ({view.name(actor)})" for number, status, actor in moved[-SHOWN:]]
    return " · ".join(told)


def blocker_lines(view: View, rows: Sequence[Blocker], *, button: bool) -> tuple[Line, ...]:
    """'B-4 Test bank account · Mira, day 3 → Ann, promised today'."""
    return tuple(
        Line(
            f"B-{row.number}",
            shorten(row.text, 200),
            blockers.in_words(row, view.there.tz, view.today, view.name),
            (Button("I'll take it", f"blocker take B-{row.number}"),) if button and row.owner_id is None else (),
        )
        for row in rows
    )


def answer_card(view: View, standup: Standup, row: Answer) -> Card:
    """One member's answer, as it stands in the thread."""
    if row.state != ANSWERED:
        return Card(f"{view.name(row.person_id)} {'skips today' if row.state == SKIPPED else TAKEN_BACK}")
    short = {"yesterday": "Done", "today": "Today", "blockers": "Blocked"}
    texts = row.texts
    parts = []
    for name, question in standup.asked.items():
        said = texts.get(name, "").strip()
        if name == BLOCKERS and not blockers.said(said):
            continue
        if said:
            label = short.get(name, question) if not standup.questions else question
            parts.append(Text(f"**{escape(label)}** {escape(said)}"))
    return Card(view.name(row.person_id), tuple(parts))
