"""`sprint new` and `edit`: its name, its days, its goal. What is in it stands in sprint_items, how it goes in
sprint_run, and what is only looked at in sprint_reports."""

import re
from datetime import date

from core.chat import grammar
from core.chat.card import Button, Card, Field, Form, Items, Reply
from core.chat.words import day_in_words, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sprint.items import fill
from core.commands.sprint.words import (
    both,
    by_name,
    days,
    heading,
    quoted,
    rows_of,
    to_change,
    total,
)
from core.product import backlog, goals, sprints
from core.product.people import Role
from core.product.sprints import CLOSED, PLANNED, Sprint

_GOAL = re.compile(r"(?:g-?)?(\d{1,9})", re.IGNORECASE)


@command(
    "sprint new [NAME] [from=] [to=] [goal=] [serves=G-1]",
    example='sprint new "Sprint 8" from=2026-11-02 to=2026-11-13 goal=Export without tickets',
    role=Role.LEAD,
    text="name",
    hidden="items",
)
def new(call: Call) -> Said:
    """Make the next sprint; what is left out follows from the last one."""
    product = call.product
    backlog.lock(call.db, product.id)
    first, last = _dates(call)
    name = _name(call, call.rest())
    if name and (known := sprints.named(call.db, product.id, name)) and known.name.lower() == name.lower():
        given = {key: value for key, value in call.options.items() if key in ("from", "to", "goal", "serves")}
        edited = f"sprint edit {quoted(known)} {grammar.render('', given, call.command.keys)}".strip()
        better = "sprint list" if known.state == CLOSED or not given else edited
        raise Refused(f"There is a {known.name} already.", better, field="name")
    made = sprints.make(call.db, product.id, name, first, last, _goal(call), _serves(call))
    if call.given("items"):
        return _filled(call, made)
    buttons = (Button("Plan", "sprint plan"), Button("Change", f"sprint edit {quoted(made)}", form=True))
    return Card(f"{heading(call, made)} is planned", buttons=buttons)


def _filled(call: Call, sprint: Sprint) -> Card:
    """The plan that was proposed, kept until the sprint is started."""
    fill(call, sprint, call.options["items"])
    rows = sprints.inside(call.db, sprint)
    buttons = (Button("Start", f"sprint start {quoted(sprint)}"), Button("Plan", "sprint plan"))
    return Card(f"{heading(call, sprint)} is planned: {both(total(rows))}", (Items(rows_of(call, rows)),), buttons)


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
    goal = call.phrase("goal")
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
    hidden="items",
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
    if call.given("items") and sprint.state == PLANNED:
        return _filled(call, sprint)
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
