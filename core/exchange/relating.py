"""How the items of a file hang together: epics and what belongs to them, and what waits for what.

A row names others by words of its file: an id, a key, the title of an epic. They are looked up once all rows are in,
first among the rows of the file, then among what stands in the product.
"""

from collections.abc import Iterable, Iterator, Sequence
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
    _wishes: list[Wish] = field(default_factory=list)
    _born: dict[str, datetime] = field(default_factory=dict)  # when the rows that were born here were made

    def hear(self, row: Row) -> None:
        who = (row.source or self.source, row.external_id)
        for name in (row.external_id, row.external_key, row.key):
            if name:
                self._called.setdefault(name.casefold(), who)
        if row.key:  # in our own export everything is called by our keys
            self._called[row.key.casefold()] = who
            if not row.source and row.created_at:
                self._born[row.key] = row.created_at
        if row.type == "epic":
            self._epics.setdefault(row.title.casefold(), who)
        epic = row.epic if self.own else row.parent
        if epic or row.waits_for or row.holds_up:
            self._wishes.append(Wish(who, epic, row.waits_for, row.holds_up))

    def parts(self) -> Iterator[list[Wish]]:
        """The wishes, some at a time."""
        yield from chunks(self._wishes, CHUNK)

    def fulfil(self, db: Session, product: ProductInfo, part: Sequence[Wish], stale: frozenset[str]) -> None:
        """Let these items hang together as their rows say."""
        named = {word: who for wish in part for word in wish.words if (who := self._meant(word))}
        there = self.found(db, product, [*named.values(), *(wish.who for wish in part)])
        for word in {word for wish in part for word in wish.words} - named.keys():
            if found := _standing(db, product, word):
                there[word] = found
        epics: dict[str, str] = {}
        waits: list[tuple[str, str]] = []
        for wish in part:
            item = there.get(wish.who)
            if item is None or wish.who[1] in stale:
                continue
            others = {word: there.get(named.get(word, word)) for word in wish.words}
            if wish.epic and (epic := others[wish.epic]):
                epics[item] = epic
            waits += [(item, on) for word in wish.waits_for if (on := others[word])]
            waits += [(other, item) for word in wish.holds_up if (other := others[word])]
        merging.hang(db, epics, waits)

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
