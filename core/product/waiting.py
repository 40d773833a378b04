"""What waits for one person in a product."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, select

from core.product.items import Block, Criterion, Item
from core.product.readiness import Story
from core.store.database import Session
from core.store.prepared import Prepared

MOST = 10  # of each kind

_COLUMNS = (
    Item.id, Item.number, Item.title, Item.type, Item.status, Item.points, Item.due, Item.persona, Item.want,
    Item.benefit, Item.rank,
)  # fmt: skip
_OURS = select(*_COLUMNS).where(Item.product_id == bindparam("product")).limit(bindparam("count"))
_ASSIGNED = Prepared(
    _OURS.where(Item.assignee_id == bindparam("person"), Item.closed_at.is_(None)).order_by(
        Item.due.is_(None), Item.due, Item.rank
    )
)
_TO_ACCEPT = Prepared(_OURS.where(Item.status == "done").order_by(Item.closed_at))
_TOP = Prepared(_OURS.where(Item.closed_at.is_(None)).order_by(Item.rank))


@dataclass(frozen=True, slots=True)
class Waiting:
    """assigned: open items of theirs, what is due first; to_accept: done ones, the oldest first; top: of the order."""

    assigned: list[Row[*tuple[Any, ...]]]
    to_accept: list[Row[*tuple[Any, ...]]]
    top: list[Row[*tuple[Any, ...]]]
    criteria: dict[str, tuple[str, ...]] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()

    def story(self, row: Row[*tuple[Any, ...]]) -> Story:
        """One of `top` as the rules of readiness see it."""
        return Story(
            row.title, row.type, row.points, row.persona, row.want, row.benefit, self.criteria.get(row.id, ()),
            ("another item",) if row.id in self.blocked else (),
        )  # fmt: skip


def waiting_for(db: Session, product: str, person: str, *, accepts: bool, top: int) -> Waiting:
    """accepts: whether done items wait for this person; top: how many of the order they are to keep ready."""
    assigned = _ASSIGNED.all(db, product=product, person=person, count=MOST)
    to_accept = _TO_ACCEPT.all(db, product=product, count=MOST) if accepts else []
    first = _TOP.all(db, product=product, count=top) if top else []
    return Waiting(assigned, to_accept, first, *around(db, [row.id for row in first]))


def around(db: Session, items: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """The criteria of items, and which of them wait for an open one."""
    if not items:
        return {}, frozenset()
    criteria: dict[str, tuple[str, ...]] = {}
    rows = select(Criterion.item_id, Criterion.text).where(Criterion.item_id.in_(items))
    for row in db.execute(rows.order_by(Criterion.position, Criterion.id)):
        criteria[row.item_id] = (*criteria.get(row.item_id, ()), row.text)
    blocked = db.scalars(
        select(Block.item_id)
        .join(Item, (Item.workspace_id == Block.workspace_id) & (Item.id == Block.on_id))
        .where(Block.item_id.in_(items), Item.closed_at.is_(None))
    )
    return criteria, frozenset(blocked)
