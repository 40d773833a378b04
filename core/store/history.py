"""Every change of a Tracked entity: who, when, before, after; and what changed since. Undo stands in reversal.

An operation is one ask. The session's Ledger gathers one Change for each entity that the operation touched, and writes
them with the commit; no handler thinks of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Protocol, cast

from pydantic_core import to_json
from sqlalchemy import (
    BigInteger,
    Connection,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    and_,
    insert,
    inspect,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.store.base import ID_LENGTH, Base, Scoped, Stamped, Tracked, UtcTime, Words, new_id
from core.store.rows import write

Fields = dict[str, Any]

WORK, UNDO, REDO = "work", "undo", "redo"
CHUNK = 1000

# SQLite counts only INTEGER primary keys by itself
_Sequence = BigInteger().with_variant(Integer, "sqlite")


class Operation(Scoped, Base):
    """What one ask changed as a whole. `reverses` names the operation that an undo or redo took back."""

    __tablename__ = "operations"
    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    seq: Mapped[int] = mapped_column(_Sequence, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(ID_LENGTH))
    product_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    actor_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    at: Mapped[datetime]
    kind: Mapped[str]
    label: Mapped[str]
    undoable: Mapped[bool]
    reverses: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    reversed: Mapped[bool]
    __table_args__ = (
        Index("uq_operations_id", "workspace_id", "id", unique=True),
        Index("ix_operations_mine", "workspace_id", "product_id", "actor_id", "seq"),
    )


class Change(Scoped, Base):
    """What one operation did to one entity. `before` is null where it was made, `after` where it was removed."""

    __tablename__ = "changes"
    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    seq: Mapped[int] = mapped_column(_Sequence, primary_key=True, autoincrement=True)
    operation_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    entity: Mapped[str]
    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    subject_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    before: Mapped[str | None]
    after: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "operation_id"], ["operations.workspace_id", "operations.id"]),
        Index("ix_changes_operation", "workspace_id", "operation_id", "seq"),
        Index("ix_changes_subject", "workspace_id", "subject_id", "seq"),
    )


@dataclass(slots=True)
class Entry:
    """One entity's change while the transaction runs; None stands for 'did not exist'."""

    entity: str
    entity_id: str
    subject_id: str
    before: Fields | None
    after: Fields | None


class Transaction(Protocol):
    """What history is written in: a session of `core.store.database`, which holds its Ledger."""

    now: datetime
    workspace: str

    def flush(self) -> None: ...
    def connection(self) -> Connection: ...
    def heard(self, entries: Sequence[Entry]) -> None:
        """Tell whoever follows the history of what was written."""


@dataclass(slots=True)
class Ledger:
    """What this transaction has changed so far, and how the operation is to be written."""

    label: str = ""
    product_id: str | None = None
    actor_id: str | None = None
    kind: str = WORK
    undoable: bool = True
    reverses: str | None = None
    silent: bool = False  # rebalancing of order keys is nobody's change
    changes: dict[tuple[str, str], Entry] = field(default_factory=dict)
    operation_id: str = field(default_factory=new_id)
    _opened: bool = False

    def created(self, row: Tracked) -> None:
        self._note(row, None, {name: getattr(row, name) for name in whole(type(row))})

    def deleted(self, row: Tracked) -> None:
        self._note(row, {name: getattr(row, name) for name in whole(type(row))}, None)

    def changed(self, row: Tracked) -> None:
        before: Fields = {}
        after: Fields = {}
        state = inspect(row)
        for name in columns_of(type(row)):
            past = state.attrs[name].history
            if past.has_changes():
                before[name] = past.deleted[0] if past.deleted else None
                after[name] = past.added[0] if past.added else None
        if after:
            self._note(row, before, after)

    def _note(self, row: Tracked, before: Fields | None, after: Fields | None) -> None:
        if self.silent:
            return
        key = (row.__tablename__, row.id)
        entry = self.changes.get(key)
        if entry is None:
            self.changes[key] = Entry(row.__tablename__, row.id, row.subject(), before, after)
        elif after is None:  # what was made and removed in one operation never was
            if entry.before is None:
                del self.changes[key]
            else:
                entry.before, entry.after = {**(before or {}), **entry.before}, None
                self.changes[key] = self.changes.pop(key)  # it went behind what hung on it, and comes again before that
        else:
            entry.after = {**(entry.after or {}), **after}
            if entry.before is not None:
                entry.before = {**(before or {}), **entry.before}
                for name in [name for name, value in entry.after.items() if entry.before[name] == value]:
                    del entry.before[name], entry.after[name]
                if not entry.after:  # changed and changed back
                    del self.changes[key]

    def write(self, db: Transaction) -> None:
        """Insert what was gathered: the operation once, then a change for each entity."""
        entries = list(self.changes.values())
        self.changes.clear()
        self.append(db, entries)

    def next_operation(self, db: Transaction) -> None:
        """Write what was gathered, and go on with an operation of its own (undoing several, one after the other)."""
        db.flush()
        self.write(db)
        self.operation_id, self._opened = new_id(), False

    def resume(self, operation_id: str, *, begun: bool) -> None:
        """Go on with an operation that spans several transactions; `begun` once one of them has been committed."""
        self.operation_id, self._opened = operation_id, begun

    def stand(self, db: Transaction) -> None:
        """Write the operation, which changes what history does not remember: undo sees that there was one, and nobody
        what it was about."""
        if not self._opened:
            db.connection().execute(insert(Operation), [self._operation(db)])
            self._opened = True

    @property
    def begun(self) -> bool:
        """Whether the operation has been written."""
        return self._opened

    def append(self, db: Transaction, entries: Sequence[Entry]) -> None:
        """Write some of an operation's changes now, and tell who follows them; a bulk change calls it by chunks."""
        if not entries:
            return
        connection = db.connection()
        self.stand(db)
        rows = [
            {
                "workspace_id": db.workspace,
                "operation_id": self.operation_id,
                "entity": e.entity,
                "entity_id": e.entity_id,
                "subject_id": e.subject_id,
                "before": encode(e.before),
                "after": encode(e.after),
            }
            for e in entries
        ]
        for start in range(0, len(rows), CHUNK):
            write(connection, cast(Table, Change.__table__), rows[start : start + CHUNK])
        db.heard(entries)

    def _operation(self, db: Transaction) -> Fields:
        return {
            "workspace_id": db.workspace,
            "id": self.operation_id,
            "product_id": self.product_id,
            "actor_id": self.actor_id,
            "at": db.now,
            "kind": self.kind,
            "label": self.label,
            "undoable": self.undoable,
            "reverses": self.reverses,
            "reversed": False,
        }


@cache
def columns_of(model: type[Any]) -> tuple[str, ...]:
    """The remembered columns of an entity."""
    aside = {"workspace_id", "id", "created_at", "updated_at", *model.__unremembered__}
    return tuple(column.key for column in inspect(model).column_attrs if column.key not in aside)


@cache
def whole(model: type[Tracked]) -> tuple[str, ...]:
    """What is remembered of an entity that is made or removed: enough to make it again as it was."""
    return (*columns_of(model), *(("created_at",) if issubclass(model, Stamped) else ()))


@cache
def models() -> dict[str, type[Tracked]]:
    """Every Tracked entity by its table's name; what others refer to stands before them."""
    tracked = {m.class_.__tablename__: m.class_ for m in Base.registry.mappers if issubclass(m.class_, Tracked)}
    return {table.name: tracked[table.name] for table in Base.metadata.sorted_tables if table.name in tracked}


@cache
def refers(model: type[Tracked]) -> dict[str, str]:
    """The columns that name another entity -> that one's table, by the foreign keys."""
    return {
        key.parent.name: key.column.table.name
        for key in cast(Table, model.__table__).foreign_keys
        if key.parent.name != "workspace_id"
    }


def encode(fields: Fields | None) -> str | None:
    """Fields as JSON; instants as ISO 8601."""
    return None if fields is None else to_json(fields).decode()


def decode(model: type[Tracked], fields: str | None) -> Fields | None:
    """JSON back to the column's own types."""
    if fields is None:
        return None
    loaded: Fields = json.loads(fields)
    typed = _typed(model)
    for name, value in loaded.items():
        if value is not None and name in typed:
            loaded[name] = typed[name](value)
    return loaded


_FROM_JSON: dict[type[Any], Callable[[Any], Any]] = {
    UtcTime: datetime.fromisoformat,
    Date: date.fromisoformat,
    Words: tuple,
}


@cache
def _typed(model: type[Any]) -> dict[str, Callable[[Any], Any]]:
    """The columns whose values JSON does not have, and how each is made from what it has."""
    kinds = {column.key: type(column.columns[0].type) for column in inspect(model).column_attrs}
    return {name: _FROM_JSON[kind] for name, kind in kinds.items() if kind in _FROM_JSON}


# ---- reading ----


@dataclass(frozen=True, slots=True)
class Past:
    """One change as it is read back."""

    seq: int
    operation_id: str
    at: datetime
    actor_id: str | None
    kind: str
    label: str
    entity: str
    entity_id: str
    subject_id: str
    before: Fields | None
    after: Fields | None


_PAST = select(
    Change.seq, Change.operation_id, Operation.at, Operation.actor_id, Operation.kind, Operation.label, Change.entity,
    Change.entity_id, Change.subject_id, Change.before, Change.after,
).join(Operation, and_(Operation.workspace_id == Change.workspace_id, Operation.id == Change.operation_id))  # fmt: skip


def _past(row: Any) -> Past:
    model = models()[row.entity]
    return Past(**{**row._mapping, "before": decode(model, row.before), "after": decode(model, row.after)})


def changes(
    db: Session,
    *,
    subject: str | None = None,
    product: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
) -> list[Past]:
    """The latest changes first: of one subject, or of a product, or since an instant."""
    wanted = _PAST.order_by(Change.seq.desc()).limit(limit)
    if subject is not None:
        wanted = wanted.where(Change.subject_id == subject)
    if product is not None:
        wanted = wanted.where(Operation.product_id == product)
    if since is not None:
        wanted = wanted.where(Operation.at >= since)
    return [_past(row) for row in db.execute(wanted)]


def story(db: Session, subjects: Sequence[str]) -> list[Past]:
    """Every change of some subjects in the order in which it happened, for what is reckoned from history."""
    found: list[Past] = []
    for start in range(0, len(subjects), CHUNK):
        rows = db.execute(_PAST.where(Change.subject_id.in_(subjects[start : start + CHUNK])))
        found += [_past(row) for row in rows]
    return sorted(found, key=lambda past: past.seq)
