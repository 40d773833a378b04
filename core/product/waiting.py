"""What waits for one person in a product."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select

from core.product import preparing
from core.product.items import Item
from core.product.preparing import Looked
from core.store.database import Session
from core.store.prepared import Prepared

MOST = 10  # of each kind

_OURS = (
    select(Item.id, Item.number, Item.title, Item.status, Item.due)
    .where(Item.product_id == bindparam("product"))
    .limit(bindparam("count"))
)
_ASSIGNED = Prepared(
    _OURS.where(Item.assignee_id == bindparam("person"), Item.closed_at.is_(None)).order_by(
        Item.due.is_(None), Item.due, Item.rank
    )
)
_TO_ACCEPT = Prepared(_OURS.where(Item.status == "done").order_by(Item.closed_at))


@dataclass(frozen=True, slots=True)
class Waiting:
    """assigned: open items of theirs, what is due first; to_accept: done ones, the oldest first; unready: of the top of
    the order, what is not ready."""

    assigned: list[Row[*tuple[Any, ...]]]
    to_accept: list[Row[*tuple[Any, ...]]]
    unready: list[Looked]


def waiting_for(
    db: Session, product: str, key: str, person: str, *, accepts: bool, top: int, off: Collection[str]
) -> Waiting:
    """accepts: whether done items wait for this person; top: how many of the order they are to keep ready; off: rules
    of readiness that are not asked."""
    assigned = _ASSIGNED.all(db, product=product, person=person, count=MOST)
    to_accept = _TO_ACCEPT.all(db, product=product, count=MOST) if accepts else []
    first = preparing.top(db, product, key, top) if top else []
    return Waiting(assigned, to_accept, [one for one in first if not one.is_ready(off)])
