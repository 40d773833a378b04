"""A file into a product: a thousand rows a transaction, all of them one operation, so that one `undo` takes it back.

An import that was broken off is gone on with by importing again: what is there already is left alone.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from core.chat.ask import Connection, Speaker
from core.exchange.layouts import FORMATS, STEWARD
from core.exchange.rows import Fault, Layout, Row
from core.exchange.tables import layout_of, mapping_of, read
from core.product import backlog, people, workspaces
from core.product.backlog import Incoming, Merged
from core.product.items import CLOSED
from core.product.people import Directory
from core.store.base import new_id
from core.store.bulk import chunks
from core.store.database import Database, Session

CHUNK = 1000


class NoSuchProduct(LookupError):
    """`args[0]` is the key asked for, `args[1]` the keys there are."""


class BadRows(ValueError):
    """A strict import met faults: nothing was imported. `faults` are all of them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} rows cannot be read")
        self.faults = faults


@dataclass
class Import:
    """One import of one file.

    clock     gives the instant of each transaction
    actor     the speaker's name in whose name it is done, so that they can undo it
    dry       reads and compares, and writes nothing
    strict    nothing at all is imported where a row is bad
    form      a name in layouts.FORMATS that the file is read by; '' where its header tells
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
    _unspoken: frozenset[str] = frozenset()
    _operation: str = field(default_factory=new_id)
    _begun: bool = False

    def run(self) -> Iterator[int]:
        """Import; yields the bytes read so far after each thousand rows. Raises UnknownLayout, WrongMap, BadRows,
        NoSuchProduct."""
        mapping = mapping_of(self.mapping) if self.mapping else None
        asked = FORMATS[self.form] if self.form else None
        self.layout = layout_of(self.file, mapping, asked)
        self._unspoken = _unspoken(self.layout)
        with self.file.open("rb") as source:
            self._check(source, asked, mapping)
            for part in chunks(read(source, asked, mapping), CHUNK):
                self.faults += [one for one in part if isinstance(one, Fault)]
                self._merge([one for one in part if isinstance(one, Row)])
                yield source.tell()
        if not self.dry:
            self.database.analyze()

    def _check(self, source: BinaryIO, asked: Layout | None, mapping: dict[str, str] | None) -> None:
        with self.database.transaction(write=False, now=self.clock()) as db:
            self._enter(db)
        if self.strict:
            faults = [one for one in read(source, asked, mapping) if isinstance(one, Fault)]
            if faults:
                raise BadRows(faults)

    def _enter(self, db: Session) -> tuple[Directory, people.ProductInfo]:
        directory = people.read_directory(db, workspaces.enter(db, self.connection))
        product = directory.product_by_key(self.product)
        if product is None:
            raise NoSuchProduct(self.product, ", ".join(p.key for p in directory.products.values()))
        return directory, product

    def _merge(self, rows: list[Row]) -> None:
        with self.database.transaction(write=not self.dry, now=self.clock()) as db:
            directory, product = self._enter(db)
            actor = directory.person(self.connection.platform, Speaker(self.actor))
            db.ledger.resume(self._operation, begun=self._begun)
            db.ledger.label = f"import {self.file.name}"
            db.ledger.actor_id, db.ledger.product_id = actor, product.id
            own = self.layout.name if self.layout else ""
            for source, run in groupby(rows, lambda row: row.source or own):  # runs, so that the file's order stays
                incoming = [self._incoming(row, directory, db.now) for row in run]
                self.merged += backlog.merge(db, product.id, source, incoming, dry=self.dry)
            begun = db.ledger.begun
        self._begun = begun  # only once it is committed

    def _incoming(self, row: Row, directory: Directory, now: datetime) -> Incoming:
        closed = row.status in CLOSED
        person = directory.by_name.get(row.assignee.lower()) if row.assignee else None
        said = {
            "status": row.source_status,
            "priority": row.priority,
            "parent": row.parent,
            "assignee": "" if person else row.assignee,
        }
        fields = {
            "title": row.title,
            "description": row.description,
            "type": row.type,
            "status": row.status,
            "points": row.points,
            "value": row.value,
            "link": row.link,
            "labels": _labels(row),
            "assignee_id": person,
            "closed_at": (row.closed_at or row.created_at or now) if closed else None,
            "external_key": row.external_key or None,
            "external": backlog.external({**row.extra, **{name: word for name, word in said.items() if word}}),
            "imported_at": now,
        }
        comments = tuple((c.text, directory.by_name.get(c.author.lower()), c.at) for c in row.comments)
        spoken = {name: value for name, value in fields.items() if name not in self._unspoken}
        return Incoming(row.external_id, spoken, row.created_at, comments)


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
}


def _unspoken(layout: Layout) -> frozenset[str]:
    if layout.name == STEWARD.name:
        return frozenset()
    columns = {*layout.columns, *(["closing"] if layout.closing else [])}
    return frozenset(name for name, wanted in _SPOKEN.items() if wanted.isdisjoint(columns))
