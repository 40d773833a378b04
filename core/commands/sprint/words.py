"""Sprints in words: which one is meant, its heading, its sums."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from core.chat import grammar
from core.chat.card import Button, Card, Line
from core.chat.words import day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.items import Words
from core.commands.refused import Refused
from core.commands.telling import Kind, tell
from core.product import capacity, goals, sprints
from core.product.audience import Audience
from core.product.burndown import Sum
from core.product.people import Role
from core.product.sprints import CLOSED, PLANNED, RUNNING, Sprint

REASON = 200

tell(
    "sprints",
    Kind(
        "sprint",
        says=("name",),
        silent=frozenset({"size", "result", "started_at", "closed_at"}),
        names={"starts_on": "first day", "ends_on": "last day"},
    ),
)
tell(
    "sprint_items",
    Kind(
        "place in a sprint",
        part="item_id",
        says=("sprint_id",),
        leads="place in",
        silent=frozenset({"committed", "carried", "outcome"}),
        names={"left_at": "out since"},
    ),
)
tell("sprint_notes", Kind("note"))
tell("capacities", Kind("capacity", says=()))


def number(value: float) -> str:
    """12 or 12.5."""
    return f"{round(value, 1):g}"


def amount(value: float, unit: str) -> str:
    """'8 pts', '1 pt', '3 items'."""
    return f"{number(value)} {unit[:-1] if value == 1 else unit}"


def both(one: Sum) -> str:
    """'2 items, 8 pts'."""
    items = amount(one.items, "items")
    return f"{items}, {amount(one.points, 'pts')}" if one.points else items


def total(rows: Sequence[Any]) -> Sum:
    """What items come to."""
    return Sum(sum(row.points or 0.0 for row in rows), len(rows))


def days(first: date, last: date, today: date) -> str:
    """'2–13 Nov' or '26 Oct – 6 Nov'."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_in_words(last, today)}"
    return f"{day_in_words(first, today)} – {day_in_words(last, today)}"


def heading(call: Call, sprint: Sprint, *more: str) -> str:
    """'Sprint 8 · 2–13 Nov · “Export without support tickets” · serves G-1'."""
    goal = f"“{shorten(sprint.goal, 80)}”" if sprint.goal else ""
    parts = [sprint.name, days(sprint.starts_on, sprint.ends_on, call.today), *more, goal, serving(call, sprint)]
    return " · ".join(part for part in parts if part)


def serving(call: Call, sprint: Sprint) -> str:
    """The goal that a sprint serves, for who may read it."""
    if sprint.serves:
        with suppress(goals.NoSuchGoal):
            return f"serves G-{goals.find(call.db, sprint.product_id, sprint.serves, call.audience.reads).number}"
    return ""


def of_team(call: Call) -> bool:
    """Whether the asker may know what is in a sprint; others see how far it is."""
    return call.audience is Audience.TEAM


def working_days(call: Call, sprint: Sprint) -> list[date]:
    return capacity.working_days(call.product, sprint.starts_on, sprint.ends_on)


def day_of(call: Call, sprint: Sprint) -> str:
    """'day 6 of 10', in working days."""
    today = call.today
    every = working_days(call, sprint)
    if today > sprint.ends_on:
        return f"over since {sprint.ends_on.day} {sprint.ends_on:%b}"
    passed = max(1, sum(day <= today for day in every))
    return f"day {passed} of {len(every)}"


# ---- which one ----


def quoted(sprint: Sprint) -> str:
    """How a sprint is named in a line."""
    return grammar.quote(sprint.name)


def to_read(call: Call) -> Sprint:
    """The sprint that is named, else the running one, the next, or the one closed last."""
    said = call.rest().strip()
    product = call.product.id
    if said:
        return by_name(call, said)
    for state in (RUNNING, PLANNED, CLOSED):
        if found := sprints.by_state(call.db, product, state):
            return found
    raise none_yet(call)


def by_name(call: Call, said: str) -> Sprint:
    found = sprints.named(call.db, call.product.id, said)
    if found is None:
        if not sprints.all_of(call.db, call.product.id, 1):
            raise none_yet(call)
        raise Refused(f"{call.product.name} has no sprint “{shorten(said, 40)}”.", "sprint list")
    return found


_STATES = {
    **dict.fromkeys(("current", "now", "this", "running"), (RUNNING, PLANNED)),
    **dict.fromkeys(("next", "planned"), (PLANNED,)),
    **dict.fromkeys(("last", "closed"), (CLOSED,)),
}


def in_sprint(call: Call) -> Sprint | None:
    """The sprint that `sprint=` narrows a list to, by its name or as `current`, `next` or `last`."""
    said = call.options.get("sprint", "").strip()
    if not said:
        return None
    states = _STATES.get(said.lower(), ())
    found = next((one for state in states if (one := sprints.by_state(call.db, call.product.id, state))), None)
    return found or by_name(call, said)


def none_yet(call: Call) -> Refused:
    line = "sprint new" if call.may(Role.LEAD) else "help sprint"
    return Refused(f"{call.product.name} has no sprint yet. A lead can begin one.", line)


def to_change(call: Call, verb: str) -> Sprint:
    """The sprint that `sprint=` names, or the only one that is not closed; where there are two, it is asked which."""
    product = call.product.id
    if said := call.options.get("sprint", "").strip():
        found = by_name(call, said)
        if found.state == CLOSED:
            raise Refused(f"{found.name} is closed, and its numbers stay as they are.", "sprint list")
        return found
    open_ = [one for state in (RUNNING, PLANNED) if (one := sprints.by_state(call.db, product, state))]
    if not open_:
        if sprints.all_of(call.db, product, 1):
            raise Refused("No sprint is planned or running now.", "sprint new")
        raise none_yet(call)
    if len(open_) > 1 and not call.given("because"):
        line = call.ask.text.strip()
        buttons = tuple(Button(f"{one.name} ({one.state})", f"{line} sprint={quoted(one)}") for one in open_)
        why = f"{listed([f'{one.name} is {one.state}' for one in open_])}. Which one?"
        raise Refused(why, f"{line} sprint={quoted(open_[-1])}", card=Card(why, buttons=buttons))
    return open_[0]


def reason(call: Call) -> str:
    because = call.phrase("because")
    if len(because) > REASON:
        raise Refused(f"A reason holds {REASON} characters; this one has {len(because)}.", field="because")
    return because


def rows_of(call: Call, rows: Sequence[Any], limit: int = 12) -> tuple[Line, ...]:
    words = Words(call)
    lines = tuple(words.line(row) for row in rows[:limit])
    more = len(rows) - limit
    return (*lines, Line("", f"and {more} more")) if more > 0 else lines
