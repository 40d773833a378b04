"""Threads that are tied to items: what is said in one is said of the other."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ForeignKeyConstraint, Index, String, bindparam, select
from sqlalchemy.orm import Mapped

from core.chat.ask import Ask
from core.product.items import Item
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session
from core.store.prepared import Prepared

Where = tuple[str, str, str]
"""A thread: its platform, its place and its own id there."""


class Tie(Stamped, Tracked):
    __tablename__ = "ties"
    item_id: Mapped[str] = tracked(String(ID_LENGTH))
    platform: Mapped[str] = tracked(String(16))
    place: Mapped[str] = tracked()
    name: Mapped[str] = tracked()  # of the place
    thread: Mapped[str] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        Index("uq_ties_thread", "workspace_id", "platform", "place", "thread", unique=True),
        Index("ix_ties_item", "workspace_id", "item_id"),
    )

    def subject(self) -> str:
        return self.item_id


@dataclass(frozen=True, slots=True)
class Tied:
    """A tie as it is read: its id, its item, and the thread."""

    id: str
    item_id: str
    where: Where
    name: str


_COLUMNS = (Tie.id, Tie.item_id, Tie.platform, Tie.place, Tie.thread, Tie.name)
_HERE = Prepared(
    select(Item.number, Item.product_id)
    .join(Tie, (Tie.workspace_id == Item.workspace_id) & (Tie.item_id == Item.id))
    .where(Tie.platform == bindparam("platform"), Tie.place == bindparam("place"), Tie.thread == bindparam("thread"))
)


def where(ask: Ask) -> Where | None:
    """The thread that something was said in; None outside of threads."""
    return (ask.connection.platform.value, ask.place.external_id, ask.thread) if ask.thread else None


def item_at(db: Session, thread: Where, product: str) -> int | None:
    """The number of the item that a thread is tied to."""
    platform, place, name = thread
    row = _HERE.first(db, platform=platform, place=place, thread=name)
    return int(row.number) if row is not None and row.product_id == product else None


def of(db: Session, items: Collection[str]) -> list[Tied]:
    """The threads that items are tied to."""
    rows = db.execute(select(*_COLUMNS).where(Tie.item_id.in_(items)).order_by(Tie.id)) if items else ()
    return [Tied(row.id, row.item_id, (row.platform, row.place, row.thread), row.name) for row in rows]


def ties_of(db: Session, item: str) -> list[Tie]:
    return list(db.scalars(select(Tie).where(Tie.item_id == item).order_by(Tie.id)))


def at(db: Session, thread: Where) -> Tie | None:
    platform, place, name = thread
    return db.scalar(select(Tie).where(Tie.platform == platform, Tie.place == place, Tie.thread == name))


def tie(db: Session, item: Item, thread: Where, name: str) -> None:
    """Tie a thread to an item, and to no other."""
    if (before := at(db, thread)) is not None:
        db.delete(before)
        db.flush()
    platform, place, own = thread
    db.add(Tie(id=new_id(), item_id=item.id, platform=platform, place=place, name=name, thread=own))
    db.flush()
