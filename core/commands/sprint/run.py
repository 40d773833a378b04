"""`sprint start`, `accept`, `close` and `note`: a sprint while it runs, and how it ends."""

from typing import Any

from core.chat import grammar
from core.chat.card import Button, Card, Field, Form, Items, Line, Reply, Text, escape
from core.chat.words import day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.items import Words, items_of
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sprint.items import fill
from core.commands.sprint.room import people_days
from core.commands.sprint.words import amount, both, by_name, heading, none_yet, number, quoted, rows_of, total
from core.product import backlog, burndown, criteria, sprints
from core.product.people import Role
from core.product.sprints import CLOSED, PLANNED, RUNNING, Sprint


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
        sprint = sprint or sprints.make_next(call.db, product.id, call.today)
        fill(call, sprint, call.options["items"])
    if sprint is None:
        raise Refused("No sprint is planned.", "sprint plan")
    if not sprint.size:
        raise Refused(f"{sprint.name} has no items yet.", "sprint plan")
    planned = sprint.starts_on
    sprints.start(call.db, sprint, call.today)
    sooner = f"It begins today instead of {day_in_words(planned, call.today)}."
    body: list[Any] = [Text(sooner)] if sprint.starts_on != planned else []
    rows = sprints.inside(call.db, sprint)
    buttons = (Button("Status", "sprint status"), Button("Burndown", "sprint burndown"))
    body.append(Items(rows_of(call, rows)))
    return Card(f"{heading(call, sprint)} has started: {both(total(rows))} committed", tuple(body), buttons)


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
