"""How the items of a file hang together: epics and what belongs to them, and what waits for what.

A row names others by words of its file: an id, a key, the title of an epic. They are looked up once all rows are in,
first among the rows of the file, then among what stands in the product.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.exchange.rows import Row
from core.product import backlog, merging
from core.product.people import ProductInfo
from core.store.bulk import chunks
from core.store.database import Session

Identity = tuple[str, str]  # source and id there
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What one row says of others, in the words of its file."""

    who: Identity
    epic: str
    waits_for: tuple[str, ...]
    holds_up: tuple[str, ...]

    @property
    def words(self) -> Iterator[str]:
        return iter(filter(None, (self.epic, *self.waits_for, *self.holds_up)))


@dataclass
class Relations:
    """What the rows read so far are called, and what they say of each other. source: of rows that name none."""

    source: str
    own: bool
    _called: dict[str, Identity] = field(default_factory=dict)
    _epics: dict[str, Identity] = field(default_factory=dict)
    _are_epics: set[Identity] = field(default_factory=set)
    _wishes: list[Wish] = field(default_factory=list)
    _born: dict[str, datetime] = field(default_factory=dict)  # when the rows that were born here were made

    def hear(self, row: Row) -> None:
        """What a row is called, and what it says of others."""
        self.call(row)
        if wish := self._wish(row):
            self._wishes.append(wish)

    def call(self, row: Row) -> None:
        """What a row is called; hearing of it twice does no harm."""
        who = self._who(row)
        for name in (row.external_id, row.external_key, row.key):
            if name:
                self._called.setdefault(name.casefold(), who)
        if row.key:  # in our own export everything is called by our keys
            self._called[row.key.casefold()] = who
            if not row.source and row.created_at:
                self._born[row.key] = row.created_at
        if row.type == "epic":
            self._epics.setdefault(row.title.casefold(), who)
            self._are_epics.add(who)

    def _who(self, row: Row) -> Identity:
        return row.source or self.source, row.external_id

    def _wish(self, row: Row) -> Wish | None:
        epic = row.epic if self.own else row.parent
        said = epic or row.waits_for or row.holds_up
        return Wish(self._who(row), epic, row.waits_for, row.holds_up) if said else None

    def parts(self) -> Iterator[list[Wish]]:
        """The wishes, some at a time."""
        yield from chunks(self._wishes, CHUNK)

    def fulfil(self, db: Session, product: ProductInfo, part: Sequence[Wish], stale: frozenset[str]) -> None:
        """Let these items hang together as their rows say."""
        there = self._ours(db, product, part)
        epics: dict[str, str] = {}
        waits: list[tuple[str, str]] = []
        for wish in part:
            item = there.get(wish.who)
            if item is not None and wish.who[1] not in stale:
                epic, more = self._links(wish, item, there)
                epics |= epic
                waits += more
        merging.hang(db, epics, waits)

    def moved(self, db: Session, product: ProductInfo, rows: Sequence[Row]) -> set[Identity]:
        """Of these rows those that are here, and that `fulfil` will hang elsewhere. All rows of the file must have
        been called before."""
        wishes = [wish for row in rows if (wish := self._wish(row))]
        there = self._ours(db, product, wishes)
        links = {wish.who: self._links(wish, item, there) for wish in wishes if (item := there.get(wish.who))}
        epics = {item: epic for belongs, _ in links.values() for item, epic in belongs.items()}
        also = [item for who in self._are_epics.intersection(there) if (item := there[who])]
        elsewhere, waits = merging.hanging(db, epics, [pair for _, pairs in links.values() for pair in pairs], also)
        return {
            wish.who
            for wish in wishes
            if wish.who in links
            and (
                there[wish.who] in elsewhere or not waits.isdisjoint(links[wish.who][1]) or self._of_unborn(wish, there)
            )
        }

    def _of_unborn(self, wish: Wish, there: Mapping[Identity | str, str]) -> bool:
        """Whether what is here is to hang on a row that is not here yet."""
        epic = self._meant(wish.epic) if wish.epic else None
        if epic is not None and epic not in there and epic in self._are_epics:
            return True
        others = (self._meant(word) for word in (*wish.waits_for, *wish.holds_up))
        return any(who is not None and who not in there for who in others)

    def _links(
        self, wish: Wish, item: str, there: Mapping[Identity | str, str]
    ) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """The epic that an item is to belong to (item -> epic), and the waits ((item, on)), as far as they are here."""
        others = {word: there.get(self._meant(word) or word) for word in wish.words}
        epic = others[wish.epic] if wish.epic else None
        waits = [(item, on) for word in wish.waits_for if (on := others[word])]
        waits += [(other, item) for word in wish.holds_up if (other := others[word])]
        return ({item: epic} if epic else {}), waits

    def _ours(self, db: Session, product: ProductInfo, part: Sequence[Wish]) -> dict[Identity | str, str]:
        """Our ids of all that these wishes speak of: by identity, and by word what only stands in the product."""
        words = {word for wish in part for word in wish.words}
        named = [who for word in words if (who := self._meant(word))]
        there = self.found(db, product, [*named, *(wish.who for wish in part)])
        for word in words:
            if not self._meant(word) and (found := _standing(db, product, word)):
                there[word] = found
        return there

    def _meant(self, word: str) -> Identity | None:
        return self._called.get(word.casefold()) or self._epics.get(word.casefold())

    def found(self, db: Session, product: ProductInfo, whose: Iterable[Identity]) -> dict[Identity | str, str]:
        """Our ids of rows, those that came in."""
        found: dict[Identity | str, str] = {}
        by_source: dict[str, set[str]] = {}
        for source, external_id in whose:
            by_source.setdefault(source, set()).add(external_id)
        for source, ids in by_source.items():
            for external_id, item in merging.identified(db, product.id, source, list(ids)).items():
                found[source, external_id] = item
        if self.own:
            twins = self.twins(
                db, product, [key for key in by_source.get(self.source, ()) if (self.source, key) not in found]
            )
            found |= {(self.source, key): item for key, item in twins.items()}
        return found

    def twins(self, db: Session, product: ProductInfo, keys: Iterable[str]) -> dict[str, str]:
        """Of rows of our own export by their keys: the items of this very product that they were written from."""
        born = {n: key for key in keys if key in self._born and (n := number_of(product, key))}
        found = merging.twins(db, product.id, {n: self._born[key] for n, key in born.items()})
        return {born[number]: item for number, item in found.items()}


def number_of(product: ProductInfo, key: str) -> int | None:
    """The number in a key of this product."""
    head, _, tail = key.rpartition("-")
    ours = head.casefold() == product.key.casefold() and tail.isascii() and tail.isdigit() and len(tail) < 10
    return int(tail) if ours else None


def _standing(db: Session, product: ProductInfo, word: str) -> str | None:
    """An item of the product that is called so already."""
    try:
        number = backlog.number_of(db, product.id, product.key, word)
    except (backlog.NoSuchItem, backlog.TwoItems):
        return None
    return next(iter(backlog.ids(db, product.id, [number])), None)
