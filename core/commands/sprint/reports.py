"""`sprint status`, `burndown`, `review`, `velocity` and `list`: how a sprint goes.

Numbers are the team's, never a person's.
"""

from collections.abc import Sequence
from datetime import timedelta
from statistics import mean, pstdev
from typing import Any

from core.chat.card import Button, Card, Facts, Items, Line, Progress, Quote, Table, Text, escape
from core.chat.words import listed
from core.commands.call import Call
from core.commands.items import Words
from core.commands.registry import Said, command
from core.commands.sprint.items import could_come_out
from core.commands.sprint.words import (
    amount,
    both,
    day_of,
    days,
    heading,
    none_yet,
    number,
    of_team,
    quoted,
    rows_of,
    serving,
    to_read,
    total,
    working_days,
)
from core.product import backlog, burndown, sprint_charts, sprints
from core.product.burndown import ADDED, ESTIMATED, REMOVED, Course, ScopeChange, Sum
from core.product.people import Role
from core.product.sprints import CLOSED, PLANNED, RUNNING, Sprint

STUCK = timedelta(days=3)
SHOWN = 6
REMEMBERED = 6  # sprints that velocity tells of


# ---- status ----


@command("sprint status [NAME]", example="sprint status", role=Role.VIEWER, writes=False, hidden="out")
def status(call: Call) -> Said:
    """How far the sprint is: what is done, what is stuck, what came in and went out."""
    sprint = to_read(call)
    if call.given("out") and of_team(call):
        return could_come_out(call, sprint)
    course = burndown.course(call.db, sprint)
    rows = sprints.inside(call.db, sprint)
    if course is None:
        return _planned(call, sprint, rows)
    unit = course.unit
    body: list[Any] = [
        Progress(f"{unit} done", round(course.last.done.of(unit), 2), round(course.last.scope.of(unit), 2)),
        Text(escape(_verdict(call, sprint, course))),
    ]
    if of_team(call):
        facts = [*_groups(call, rows), *_scope(call, course)]
        body += [Facts(tuple(facts))] if facts else []
    state = "closed" if sprint.state == CLOSED else day_of(call, sprint)
    return Card(_title(call, sprint, state), tuple(body), _buttons(call, sprint, rows))


def _title(call: Call, sprint: Sprint, state: str) -> str:
    return heading(call, sprint, state)


def _planned(call: Call, sprint: Sprint, rows: Sequence[Any]) -> Card:
    """A sprint that has not begun: what is in it so far."""
    body: list[Any] = []
    if of_team(call):
        body = (
            [Text(f"{both(total(rows))} in it so far."), Items(rows_of(call, rows))]
            if rows
            else [Text("Nothing is in it yet.")]
        )
    buttons = (Button("Plan", "sprint plan"), *([Button("Start", "sprint start")] if rows else []))
    return Card(heading(call, sprint, "planned"), tuple(body), buttons if call.may(Role.LEAD) else ())


def _verdict(call: Call, sprint: Sprint, course: Course) -> str:
    """'At risk: 15 of 33 pts done …'."""
    unit, last = course.unit, course.last
    done, scope = last.done.of(unit), last.scope.of(unit)
    said = f"{number(done)} of {amount(scope, unit)} done"
    if unit == "pts":
        said += f" ({last.done.items} of {amount(last.scope.items, 'items')})"
    if sprint.state == CLOSED:
        return f"{said}. {both(course.accepted)} accepted."
    if last.scope.items and done >= scope and last.remaining.items == 0:
        return f"All done: {said}."
    if call.today > sprint.ends_on:
        return f"Over: {said}. It waits to be closed."
    every = working_days(call, sprint)
    passed = sum(day < call.today for day in every)
    behind = scope * passed / len(every) - done
    late = behind > max(scope / len(every), 1e-9) * 1.5
    left = sum(day >= call.today for day in every)
    what = f"{amount(max(0.0, scope - done), unit)} left in {amount(left, 'days')}"
    if late:
        return f"At risk: {said}, {amount(behind, unit)} behind an even pace; {what}."
    return f"On track: {said}; {what}."


def _groups(call: Call, rows: Sequence[Any]) -> list[tuple[str, str]]:
    words = Words(call)

    def named(some: Sequence[Any]) -> str:
        said = [f"{words.key(row.number)} {row.title}" for row in some[:SHOWN]]
        return " · ".join([*said, *([f"and {len(some) - SHOWN} more"] if len(some) > SHOWN else [])])

    doing = [row for row in rows if row.status in ("doing", "review")]
    stuck = [row for row in doing if call.now - row.updated_at >= STUCK]
    groups = [
        ("Done", [row for row in rows if row.status in ("done", "accepted")]),
        ("Under way", [row for row in doing if row not in stuck]),
        ("Stuck", stuck),
        ("Not begun", [row for row in rows if row.status in ("new", "ready")]),
        ("To accept", [row for row in rows if row.status == "done"]),
    ]
    return [(label, named(some)) for label, some in groups if some]


def _scope(call: Call, course: Course) -> list[tuple[str, str]]:
    """'30 committed + 3 added: APP-61, Ann, “outage follow-up”'."""
    unit = course.unit
    parts = [f"{number(course.committed.of(unit))} committed"]
    for kind, sign, word in ((ADDED, "+", "added"), (REMOVED, "−", "taken out"), (ESTIMATED, "", "by new estimates")):
        some = [change for change in course.changes if change.kind == kind]
        if some:
            value = sum(change.by.of(unit) for change in some)
            sign = sign or ("+" if value >= 0 else "−")
            parts.append(f"{sign} {number(abs(value))} {word}: {listed([_told(call, change) for change in some[:3]])}")
    return [("Scope", " ".join(parts))] if len(parts) > 1 else []


def _told(call: Call, change: ScopeChange) -> str:
    key = Words(call).key(backlog.numbers(call.db, [change.item_id]).get(change.item_id, 0))
    why = f", “{change.because}”" if change.because and change.kind != ESTIMATED else ""
    return f"{key}, {call.name(change.actor_id)}{why}"


def _buttons(call: Call, sprint: Sprint, rows: Sequence[Any]) -> tuple[Button, ...]:
    if not of_team(call):
        return (Button("Burndown", "sprint burndown"),)
    name = f" {quoted(sprint)}"
    found = [
        Button("Burndown", f"sprint burndown{name}"),
        Button("Forecast", "sprint forecast"),
        Button("Items", f"backlog list sprint={quoted(sprint)}"),
    ]
    if sprint.state == RUNNING and call.may(Role.LEAD):
        if any(row.status == "done" for row in rows):
            found.append(Button("Accept what is checked", "sprint accept"))
        found.append(Button("Close …", "sprint close preview=yes"))
    return tuple(found)


# ---- burndown ----


@command("sprint burndown [NAME]", example="sprint burndown", role=Role.VIEWER, writes=False)
def burndown_(call: Call) -> Said:
    """What remains day by day, beside an even pace, with changes of scope marked."""
    sprint = to_read(call)
    course = burndown.course(call.db, sprint)
    if course is None:
        return Card(heading(call, sprint, "not started yet"), (Text("The burndown begins when the sprint starts."),))
    if not course.followed:
        unknown = "It came with an import, so how it went from day to day is not known."
        button = Button("Review", f"sprint review {quoted(sprint)}")
        return Card(heading(call, sprint, "closed"), (Text(unknown),), (button,))
    until = min(call.now, sprint.closed_at or call.now)
    drawn = sprint_charts.burndown(sprint, course, working_days(call, sprint), until, call.tz)
    body: list[Any] = [call.picture(drawn), Text(escape(_verdict(call, sprint, course)))]
    if of_team(call) and (scope := _scope(call, course)):
        body.append(Facts(tuple(scope)))
    state = "closed" if sprint.state == CLOSED else day_of(call, sprint)
    return Card(heading(call, sprint, state), tuple(body), (Button("Status", f"sprint status {quoted(sprint)}"),))


# ---- review ----


@command("sprint review [NAME]", example="sprint review", role=Role.VIEWER, writes=False)
def review(call: Call) -> Said:
    """What the sprint came to: accepted, not accepted, not finished, and the notes."""
    sprint = _reviewed(call)
    course = burndown.course(call.db, sprint)
    if course is None:
        return Card(heading(call, sprint, "not started yet"), (Text("There is nothing to review before it starts."),))
    body: list[Any] = [Facts(tuple(_sums(course)))]
    if of_team(call):
        rows = sprints.members(call.db, sprint)
        body += _outcomes(call, sprint, rows)
        for note in sprints.notes(call.db, sprint)[-8:]:
            body.append(Quote(escape(note.text), f"{call.name(note.author_id)}, {call.date_of(note.created_at)}"))
    state = "review" if sprint.state == CLOSED else f"review so far, {day_of(call, sprint)}"
    buttons = (Button("Add a note", f"sprint note sprint={quoted(sprint)}", form=True),) if of_team(call) else ()
    return Card(heading(call, sprint, state), tuple(body), buttons)


def _reviewed(call: Call) -> Sprint:
    """The sprint that is named, else the running one, else the one closed last."""
    if not call.peek():
        for state in (RUNNING, CLOSED, PLANNED):
            if found := sprints.by_state(call.db, call.product.id, state):
                return found
        raise none_yet(call)
    return to_read(call)


def _sums(course: Course) -> list[tuple[str, str]]:
    found = [
        ("Committed", course.committed),
        ("Added", course.sum(ADDED)),
        ("Taken out", Sum() - course.sum(REMOVED)),
        ("Done", course.last.done),
        ("Accepted", course.accepted),
        ("Not finished", course.last.remaining),
    ]
    always = ("Committed", "Done", "Accepted")
    return [(label, both(one)) for label, one in found if one.items or label in always]


def _outcomes(call: Call, sprint: Sprint, rows: Sequence[Any]) -> list[Any]:
    words = Words(call)
    inside = [row for row in rows if row.left_at is None]
    running = sprint.state == RUNNING
    finished = [
        row for row in inside if (row.status in ("done", "accepted") if running else row.outcome == sprints.DONE)
    ]
    groups = [
        ("Accepted", [row for row in finished if row.status == "accepted"]),
        ("Not accepted", [row for row in finished if row.status != "accepted"]),
        (
            "Not finished",
            [
                row
                for row in inside
                if row not in finished and row.status != "dropped" and row.outcome != sprints.DROPPED
            ],
        ),
        ("Taken out", [row for row in rows if row.left_at is not None]),
    ]
    body: list[Any] = []
    for label, some in groups:
        if some:
            lines = []
            for row in some[:10]:
                key = words.key(row.number)
                said = _last_word(call, row) or (row.because if label == "Taken out" else "")
                detail = " · ".join(part for part in (words.detail(row, status=label == "Not accepted"), said) if part)
                accept = label == "Not accepted" and row.status == "done" and call.may(Role.PRODUCT_OWNER)
                buttons = (Button("Accept", f"backlog accept {key}"),) if accept else ()
                lines.append(Line(key, row.title, detail, buttons))
            more = (Line("", f"and {len(some) - 10} more"),) if len(some) > 10 else ()
            body += [Text(f"**{label}**"), Items((*lines, *more))]
    return body


def _last_word(call: Call, row: Any) -> str:
    """Why it was accepted or rejected, where that was said."""
    for said in backlog.comments(call.db, row.id, 5):
        if said.text.startswith(("Accepted because ", "Rejected because ")):
            return str(said.text)
    return ""


# ---- velocity, list ----


@command("sprint velocity", example="sprint velocity", role=Role.VIEWER, writes=False)
def velocity(call: Call) -> Said:
    """What the team gets done in a sprint: the last ones, their average and spread. Never a number per person."""
    call.end()
    closed = [one for one in sprints.all_of(call.db, call.product.id, 50) if one.state == CLOSED][:REMEMBERED]
    if not closed:
        if not sprints.all_of(call.db, call.product.id, 1):
            raise none_yet(call)
        return Card(f"{call.product.name} · no velocity yet", (Text("It is known once the first sprint is closed."),))
    results = [(one, sprints.result_of(one)) for one in reversed(closed)]
    unit = "pts" if any(found["unit"] == "pts" for _, found in results) else "items"
    of = "points" if unit == "pts" else "items"
    done = [float(found["done"][of]) for _, found in results]
    rows = tuple(
        (
            one.name,
            days(one.starts_on, one.ends_on, call.today),
            number(found["committed"][of]),
            number(found["done"][of]),
        )
        for one, found in results
    )
    table = Table(("Sprint", "Days", "Committed", "Done"), rows, right=("Committed", "Done"))
    average = mean(done)
    spread = f", {number(min(done))} to {number(max(done))}, ± {number(pstdev(done))}" if len(done) > 1 else ""
    few = () if len(done) > 2 else (Text("Three sprints or more make it worth planning with.", subtle=True),)
    title = f"{call.product.name} · velocity {amount(average, unit)} a sprint{spread}"
    return Card(title, (table, *few), (Button("Forecast", "sprint forecast"),) if of_team(call) else ())


@command("sprint list", example="sprint list", role=Role.VIEWER, writes=False)
def list_(call: Call) -> Said:
    """All sprints, the latest first."""
    call.end()
    found = sprints.all_of(call.db, call.product.id, 21)
    if not found:
        raise none_yet(call)
    lines = tuple(
        Line(
            one.name,
            days(one.starts_on, one.ends_on, call.today),
            _brief(call, one),
            (Button("Show", f"sprint status {quoted(one)}"),),
        )
        for one in found[:20]
    )
    more = (Text("Older ones are shown by their name.", subtle=True),) if len(found) > 20 else ()
    count = f"{'the latest ' if len(found) > 20 else ''}{amount(len(lines), 'sprints')}"
    return Card(f"{call.product.name} · {count}", (Items(lines), *more))


def _brief(call: Call, sprint: Sprint) -> str:
    said = sprint.state
    if sprint.state == CLOSED:
        found = sprints.result_of(sprint)
        of = "points" if found["unit"] == "pts" else "items"
        said = f"closed, {number(found['done'][of])} of {amount(found['scope'][of], found['unit'])} done"
    elif sprint.state == RUNNING and (course := burndown.course(call.db, sprint)):
        unit = course.unit
        done, scope = course.last.done.of(unit), course.last.scope.of(unit)
        said = f"{day_of(call, sprint)}, {number(done)} of {amount(scope, unit)} done"
    goal = f"“{sprint.goal}”" if sprint.goal else ""
    return " · ".join(part for part in (said, goal, serving(call, sprint)) if part)
