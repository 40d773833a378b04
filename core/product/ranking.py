"""The order of a backlog: fractional keys, so that a move writes one row however long the list is.

Keys are those of "Realtime Editing of Ordered Sequences" (Evan Wallace, Figma, 2017) in base 62; they compare byte by
byte (COLLATE "C" on PostgreSQL). Whoever changes an order holds the product's lock.
"""

from collections.abc import Sequence

from fractional_indexing import generate_key_between, generate_n_keys_between
from sqlalchemy import bindparam, func, select

from core.product.items import Item
from core.store.bulk import chunks, update_many
from core.store.database import Session
from core.store.history import Fields
from core.store.prepared import Prepared

FIRST = generate_key_between(None, None)  # what is put into an empty backlog first
LONGEST = 64  # characters; a longer key has every key of the product made anew

_OTHERS = select(Item.rank).where(Item.product_id == bindparam("product"), Item.id != bindparam("but")).limit(1)
_UP, _DOWN = Item.rank, Item.rank.desc()
_FIRST = Prepared(_OTHERS.order_by(_UP))
_LAST = Prepared(_OTHERS.order_by(_DOWN))
_BEFORE = Prepared(_OTHERS.where(Item.rank < bindparam("key")).order_by(_DOWN))
_AFTER = Prepared(_OTHERS.where(Item.rank > bindparam("key")).order_by(_UP))


def last(db: Session, product: str) -> str | None:
    """The greatest key in use, None in an empty backlog."""
    key: str | None = _LAST.scalar(db, product=product, but="")
    return key


def at_end(db: Session, product: str, count: int = 1) -> list[str]:
    """`count` keys after everything there is."""
    return keys_between(last(db, product), None, count)


def at_start(db: Session, product: str, count: int) -> list[str]:
    """`count` keys before everything there is."""
    return keys_between(None, _FIRST.scalar(db, product=product, but=""), count)


def keys_between(low: str | None, high: str | None, count: int) -> list[str]:
    """`count` keys between two neighbours, in order; None is the open end."""
    if count == 1:
        return [generate_key_between(low, high)]
    keys: list[str] = generate_n_keys_between(low, high, count)
    return keys


def move(db: Session, product: str, items: Sequence[Item], where: str, anchor: Item | None = None) -> None:
    """Put `items`, in the order given, to the 'top' or 'bottom', or 'above' or 'below' the anchor."""
    keys = _keys_at(db, product, items, where, anchor)
    if max(map(len, keys)) > LONGEST:
        rebalance(db, product)
        if anchor is not None:
            db.refresh(anchor, ["rank"])
        for item in items:
            db.refresh(item, ["rank"])
        keys = _keys_at(db, product, items, where, anchor)
    for item, key in zip(items, keys, strict=True):
        item.rank = key
    db.flush()


def _keys_at(db: Session, product: str, items: Sequence[Item], where: str, anchor: Item | None) -> list[str]:
    # the one item that is moved gives up its key; of several, none may be given a key that another still has
    where_to = {"product": product, "but": items[0].id if len(items) == 1 else ""}
    low: str | None = None
    high: str | None = None
    if where == "top":
        high = _FIRST.scalar(db, **where_to)
    elif where == "bottom":
        low = _LAST.scalar(db, **where_to)
    elif where == "above" and anchor is not None:
        high = anchor.rank
        low = _BEFORE.scalar(db, **where_to, key=high)
    elif where == "below" and anchor is not None:
        low = anchor.rank
        high = _AFTER.scalar(db, **where_to, key=low)
    return keys_between(low, high, len(items))


def rebalance(db: Session, product: str) -> None:
    """Make every key anew and short, in the same order. Nobody's change: history does not follow it."""
    db.flush()
    rows = db.execute(select(Item.id, Item.rank).where(Item.product_id == product).order_by(Item.rank)).all()
    # keys above every key in use never meet one while they are being written
    fresh = keys_between(generate_key_between(rows[-1].rank, None), None, len(rows))
    db.ledger.silent = True
    for part in chunks(zip(rows, fresh, strict=True)):
        update_many(db, Item, [(row.id, {"rank": row.rank}, {"rank": key}) for row, key in part])
    db.ledger.silent = False


def mend_order(db: Session, entity: str, restored: list[Fields]) -> list[Fields]:
    """For undo: an order key that is taken by now lands just after the item that took it."""
    if entity != Item.__tablename__:
        return restored
    by_product: dict[str, set[str]] = {}
    for fields in restored:
        if "rank" in fields:
            by_product.setdefault(_product_of(db, fields), set()).add(fields["rank"])
    freed = {product: _free_keys(db, product, wanted) for product, wanted in by_product.items()}
    return [
        {**fields, "rank": freed[_product_of(db, fields)][fields["rank"]]} if "rank" in fields else fields
        for fields in restored
    ]


def _product_of(db: Session, fields: Fields) -> str:
    return str(fields.get("product_id") or db.ledger.product_id)


def _free_keys(db: Session, product: str, wanted: set[str]) -> dict[str, str]:
    """Each key that is wanted, and the key to take for it."""
    ours = Item.product_id == product
    taken = set(db.scalars(select(Item.rank).where(ours, Item.rank.in_(wanted))))
    freed = {key: key for key in wanted - taken}
    for key in sorted(taken):
        after = db.scalar(select(func.min(Item.rank)).where(ours, Item.rank > key))
        following = [other for other in (after, *wanted, *freed.values()) if other is not None and other > key]
        freed[key] = keys_between(key, min(following, default=None), 1)[0]
    return freed
