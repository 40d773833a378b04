"""A file into a product: a thousand rows a transaction, all of them one operation, so that one `undo` takes it back.

An import that was broken off is gone on with by importing again: what is there already is left alone.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from core.chat.ask import Connection, Speaker
from core.exchange.layouts import FORMATS, STEWARD
from core.exchange.matching import People
from core.exchange.relating import Relations
from core.exchange.rows import Fault, Layout, Row
from core.exchange.sprints import Sprints
from core.exchange.tables import layout_of, mapping_of, read
from core.exchange.words import status_of
from core.product import backlog, merging, people, status_words, workspaces
from core.product.items import CLOSED
from core.product.merging import Incoming, Merged
from core.product.people import Directory, ProductInfo
from core.store.base import new_id
from core.store.bulk import chunks
from core.store.database import Database, Session

CHUNK = 1000

Step = Callable[[Session, Directory, ProductInfo, frozenset[str]], list[str] | None]
"""What is done after the rows; it is told which items are stale, and gives those that stay as people made them."""
GROWN = (1, 10, 100)  # chunks after which the tables are so much larger that the database must look at them anew


class NoSuchProduct(LookupError):
    """`args[0]` is the key asked for, `args[1]` the keys there are."""


class BadRows(ValueError):
    """A strict import met faults: nothing was imported. `faults` are all of them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} rows cannot be read")
        self.faults = faults


class Reading:
    """A file on its way in: its layout, and its rows a chunk at a time. Raises UnknownLayout and WrongMap.

    file      seekable; read from its beginning
    form      a name in layouts.FORMATS that the file is read by; '' where its header tells
    mapping   header -> our field
    statuses  folded foreign word -> our status, over and above what words.py knows
    afresh    the product is empty: no row can be here already, and what the rows say of each other is not compared
    """

    def __init__(
        self, file: BinaryIO, form: str = "", mapping: Mapping[str, str] | None = None,
        statuses: Mapping[str, str] | None = None, *, afresh: bool = False,
    ) -> None:  # fmt: skip
        self._file = file
        self._asked = FORMATS[form] if form else None
        self._mapping = mapping
        self.layout: Layout = layout_of(file, mapping, self._asked)
        self.own = self.layout.name == STEWARD.name
        self.statuses: dict[str, str] = dict(statuses or {})
        self.words: dict[str, str] = {}  # every foreign status that was met, and what it means by itself
        self.counts: Counter[tuple[str, str]] = Counter()  # how often it came, and what it was taken for
        self.relations = Relations(self.layout.name, self.own)
        self.sprints = Sprints(
            self.relations, self.layout.name, self.own, not self.own and "sprint" in self.layout.columns
        )
        self._unspoken = _unspoken(self.layout)
        self._compares = not afresh and (self.own or not _HANGING.isdisjoint(self.layout.columns))

    def rows(self) -> Iterator[Row | Fault]:
        return read(self._file, self._asked, self._mapping)

    def parts(self, skip: int = 0) -> Iterator[tuple[list[Row], list[Fault]]]:
        """Rows and faults, a chunk at a time; the first `skip` chunks are read and not given."""
        if self._compares:  # a row may hang on one further down
            for row in self.rows():
                if isinstance(row, Row):
                    self.relations.call(row)
        for number, part in enumerate(chunks(self.rows(), CHUNK)):
            rows = [one for one in part if isinstance(one, Row)]
            for row in rows:
                self._hear(row)
            if number >= skip:
                yield rows, [one for one in part if isinstance(one, Fault)]

    def _hear(self, row: Row) -> None:
        self.relations.hear(row)
        self.sprints.hear(row, self.status(row))
        if row.source_status and not self.own:
            word = row.source_status
            self.words.setdefault(word, self.statuses.get(status_words.fold(word)) or status_of(word))
            self.counts[word, self.status(row)] += 1

    def status(self, row: Row) -> str:
        """What a row's status is here: as the product has settled its word, else as we know it."""
        settled = "" if self.own else self.statuses.get(status_words.fold(row.source_status), "")
        made_nothing = row.status == "dropped" and settled in ("done", "accepted")  # the resolution says so
        return row.status if made_nothing else settled or row.status

    def merge(
        self, db: Session, directory: Directory, product: ProductInfo, rows: Sequence[Row], *, dry: bool = False
    ) -> Merged:
        """Some rows into the product."""
        done = Merged()
        moved = self.sprints.moved(db, product, rows)
        if self._compares:
            moved |= self.relations.moved(db, product, rows)
        known = People(directory)
        for source, run in groupby(rows, lambda row: row.source or self.layout.name):  # runs: the file's order stays
            part = list(run)
            born = [row.key for row in part if self.own and not row.source]
            twins = self.relations.twins(db, product, born) if born else {}
            incoming = [self._incoming(row, known, db.now, twins.get(row.external_id)) for row in part]
            theirs = {external_id for named, external_id in moved if named == source}
            done += merging.merge(db, product.id, source, incoming, moved=theirs, dry=dry)
        return done

    def steps(self) -> Iterator[Step]:
        """Once all rows are in, one transaction each, in an order that the file alone decides: how they hang together,
        their sprints, and what their words for a status mean from now on."""
        for wishes in self.relations.parts():
            yield partial(self._hang, wishes)
        if self.sprints.names or self.sprints.speaks:
            yield lambda db, _, product, stale: self.sprints.make(db, product)
            for part in self.sprints.parts():
                yield partial(self._put, part)
            yield lambda db, directory, product, stale: self.sprints.freeze(db, directory, product)
        yield lambda db, _, product, stale: status_words.settle(db, product.id, self.words)

    def _hang(self, wishes: Any, db: Session, _: Directory, product: ProductInfo, stale: frozenset[str]) -> None:
        self.relations.fulfil(db, product, wishes, stale)

    def _put(self, part: Any, db: Session, _: Directory, product: ProductInfo, stale: frozenset[str]) -> list[str]:
        return self.sprints.fulfil(db, product, part, stale)

    def _incoming(self, row: Row, known: People, now: datetime, twin: str | None) -> Incoming:
        status = self.status(row)
        person = known.find(row.assignee)
        said = {
            "status": row.source_status,
            "priority": row.priority,
            "parent": row.parent,
            "assignee": "" if person else row.assignee,
        }
        fields: dict[str, Any] = {
            "title": row.title,
            "description": row.description,
            "type": row.type,
            "status": status,
            "points": row.points,
            "value": row.value,
            "link": row.link,
            "labels": _labels(row),
            "assignee_id": person,
            "closed_at": (row.closed_at or row.created_at or now) if status in CLOSED else None,
            "external_key": row.external_key or None,
            "external": merging.external({**row.extra, **{name: word for name, word in said.items() if word}}),
            "due": row.due,
            **{name: row.story.get(name, "") for name in ("persona", "want", "benefit")},
            **{name: row.scores.get(name) for name in _SCORES},
            "imported_at": now,
        }
        unspoken = self._unspoken | _ABROAD if twin else self._unspoken
        spoken = {name: value for name, value in fields.items() if name not in unspoken}
        comments = tuple((c.text, known.find(c.author), c.at) for c in row.comments)
        return Incoming(
            row.external_id, spoken, row.created_at, comments, row.criteria, self.own, twin, row.updated_at
        )  # fmt: skip


_HANGING = frozenset({"parent", "waits_for", "holds_up"})  # columns that speak of other rows
_SCORES = ("reach", "impact", "confidence", "effort", "urgency", "risk")
_ABROAD = frozenset({"external_key", "external", "imported_at"})  # what an item that was born here has not


def _labels(row: Row) -> tuple[str, ...]:
    """As single words in lower case, each once."""
    words = (re.sub(r"\s+", "-", label.strip().lower()) for label in row.labels)
    return tuple(dict.fromkeys(word for word in words if word))


# Our field -> the columns that speak of it. What none of them does is left as it is: a second import without the
# column must not empty it.
_SPOKEN = {
    "description": {"description"},
    "type": {"type"},
    "status": {"status", "closing"},
    "points": {"points"},
    "value": {"value"},
    "link": {"link"},
    "labels": {"labels"},
    "assignee_id": {"assignee"},
    "closed_at": {"status", "closing"},
    "external_key": {"external_key"},
    "due": {"due"},
    **{name: {name} for name in ("persona", "want", "benefit")},
    **{name: {name} for name in _SCORES},
}


def _unspoken(layout: Layout) -> frozenset[str]:
    if layout.name == STEWARD.name:
        return frozenset()
    columns = {*layout.columns, *(["closing"] if layout.closing else [])}
    return frozenset(name for name, wanted in _SPOKEN.items() if wanted.isdisjoint(columns))


@dataclass
class Import:
    """One import of one file from the command line.

    clock     gives the instant of each transaction
    actor     the speaker's name in whose name it is done, so that they can undo it
    mapping   as --map has it
    dry       reads and compares, and writes nothing
    strict    nothing at all is imported where a row is bad
    """

    database: Database
    connection: Connection
    product: str
    actor: str
    file: Path
    clock: Callable[[], datetime]
    mapping: str = ""
    dry: bool = False
    strict: bool = False
    form: str = ""
    merged: Merged = field(default_factory=Merged)
    faults: list[Fault] = field(default_factory=list)
    layout: Layout | None = None
    sprints: list[tuple[str, str]] = field(default_factory=list)  # by name, with the state each is in now
    _operation: str = field(default_factory=new_id)
    _begun: bool = False

    def run(self) -> Iterator[int]:
        """Import; yields the bytes read so far after each thousand rows. Raises UnknownLayout, WrongMap, BadRows,
        NoSuchProduct."""
        mapping = mapping_of(self.mapping) if self.mapping else None
        with self.file.open("rb") as source:
            settled, afresh = self._found()
            reading = Reading(source, self.form, mapping, settled, afresh=afresh)
            self.layout = reading.layout
            if self.strict and (bad := [one for one in reading.rows() if isinstance(one, Fault)]):
                raise BadRows(bad)
            for number, (rows, faults) in enumerate(reading.parts(), 1):
                self.faults += faults
                self._merge(reading, rows)
                if number in GROWN and not self.dry:
                    self.database.analyze()
                yield source.tell()
            if not self.dry:
                self._finish(reading)
        if not self.dry:
            self.database.analyze()

    def _found(self) -> tuple[dict[str, str], bool]:
        with self.database.transaction(write=False, now=self.clock()) as db:
            _, product = self._enter(db)
            return status_words.meanings(db, product.id), not backlog.top_number(db, product.id)

    def _enter(self, db: Session) -> tuple[Directory, ProductInfo]:
        directory = people.read_directory(db, workspaces.enter(db, self.connection))
        product = directory.product_by_key(self.product)
        if product is None:
            raise NoSuchProduct(self.product, ", ".join(p.key for p in directory.products.values()))
        return directory, product

    def _step(self, act: Callable[[Session, Directory, ProductInfo], None]) -> None:
        with self.database.transaction(write=not self.dry, now=self.clock()) as db:
            directory, product = self._enter(db)
            db.ledger.resume(self._operation, begun=self._begun)
            db.ledger.label = f"import {self.file.name}"
            db.ledger.actor_id = directory.person(self.connection.platform, Speaker(self.actor))
            db.ledger.product_id = product.id
            act(db, directory, product)
            if not self.dry:
                db.settle()
            begun = db.ledger.begun
        self._begun = begun  # only once it is committed

    def _merge(self, reading: Reading, rows: Sequence[Row]) -> None:
        def act(db: Session, directory: Directory, product: ProductInfo) -> None:
            self.merged += reading.merge(db, directory, product, rows, dry=self.dry)

        self._step(act)

    def _finish(self, reading: Reading) -> None:
        for step in reading.steps():
            self._step(partial(self._after, step))
        with self.database.transaction(write=False, now=self.clock()) as db:
            _, product = self._enter(db)
            self.sprints = reading.sprints.states(db, product)

    def _after(self, step: Step, db: Session, directory: Directory, product: ProductInfo) -> None:
        kept = step(db, directory, product, self.merged.stale) or ()
        self.merged = replace(self.merged, kept=(*self.merged.kept, *kept))
