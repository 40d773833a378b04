"""Rows as the driver takes them: what SQLAlchemy does with the values of each row takes as long as writing them.

SQLite takes one statement again and again. PostgreSQL would parse it as often, and has COPY only where there is no
row-level security: it gets all rows as one JSON value, in one statement.
"""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, LargeBinary, Table
from sqlalchemy.types import TypeEngine

Values = tuple[tuple[str, Any], ...]
"""Each column's name, and how its value is brought into the database's form (None: as it is)."""


def write(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, replace: bool = False) -> None:
    """Insert rows that all have the same columns, or put them in the place of those with the same primary key."""
    statement, values = _prepared(table, tuple(rows[0]), connection.dialect, replace)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            statement, [tuple(to(row[name]) if to else row[name] for name, to in values) for row in rows]
        )
    else:
        told = [{name: to(row[name]) if to else row[name] for name, to in values} for row in rows]
        connection.exec_driver_sql(statement, (json.dumps(told, ensure_ascii=False, default=_plain),))


@cache
def _prepared(table: Table, names: tuple[str, ...], dialect: Dialect, replace: bool) -> tuple[str, Values]:
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
        others = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in names if name not in keys)
        statement += f" ON CONFLICT ({', '.join(map(quote, keys))}) DO UPDATE SET {others}"
    return statement, tuple((name, _to_database(table.c[name].type, dialect)) for name in names)


def _to_database(kind: TypeEngine[Any], dialect: Dialect) -> Any:
    """How a column's values are brought into the database's form; bytes are taken as they are."""
    return None if isinstance(kind, LargeBinary) else kind.dialect_impl(dialect).bind_processor(dialect)


def _plain(value: Any) -> str:
    """What JSON has no form for, as PostgreSQL reads it."""
    if isinstance(value, date):  # an instant is one too
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return f"\\x{bytes(value).hex()}"
    raise TypeError(f"no JSON for {value!r}")
