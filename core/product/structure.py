"""How items hang together: epics and what belongs to them, and items that wait for others. Neither goes in circles."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from core.product.items import Block, Item
from core.store.base import new_id
from core.store.database import Session
from core.store.prepared import Prepared

DEEPEST = 50  # levels; a chain of epics longer than this is taken for a circle


class Circle(ValueError):
    """It would make an item its own epic, or wait for itself; `args[0]` is the number of the item that closes it,
    `args[1]` whether it does so through others."""


class NoEpic(ValueError):
    """What was named as an epic is of another type; `args` are its number and its type."""


_CHILDREN = Prepared(
    select(Item.number, Item.title, Item.status, Item.points, Item.closed_at)
    .where(Item.epic_id == bindparam("epic"))
    .order_by(Item.rank)
    .limit(bindparam("count"))
)
_EPIC = Prepared(select(Item.id, Item.number, Item.title, Item.epic_id).where(Item.id == bindparam("item")))
_WAITS_FOR = Prepared(
    select(Block.item_id, Item.id, Item.number, Item.title, Item.status, Item.closed_at)
    .join(Item, (Item.workspace_id == Block.workspace_id) & (Item.id == Block.on_id))
    .where(Block.item_id == bindparam("item"))
    .order_by(Item.number)
)
_HOLDS_UP = Prepared(
    select(Item.number, Item.title, Item.status, Item.closed_at)
    .join(Block, (Item.workspace_id == Block.workspace_id) & (Item.id == Block.item_id))
    .where(Block.on_id == bindparam("item"))
    .order_by(Item.number)
)


def children(db: Session, epic: str, count: int) -> list[Row[*tuple[Any, ...]]]:
    """What belongs to an epic, best first."""
    return _CHILDREN.all(db, epic=epic, count=count)


def waits_for(db: Session, item: str) -> list[Row[*tuple[Any, ...]]]:
    """What an item waits for, open or closed."""
    return _WAITS_FOR.all(db, item=item)


def holds_up(db: Session, item: str) -> list[Row[*tuple[Any, ...]]]:
    """What waits for an item."""
    return _HOLDS_UP.all(db, item=item)


def above(db: Session, epic: str | None) -> list[Row[*tuple[Any, ...]]]:
    """The epics above an item, the nearest first."""
    found: list[Row[*tuple[Any, ...]]] = []
    while epic is not None and len(found) < DEEPEST:
        row = _EPIC.first(db, item=epic)
        if row is None:
            break
        found.append(row)
        epic = row.epic_id
    return found


def check_epic(db: Session, items: Sequence[Item], epic: Item) -> None:
    """Whether items may belong to an epic. Raises NoEpic and Circle."""
    if epic.type != "epic":
        raise NoEpic(epic.number, epic.type)
    inside = {item.id: item.number for item in items}
    above: str | None = epic.id
    for _ in range(DEEPEST):
        if above is None:
            return
        if above in inside:
            raise Circle(inside[above], above != epic.id)
        above = db.scalar(select(Item.epic_id).where(Item.id == above))
    raise Circle(epic.number, True)


def block(db: Session, item: Item, on: Item) -> bool:
    """Let an item wait for another; False where it does already. Raises Circle."""
    if item.id == on.id:
        raise Circle(item.number, False)
    if (steps := _steps(db, on.id, item.id)) is not None:
        raise Circle(on.number, steps > 1)
    if db.scalar(select(Block.id).where(Block.item_id == item.id, Block.on_id == on.id)) is not None:
        return False
    db.add(Block(id=new_id(), item_id=item.id, on_id=on.id))
    db.flush()
    return True


def _steps(db: Session, first: str, last: str) -> int | None:
    """Over how many waits the first item waits for the last; None where it does not."""
    reached: set[str] = set()
    edge, steps = [first], 0
    while edge:
        edge = [
            found
            for found in db.scalars(select(Block.on_id).where(Block.item_id.in_(edge)).distinct())
            if found not in reached
        ]
        steps += 1
        if last in edge:
            return steps
        reached.update(edge)
    return None


def check_again(db: Session, epics: Iterable[str], waits: Iterable[str]) -> None:
    """After an undo or redo, for whatever others did in between: whether the epics of these items, and the waits of
    these, still go in no circle. Raises Circle."""
    for one in epics:
        item = db.scalars(select(Item).where(Item.id == one)).first()
        if item is not None and one in {row.id for row in above(db, item.epic_id)}:
            raise Circle(item.number, True)
    for one in waits:
        if _steps(db, one, one) is not None:
            raise Circle(db.scalar(select(Item.number).where(Item.id == one)), True)


def hand_on(db: Session, item: Item, parts: Sequence[Item]) -> None:
    """The parts of an item wait for what it waited for, and what waited for it waits for each of them."""
    pairs = list(
        db.execute(select(Block.item_id, Block.on_id).where(or_(Block.item_id == item.id, Block.on_id == item.id)))
    )
    for waiting, on in pairs:
        for part in parts:
            db.add(
                Block(
                    id=new_id(),
                    item_id=part.id if waiting == item.id else waiting,
                    on_id=part.id if on == item.id else on,
                )
            )
    db.flush()


def unblock(db: Session, item: Item, on: Item) -> bool:
    """Let an item no longer wait for another; False where it did not."""
    found = db.scalar(select(Block).where(Block.item_id == item.id, Block.on_id == on.id))
    if found is None:
        return False
    db.delete(found)
    db.flush()
    return True
