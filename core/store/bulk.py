"""Many rows at once, with scope, stamps and history as the session's listeners would have written them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import Dialect, Table, bindparam, insert, update

from core.store.base import Scoped, Stamped, Tracked
from core.store.database import Session, WrongWorkspace
from core.store.history import CHUNK, Entry, whole

T = TypeVar("T")


def chunks(rows: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The rows, `size` at a time."""
    source = iter(rows)
    while part := list(islice(source, size)):
        yield part


def insert_many(db: Session, model: type[Tracked], rows: Sequence[dict[str, Any]], subject: str = "id") -> None:
    """Insert entities given as full rows with an id; each is remembered as made by this operation.

    subject: the column that names what a change is about (Tracked.subject)
    """
    if not rows:
        return
    stamped = issubclass(model, Stamped)
    names = whole(model)
    _entered(db)
    for row in rows:
        if row.setdefault("workspace_id", db.workspace) != db.workspace:
            raise WrongWorkspace(f"{model.__name__} of {row['workspace_id']!r} in {db.workspace!r}")
        if stamped:
            row.setdefault("created_at", db.now)
            row["updated_at"] = db.now
    db.connection().execute(insert(model), rows)
    entity = model.__tablename__
    db.ledger.append(
        db,
        [Entry(entity, row["id"], row[subject], None, {name: row.get(name) for name in names}) for row in rows],
    )


def update_many(
    db: Session, model: type[Tracked], rows: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]
) -> None:
    """Change entities given as (id, before, after), both with the same fields; only these fields are written."""
    _entered(db)
    by_fields: dict[tuple[str, ...], list[tuple[str, Mapping[str, Any], Mapping[str, Any]]]] = {}
    for row in rows:
        by_fields.setdefault(tuple(sorted(row[2])), []).append(row)
    table = cast(Table, model.__table__)
    for names, group in by_fields.items():
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        if issubclass(model, Stamped) and not db.ledger.silent:
            values["updated_at"] = db.now
        statement = (
            update(table)
            .where(table.c.workspace_id == db.workspace, table.c.id == bindparam("row_id"))
            .values(**values)
        )
        db.connection().execute(
            statement, [{"row_id": key, **{f"new_{n}": after[n] for n in names}} for key, _, after in group]
        )
    entity = model.__tablename__
    if not db.ledger.silent:
        db.ledger.append(db, [Entry(entity, key, key, dict(before), dict(after)) for key, before, after in rows])


def put_many(db: Session, model: type[Scoped], rows: Sequence[dict[str, Any]]) -> None:
    """Insert full rows that no history follows, or put them in the place of those with the same primary key."""
    if not rows:
        return
    _entered(db)
    for row in rows:
        if row.setdefault("workspace_id", db.workspace) != db.workspace:
            raise WrongWorkspace(f"{model.__name__} of {row['workspace_id']!r} in {db.workspace!r}")
    statement, order = _putting(cast(Table, getattr(model, "__table__")), tuple(rows[0]), db.get_bind().dialect)  # noqa: B009 - a mixin
    for part in chunks(rows):
        values = [tuple(to(row[name]) if to else row[name] for name, to in order) for row in part]
        db.connection().exec_driver_sql(statement, values)


def set_many(db: Session, model: type[Scoped], at: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Set fields of rows that no history follows; the names in `at` say which rows, each by itself."""
    if not rows:
        return
    _entered(db)
    table = cast(Table, getattr(model, "__table__"))  # noqa: B009 - a mixin
    names = [name for name in rows[0] if name not in at]
    statement = (
        update(table)
        .where(table.c.workspace_id == db.workspace, *(table.c[name] == bindparam(f"at_{name}") for name in at))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    values = [{**{f"at_{n}": row[n] for n in at}, **{f"new_{n}": row[n] for n in names}} for row in rows]
    db.connection().execute(statement, values)


@cache
def _putting(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """The statement as the driver takes it, and for each of its values its name and how it is brought into the
    database's form: SQLAlchemy's own way with the values of each row takes as long as SQLite does to write it."""
    keys = [column.name for column in table.primary_key]
    sign = "?" if dialect.paramstyle == "qmark" else "%s"
    others = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([sign] * len(names))}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {others}"
    )
    return statement, tuple((name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names)


def _entered(db: Session) -> None:
    if not db.workspace:
        raise WrongWorkspace("many rows were to be written before a workspace was entered")
