"""Items at the top of the order as the rules of readiness see them, and the walk through those that are not ready."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Row, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from core.product import held, readiness
from core.product.items import Criterion, Item
from core.product.readiness import Story
from core.store.base import ID_LENGTH, Base, Scoped
from core.store.database import Session
from core.store.prepared import Prepared

UNBEGUN = ("new", "ready")
CHUNK = 50
LOOKED_AT = 1000  # items of the order; what stands below them is far from being taken on

_COLUMNS = (
    Item.id, Item.number, Item.title, Item.type, Item.status, Item.points, Item.due, Item.persona, Item.want,
    Item.benefit, Item.rank,
)  # fmt: skip
_TOP = Prepared(
    select(*_COLUMNS)
    .where(
        Item.product_id == bindparam("product"),
        Item.closed_at.is_(None),
        Item.status.in_(UNBEGUN),
        Item.rank > bindparam("after"),
    )
    .order_by(Item.rank)
    .limit(bindparam("count"))
)


_CRITERIA = Prepared(
    select(Criterion.item_id, Criterion.text)
    .where(Criterion.item_id.in_(bindparam("items", expanding=True)))
    .order_by(Criterion.position, Criterion.id)
)


@dataclass(frozen=True, slots=True)
class Looked:
    """An item, and the story it tells."""

    row: Row[*tuple[Any, ...]]
    story: Story

    def findings(self, off: Collection[str] = ()) -> list[readiness.Finding]:
        return readiness.findings(self.story, off)

    def is_ready(self, off: Collection[str]) -> bool:
        return not any(one.weight == "settle" for one in self.findings(off))


def top(db: Session, product: str, key: str, count: int, after: str = "") -> list[Looked]:
    """The first items of the order that nobody has begun, from below an order key. key: of the product, for the names
    of what they wait for."""
    return looked(db, _TOP.all(db, product=product, after=after, count=count), key)


def looked(db: Session, rows: Sequence[Row[*tuple[Any, ...]]], key: str) -> list[Looked]:
    """Items by the columns of a row, with their criteria and what holds them up."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    criteria = criteria_of(db, ids)
    holds = held.up(db, ids)
    return [
        Looked(
            row,
            Story(
                row.title, row.type, row.points, row.persona, row.want, row.benefit, criteria.get(row.id, ()),
                tuple(f"{key}-{number}" for number, _ in holds.get(row.id, held.FREE).waits),
                tuple(f"B-{number}" for number, _ in holds.get(row.id, held.FREE).blockers),
            ),
        )
        for row in rows
    ]  # fmt: skip


def criteria_of(db: Session, items: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The texts of the criteria of items, by the items' ids."""
    found: dict[str, tuple[str, ...]] = {}
    for row in _CRITERIA.all(db, items=list(items)) if items else ():
        found[row.item_id] = (*found.get(row.item_id, ()), row.text)
    return found


def unready(db: Session, product: str, key: str, off: Collection[str], after: str = "") -> Iterator[Looked]:
    """The items that are not ready, best first, from below an order key; looked for as far as they are wanted."""
    for _ in range(LOOKED_AT // CHUNK):
        found = top(db, product, key, CHUNK, after)
        yield from (one for one in found if not one.is_ready(off))
        if len(found) < CHUNK:
            return
        after = found[-1].row.rank


# ---- the walk ----


class Walk(Scoped, Base):
    """How far one person has come in refining. Not remembered: it is nobody's work, only where they stand.

    wanted   how many items they mean to look at
    current  the number of the item that lies before them; None at the end
    passed, skipped   the numbers of items that they went on from, and that they left for another time
    """

    __tablename__ = "walks"
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    at: Mapped[datetime]
    wanted: Mapped[int]
    current: Mapped[int | None]
    passed: Mapped[tuple[str, ...]]
    skipped: Mapped[tuple[str, ...]]
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """Where a walk stands, as plain data: see Walk."""

    at: datetime
    wanted: int
    current: int | None = None
    passed: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()

    @property
    def seen(self) -> frozenset[int]:
        return frozenset((*self.passed, *self.skipped))


def walk(db: Session, product: str, person: str) -> Step | None:
    row = db.scalar(select(Walk).where(Walk.product_id == product, Walk.person_id == person))
    if row is None:
        return None
    return Step(row.at, row.wanted, row.current, tuple(map(int, row.passed)), tuple(map(int, row.skipped)))


def keep_walk(db: Session, product: str, person: str, step: Step) -> None:
    row = db.scalar(select(Walk).where(Walk.product_id == product, Walk.person_id == person))
    if row is None:
        row = Walk(product_id=product, person_id=person)
        db.add(row)
    row.at, row.wanted, row.current = step.at, step.wanted, step.current
    row.passed, row.skipped = tuple(map(str, step.passed)), tuple(map(str, step.skipped))
    db.flush()
