"""Rows as the driver takes them: what SQLAlchemy does with the values of each row takes as long as writing them.

SQLite takes one statement again and again. PostgreSQL would parse it as often, and has COPY only where there is no
row-level security: it gets all rows as one JSON value, in one statement.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Dialect, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from core.store.base import UtcTime

Values = tuple[tuple[str, Any], ...]
"""Each column's name, and how its value is brought into the database's form (None: as it is)."""


def write(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    replace: bool = False,
    instead: tuple[tuple[str, str], ...] = (),
) -> None:
    """Insert rows that all have the same columns, or put them in the place of those with the same primary key.

    instead  columns whose value there is not replaced but made of both: its name, and the SQL that says how
    """
    names = tuple(rows[0])
    if not replace:  # of an item's columns most are empty in every row of a file
        names = tuple(name for name in names if any(row[name] is not None for row in rows))
    statement, values = _prepared(table, names, connection.dialect, replace, instead)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            statement, [tuple([to(row[name]) if to else row[name] for name, to in values]) for row in rows]
        )
    else:
        told = [{name: to(row[name]) if to else row[name] for name, to in values} for row in rows]
        connection.exec_driver_sql(statement, (to_json(told).decode(),))


@cache
def _prepared(
    table: Table, names: tuple[str, ...], dialect: Dialect, replace: bool, instead: tuple[tuple[str, str], ...]
) -> tuple[str, Values]:
    quote = dialect.identifier_preparer.quote
    columns, into = ", ".join(map(quote, names)), quote(table.name)
    given = (
        f"VALUES ({', '.join('?' * len(names))})"
        if dialect.name == "sqlite"
        else f"SELECT {columns} FROM json_populate_recordset(NULL::{into}, %s::json)"
    )
    statement = f"INSERT INTO {into} ({columns}) {given}"
    if replace:
        keys = [column.name for column in table.primary_key]
        new = {name: f"excluded.{quote(name)}" for name in names if name not in keys} | dict(instead)
        others = ", ".join(f"{quote(name)} = {value}" for name, value in new.items())
        statement += f" ON CONFLICT ({', '.join(map(quote, keys))}) DO UPDATE SET {others}"
    return statement, tuple((name, _to_database(table.c[name].type, dialect)) for name in names)


def _to_database(kind: TypeEngine[Any], dialect: Dialect) -> Any:
    """How a column's values are brought into the database's form."""
    if isinstance(kind, LargeBinary):  # SQLite takes bytes as they are, JSON has none
        return None if dialect.name == "sqlite" else _hex
    processor = kind.dialect_impl(dialect).bind_processor(dialect)
    # the instant of the transaction, and of an item and its passages, is the same again and again
    return lru_cache(4096)(processor) if processor and isinstance(kind, UtcTime) else processor


def _hex(value: bytes | memoryview | None) -> str | None:
    """Bytes as PostgreSQL reads them."""
    return None if value is None else f"\\x{bytes(value).hex()}"
