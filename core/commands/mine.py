"""`mine`: what waits for me."""

from collections.abc import Collection
from typing import Any

from core.chat.card import Button, Card, Items, Line, Text
from core.chat.words import day_in_words, shorten
from core.commands import awaiting
from core.commands.call import Call
from core.commands.items import Words
from core.commands.registry import Said, command
from core.product import roadmap, standards
from core.product.people import Role
from core.product.waiting import MOST, Waiting, waiting_for

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
        ("Late milestones", _late(call)),
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


def _late(call: Call) -> list[Line]:
    """Milestones that are past their day: the product manager's all, others' their own."""
    rows = roadmap.late_milestones(call.db, call.product.id, call.today, call.audience.reads)
    manager = Role.PRODUCT_MANAGER in call.roles
    mine_ = [(one, entry) for one, entry in rows if manager or one.owner_id == call.person]
    return [
        Line(f"R-{entry.number}", one.text, f"was due {day_in_words(one.day, call.today)} · {shorten(entry.title, 60)}",
             (Button("Show", f"roadmap show R-{entry.number}"),))
        for one, entry in mine_[:MOST]
    ]  # fmt: skip
