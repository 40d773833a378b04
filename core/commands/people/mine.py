"""`mine`: what waits for me."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from core.chat.card import Button, Buttons, Card, Items, Line, Text, escape
from core.chat.placed import placed_buttons
from core.chat.words import day_in_words, shorten
from core.commands.call import Call
from core.commands.instead import instead
from core.commands.items import Words
from core.commands.people import awaiting
from core.commands.registry import Said, command
from core.product import roadmap, standards
from core.product.people import Role
from core.product.waiting import MOST, Waiting, waiting_for

TOP = 5  # of the order, looked at for readiness
EACH = 8  # lines of one product among several


@command("mine", example="mine", role=Role.VIEWER, writes=False)
def mine(call: Call) -> Said:
    """What waits for you, by role: your items, what is due, what to answer and to accept, what is not ready."""
    call.end()
    if call.found_product is None and len(call.directory.products) > 1:
        return _everywhere(call)
    product = call.product
    body = _body(_groups(call))
    if body:
        return Card(f"{product.name} · what waits for you", tuple(body))
    nothing = f"Nothing waits for you in {product.name}"
    return instead(call, nothing) or Card(nothing, buttons=(Button("Show the backlog", "backlog list"),))


def _groups(call: Call) -> awaiting.Groups:
    """Headings and their lines; a viewer's are those that are not the team's."""
    if not (call.may(Role.MEMBER) or call.may(Role.LEAD)):
        return awaiting.of_anybody(call)
    product = call.product
    owner = Role.PRODUCT_OWNER in call.roles
    off = standards.of(call.db, product.id).off if owner else frozenset()
    found = waiting_for(call.db, product.id, product.key, call.person, accepts=owner, top=TOP if owner else 0, off=off)
    return [
        ("Yours", [_line(call, row) for row in found.assigned]),
        ("To accept", [_line(call, row, accept=True) for row in found.to_accept]),
        ("On top and not ready", _unready(call, found, off)),
        ("Late milestones", _late(call)),
        *awaiting.of_team(call),
        *awaiting.of_anybody(call),
    ]


def _body(groups: awaiting.Groups) -> list[Any]:
    return [part for title, lines in groups if lines for part in (Text(f"**{title}**"), Items(tuple(lines)))]


def _everywhere(call: Call) -> Card:
    """Where no product is meant: of each, what waits, and a button that turns this place to it, for who may."""
    body: list[Any] = []
    for product in call.directory.products.values():
        lines = [one for _, lines in _groups(call.about_product(product.id)) for one in lines]
        if not lines:
            continue
        body += [Text(f"**{escape(product.name)}** ({product.key})"), _some(call, product.key, lines[:EACH])]
        if len(lines) > EACH:
            body.append(Text(f"and {len(lines) - EACH} more", subtle=True))
        if call.may_turn_over(product):
            body.append(Buttons((Button(f"Work on {product.key} here", f"product use {product.key}"),)))
    return Card("What waits for you" if body else "Nothing waits for you", tuple(body))


def _some(call: Call, product: str, lines: Sequence[Line]) -> Items:
    """Lines of one product among several; their buttons can say which one only where nobody else reads."""
    alone = call.ask.place.private
    return Items(tuple(replace(one, buttons=placed_buttons(one.buttons, product) if alone else ()) for one in lines))


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
