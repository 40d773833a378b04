"""A backlog as a whole, read in order, for who takes it elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from core.product.backlog import numbers
from core.product.items import Block, Comment, Criterion, Item
from core.product.sprints import Sprint, SprintItem
from core.store.database import Session

EXPORTED = (
    "number", "title", "description", "type", "status", "points", "value", "labels", "assignee_id", "link",
    "persona", "want", "benefit", "due", "epic_id", "reach", "impact", "confidence", "effort", "urgency", "risk",
    "closed_at", "source", "external_id", "external_key", "external", "created_at", "updated_at",
)  # fmt: skip


def exported(db: Session, product: str, chunk: int = 1000) -> Iterable[list[dict[str, Any]]]:
    """Every item with its comments, criteria, epic's number, sprints and what it waits for, in order, a chunk at a
    time."""
    wanted = (
        select(Item.id, Item.rank, *(getattr(Item, name) for name in EXPORTED))
        .where(Item.product_id == product)
        .order_by(Item.rank)
        .limit(chunk)
    )
    after = ""
    while rows := list(db.execute(wanted.where(Item.rank > after))):
        after = rows[-1].rank
        ids = [row.id for row in rows]
        said, criteria, waits = _comments(db, ids), _criteria(db, ids), _waits(db, ids)
        stays = _sprints(db, ids)
        epics = numbers(db, list({row.epic_id for row in rows if row.epic_id}))
        yield [
            {
                **{name: getattr(row, name) for name in EXPORTED if name != "epic_id"},
                "epic": epics.get(row.epic_id),
                "comments": said.get(row.id, []),
                "criteria": criteria.get(row.id, []),
                "sprints": stays.get(row.id, []),
                "waits_for": waits.get(row.id, []),
            }
            for row in rows
        ]


def _comments(db: Session, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in db.execute(
        select(Comment.item_id, Comment.text, Comment.author_id, Comment.created_at)
        .where(Comment.item_id.in_(ids))
        .order_by(Comment.created_at, Comment.id)
    ):
        found.setdefault(row.item_id, []).append(
            {"text": row.text, "author_id": row.author_id, "created_at": row.created_at}
        )
    return found


def _criteria(db: Session, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in db.execute(
        select(Criterion.item_id, Criterion.text, Criterion.checked)
        .where(Criterion.item_id.in_(ids))
        .order_by(Criterion.position, Criterion.id)
    ):
        found.setdefault(row.item_id, []).append({"text": row.text, "checked": row.checked})
    return found


_SPRINT = ("name", "starts_on", "ends_on", "state", "goal", "started_at", "closed_at")
_STAY = ("committed", "carried", "because", "left_at", "outcome")


def _sprints(db: Session, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Of each sprint what it is, and what became of the item in it; what says nothing is left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in db.execute(
        select(
            SprintItem.item_id, *(getattr(Sprint, name) for name in _SPRINT), *(getattr(SprintItem, n) for n in _STAY)
        )
        .join(Sprint, (Sprint.workspace_id == SprintItem.workspace_id) & (Sprint.id == SprintItem.sprint_id))
        .where(SprintItem.item_id.in_(ids))
        .order_by(Sprint.starts_on, Sprint.number)
    ):
        said = {name: value for name in (*_SPRINT, *_STAY) if (value := getattr(row, name))}
        found.setdefault(row.item_id, []).append(said)
    return found


def _waits(db: Session, ids: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in db.execute(
        select(Block.item_id, Item.number)
        .join(Item, (Item.workspace_id == Block.workspace_id) & (Item.id == Block.on_id))
        .where(Block.item_id.in_(ids))
        .order_by(Item.number)
    ):
        found.setdefault(row.item_id, []).append(row.number)
    return found
