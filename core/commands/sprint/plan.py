"""`sprint plan`: what fits into the next sprint, and why the rest is left out; nothing changes until it is started."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.chat.card import Button, Card, Choice, Facts, Field, Form, Text, escape
from core.chat.words import listed, shorten
from core.commands.call import Call
from core.commands.items import Words, item_to_read
from core.commands.registry import Said, command
from core.commands.sprint.room import overloaded, past, room_in_words, shares
from core.commands.sprint.words import amount, days, number, quoted, serving
from core.product import backlog, capacity, planning, sprints, standards
from core.product.people import Role
from core.product.planning import Found, Out, Plan
from core.product.sprints import CLOSED, PLANNED, RUNNING, Sprint

LEFT_OUT = 6  # reasons that a card tells; [Why not …] tells any
SWAPPABLE = 30


@command("sprint plan", example="sprint plan", role=Role.LEAD, writes=False, hidden="items swap why")
def plan(call: Call) -> Said:
    """Propose what fits the room: what comes in, what is left out and why, what serves which goal."""
    call.end()
    product = call.product
    sprint = sprints.by_state(call.db, product.id, PLANNED)
    first, last = (sprint.starts_on, sprint.ends_on) if sprint else sprints.next_dates(call.db, product.id, call.today)
    team = shares(call, first, last)
    room = capacity.room(team, past(call))
    proposed = _proposed(call, sprint, room.size, marked=_marked(call))
    if call.given("swap") and (proposed.chosen or proposed.left):
        return _swap(call, proposed)
    if call.given("why"):
        return _why(call, proposed, call.options["why"])
    facts = [("In", _chosen(call, proposed)), *_left(call, proposed)]
    goals = _goals(call, proposed)
    facts += [("Goals", goals)] if goals else []
    held: dict[str, float] = {}
    for one in proposed.chosen:
        if one.row.assignee_id:
            held[one.row.assignee_id] = held.get(one.row.assignee_id, 0.0) + (one.row.points or 0.0)
    if over := overloaded(call, team, held):
        facts.append(("Too much", listed(over)))
    said = Text(room_in_words(call, room, team))
    body: tuple[Any, ...] = (said, Facts(tuple(facts)), *_asides(proposed, room.size))
    return Card(_title(call, sprint, first, last), body, _buttons(call, sprint, proposed))


def _marked(call: Call) -> list[str] | None:
    """The items that were chosen on the proposal; None where nobody has chosen yet."""
    if not call.given("items"):
        return None
    return [item_to_read(call, one).id for one in call.options["items"].replace(",", " ").split()]


def moved(call: Call, first: Sequence[str]) -> str:
    """What enters and leaves the next sprint, were these items first in the order; where nothing would, '' of one that
    is not planned yet."""
    product = call.product
    sprint = sprints.by_state(call.db, product.id, PLANNED)
    range_ = (sprint.starts_on, sprint.ends_on) if sprint else sprints.next_dates(call.db, product.id, call.today)
    size = capacity.room(shares(call, *range_), past(call)).size
    now, then = _proposed(call, sprint, size), _proposed(call, sprint, size, first)
    parts = (
        ([one.row for one in then.chosen if one.row.id not in now.items], "come", "in"),
        ([one.row for one in now.chosen if one.row.id not in then.items], "fall", "out"),
    )
    said = [f"{_few(call, some)} {verb}{'s' if len(some) == 1 else ''} {way}" for some, verb, way in parts if some]
    if not said and sprint is None:
        return ""
    return f"Next sprint ({amount(round(size), 'pts')}): {', '.join(said) or 'nothing enters or leaves'}."


def _few(call: Call, rows: Sequence[Found]) -> str:
    keys = [Words(call).key(row.number) for row in rows]
    return listed(keys if len(keys) <= 6 else [*keys[:5], f"{len(keys) - 5} more"])


def _proposed(
    call: Call, sprint: Sprint | None, size: float, first: Sequence[str] = (), marked: Sequence[str] | None = None
) -> Plan:
    product = call.product.id
    there = [row.id for row in sprints.inside(call.db, sprint)] if sprint else []
    before = sprints.by_state(call.db, product, CLOSED)
    running = sprints.by_state(call.db, product, RUNNING)
    carried = sprints.carried_over(call.db, before) if before else set()
    away = {row.id for row in sprints.inside(call.db, running)} if running else set()
    off = standards.of(call.db, product).off
    carried -= away | set(there)
    return planning.propose(
        call.db, product, size, there=there, carried=carried, elsewhere=away, off=off, first=first, marked=marked
    )


def _title(call: Call, sprint: Sprint | None, first: date, last: date) -> str:
    if sprint is None:
        return f"The next sprint · {days(first, last, call.today)} · draft"
    goal = f"“{shorten(sprint.goal, 80)}”" if sprint.goal else ""
    parts = (sprint.name, days(first, last, call.today), goal, serving(call, sprint), "draft")
    return " · ".join(part for part in parts if part)


def _said(call: Call, row: Found, why: str = "") -> str:
    words = [Words(call).key(row.number), number(row.points) if row.points is not None else "", why]
    return " ".join(word for word in words if word)


def _chosen(call: Call, proposed: Plan) -> str:
    if not proposed.chosen:
        return "nothing yet"
    said = [_said(call, one.row, "" if one.why == "there" else one.why) for one in proposed.chosen]
    more = len(said) - 20
    return f"{amount(proposed.total, 'pts')}: {' · '.join(said[:20])}" + (f" · and {more} more" if more > 0 else "")


def _left(call: Call, proposed: Plan) -> list[tuple[str, str]]:
    if not proposed.left:
        return []
    said = [reason(call, one) for one in proposed.left[:LEFT_OUT]]
    more = len(proposed.left) - LEFT_OUT
    return [
        ("Left out", " · ".join(said) + (f" · and {more}{' or' if proposed.more else ''} more" if more > 0 else ""))
    ]


def reason(call: Call, one: Out) -> str:
    """'APP-33 8: would make 38'."""
    key = Words(call).key(one.row.number)
    match one.kind:
        case "lacks":
            return f"{key}: {one.lacks}"
        case "waits":
            numbers = backlog.numbers(call.db, list(one.waits))
            return f"{key}: waits for {listed([Words(call).key(n) for n in numbers.values()])}"
        case "choice":
            return f"{_said(call, one.row)}: would fit, and was not chosen"
        case _:
            return f"{_said(call, one.row)}: would make {number(one.total)}"


def _goals(call: Call, proposed: Plan) -> str:
    """'18 pts serve G-1, 12 serve none', through the roadmap entries of the items and of their epics."""
    goal_of = planning.goals_of(call.db, proposed.items)
    sums: dict[int, float] = {}
    for one in proposed.chosen:
        served = goal_of.get(one.row.id, 0)
        sums[served] = sums.get(served, 0.0) + (one.row.points or 0.0)
    if not set(sums) - {0}:
        return ""
    said = [f"{number(sums[n])} serve{'s' if sums[n] == 1 else ''} G-{n}" for n in sorted(sums) if n]
    return listed([*said, *([f"{number(sums[0])} serve none"] if sums.get(0) else [])]).replace(
        " serve", " pts serve", 1
    )


def _asides(proposed: Plan, size: float) -> tuple[Text, ...]:
    said = []
    if (over := proposed.total - round(size)) > 0 and proposed.chosen:
        said.append(f"That is {amount(over, 'pts')} more than there is room for.")
    if proposed.no_criteria:
        said.append("None of these has acceptance criteria, so I did not ask for them.")
    if not proposed.chosen and not proposed.left:
        said.append("The backlog has nothing open to plan.")
    return tuple(Text(one, subtle=True) for one in said)


def _is_kept(sprint: Sprint | None, proposed: Plan) -> bool:
    """Whether the planned sprint holds these items, and no others, already."""
    there = [one for one in proposed.chosen if one.why == "there"]
    return sprint is not None and len(there) == len(proposed.chosen) == sprint.size


def _buttons(call: Call, sprint: Sprint | None, proposed: Plan) -> tuple[Button, ...]:
    keys = ",".join(Words(call).key(one.row.number) for one in proposed.chosen)
    found = []
    running = sprints.by_state(call.db, call.product.id, RUNNING)
    if keys and not running:
        found.append(Button("Start with this", f"sprint start items={keys}", "primary"))
    if keys and not _is_kept(sprint, proposed):
        found.append(Button("Keep for later", f"sprint {f'edit {quoted(sprint)}' if sprint else 'new'} items={keys}"))
    if proposed.chosen or proposed.left:
        found.append(Button("Swap …", f"sprint plan swap=yes{f' items={keys}' if keys else ''}", form=True))
    if proposed.left:
        key = Words(call).key(proposed.left[0].row.number)
        found.append(Button(f"Why not {key}?", f"sprint plan why={key}{f' items={keys}' if keys else ''}"))
    return tuple(found)


def _swap(call: Call, proposed: Plan) -> Form:
    """All that may come in, with what is proposed ticked."""
    words = Words(call)
    inside = [one.row for one in proposed.chosen]
    rows: Sequence[Any] = [*inside, *(one.row for one in proposed.left)][:SWAPPABLE]
    choices = tuple(Choice(shorten(f"{_said(call, row)} {row.title}", 70), words.key(row.number)) for row in rows)
    ticked = "\n".join(words.key(row.number) for row in inside)
    return Form(
        "What comes in", (Field("items", "Items", "choices", ticked, choices=choices),), "sprint plan", "Look at it"
    )


def _why(call: Call, proposed: Plan, reference: str) -> Card:
    """Why one item is not in the proposal."""
    item = item_to_read(call, reference)
    words = Words(call)
    key = words.key(item.number)
    for one in proposed.left:
        if one.row.id == item.id:
            line = f"sprint plan items={','.join(words.key(i.row.number) for i in proposed.chosen)},{key}"
            buttons = (Button("What it lacks", f"backlog ready {key}"), Button("Take it in all the same", line))
            said = {
                "lacks": f"It is not ready: {one.lacks}.",
                "waits": f"{reason(call, one)}, which is not in this plan.",
                "room": f"It has {amount(one.row.points or 0, 'pts')}, and would make {number(one.total)} in all.",
                "choice": "It would fit, and was not chosen.",
            }[one.kind]
            return Card(f"{key} {item.title} is left out", (Text(escape(said)),), buttons)
    if any(one.row.id == item.id for one in proposed.chosen):
        return Card(f"{key} {item.title} is in the proposal")
    if item.closed_at is not None:
        said = f"It is {item.status}."
    elif item.type == "epic":
        said = "It is an epic; its items go into a sprint."
    elif item.id in sprints.current_of(call.db, [item.id]):
        said = f"It is in {sprints.current_of(call.db, [item.id])[item.id].name}."
    else:
        said = "It stands too far down in the order."
    return Card(f"{key} {item.title} is left out", (Text(escape(said)),), (Button("Show it", f"backlog show {key}"),))
