"""Acceptance criteria: what must hold before the product owner accepts an item."""

from typing import Any

from sqlalchemy import Row, bindparam, func, select

from core.product.items import Criterion, Item
from core.store.base import new_id
from core.store.database import Session
from core.store.prepared import Prepared

LENGTH = 1000

_OF = Prepared(
    select(Criterion.id, Criterion.position, Criterion.text, Criterion.checked)
    .where(Criterion.item_id == bindparam("item"))
    .order_by(Criterion.position, Criterion.id)
)


class NoSuchCriterion(LookupError):
    """`args` are the number asked for, and how many there are."""


def of(db: Session, item: str) -> list[Row[*tuple[Any, ...]]]:
    """An item's criteria in order; people count them from 1."""
    return _OF.all(db, item=item)


def add(db: Session, item: Item, text: str) -> Criterion:
    last = db.scalar(select(func.max(Criterion.position)).where(Criterion.item_id == item.id)) or 0
    made = Criterion(id=new_id(), item_id=item.id, position=last + 1, text=text, checked=False)
    db.add(made)
    db.flush()
    return made


def nth(db: Session, item: Item, number: int) -> Criterion:
    """The criterion that people call number N. Raises NoSuchCriterion."""
    rows = of(db, item.id)
    if not 1 <= number <= len(rows):
        raise NoSuchCriterion(number, len(rows))
    return db.get_one(Criterion, {"id": rows[number - 1].id, "workspace_id": db.workspace})
