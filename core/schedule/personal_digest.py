"""The personal digest: what others changed that is mine, what is due, what waits for me; hidden where it is nothing."""

from datetime import timedelta

from sqlalchemy import select

from core.chat.card import Button, Card, Items, Line, Part, Text
from core.chat.words import shorten
from core.product import blockers
from core.product.items import Item
from core.product.people import Role
from core.schedule.digests import COMPOSERS, PERSONAL, Composed, Scene

SOON = timedelta(days=2)
SHOWN = 6

Group = tuple[str, list[Line]]


def compose(scene: Scene) -> Composed:
    groups = [group(scene) for group in (changed, due, waiting, held_up)]
    body: list[Part] = []
    for title, lines in groups:
        if lines:
            body += [Text(f"**{title}**"), Items(tuple(lines[:SHOWN]))]
    card = Card(f"{scene.product.name} · for {scene.name(scene.person)}", tuple(body), (Button("All of it", "mine"),))
    return Composed(card, bool(body))


def _mine(scene: Scene) -> dict[str, Item]:
    rows = select(Item).where(
        Item.product_id == scene.product.id, Item.assignee_id == scene.person, Item.closed_at.is_(None)
    )
    return {item.id: item for item in scene.db.scalars(rows.order_by(Item.rank))}


def changed(scene: Scene) -> Group:
    """What others did to what is mine."""
    mine, said = _mine(scene), dict[str, list[str]]()
    for past in scene.changes:
        if past.actor_id == scene.person or past.subject_id not in mine:
            continue
        who = scene.name(past.actor_id)
        after = past.after or {}
        if past.entity == "comments" and past.before is None:
            said.setdefault(past.subject_id, []).append(f"{who} left a comment")
        elif past.entity == "items" and after.get("assignee_id") == scene.person:
            said.setdefault(past.subject_id, []).append(f"{who} gave it to you")
        elif past.entity == "items" and past.before is not None and "status" in after:
            said.setdefault(past.subject_id, []).append(f"{who}: {after['status']}")
    lines = [
        Line(scene.key(mine[key].number), shorten(mine[key].title, 80), " · ".join(dict.fromkeys(told)))
        for key, told in said.items()
    ]
    return "While you were away", lines


def due(scene: Scene) -> Group:
    lines = []
    for item in _mine(scene).values():
        if item.due is not None and item.due <= scene.today + SOON:
            when = "today" if item.due == scene.today else scene.day(item.due)
            late = "was due" if item.due < scene.today else "due"
            lines.append(Line(scene.key(item.number), shorten(item.title, 80), f"{late} {when}"))
    return "Due", lines


def waiting(scene: Scene) -> Group:
    if scene.holder(Role.PRODUCT_OWNER) != scene.person:
        return "To accept", []
    rows = select(Item).where(Item.product_id == scene.product.id, Item.status == "done").order_by(Item.closed_at)
    return "To accept", [
        Line(
            scene.key(item.number),
            shorten(item.title, 80),
            f"done {scene.day(item.closed_at)}" if item.closed_at else "",
        )
        for item in scene.db.scalars(rows.limit(SHOWN))
    ]


def held_up(scene: Scene) -> Group:
    """Blockers that others wait with for me."""
    rows = blockers.concerning(blockers.standing(scene.db, scene.product.id), scene.person)
    return "Others wait for you", [
        Line(f"B-{row.number}", shorten(row.text, 80), f"for {scene.name(row.raised_by)}" if row.raised_by else "")
        for row in rows
    ]


COMPOSERS[PERSONAL] = compose
