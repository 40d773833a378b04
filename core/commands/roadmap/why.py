"""`why`: the chain from an item or a roadmap entry up to the vision, and who asked for it."""

from collections.abc import Sequence

from core.chat import figures
from core.chat.card import Button, Card, Items, Line, Part, Text, escape
from core.chat.words import shorten
from core.commands.call import Call
from core.commands.items import Words, item_to_read
from core.commands.product.goals import goal_of
from core.commands.registry import Said, command
from core.commands.roadmap import evidence
from core.commands.roadmap.card import around, days_in_words, find, progress_in_words
from core.commands.sharing import members_only
from core.product import goals, products, readiness, roadmap, structure
from core.product.audience import Audience
from core.product.goals import Goal
from core.product.people import Role
from core.product.roadmap import Entry


@command("why ITEM|R-1|G-1", example="why APP-12", role=Role.VIEWER, writes=False, guests=True)
def why(call: Call) -> Said:
    """What an item, a roadmap entry or a goal is for: its epic, the roadmap, its goal, the vision."""
    if call.peek()[:2].upper() == "R-":
        return _of_entry(call)
    if call.peek()[:2].upper() == "G-":
        return _of_goal(call)
    members_only(call)
    reference = call.take_item()
    call.end()
    item = item_to_read(call, reference)
    words = Words(call)
    key = words.key(item.number)
    above = structure.above(call.db, item.epic_id)
    entries = roadmap.entries_of(call.db, [item.id, *(row.id for row in above)], call.audience.reads)
    rows = [Line(words.key(row.number), row.title, "epic") for row in above]
    rows += _chain(call, entries)
    body: list[Part] = []
    if reason := item.benefit or readiness.reason(item.title):
        body.append(Text(f"So that {escape(reason)}"))
    body.append(Items(tuple(rows)) if rows else Text("It belongs to no epic, and nothing on the roadmap."))
    body += evidence.behind(call, key, [item.id])
    body += _vision(call)
    buttons = []
    if not above and item.type != "epic":
        buttons.append(Button("Name its epic", f"backlog edit {key}", form=True))
    if call.may(Role.PRODUCT_MANAGER) and not entries:
        open_ = roadmap.listed(call.db, call.product.id, call.audience.reads, count=3)
        buttons += [Button(f"Link to R-{entry.number}", f"roadmap link R-{entry.number} {key}") for entry in open_]
    return Card(f"{key} {item.title}", tuple(body), tuple(buttons))


def _of_entry(call: Call) -> Card:
    entry = find(call, call.take_number("R", "roadmap entry"))
    call.end()
    [first, *above] = _chain(call, [entry])
    body: list[Part] = [Text(escape(first.detail))] if first.detail else []
    body.append(Items(tuple(above)) if above else Text("It serves no goal."))
    items = [row.id for row in roadmap.items_of(call.db, entry.id)]
    body += evidence.behind(call, f"R-{entry.number}", items)
    body += _vision(call)
    may = call.may(Role.PRODUCT_MANAGER) and not above
    button = (Button("Name its goal", f"roadmap edit R-{entry.number}", form=True),) if may else ()
    return Card(f"R-{entry.number} {entry.title}", tuple(body), button)


def _of_goal(call: Call) -> Card:
    """A goal, what is on the roadmap for it, and the vision."""
    goal = goal_of(call, call.take_number("G", "goal"))
    call.end()
    rows = _chain(call, roadmap.serving(call.db, goal.id, call.audience.reads))
    entries = tuple(row for row in rows if row.key != f"G-{goal.number}")
    body: list[Part] = [Items(entries) if entries else Text("Nothing on the roadmap serves it.")]
    body += evidence.behind(call, f"G-{goal.number}")
    return Card(f"G-{goal.number} {goal.text}", (*body, *_vision(call)))


def _chain(call: Call, entries: Sequence[Entry]) -> list[Line]:
    """Each entry, and behind it the goal it serves, a goal once."""
    found = around(call, entries, None)
    served = list({goal.id: goal for entry in entries if (goal := found.goals.get(entry.goal_id or ""))}.values())
    parts = goals.standings(call.db, served, call.today)
    rows: list[Line] = []
    told: set[str] = set()
    for entry in entries:
        detail = [
            "roadmap", entry.horizon if entry.status == roadmap.OPEN else entry.status,
            days_in_words(entry.starts, entry.ends, call.today), progress_in_words(found.progress[entry.id]),
        ]  # fmt: skip
        rows.append(Line(f"R-{entry.number}", entry.title, " · ".join(part for part in detail if part)))
        goal = found.goals.get(entry.goal_id or "")
        if goal is not None and goal.id not in told:
            told.add(goal.id)
            rows.append(_goal(goal, goals.progress(parts[goal.id])))
    return rows


def _goal(goal: Goal, part: float | None) -> Line:
    far = f" · {figures.percent(part)}" if part is not None else ""
    return Line(f"G-{goal.number}", goal.text, f"{'closed goal' if goal.closed_at else 'goal'}{far}")


def _vision(call: Call) -> tuple[Text, ...]:
    """The vision is for stakeholders; a guest is not told whether there is one."""
    if call.audience is Audience.PUBLIC:
        return ()
    vision = products.load(call.db, call.product.id).vision
    return (Text(f"**Vision** {escape(shorten(vision, 1000))}" if vision else _NO_VISION),)


_NO_VISION = "No vision is written yet; `product vision` takes it."
