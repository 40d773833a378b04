"""A product's passages as arrays in memory: which terms stand where, whom each passage is for, what it means.

A replica reads all of them once, and after that only what is newer than the version it knows. Terms and vectors come
ready-made from the database; nothing here tokenizes or embeds, save what an import has left uncounted.

Who searches holds the lock only while the index is brought up to date, and then works on a snapshot: it costs a few
copied arrays, and neither a question that is being embedded nor a long comparison keeps anybody waiting.

Scores are made of what the asker may read, and of nothing else: a restricted passage is in no count and no average.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import bindparam, select

from core.knowledge import terms
from core.knowledge.passages import Passage
from core.product.audience import Audience
from core.store.database import Session
from core.store.prepared import Prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

AUDIENCES = tuple(Audience)
AUDIENCE_NUMBERS = {audience.value: n for n, audience in enumerate(AUDIENCES)}
K1, B = 1.2, 0.75  # BM25's usual constants
HEADING = 1.5  # what a term in title or headings counts, where one in the text counts 1
STALE = 0.3  # of all rows may be dead, and FEW_DEAD besides, before the index is made anew without them
FEW_DEAD = 1000
KEPT = 400_000  # passages of all products together that a process keeps in memory
CHUNK = 512  # vectors compared at once: as floats they stay in the processor's cache

_COLUMNS = (
    Passage.id, Passage.audience, Passage.kind, Passage.subject_id, Passage.terms, Passage.vector,
    Passage.embedded_by, Passage.revised, Passage.version, Passage.gone,
)  # fmt: skip
_ALL = Prepared(
    select(*_COLUMNS)
    .where(Passage.product_id == bindparam("product"), Passage.gone.is_(False))
)  # fmt: skip
_NEW = Prepared(
    select(*_COLUMNS)
    .where(Passage.product_id == bindparam("product"), Passage.version > bindparam("known"))
)  # fmt: skip
_TEXTS = Prepared(
    select(Passage.id, Passage.title, Passage.path, Passage.text).where(
        Passage.id.in_(bindparam("ids", expanding=True))
    )
)


_NOTHING = terms.pack("", "", "")


class Column:
    """An array that grows: room is doubled, so that adding one row copies nothing most of the time."""

    def __init__(self, kind: Any, width: int = 0) -> None:
        self._kind = np.dtype(kind)
        self._width = width
        self._size = 0
        self._room = self._made(64)

    def _made(self, rows: int) -> "NDArray[Any]":
        return np.zeros((rows, self._width) if self._width else rows, self._kind)

    def add(self, values: Any) -> None:
        many = len(values)
        if self._size + many > len(self._room):
            bigger = self._made(max(self._size + many, 2 * len(self._room)))
            bigger[: self._size] = self._room[: self._size]
            self._room = bigger
        self._room[self._size : self._size + many] = values
        self._size += many

    def of(self, rows: "NDArray[Any]") -> "Column":
        """A column of some of the rows."""
        found = Column(self._kind, self._width)
        found.add(self.rows[rows])
        return found

    @property
    def rows(self) -> "NDArray[Any]":
        return self._room[: self._size]


@dataclass(frozen=True, slots=True)
class Segment:
    """Postings of some rows: the sorted terms, where each one's rows begin, the rows, and how often it stands there."""

    terms: "NDArray[np.uint32]"
    starts: "NDArray[np.int64]"
    rows: "NDArray[np.int32]"
    below: "NDArray[np.uint8]"  # in the text
    above: "NDArray[np.uint8]"  # in title and headings, with a bit for the headings

    def only(self, kept: "NDArray[np.bool_]") -> "Segment":
        """The postings of the rows that are kept, which get the numbers that they have without the others."""
        mine, numbers = kept[self.rows], np.cumsum(kept, dtype=np.int32) - 1
        every = np.repeat(self.terms, np.diff(self.starts))[mine]
        return _sorted(every, numbers[self.rows[mine]], self.below[mine], self.above[mine])

    def of(self, term: int) -> slice:
        at = int(np.searchsorted(self.terms, np.uint32(term)))
        if at == len(self.terms) or self.terms[at] != term:
            return slice(0, 0)
        return slice(int(self.starts[at]), int(self.starts[at + 1]))


def segment(packed: Sequence[bytes], first: int) -> tuple[Segment, "NDArray[np.int32]"]:
    """The postings of rows `first`, `first` + 1 … from what terms.pack made of them, and each one's length."""
    at = terms.HEAD.size
    counts = [(len(one) - at) // 6 for one in packed]
    each = list(zip(packed, counts, strict=True))
    every = np.frombuffer(b"".join([one[at : at + 4 * count] for one, count in each]), "<u4")
    below = np.frombuffer(b"".join([one[at + 4 * count : at + 5 * count] for one, count in each]), np.uint8)
    above = np.frombuffer(b"".join([one[at + 5 * count : at + 6 * count] for one, count in each]), np.uint8)
    sizes = np.array(counts, np.int64)
    rows = np.repeat(np.arange(first, first + len(packed), dtype=np.int32), sizes)
    ends = np.cumsum(sizes)
    sums = np.concatenate([[0], np.cumsum(below, dtype=np.int64)])
    return _sorted(every, rows, below, above), (sums[ends] - sums[ends - sizes]).astype(np.int32)


def _sorted(every: Any, rows: Any, below: Any, above: Any) -> Segment:
    """By term, and by row where they are so given. Term and place in one number are sorted ten times as fast as by
    argsort, which must keep what is equal in its order."""
    keys = every.astype(np.uint64) << np.uint64(32) | np.arange(len(every), dtype=np.uint64)
    keys.sort()
    order = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    every = every[order]
    new = np.flatnonzero(np.concatenate([[True], every[1:] != every[:-1]])) if len(every) else np.zeros(0, np.int64)
    return Segment(every[new], np.append(new, len(every)), rows[order], below[order], above[order])


def joined(segments: Sequence[Segment]) -> Segment:
    """Several segments as one."""
    every = np.concatenate([np.repeat(one.terms, np.diff(one.starts)) for one in segments])
    parts = [np.concatenate([getattr(one, name) for one in segments]) for name in ("rows", "below", "above")]
    return _sorted(every, *parts)


def levelled(segments: list[Segment]) -> list[Segment]:
    """Segments so joined that each is more than twice as large as the one after it: few, and none is joined often."""
    while len(segments) > 1 and len(segments[-2].rows) <= 2 * len(segments[-1].rows):
        last = segments[-2:]
        segments = [*segments[:-2], joined(last)]
    return segments


class Index:
    """One product's passages, as they stood at `version`."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._clear()

    def _clear(self) -> None:
        self.version = 0
        self.ids: list[str] = []
        self.row_of: dict[str, int] = {}
        self.revised: list[int] = []
        self.subjects: list[str] = []
        self.subject = Column(np.int32)
        self.subject_numbers: dict[str, int] = {}
        self.kinds = Column(np.uint8)
        self.kind_names: list[str] = []
        self.title = Column(np.uint32)
        self.titles: set[int] = set()
        self.under = Column(np.bool_)
        self.audience = Column(np.uint8)
        self.alive = Column(np.bool_)
        self.length = Column(np.int32)
        self.segments: list[Segment] = []
        self.vectors: Column | None = None
        self.embedded = Column(np.bool_)
        self.scale = Column(np.float32)
        self.dead = 0
        self.model = ""

    @property
    def size(self) -> int:
        return len(self.alive.rows)

    # ---- keeping up ----

    def refresh(self, db: Session, product: str, model: str) -> None:
        """Bring the index to what this transaction sees. Vectors of another model than `model` are not there."""
        if db.ledger.begun and self.version:
            return  # what this transaction has written itself may yet be rolled back
        if model != self.model:
            self._clear()
            self.model = model
        known = self.version
        if rows := _NEW.all(db, product=product, known=known) if known else _ALL.all(db, product=product):
            self._take(db, rows)

    def _take(self, db: Session, rows: Sequence[Any]) -> None:
        fresh, embedded = [], {}
        for row in rows:
            known = self.row_of.get(row.id)
            if known is not None and self.revised[known] == row.revised and not row.gone:
                embedded[known] = row  # the words are the same: it was embedded in between
                continue
            if known is not None:
                self.alive.rows[known] = False
                self.dead += 1
                del self.row_of[row.id]
            if not row.gone:
                fresh.append(row)
        if fresh:
            embedded.update(enumerate(fresh, len(self.ids)))
            self._add(db, fresh)
        self._embed(embedded)
        self.version = max(self.version, *(row.version for row in rows))

    def _add(self, db: Session, rows: Sequence[Any]) -> None:
        first = len(self.ids)
        packed = self._packed(db, rows)
        made, lengths = segment(packed, first)
        self.ids += [row.id for row in rows]
        self.row_of.update((row.id, first + n) for n, row in enumerate(rows))
        self.revised += [row.revised for row in rows]
        self.subjects += [row.subject_id for row in rows]
        numbers = self.subject_numbers
        self.subject.add([numbers.setdefault(row.subject_id, len(numbers)) for row in rows])
        self.kinds.add([self._kind(row.kind) for row in rows])
        heads = [terms.HEAD.unpack_from(one) for one in packed]
        self.title.add([name for name, _ in heads])
        self.titles.update(name for name, _ in heads)
        self.under.add([under for _, under in heads])
        self.audience.add([AUDIENCE_NUMBERS[row.audience] for row in rows])
        self.alive.add(np.ones(len(rows), np.bool_))
        self.length.add(lengths)
        self.embedded.add(np.zeros(len(rows), np.bool_))
        self.scale.add(np.zeros(len(rows), np.float32))
        if self.vectors is not None:
            self.vectors.add(np.zeros((len(rows), self.vectors.rows.shape[1]), np.int8))
        self.segments = levelled([*self.segments, made])

    def _packed(self, db: Session, rows: Sequence[Any]) -> list[bytes]:
        """Each row's terms; counted here where the writer has left that to the reader."""
        missing = [row.id for row in rows if row.terms is None]
        counted: dict[str, bytes] = {}
        for start in range(0, len(missing), 500):
            for text in _TEXTS.all(db, ids=missing[start : start + 500]):
                counted[text.id] = terms.pack(text.title, text.path, text.text)
        return [row.terms if row.terms is not None else counted.get(row.id, _NOTHING) for row in rows]

    def _embed(self, rows: Mapping[int, Any]) -> None:
        """Take the vectors of rows that have one of this model."""
        found = {at: row.vector for at, row in rows.items() if row.vector is not None and row.embedded_by == self.model}
        if not found:
            return
        width = len(next(iter(found.values()))) - 4
        read = np.frombuffer(b"".join(found.values()), np.dtype([("scale", "<f4"), ("values", np.int8, (width,))]))
        if self.vectors is None:
            self.vectors = Column(np.int8, width)
            self.vectors.add(np.zeros((len(self.ids), width), np.int8))
        at = np.fromiter(found, np.int64, len(found))
        self.vectors.rows[at] = read["values"]
        self.scale.rows[at] = read["scale"]
        self.embedded.rows[at] = True

    def _kind(self, name: str) -> int:
        if name not in self.kind_names:
            self.kind_names.append(name)
        return self.kind_names.index(name)

    def snapshot(self) -> "Index":
        """What there is now, for one search; call it with the lock held. Later rows are added behind its own; what is
        changed in place, which passages are gone and which are embedded, is copied."""
        found = copy(self)
        for name, column in vars(self).items():
            if isinstance(column, Column):
                setattr(found, name, copy(column))
        every = np.arange(self.size)
        found.alive, found.embedded = self.alive.of(every), self.embedded.of(every)
        return found

    def renew(self) -> None:
        """Leave out what is dead, where that is much; nobody who searches waits for it. What changes meanwhile wins:
        then it is left for the next time."""
        with self.lock:
            if self.dead <= STALE * self.size + FEW_DEAD:
                return
            before = self.snapshot()
        living = before.living()
        with self.lock:
            if (self.version, self.model) == (before.version, before.model):
                lock = self.lock
                vars(self).update(vars(living))
                self.lock = lock

    def living(self) -> "Index":
        """The same passages without those that are dead."""
        made, keep = Index(), np.flatnonzero(self.alive.rows)
        made.version, made.model, made.kind_names = self.version, self.model, self.kind_names
        made.ids = [self.ids[row] for row in keep]
        made.row_of = {key: row for row, key in enumerate(made.ids)}
        made.revised = [self.revised[row] for row in keep]
        made.subjects = [self.subjects[row] for row in keep]
        made.subject_numbers = {key: n for n, key in enumerate(dict.fromkeys(made.subjects))}
        made.subject.add([made.subject_numbers[key] for key in made.subjects])
        for name in ("kinds", "title", "under", "audience", "alive", "length", "embedded", "scale"):
            setattr(made, name, getattr(self, name).of(keep))
        made.vectors = self.vectors.of(keep) if self.vectors is not None else None
        made.titles = set(made.title.rows.tolist())
        made.segments = [joined(self.segments).only(self.alive.rows)] if self.segments else []
        return made

    # ---- looking things up ----

    def named(self, title: int | None, subject: str | None) -> "NDArray[np.bool_]":
        """The rows of what is so called, or of this subject."""
        found = np.zeros(self.size, np.bool_)
        if title is not None:
            found |= self.title.rows == title
        if subject is not None:
            found |= self.subject.rows == self.subject_numbers.get(subject, -1)
        return found

    def of_kinds(self, kinds: Collection[str]) -> "NDArray[np.bool_]":
        found: NDArray[np.bool_] = np.isin(
            self.kinds.rows, [n for n, name in enumerate(self.kind_names) if name in kinds]
        )
        return found

    def readable(self, reads: Sequence[Audience]) -> "NDArray[np.bool_]":
        """Which rows are there for this asker."""
        allowed = np.zeros(len(AUDIENCES), np.bool_)
        allowed[[AUDIENCES.index(one) for one in reads]] = True
        found: NDArray[np.bool_] = self.alive.rows & allowed[self.audience.rows]
        return found

    def lexical(
        self,
        asked: Sequence[int],
        allowed: "NDArray[np.bool_]",
        rest: Collection[int] = (),
        heading: float = HEADING,
    ) -> "Lexical":
        """BM25 of all rows that are allowed, with document frequencies among those alone.

        rest     the terms that are looked for in headings, too
        heading  what a term in title or headings counts
        """
        size = self.size
        scores, path = np.zeros(size, np.float32), np.zeros(size, np.float32)
        count = int(allowed.sum())
        idf: dict[int, float] = {}
        if not count:
            return Lexical(scores, path, dict.fromkeys(asked, 0.0), 0)
        length = self.length.rows
        mean = max(1.0, float(length[allowed].mean()))
        norm = K1 * (1 - B + B * length / mean)
        for term in asked:
            found = [(one, one.of(term)) for one in self.segments]
            rows = np.concatenate([one.rows[part] for one, part in found])
            above = np.concatenate([one.above[part] for one, part in found])
            often = np.concatenate([one.below[part] for one, part in found]) + heading * (above & (terms.IN_PATH - 1))
            mine = allowed[rows]
            rows, often, above = rows[mine], often[mine], above[mine]
            weight = idf[term] = float(np.log1p((count - len(rows) + 0.5) / (len(rows) + 0.5)))
            scores[rows] += weight * often * (K1 + 1) / (often + norm[rows])
            if term in rest:
                path[rows[above >= terms.IN_PATH]] += weight
        return Lexical(scores, path, idf, count)

    def cosines(self, asked: "NDArray[np.float32]") -> "NDArray[np.float32] | None":
        """How near each row's meaning is to each of the vectors asked, a line each; 0 where it is not known yet."""
        if self.vectors is None:
            return None
        vectors, found = self.vectors.rows, np.zeros((len(asked), self.size), np.float32)
        for start in range(0, len(vectors), CHUNK):
            part = slice(start, start + CHUNK)
            found[:, part] = asked @ vectors[part].astype(np.float32).T
        found *= self.scale.rows
        return found

    def nearness(self, rows: "NDArray[Any]", to: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """How near the meaning of a few rows is to one vector."""
        assert self.vectors is not None
        found: NDArray[np.float32] = (self.vectors.rows[rows].astype(np.float32) @ to) * self.scale.rows[rows]
        return found


@dataclass(frozen=True, slots=True)
class Lexical:
    """Scores by row, the weight of the question's terms in each row's headings, what each term of the question weighs
    among the `count` passages that there are to read."""

    scores: "NDArray[np.float32]"
    path: "NDArray[np.float32]"
    idf: dict[int, float]
    count: int


class Shelf:
    """The indexes of a process, by product; the longest unused are let go."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._indexes: dict[tuple[str, str], Index] = {}

    def of(self, db: Session, product: str) -> Index:
        key = (db.workspace, product)
        with self._lock:
            index = self._indexes.pop(key, None) or Index()
            self._indexes[key] = index  # the latest used stands last
            kept = 0
            for one in reversed(list(self._indexes)):
                kept += len(self._indexes[one].ids)
                if kept > KEPT and one != key:
                    del self._indexes[one]
            return index

    def renew(self) -> None:
        """Leave out of every index what is dead in it; for whoever has time, and no search to answer."""
        for index in self.indexes():
            index.renew()

    def indexes(self) -> list[Index]:
        with self._lock:
            return list(self._indexes.values())
