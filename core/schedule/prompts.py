"""What one member of a stand-up is asked: what happened while they slept, who waits for them, what they planned."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, select

from core.chat import grammar
from core.chat.card import Button, Card, Items, Line, Part, Text, escape
from core.chat.words import counted, day_in_words, shorten
from core.product import blockers, questions, standups
from core.product.items import Block, Comment, Item
from core.product.standups import DRAFT, TODAY, Answer, Standup
from core.schedule import digests, occurrences, question_cards, rounds
from core.schedule.question_cards import Scene
from core.schedule.rounds import SHOWN, View

WITHIN = timedelta(days=6)  # so long ago a weekday says which day is meant


def prompt(
    view: View, standup: Standup, person: str, day: date, *, head: Sequence[Part] = (), again: bool = False
) -> Card:
    """What one member is asked: what happened while they slept, who waits for them, and what they planned. head: what
    is to be said to them anyway, and stands on top."""
    local = view.now.astimezone(view.there.zone(person))
    greeting = "Good morning" if local.hour < 12 else "Good afternoon" if local.hour < 18 else "Good evening"
    title = f"{greeting} {view.name(person)}. {rounds.titled(standup)} is open."
    if again:
        title = f"{rounds.titled(standup)} is still waiting for you, {view.name(person)}."
    last = standups.before(view.db, standup.id, person, day)
    plan = last.texts.get(TODAY, "") if last else ""
    body: list[Part] = [*head]
    if not again:
        body += _meanwhile(view, person)
    body += _waiting(view, person)
    if plan:
        body.append(Text(f"{_last_time(last, day)} you planned: {escape(shorten(plan, 300))}"))
    if late := _dated(view, person, day, Item.due < day):
        body.append(Text(f"Late: {escape(', '.join(late))}"))
    if due := _dated(view, person, day, Item.due == day):
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
    first: tuple[Button, ...] = (answer_button(standup, day, "Go on with my draft" if begun else "Answer"),)
    if planned and not begun:
        first = Button("Done, and today …", f"{line} fill=yes", form=True), Button("Still on it", f"{line} same=yes")
    return (
        *first,
        Button("I'm blocked …", "blocker add", form=True),
        Button("Away today", "team away me today"),
        Button("In 30 min", f"standup later {name} 30m"),
        Button("Skip", f"standup skip {name}"),
    )


def answer_button(standup: Standup, day: date, label: str) -> Button:
    """Opens the form, as it was left."""
    return Button(label, f"standup answer {grammar.quote(standup.name)} for={day} fill=yes", "primary", form=True)


def _last_time(last: Answer | None, day: date) -> str:
    """'Yesterday', 'On Thursday'; its date where that weekday has come again since."""
    if last is None:
        return ""
    ago = day - last.day
    if ago == timedelta(days=1):
        return "Yesterday"
    return f"On {last.day:%A}" if ago <= WITHIN else f"On {day_in_words(last.day, day)}"


def _meanwhile(view: View, person: str) -> list[Part]:
    """What others did to this person's items while they slept, or since they were asked last, be it today."""
    since, when = view.there.left(person, view.now), "While you slept"
    asked = occurrences.last_to(view.db, view.product.id, "prompt", person)
    if asked is not None and asked > since:
        since, when = asked, f"Since {asked.astimezone(view.there.zone(person)):%H:%M}"
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
    for number, status, actor in rounds.moves(view, since, assignee=person)[:SHOWN]:
        if actor != person:
            told.append(f"{view.name(actor)} set {view.key(number)} to {status}")
    raised = [
        row
        for row in blockers.standing(view.db, view.product.id)
        if row.raised_at >= since and row.raised_by != person and row.needs_id != person
    ]
    told += [f"{view.name(row.raised_by)} is blocked: B-{row.number} {shorten(row.text, 80)}" for row in raised[:SHOWN]]
    return [Text(f"{when}: {escape('; '.join(told))}.")] if told else []


def _waiting(view: View, person: str) -> list[Part]:
    """Who waits for this person: blockers that need them, questions put to them, and items that wait for theirs."""
    rows = blockers.concerning(blockers.standing(view.db, view.product.id), person)
    lines = (*rounds.blocker_lines(view, rows[:SHOWN], button=True), *_questions(view, person))
    parts: list[Part] = [Text("**Waiting for you**"), Items(lines)] if lines else []
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


def _questions(view: View, person: str) -> tuple[Line, ...]:
    """'Q-3 Does the export keep deletions? · ravi asks about APP-2 CSV export [Answer …]'."""
    scene = Scene(view.db, view.directory, view.product, view.there)
    rows = [row for row in questions.of_owner(view.db, view.product.id, person) if row.open and row.asker_id != person]
    lines = []
    for row in rows[:SHOWN]:
        about = question_cards.item_named(view.db, view.product, row.item_id)
        asks = f"{view.name(row.asker_id)} asks{f' about {about}' if about else ''}"
        lines.append(Line(f"Q-{row.number}", shorten(row.text, 200), asks, question_cards.settling(scene, row)))
    return tuple(lines)


def _dated(view: View, person: str, day: date, when: ColumnElement[bool]) -> list[str]:
    """'APP-1 Export (since 26 Oct)': the items of somebody that are due at such a time."""
    rows = view.db.execute(
        select(Item.number, Item.title, Item.due)
        .where(
            Item.product_id == view.product.id, Item.assignee_id == person, Item.closed_at.is_(None), when,
        )
        .order_by(Item.due, Item.rank)
        .limit(SHOWN)
    )  # fmt: skip
    return [
        f"{view.key(row.number)} {shorten(row.title, 60)}"
        + ("" if row.due == day else f" (since {day_in_words(row.due, day)})")
        for row in rows
        if row.due is not None
    ]
