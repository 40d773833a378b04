"""`sprint …`: made, filled, started, accepted and closed. What is only looked at stands in sprint_reports."""

import re
from datetime import date
from typing import Any

from core.chat import grammar
from core.chat.card import Button, Card, Field, Form, Items, Line, Reply, Text, escape
from core.chat.words import day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.items import Words, items_of
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sprint_room import people_days
from core.commands.sprint_words import (
    amount,
    both,
    by_name,
    days,
    heading,
    none_yet,
    number,
    quoted,
    reason,
    rows_of,
    to_change,
)
from core.product import backlog, burndown, criteria, goals, sprints
from core.product.items import CLOSED as NO_LONGER_OPEN
from core.product.items import Item
from core.product.people import Role
from core.product.sprints import CLOSED, PLANNED, RUNNING, Sprint

_GOAL = re.compile(r"(?:g-?)?(\d{1,9})", re.IGNORECASE)


# ---- making one ----


@command(
    "sprint new [NAME] [from=] [to=] [goal=] [serves=G-1]",
    example='sprint new "Sprint 8" from=2026-11-02 to=2026-11-13 goal=Export without tickets',
    role=Role.LEAD,
    text="name",
)
def new(call: Call) -> Said:
    """Make the next sprint; what is left out follows from the last one."""
    product = call.product
    backlog.lock(call.db, product.id)
    first, last = _dates(call)
    name = _name(call, call.rest())
    if name and (known := sprints.named(call.db, product.id, name)) and known.name.lower() == name.lower():
        raise Refused(f"There is a {known.name} already.", "sprint list", field="name")
    made = sprints.make(call.db, product.id, name, first, last, _goal(call), _serves(call))
    buttons = (Button("Plan", "sprint plan"), Button("Change", f"sprint edit {quoted(made)}", form=True))
    return Card(f"{heading(call, made)} is planned", buttons=buttons)


def _dates(call: Call, but: Sprint | None = None) -> tuple[date, date]:
    """First and last day, as said or as they follow from the last sprint."""
    first, last = call.day("from", "monday"), call.day("to", "friday")
    if but is not None:
        first, last = first or but.starts_on, last or but.ends_on
    elif first is None:
        first, usual = sprints.next_dates(call.db, call.product.id, call.today)
        last = last or usual
    elif last is None:
        before, after = sprints.next_dates(call.db, call.product.id, call.today)
        last = first + (after - before)
    if last < first:
        begins, ends = day_in_words(first, call.today), day_in_words(last, call.today)
        why = f"A sprint ends after it begins; {ends} is before {begins}."
        raise Refused(why, call.command.example, field="to")
    if last - first > sprints.LONGEST:
        raise Refused("A sprint lasts three months at most.", call.command.example, field="to")
    other = sprints.overlapping(call.db, call.product.id, first, last, but.id if but else "")
    if other is not None:
        when = days(other.starts_on, other.ends_on, call.today)
        free, until = sprints.next_dates(call.db, call.product.id, call.today)
        why = f"{other.name} has {when} already, and two sprints do not share a day."
        raise Refused(why, f"sprint new from={free} to={until}", field="from")
    return first, last


def _name(call: Call, said: str) -> str:
    name = " ".join(said.split())
    if len(name) > sprints.NAME_LENGTH:
        why = f"A sprint's name holds {sprints.NAME_LENGTH} characters; this one has {len(name)}."
        raise Refused(why, call.command.example, field="name")
    return name


def _goal(call: Call) -> str:
    goal = " ".join(call.words("goal").split())
    if len(goal) > sprints.GOAL_LENGTH:
        why = f"A sprint's goal holds {sprints.GOAL_LENGTH} characters; this one has {len(goal)}."
        raise Refused(why, call.command.example, field="goal")
    return goal


def _serves(call: Call) -> int | None:
    said = call.options.get("serves", "").strip()
    if said.lower() in ("", "none", "nothing", "-"):
        return None
    found = _GOAL.fullmatch(said)
    if not found:
        raise call.wrong("serves", f"serves= names a goal such as G-1, not “{shorten(said, 40)}”.", "G-1")
    try:
        return goals.find(call.db, call.product.id, int(found[1]), call.audience.reads).number
    except goals.NoSuchGoal as no:
        raise Refused(f"{call.product.name} has no goal G-{int(found[1])}.", "goal list", field="serves") from no


@command(
    "sprint edit [NAME] [title=] [from=] [to=] [goal=] [serves=]",
    example="sprint edit goal=Export without tickets",
    role=Role.LEAD,
)
def edit(call: Call) -> Said:
    """Change a sprint's name, days or goal; without fields it opens the form."""
    backlog.lock(call.db, call.product.id)
    said = call.rest().strip()
    sprint = by_name(call, said) if said else to_change(call, "edit")
    if sprint.state == CLOSED:
        raise Refused(f"{sprint.name} is closed, and its numbers stay as they are.", "sprint list")
    if not call.options and not call.ask.values:
        return _form(sprint)
    before = (sprint.name, sprint.starts_on, sprint.ends_on, sprint.goal, sprint.serves)
    first, last = _dates(call, sprint)
    name = _name(call, call.words("title")) or sprint.name
    known = sprints.named(call.db, call.product.id, name)
    if known is not None and known.id != sprint.id and known.name.lower() == name.lower():
        raise Refused(f"There is a {known.name} already.", "sprint list", field="title")
    sprint.name, sprint.starts_on, sprint.ends_on = name, first, last
    if call.given("goal"):
        sprint.goal = _goal(call)
    if call.given("serves"):
        sprint.serves = _serves(call)
    call.db.flush()
    if before == (sprint.name, sprint.starts_on, sprint.ends_on, sprint.goal, sprint.serves):
        return Reply(ok=True, card=Card(f"{sprint.name} is like that already; nothing was changed."))
    return Card(f"{heading(call, sprint)}: changed")


def _form(sprint: Sprint) -> Form:
    fields = (
        Field("title", "Name", value=sprint.name, required=True, max_length=sprints.NAME_LENGTH),
        Field("from", "First day", "date", value=sprint.starts_on.isoformat(), required=True),
        Field("to", "Last day", "date", value=sprint.ends_on.isoformat(), required=True),
        Field("goal", "Goal", value=sprint.goal, max_length=sprints.GOAL_LENGTH),
        Field("serves", "Serves", value=f"G-{sprint.serves}" if sprint.serves else "", hint="A goal such as G-1"),
    )
    return Form(f"Change {sprint.name}", fields, f"sprint edit {quoted(sprint)}")


# ---- what is in it ----


@command(
    "sprint add ITEM… [because=] [sprint=]",
    example="sprint add APP-12 APP-13",
    role=Role.LEAD,
)
def add(call: Call) -> Said:
    """Put items into the sprint; while it runs it wants because=, and asks what comes out."""
    references = call.take_items()
    call.end()
    items = items_of(call, references)
    sprint = to_change(call, "add")
    because = reason(call)
    words = Words(call)
    for item in items:
        check_open(call, item)
    if sprint.state == RUNNING and not because:
        why = (
            f"{sprint.name} is running: say why {words.names(items)} come{'s' if len(items) == 1 else ''} in, because=."
        )
        raise Refused(
            why, f"sprint add {' '.join(words.key(i.number) for i in items)} because=the bank needs it", field="because"
        )
    fresh = put(call, sprint, items, because)
    if not fresh:
        return Reply(
            ok=True, card=Card(f"{words.names(items)} {'is' if len(items) == 1 else 'are'} in {sprint.name} already.")
        )
    rows = sprints.inside(call.db, sprint)
    total = burndown.Sum(sum(row.points or 0.0 for row in rows), len(rows))
    if sprint.state == PLANNED:
        return Card(f"{words.names(fresh)} put into {sprint.name}: {both(total)} now", _if_several(call, fresh))
    title = f"{words.names(fresh)} added to {sprint.name} because {because}: {both(total)} now"
    return Card(title, *_what_comes_out(call, sprint, fresh, rows))


def check_open(call: Call, item: Item) -> None:
    key = Words(call).key(item.number)
    if item.status in NO_LONGER_OPEN:
        raise Refused(f"{key} is {item.status} and no longer open.", f"backlog reopen {key}")
    if item.type == "epic":
        raise Refused(f"{key} is an epic; its items go into a sprint.", f"backlog show {key}")


def put(call: Call, sprint: Sprint, items: list[Item], because: str = "") -> list[Item]:
    try:
        return sprints.put_in(call.db, sprint, items, because)
    except sprints.Elsewhere as no:
        other, numbers = no.args
        keys = listed([Words(call).key(n) for n in numbers])
        line = f"sprint remove {' '.join(Words(call).key(n) for n in numbers)} sprint={grammar.quote(other.name)}"
        line += " because=it moves" if other.state == RUNNING else ""
        raise Refused(f"{keys} {'is' if len(numbers) == 1 else 'are'} in {other.name}.", line) from no


def _if_several(call: Call, items: list[Item]) -> tuple[Any, ...]:
    return (Items(rows_of(call, items)),) if len(items) > 1 else ()


def _what_comes_out(call: Call, sprint: Sprint, fresh: list[Item], rows: list[Any]) -> tuple[Any, Any]:
    """The question that an addition raises: which of those not begun makes room, from the end of the order."""
    words = Words(call)
    new_ones = {item.id for item in fresh}
    could = [row for row in reversed(rows) if row.id not in new_ones and row.status in ("new", "ready")][:4]
    if not could:
        return (Text("Everything else in it has begun, so nothing can simply come out."),), ()
    because = f'because="room for {words.names(fresh)}"'
    buttons = [
        Button(
            f"{words.key(row.number)} {number(row.points)} out" if row.points else f"{words.key(row.number)} out",
            f"sprint remove {words.key(row.number)} {because} sprint={quoted(sprint)}",
        )
        for row in could
    ]
    return (Text("What comes out for it?"), Items(rows_of(call, could))), tuple(buttons)


@command(
    "sprint remove ITEM… [because=] [sprint=]",
    example="sprint remove APP-12 because=the audit comes first",
    role=Role.LEAD,
)
def remove(call: Call) -> Said:
    """Take items out of the sprint; while it runs it wants because=."""
    references = call.take_items()
    call.end()
    items = items_of(call, references)
    sprint = _where_it_is(call, items) or to_change(call, "remove")
    because = reason(call)
    words = Words(call)
    if sprint.state == RUNNING and not because:
        keys = " ".join(words.key(item.number) for item in items)
        one = len(items) == 1
        why = f"{sprint.name} is running: say why {words.names(items)} come{'s' if one else ''} out, because=."
        raise Refused(why, f"sprint remove {keys} because=the audit comes first", field="because")
    gone = sprints.take_out(call.db, sprint, items, because)
    if not gone:
        raise Refused(
            f"{words.names(items)} {'is' if len(items) == 1 else 'are'} not in {sprint.name}.", "sprint status"
        )
    rows = sprints.inside(call.db, sprint)
    total = burndown.Sum(sum(row.points or 0.0 for row in rows), len(rows))
    why = f" because {because}" if because else ""
    return Card(f"{words.names(gone)} taken out of {sprint.name}{why}: {both(total)} now", _if_several(call, gone))


def _where_it_is(call: Call, items: list[Item]) -> Sprint | None:
    """The open sprint that holds these items, where none was named and all are in one."""
    if call.given("sprint"):
        return None
    found = {row.id for row in sprints.current_of(call.db, [item.id for item in items]).values()}
    if len(found) != 1:
        return None
    return call.db.get(Sprint, {"id": found.pop(), "workspace_id": call.db.workspace})


# ---- start, accept, close ----


@command("sprint start [NAME]", example="sprint start", role=Role.LEAD, hidden="items")
def start(call: Call) -> Said:
    """Start the sprint: what is in it now is the commitment."""
    product = call.product
    backlog.lock(call.db, product.id)
    running = sprints.by_state(call.db, product.id, RUNNING)
    if running is not None:
        raise Refused(f"{running.name} is running already; it is closed first.", "sprint close")
    said = call.rest().strip()
    sprint = by_name(call, said) if said else sprints.by_state(call.db, product.id, PLANNED)
    if sprint is not None and sprint.state == CLOSED:
        raise Refused(f"{sprint.name} is closed; a new one can start.", "sprint new")
    if call.given("items"):
        sprint = _fill(call, sprint, call.options["items"].replace(",", " ").split())
    if sprint is None:
        raise Refused("No sprint is planned.", "sprint plan")
    if not sprint.size:
        raise Refused(f"{sprint.name} has no items yet.", "sprint plan")
    sprints.start(call.db, sprint, call.today)
    rows = sprints.inside(call.db, sprint)
    committed = burndown.Sum(sum(row.points or 0.0 for row in rows), len(rows))
    buttons = (Button("Status", "sprint status"), Button("Burndown", "sprint burndown"))
    return Card(
        f"{heading(call, sprint)} has started: {both(committed)} committed", (Items(rows_of(call, rows)),), buttons
    )


def _fill(call: Call, sprint: Sprint | None, references: list[str]) -> Sprint:
    """The sprint with exactly these items, as a plan proposed them; made where there is none yet."""
    items = items_of(call, references)
    for item in items:
        check_open(call, item)
    if sprint is None:
        first, last = sprints.next_dates(call.db, call.product.id, call.today)
        sprint = sprints.make(call.db, call.product.id, "", first, last, "", None)
    wanted = {item.id for item in items}
    others = [row.id for row in sprints.inside(call.db, sprint) if row.id not in wanted]
    if others:
        numbers = backlog.numbers(call.db, others)
        sprints.take_out(call.db, sprint, items_of(call, [str(n) for n in numbers.values()]), "")
    put(call, sprint, items)
    return sprint


@command("sprint accept", example="sprint accept", role=Role.LEAD)
def accept(call: Call) -> Said:
    """Accept all done items of the sprint whose criteria are checked."""
    call.end()
    product = call.product
    backlog.lock(call.db, product.id)
    sprint = sprints.by_state(call.db, product.id, RUNNING) or sprints.by_state(call.db, product.id, CLOSED)
    if sprint is None:
        raise Refused("No sprint is running.", "sprint list")
    words = Words(call)
    done = [row for row in sprints.inside(call.db, sprint) if row.status == "done"]
    if not done:
        return Reply(ok=True, card=Card(f"Nothing in {sprint.name} waits to be accepted."))
    open_ = [row for row in done if any(not one.checked for one in criteria.of(call.db, row.id))]
    ready = [row for row in done if row not in open_]
    keys = listed([words.key(row.number) for row in open_])
    left = Text(escape(f"Not accepted, with open criteria: {keys}"))
    if not ready:
        card = Card(f"{sprint.name}: nothing was accepted", (left,), _show(words, open_))
        raise Refused(
            f"{keys} still {'has' if len(open_) == 1 else 'have'} open criteria.",
            f"backlog show {words.key(open_[0].number)}",
            card=card,
        )
    items = items_of(call, [str(row.number) for row in ready])
    for item in items:
        backlog.set_status(item, "accepted", call.now)
    call.db.flush()
    return Card(f"{sprint.name}: {words.names(items)} accepted", (left,) if open_ else (), _show(words, open_))


def _show(words: Words, rows: list[Any]) -> tuple[Button, ...]:
    return tuple(Button(f"Show {words.key(row.number)}", f"backlog show {words.key(row.number)}") for row in rows[:3])


@command("sprint close", example="sprint close", role=Role.LEAD, hidden="preview")
def close(call: Call) -> Said:
    """Close the sprint: what is not accepted yet comes first, the rest is carried over, the numbers are frozen."""
    call.end()
    product = call.product
    backlog.lock(call.db, product.id)
    sprint = sprints.by_state(call.db, product.id, RUNNING)
    if sprint is None:
        return _closed_already(call)
    course = burndown.course(call.db, sprint)
    assert course is not None  # it runs, so it began
    waiting = [row for row in sprints.inside(call.db, sprint) if row.status == "done"]
    if call.given("preview"):
        return Reply(ok=True, card=_before_closing(call, sprint, waiting, course))
    following = sprints.by_state(call.db, product.id, PLANNED)
    result = course.result() | {"unit": course.unit, "days": people_days(call, sprint)}
    left = sprints.close(call.db, sprint, result, following)
    body: list[Any] = [*_not_accepted(call, waiting)]
    rows = [row for row in sprints.members(call.db, sprint) if row.id in left]
    if rows:
        where = f"carried over into {following.name}" if following else "carried over to the next plan"
        body += [Text(f"**{amount(len(rows), 'items')} {where}**"), Items(rows_of(call, rows))]
    buttons = (
        Button("Review", f"sprint review {quoted(sprint)}"),
        Button("Retro", "retro open"),
        Button("Plan the next", "sprint plan"),
    )
    return Card(f"{sprint.name} is closed: {_came_to(course)}", tuple(body), buttons)


def _came_to(course: burndown.Course) -> str:
    unit = course.unit
    said = f"{number(course.last.done.of(unit))} of {amount(course.last.scope.of(unit), unit)} done"
    committed = course.committed.of(unit)
    return said if committed == course.last.scope.of(unit) else f"{said}, {number(committed)} committed"


def _not_accepted(call: Call, waiting: list[Any]) -> list[Any]:
    if not waiting:
        return []
    owner = call.directory.holder(Role.PRODUCT_OWNER, call.product.id, call.now)
    who = f" ({call.name(owner)})" if owner else ""
    words = Words(call)
    rows = tuple(
        Line(
            words.key(row.number),
            row.title,
            words.detail(row, status=False),
            (Button("Accept", f"backlog accept {words.key(row.number)}"),),
        )
        for row in waiting[:8]
    )
    return [Text(escape(f"Done and not accepted yet{who}:")), Items(rows)]


def _before_closing(call: Call, sprint: Sprint, waiting: list[Any], course: burndown.Course) -> Card:
    """What [Close] in a card shows first."""
    left = course.last.remaining
    body = [
        *_not_accepted(call, waiting),
        Text(f"{both(left)} would be carried over." if left.items else "Nothing is left over."),
    ]
    buttons = (
        Button("Close it", "sprint close", "primary"),
        *([Button("Accept what is checked", "sprint accept")] if waiting else []),
    )
    return Card(f"{sprint.name}: {_came_to(course)} · not closed yet", tuple(body), buttons)


def _closed_already(call: Call) -> Said:
    last = sprints.by_state(call.db, call.product.id, CLOSED)
    planned = sprints.by_state(call.db, call.product.id, PLANNED)
    if planned is not None and last is None:
        raise Refused(f"{planned.name} has not started yet.", "sprint start")
    if last is None or last.closed_at is None:
        raise Refused("No sprint is running.", "sprint new")
    button = (Button("Review", f"sprint review {quoted(last)}"),)
    return Reply(
        ok=True,
        card=Card(f"{last.name} was closed on {call.date_of(last.closed_at)}; nothing was changed.", buttons=button),
    )


@command("sprint note TEXT", example="sprint note The bank liked the export", text="text", hidden="sprint")
def note(call: Call) -> Said:
    """Write something down for the review of the sprint."""
    text = call.rest().strip()
    if not text and not call.ask.values:
        field = Field("text", "What was said?", "longtext", required=True, max_length=sprints.NOTE_LENGTH)
        named = f" sprint={grammar.quote(call.options['sprint'])}" if call.given("sprint") else ""
        return Form("A note for the review", (field,), f"sprint note{named}")
    if not text:
        raise Refused("Say what to write down.", call.command.example, field="text")
    if len(text) > sprints.NOTE_LENGTH:
        why = f"A note holds {sprints.NOTE_LENGTH} characters; this one has {len(text)}."
        raise Refused(why, call.command.example, field="text")
    named = call.options.get("sprint", "").strip()
    if named:
        sprint = by_name(call, named)
    else:
        states = (RUNNING, CLOSED, PLANNED)
        last = next((one for state in states if (one := sprints.by_state(call.db, call.product.id, state))), None)
        if last is None:
            raise none_yet(call)
        sprint = last
    sprints.note(call.db, sprint, call.person, text)
    return Card(f"Noted for the review of {sprint.name}", (Text(escape(shorten(text, 500))),))
