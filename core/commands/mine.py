"""`mine` and `why`: what waits for me, and what an item is for."""

from collections.abc import Collection
from typing import Any

from core.chat.card import Button, Card, Items, Line, Text, escape
from core.commands import awaiting, evidence
from core.commands.call import Call, day_in_words
from core.commands.items import Words, item_to_read
from core.commands.registry import Said, command
from core.product import products, readiness, standards, structure
from core.product.people import Role
from core.product.waiting import Waiting, waiting_for

TOP = 5  # of the order, looked at for readiness


@command("mine", example="mine", writes=False)
def mine(call: Call) -> Said:
    """What waits for you, by role: your items, what is due, what to accept, what is not ready."""
    call.end()
    product = call.product
    owner = Role.PRODUCT_OWNER in call.roles
    off = standards.of(call.db, product.id).off if owner else frozenset()
    found = waiting_for(call.db, product.id, product.key, call.person, accepts=owner, top=TOP if owner else 0, off=off)
    groups = [
        ("Yours", [_line(call, row) for row in found.assigned]),
        ("To accept", [_line(call, row, accept=True) for row in found.to_accept]),
        ("On top and not ready", _unready(call, found, off)),
        *awaiting.groups(call),
    ]
    body: list[Any] = []
    for title, lines in groups:
        if lines:
            body += [Text(f"**{title}**"), Items(tuple(lines))]
    if not body:
        button = (Button("Show the backlog", "backlog list"),)
        return Card(f"Nothing waits for you in {product.name}", buttons=button)
    return Card(f"{product.name} · what waits for you", tuple(body))


def _line(call: Call, row: Any, *, accept: bool = False) -> Line:
    words = Words(call)
    key = words.key(row.number)
    late = row.due is not None and row.due < call.today
    due = f"{'was due' if late else 'due'} {day_in_words(row.due, call.today)}" if row.due else ""
    detail = " · ".join(part for part in ("" if accept else row.status, due) if part)
    if accept:
        buttons: tuple[Button, ...] = (Button("Accept", f"backlog accept {key}"), Button("Show", f"backlog show {key}"))
    else:
        done = row.status in ("doing", "review")
        buttons = (Button("Done", f"backlog done {key}") if done else Button("Start", f"backlog start {key}"),)
    return Line(key, row.title, detail, buttons)


def _unready(call: Call, found: Waiting, off: Collection[str]) -> list[Line]:
    words = Words(call)
    lines = []
    for one in found.unready:
        key = words.key(one.row.number)
        settle = [finding.said for finding in one.findings(off) if finding.weight == "settle"]
        said = ", ".join(sentence[:1].lower() + sentence[1:] for sentence in settle)
        lines.append(Line(key, one.row.title, said, (Button("What it lacks", f"backlog ready {key}"),)))
    return lines


@command("why ITEM", example="why APP-12", writes=False)
def why(call: Call) -> Said:
    """What an item is for: its epic, and the vision."""
    reference = call.take_item()
    call.end()
    item = item_to_read(call, reference)
    words = Words(call)
    vision = products.load(call.db, call.product.id).vision
    above = structure.above(call.db, item.epic_id)
    rows = tuple(Line(words.key(row.number), row.title, "epic") for row in above)
    body: list[Any] = [Items(rows)] if rows else [Text("It belongs to no epic.")]
    if reason := item.benefit or readiness.reason(item.title):
        body.insert(0, Text(f"So that {escape(reason)}"))
    said = f"**Vision** {escape(vision)}" if vision else "No vision is written yet; `product vision` takes it."
    body.append(Text(said))
    key = words.key(item.number)
    body += evidence.behind(call, key, [item.id])
    buttons = () if above else (Button("Name its epic", f"backlog edit {key}", form=True),)
    return Card(f"{key} {item.title}", tuple(body), buttons)
