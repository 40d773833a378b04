"""One day of a stand-up: what each member is asked, and the channel's post that all answers stand under.

The post is opened by the first answer and updated in place; each answer is a message in its thread. Whatever changes an
answer or a blocker, an undo too, is heard here and brings the post up to date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from core.chat import grammar, walltime
from core.chat.card import Button, Buttons, Card, Items, Line, Part, Text, escape
from core.chat.words import counted, day_in_words, listed, shorten
from core.product import blockers, burndown, capacity, presence, sprints, standups
from core.product.blockers import Blocker
from core.product.items import Block, Comment, Item
from core.product.people import Directory, ProductInfo
from core.product.presence import Presence
from core.product.sprints import RUNNING
from core.product.standups import ANSWERED, BLOCKERS, DRAFT, SKIPPED, TODAY, Answer, Day, Standup
from core.schedule import digests, occurrences, riding
from core.schedule.digests import Digest
from core.store import history
from core.store.database import Session

SHOWN = 6  # of each kind
LOOK_BACK = 200  # changes
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


# ---- the prompt ----


def prompt(
    view: View, standup: Standup, person: str, day: date, *, head: Sequence[Part] = (), again: bool = False
) -> Card:
    """What one member is asked: what happened while they slept, who waits for them, and what they planned. head: what
    is to be said to them anyway, and stands on top."""
    local = view.now.astimezone(view.there.zone(person))
    greeting = "Good morning" if local.hour < 12 else "Good afternoon" if local.hour < 18 else "Good evening"
    title = f"{greeting} {view.name(person)}. {titled(standup)} is open."
    if again:
        title = f"{titled(standup)} is still waiting for you, {view.name(person)}."
    last = standups.before(view.db, standup.id, person, day)
    plan = last.texts.get(TODAY, "") if last else ""
    body: list[Part] = [*head]
    if not again:
        body += _overnight(view, standup, person)
    body += _held_up(view, standup, person)
    if plan:
        body.append(Text(f"{_last_time(last, day)} you planned: {escape(shorten(plan, 300))}"))
    if due := _due(view, person, day):
        body.append(Text(f"Due today: {escape(', '.join(due))}"))
    if not plan and not again:
        body.append(Text(escape(" ".join(standup.asked.values()))))
    if not again:
        before = occurrences.last_said(view.db, standup.id, "prompt", person)
        body += digests.parts_for(view.db, view.product, person, before)
    known = standups.answer_of(view.db, standup.id, person, day)
    begun = known is not None and known.state == DRAFT
    if begun:
        body.append(Text("You have begun an answer; it is kept as a draft."))
    body.append(Text("Press a button, or write your answer back to me.", subtle=True))
    planned = bool(plan) and TODAY in standup.asked
    return Card(title, tuple(body), _prompt_buttons(standup, day, planned=planned, begun=begun))


def _prompt_buttons(standup: Standup, day: date, *, planned: bool, begun: bool) -> tuple[Button, ...]:
    name = grammar.quote(standup.name)
    line = f"standup answer {name} for={day}"
    quick = (
        (Button("Done, and today …", f"{line} fill=yes", form=True), Button("Still on it", f"{line} same=yes"))
        if planned and not begun
        else ()
    )
    write = (
        () if planned and not begun else (answer_button(standup, day, "Go on with my draft" if begun else "Answer"),)
    )
    return (
        *write,
        *quick,
        Button("I'm blocked …", "blocker add", form=True),
        Button("Away today", "team away me today"),
        Button("In 30 min", f"standup later {name} 30m"),
        Button("Skip", f"standup skip {name}"),
    )


def answer_button(standup: Standup, day: date, label: str) -> Button:
    """Opens the form, as it was left."""
    return Button(label, f"standup answer {grammar.quote(standup.name)} for={day} fill=yes", "primary", form=True)


def titled(standup: Standup) -> str:
    return standup.name if "stand" in standup.name.lower() else f"{standup.name} stand-up"


def _last_time(last: Answer | None, day: date) -> str:
    return "Yesterday" if last and last.day == day - timedelta(days=1) else f"On {last.day:%A}" if last else ""


def _overnight(view: View, standup: Standup, person: str) -> list[Part]:
    """What others did to this person's items since their last working day ended."""
    since = _slept_since(view, person)
    told: list[str] = []
    comments = view.db.execute(
        select(Item.number, Comment.author_id)
        .join(Comment, (Comment.workspace_id == Item.workspace_id) & (Comment.item_id == Item.id))
        .where(
            Item.product_id == view.product.id, Item.assignee_id == person, Comment.created_at >= since,
            Comment.author_id != person,
        )
        .order_by(Comment.created_at)
    ).all()  # fmt: skip
    counts: dict[tuple[int, str | None], int] = {}
    for row in comments:
        counts[row.number, row.author_id] = counts.get((row.number, row.author_id), 0) + 1
    for (number, author), count in list(counts.items())[:SHOWN]:
        told.append(f"{view.name(author)} left {counted(count, 'comment')} on {view.key(number)}")
    for number, status, actor in _moves(view, since, assignee=person)[:SHOWN]:
        if actor != person:
            told.append(f"{view.name(actor)} set {view.key(number)} to {status}")
    raised = [
        row
        for row in blockers.standing(view.db, view.product.id)
        if row.raised_at >= since and row.raised_by != person and row.needs_id != person
    ]
    told += [f"{view.name(row.raised_by)} is blocked: B-{row.number} {shorten(row.text, 80)}" for row in raised[:SHOWN]]
    return [Text(f"While you slept: {escape('; '.join(told))}.")] if told else []


def _slept_since(view: View, person: str) -> datetime:
    """The end of their last working hours before today, at most a week ago."""
    today = view.there.today(person, view.now)
    for back in range(1, 8):
        day = today - timedelta(days=back)
        if view.there.works_on(person, day):
            return view.there.window(person, day)[1]
    return view.now - timedelta(days=7)


def _moves(view: View, since: datetime, assignee: str | None = None) -> list[tuple[int, str, str | None]]:
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


def _held_up(view: View, standup: Standup, person: str) -> list[Part]:
    """Who waits for this person: blockers that need them, and items that wait for theirs."""
    rows = blockers.concerning(blockers.standing(view.db, view.product.id), person)
    parts: list[Part] = []
    if rows:
        parts += [Text("**Waiting for you**"), Items(blocker_lines(view, rows[:SHOWN], button=True))]
    mine = select(Item.id).where(
        Item.product_id == view.product.id, Item.assignee_id == person, Item.closed_at.is_(None)
    )
    waits = view.db.execute(
        select(Item.number, Item.title, Item.assignee_id, Block.on_id)
        .join(Block, (Block.workspace_id == Item.workspace_id) & (Block.item_id == Item.id))
        .where(Block.on_id.in_(mine), Item.closed_at.is_(None), Item.assignee_id != person)
        .order_by(Item.rank)
        .limit(SHOWN)
    ).all()
    if waits:
        told = (f"{view.name(row.assignee_id)} with {view.key(row.number)} {shorten(row.title, 60)}" for row in waits)
        parts.append(Text(f"Waits for your work: {escape(', '.join(told))}"))
    return parts


def _due(view: View, person: str, day: date) -> list[str]:
    rows = view.db.execute(
        select(Item.number, Item.title, Item.due)
        .where(
            Item.product_id == view.product.id, Item.assignee_id == person, Item.closed_at.is_(None), Item.due <= day
        )
        .order_by(Item.due, Item.rank)
        .limit(SHOWN)
    )
    return [
        f"{view.key(row.number)} {shorten(row.title, 60)}"
        + ("" if row.due == day else f" (since {day_in_words(row.due, day)})")
        for row in rows
        if row.due is not None
    ]


# ---- the channel's post ----


def post(view: View, standup: Standup, day: date, *, closed: bool = False, boarding: Sequence[Digest] = ()) -> Card:
    """The post of a day: who answered, what is blocked, what moved, and the sprint digest that rides on it. Answers by
    person are in its thread. boarding: digests whose time comes just now."""
    people = standups.members(view.db, standup, standups.team(view.directory, view.product.id))
    given = standups.answers(view.db, standup.id, day)
    stands = standups.standing(standup, view.there, people, given, day)
    title = f"{titled(standup)} · {day:%a} {day.day} {day:%b} · {len(stands.answered)} of {stands.expected} answered"
    body: list[Part] = []
    if said := _who(view, stands, day, closed):
        body.append(Text(escape(said)))
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
    local = view.now.astimezone(view.there.tz)
    small = f"Answers by person are in the thread. {'Closed' if closed else 'Updated'} {local:%H:%M}."
    body.append(Text(small, subtle=True))
    name = grammar.quote(standup.name)
    buttons = (
        Button("Answer", f"standup answer {name} for={day} fill=yes", form=True),
        Button("I'm blocked", "blocker add", form=True),
        Button("Away today", "team away me today"),
    )
    return Card(title, tuple(body), buttons)


def _who(view: View, stands: Day, day: date, closed: bool) -> str:
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


def _since_yesterday(view: View, day: date) -> str:
    """What was done and begun since the day before began."""
    since = walltime.day_begins(day - timedelta(days=1), view.there.tz)
    moved = [row for row in _moves(view, since) if row[1] in ("done", "accepted", "doing")]
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
