"""How much fits into a sprint, and in which words that is said; `team capacity` and `team load`."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from core.chat.card import Button, Card, Table, Text, escape
from core.chat.words import listed, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sprint.words import amount, number
from core.product import capacity, load, sprints
from core.product.burndown import Sum
from core.product.capacity import Room, Share
from core.product.people import Role
from core.product.sprints import CLOSED, Sprint

_SAID = re.compile(r"(\d{1,6}(?:[.,]\d{1,2})?)\s*(%|percent|pts?|points?)", re.IGNORECASE)


def shares(call: Call, first: date, last: date) -> list[Share]:
    """Everybody's share of these days."""
    told = capacity.said(call.db, call.product.id)
    team = capacity.team(call.directory, call.product.id, call.now, told)
    return capacity.shares(call.db, call.product, team, first, last)


def people_days(call: Call, sprint: Sprint) -> float:
    """The days of people that a sprint had, which its velocity is measured against."""
    return round(sum(share.weighed for share in shares(call, sprint.starts_on, sprint.ends_on)), 2)


def past(call: Call, unit: str = "points") -> list[tuple[float, float]]:
    """What was done, and in how many days of people, in the sprints that were closed, the latest last."""
    closed = [one for one in sprints.all_of(call.db, call.product.id, 50) if one.state == CLOSED]
    results = [sprints.result_of(one) for one in reversed(closed)]
    return [(found["done"][unit], found.get("days", 0.0)) for found in results if "done" in found]


def room_in_words(call: Call, room: Room, team: Sequence[Share]) -> str:
    """'Room 31 pts: average of 34, 36, 35 × 62 of 70 days (Chen away 5, Mira 3)'."""
    away = [(share.person, share.days - share.present) for share in team if share.present < share.days]
    gone = ", ".join(f"{call.name(who)} {'away ' if not n else ''}{count}" for n, (who, count) in enumerate(away[:6]))
    size = f"Room {amount(round(room.size), 'pts')}"
    said = f"{number(room.said)} pts as said in `team capacity`" if room.said else ""
    behind = f" ({escape(gone)})" if gone else ""
    if room.past:
        average = f"average of {', '.join(number(one) for one in room.past)}"
        usual = f"{average} × {number(room.present)} of {number(room.usual)} days"
        return f"{size}: {usual}{behind}" + (f" + {said}" if said else "")
    if not room.assumed:
        return f"{size}: {said}{behind}" if said else f"{size}: nobody of the team is there in these days{behind}"
    people = sum(share.points is None for share in team)
    weeks = max((share.days for share in team), default=10) / 5
    each = capacity.ASSUMED * 5 * weeks
    assumed = (
        f"no history yet. I assumed {number(each)} pts a person for {number(weeks)} weeks = {number(each * people)}, "
        f"less absences{behind}"
    )
    return f"{size}: {assumed}" + (f" + {said}" if said else "")


# ---- team capacity ----


@command(
    "team capacity @PERSON 60%|12pts|all",
    example="team capacity @ann 60%",
    role=Role.LEAD,
)
def capacity_(call: Call) -> Said:
    """How much of somebody this product has: a share of their days, or points a sprint."""
    product = call.product
    if not call.peek():
        raise Refused(
            "Whose capacity, and how much? A share such as 60% or points such as 12pts.", call.command.example
        )
    person = call.take_person()
    said = call.rest().strip()
    percent, points = _amount(call, said)
    capacity.say(call.db, product.id, person, percent, points)
    what = "all their days" if percent == 100 else f"{number(percent)} % of their days" if percent is not None else ""
    what = what or f"{amount(points or 0, 'pts')} a sprint"
    title = f"{call.name(person)} has {what} for {product.name}"
    if not call.directory.roles(person, product.id, call.now) & {Role.MEMBER, Role.LEAD}:
        note = Text("It counts once they are of the team: they write here, or a lead says so.", subtle=True)
        return Card(title, (note,), (Button("Make them a member", f"team role @{call.external_id(person)} member"),))
    return Card(title, buttons=(Button("Room now", "sprint plan"),))


def _amount(call: Call, said: str) -> tuple[float | None, float | None]:
    """Percent or points; one of the two."""
    if said.lower() in ("all", "full", "everything"):
        return 100.0, None
    who = f"@{call.line.words[0].text.removeprefix('@')}"
    found = _SAID.fullmatch(said)
    if not found:
        bare = said if said.replace(".", "").isdigit() and len(said) < 4 else "60"
        why = f"Capacity is a share such as 60% or points a sprint such as 12pts, not “{shorten(said, 40)}”."
        raise Refused(
            why if said else "How much? A share such as 60% or points such as 12pts.", f"team capacity {who} {bare}%"
        )
    value = float(found[1].replace(",", "."))
    if found[2].lower() in ("%", "percent"):
        if value > 100:
            raise Refused("Nobody has more than 100 % of their days.", f"team capacity {who} 100%")
        return value, None
    if value > 1000:
        raise Refused(
            f"{number(value)} points are more than a sprint of one person holds; up to 1000.",
            f"team capacity {who} 12pts",
        )
    return None, value


# ---- team load ----


@command("team load", example="team load", role=Role.VIEWER, writes=False)
def load_(call: Call) -> Said:
    """Who has how much open and in the sprint, beside their capacity: workload, and no measure of anybody."""
    call.end()
    product = call.product
    sprint = sprints.by_state(call.db, product.id, sprints.RUNNING) or sprints.by_state(
        call.db, product.id, sprints.PLANNED
    )
    found = load.of(call.db, product.id, sprint.id if sprint else "")
    team = {share.person: share for share in shares(call, *(_days(call, sprint)))}
    people = sorted({*team, *(who for who in found if who)}, key=lambda who: call.name(who).lower())
    rows: list[tuple[str, ...]] = []
    over: list[str] = []
    for who in people:
        one = found.get(who, load.Load())
        room = _room_of(call, team.get(who))
        if room is not None and sprint and one.in_sprint.points > room + 0.5:
            over.append(f"{call.name(who)} {number(one.in_sprint.points)} of {amount(round(room), 'pts')}")
        said = f"{number(round(room))} pts" if room is not None else "–"
        rows.append((call.name(who), _cell(one.open), _cell(one.in_sprint), said))
    if nobody := found.get(None):
        rows.append(("nobody yet", "–", _cell(nobody.in_sprint), ""))
    name = sprint.name if sprint else "sprint"
    table = Table(("Who", "Open", f"In {name}", "Capacity"), tuple(rows), right=("Open", f"In {name}", "Capacity"))
    body: list[Any] = [table, *([Text(escape(f"More than their room: {listed(over)}."))] if over else [])]
    return Card(f"{product.name} · who has how much", tuple(body)) if rows else Card(f"{product.name} has no team yet")


def _room_of(call: Call, share: Share | None) -> float | None:
    if share is None:
        return None
    return share.promised if share.points is not None else share.weighed * _rate(call)


def _days(call: Call, sprint: Sprint | None) -> tuple[date, date]:
    return (sprint.starts_on, sprint.ends_on) if sprint else sprints.next_dates(call.db, call.product.id, call.today)


def _rate(call: Call) -> float:
    """Points a day of one person, as the team's own history has it."""
    known = [(done, days) for done, days in past(call) if days > 0][-capacity.REMEMBERED :]
    return sum(done for done, _ in known) / sum(days for _, days in known) if known else capacity.ASSUMED


def _cell(one: Sum) -> str:
    return f"{one.items} · {amount(one.points, 'pts')}" if one.points else str(one.items)


def overloaded(call: Call, team: Sequence[Share], held: dict[str, float]) -> list[str]:
    """Whose items in a plan are more than their room."""
    found = []
    for share in team:
        room = _room_of(call, share) or 0.0
        if held.get(share.person, 0.0) > room + 0.5:
            found.append(f"{call.name(share.person)} {number(held[share.person])} of {amount(round(room), 'pts')}")
    return found
