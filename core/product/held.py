"""What holds items up now: the open items that they wait for, and the blockers on them that nobody has cleared."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, literal_column, select, union

from core.product.blockers import Blocker
from core.product.items import Block, Item
from core.store.database import Session
from core.store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Held:
    """waits: number and title of each open item that it waits for; blockers: number and text of each open blocker."""

    waits: tuple[tuple[int, str], ...] = ()
    blockers: tuple[tuple[int, str], ...] = ()


FREE = Held()

_ITEMS: BindParameter[list[str]] = bindparam("items", expanding=True)
_HELD = Prepared(
    union(
        select(Block.item_id, literal_column("0").label("blocks"), Item.number, Item.title)
        .join(Item, (Item.workspace_id == Block.workspace_id) & (Item.id == Block.on_id))
        .where(Block.item_id.in_(_ITEMS), Item.closed_at.is_(None)),
        select(Blocker.item_id, literal_column("1"), Blocker.number, Blocker.text).where(
            Blocker.item_id.in_(_ITEMS), Blocker.cleared_at.is_(None)
        ),
    )
)


def up(db: Session, items: Sequence[str]) -> dict[str, Held]:
    """What holds items up, by their ids; those that nothing holds up are left out."""
    found: dict[str, tuple[list[tuple[int, str]], list[tuple[int, str]]]] = {}
    for item, blocks, number, text in _HELD.all(db, items=list(items)) if items else ():
        found.setdefault(item, ([], []))[blocks].append((number, text))
    return {item: Held(tuple(sorted(waits)), tuple(sorted(blockers))) for item, (waits, blockers) in found.items()}
