"""How rows look: names of constraints, times in UTC, ids made here, and the marks Scoped, Tracked and Stamped."""

import itertools
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import Date, DateTime, Dialect, Float, MetaData, String, Table, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

ID_LENGTH = 32


class UtcTime(TypeDecorator[datetime]):
    """An instant: aware going in, UTC in the database, aware coming back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[tuple[str, ...]]):
    """A set of single words in a text column, kept as ' api ui ', so that one of them is found by ' api '."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        if isinstance(value, str):  # a pattern to compare with, not a value
            return value
        return f" {' '.join(value)} " if value else ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple((value or "").split())


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcTime(),
        date: Date(),
        str: Text(),
        float: Float(53),
        tuple[str, ...]: Words(),
    }


class Scoped:
    """A row of one workspace. The session adds the workspace to every read, update and delete, and checks inserts."""

    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)


class Stamped:
    """When a row was made and last changed, from the session's now."""

    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Tracked(Scoped, Base):
    """An entity whose every change is remembered. Columns are declared with `tracked()`, so that old values are known.

    __unremembered__  columns that history does not follow (counters, stamps)
    __stage__         the column that says how far it has come, '' where there is none: what moved it on is taken back
                      whole, and not at all once it has moved on from there
    subject()         the entity a change is about, for `history ITEM`: a comment's subject is its item
    """

    __abstract__ = True
    __unremembered__: ClassVar[frozenset[str]] = frozenset()
    __stage__: ClassVar[str] = ""

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)

    def subject(self) -> str:
        return self.id


def scoped_tables() -> Iterator[Table]:
    """The tables whose rows belong to a workspace."""
    for mapper in Base.registry.mappers:
        if issubclass(mapper.class_, Scoped) and isinstance(mapper.local_table, Table):
            yield mapper.local_table


def tracked(*args: Any, **options: Any) -> Any:
    """A column of a Tracked entity: its old value is loaded before it is overwritten."""
    return mapped_column(*args, active_history=True, **options)


_counter = itertools.count()
_prefix = secrets.token_hex(8)


def _new_prefix() -> None:
    global _prefix
    _prefix = secrets.token_hex(8)


os.register_at_fork(after_in_child=_new_prefix)


def new_id() -> str:
    """26 characters: 64 random bits chosen once a process, then a count, so that neighbours in time are neighbours
    in an index. Two processes share ids only if their random bits are equal."""
    return f"{_prefix}{next(_counter):010x}"
