"""The personal digest: what others changed that is mine, what is due, what waits for me; hidden where it is nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from core.chat.card import Button, Card, Items, Line, Part, Text
from core.chat.words import shorten
from core.product import blockers
from core.product.items import Item
from core.product.people import Role
from core.schedule import digests, notice_cards, occurrences
from core.schedule.digests import COMPOSERS, PERSONAL, Composed, Scene
from core.schedule.occurrences import Kind, Occurrence
from core.schedule.unasked import Letter, Said
from core.store.database import Session

SOON = timedelta(days=2)
SHOWN = 6
SEP, COMMENTED = " · ", "left a comment"

Group = tuple[str, list[Line]]


def compose(scene: Scene) -> Composed:
    wanted = (changed, due, waiting) if scene.aboard else (changed, due, waiting, held_up)
    groups = [group(scene) for group in wanted]
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
        if past.actor_id == scene.person or past.subject_id not in mine or (scene.aboard and past.at > scene.aboard):
            continue
        who = scene.name(past.actor_id)
        after = past.after or {}
        if past.entity == "comments" and past.before is None:
            said.setdefault(past.subject_id, []).append(f"{who} {COMMENTED}")
        elif past.entity == "items" and after.get("assignee_id") == scene.person:
            said.setdefault(past.subject_id, []).append(f"{who} gave it to you")
        elif past.entity == "items" and past.before is not None and "status" in after:
            said.setdefault(past.subject_id, []).append(f"{who}: {after['status']}")
    lines = [
        Line(scene.key(mine[key].number), shorten(mine[key].title, 80), SEP.join(dict.fromkeys(told)))
        for key, told in said.items()
    ]
    return "While you were away", lines


def due(scene: Scene) -> Group:
    lines = []
    for item in _mine(scene).values():
        if item.due is not None and item.due <= scene.today + SOON and not (scene.aboard and item.due <= scene.today):
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


# ---- at the first hour, for people whom no prompt comes to ----


def _composed(db: Session, one: Occurrence) -> Said:
    said = digests.due(db, one)
    return headed(db, one.product_id, said) if isinstance(said, Letter) else said


def headed(db: Session, product: str, said: Letter) -> Letter:
    """With what gathered for somebody while they slept on top, and nothing twice."""
    head, carries = notice_cards.for_morning(db, product, said.person)
    told = {row.key: row.detail for part in head if isinstance(part, Items) for row in part.rows}
    rest = [_without(part, told) if isinstance(part, Items) else part for part in said.card.body]
    return replace(said, card=replace(said.card, body=(*head, *_filled(rest))), carries=carries)


def _without(part: Items, told: Mapping[str, str]) -> Items:
    """A list without what was told of its things."""
    rows = []
    for row in part.rows:
        said = told.get(row.key, "")
        new = [
            one for one in row.detail.split(SEP) if one not in said and not (one.endswith(COMMENTED) and "“" in said)
        ]
        rows += [replace(row, detail=SEP.join(new))] if new else []
    return Items(tuple(rows))


def _filled(parts: Sequence[Part]) -> list[Part]:
    """Without lists that are empty, and their headings."""
    kept: list[Part] = []
    for part in parts:
        if isinstance(part, Items) and not part.rows:
            kept.pop()
        else:
            kept.append(part)
    return kept


def _kept(db: Session, one: Occurrence, said: Said) -> None:
    if isinstance(said, Letter):
        notice_cards.carried(db, said.carries)
    digests.kept(db, one, said)


COMPOSERS[PERSONAL] = compose
occurrences.register(PERSONAL, Kind(_composed, _kept))
