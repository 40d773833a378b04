"""A new order from scores: what it would be, and making it so. Items without evidence keep their order below."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select

from core.product import ranking
from core.product.items import Item
from core.store.bulk import update_many
from core.store.database import Session
from core.store.prepared import Prepared

_OPEN = Prepared(
    select(
        Item.id, Item.number, Item.title, Item.rank, Item.points, Item.value, Item.reach, Item.impact, Item.confidence,
        Item.effort, Item.urgency, Item.risk,
    )
    .where(Item.product_id == bindparam("product"), Item.closed_at.is_(None))
    .order_by(Item.rank)
)  # fmt: skip


Score = tuple[float, ...]
"""What is compared, part by part; more is sooner."""
Scorer = Callable[[Row[*tuple[Any, ...]]], Score | None]


@dataclass(frozen=True, slots=True)
class Place:
    """One item with evidence: where it stands (from 1), where it would stand, and its score."""

    row: Row[*tuple[Any, ...]]
    before: int
    after: int
    score: Score


@dataclass(frozen=True, slots=True)
class Order:
    """A proposed order. `places`: the items with evidence, best first; `rest`: how many have none;
    `below`: how many have evidence and are not among the best that were asked for.
    `mark` tells this proposal from any other, so that what is applied is what was seen."""

    places: tuple[Place, ...]
    rest: int
    below: int
    mark: str

    @property
    def moves(self) -> bool:
        return any(place.before != place.after for place in self.places)


def proposed(db: Session, product: str, score: Scorer, top: int | None = None) -> Order:
    """The order by a score: the best `top` (None: all) of the items with evidence first, all others as they are.

    score: of an item's row; None where there is no evidence for it
    """
    rows = _OPEN.all(db, product=product)
    scored = [(at, row, found) for at, row in enumerate(rows, 1) if (found := score(row)) is not None]
    scored.sort(key=lambda one: (tuple(-part for part in one[2]), one[0]))
    places = tuple(Place(row, at, n, found) for n, (at, row, found) in enumerate(scored[:top], 1))
    told = ";".join(
        f"{place.row.id}:{place.before}:{','.join(f'{part:.9g}' for part in place.score)}" for place in places
    )
    left = len(rows) - len(scored)
    return Order(places, left, len(scored) - len(places), hashlib.blake2s(told.encode(), digest_size=6).hexdigest())


def apply(db: Session, product: str, order: Order) -> None:
    """Put the order's items first, in its order; whoever calls holds the product's lock."""
    keys = ranking.at_start(db, product, len(order.places))
    moves = [
        (place.row.id, {"rank": place.row.rank}, {"rank": key}) for place, key in zip(order.places, keys, strict=True)
    ]
    update_many(db, Item, moves)
