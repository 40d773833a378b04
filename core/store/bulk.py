"""Many rows at once, with scope, stamps and history as the session's listeners would have written them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import String, Table, bindparam, inspect, update
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from core.store.base import Scoped, Stamped, Tracked
from core.store.database import Session, WrongWorkspace
from core.store.history import CHUNK, Entry, whole
from core.store.rows import write

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
    _place(db, model, rows)
    if stamped:
        for row in rows:
            row.setdefault("created_at", db.now)
            row["updated_at"] = db.now
    table = _table(model)
    missing = {name: value for name, value in _defaults(table).items() if name not in rows[0]}
    for part in chunks(rows):
        write(db.connection(), table, [{**missing, **row} for row in part] if missing else part)
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
    table = _table(model)
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
    _place(db, model, rows)
    for part in chunks(rows):
        write(db.connection(), _table(model), part, replace=True)


def put_missing(db: Session, model: type[Scoped], rows: Sequence[dict[str, Any]]) -> None:
    """Insert full rows that no history follows; where one of the same primary key stands, or is being written by
    somebody else, it stays as it is."""
    _place(db, model, rows)
    db.connection().execute(db.insert_into(model).values(list(rows)).on_conflict_do_nothing())


def gather_many(db: Session, model: type[Scoped], rows: Sequence[dict[str, Any]], *, total: str, latest: str) -> None:
    """Insert full rows that no history follows. Where one of the same primary key stands, `total` grows by the new
    number, and `latest` begins with the new text, as far as its column holds both. It takes no reading, and two who
    write the same row lose nothing."""
    if not rows:
        return
    _place(db, model, rows)
    table = _table(model)
    keys = [column.name for column in table.primary_key]
    there, room = table.name, cast(String, table.c[latest].type).length
    both = (
        (total, f"{there}.{total} + excluded.{total}"),
        (latest, f"substr(excluded.{latest} || {there}.{latest}, 1, {room})"),
    )
    # who meets others on the way meets them in the same order
    for part in chunks(sorted(rows, key=lambda row: [row[name] for name in keys])):
        write(db.connection(), table, part, replace=True, instead=both)


def set_many(db: Session, model: type[Scoped], at: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Set fields of rows that no history follows; the names in `at` say which rows, each by itself."""
    if not rows:
        return
    _entered(db)
    table = _table(model)
    names = [name for name in rows[0] if name not in at]
    statement = (
        update(table)
        .where(table.c.workspace_id == db.workspace, *(table.c[name] == bindparam(f"at_{name}") for name in at))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    values = [{**{f"at_{n}": row[n] for n in at}, **{f"new_{n}": row[n] for n in names}} for row in rows]
    db.connection().execute(statement, values)


def _table(model: type[Scoped]) -> Table:
    return cast(Table, inspect(model).local_table)


def _place(db: Session, model: type[Scoped], rows: Sequence[dict[str, Any]]) -> None:
    """Rows belong to the workspace that was entered, and to no other."""
    _entered(db)
    for row in rows:
        if row.setdefault("workspace_id", db.workspace) != db.workspace:
            raise WrongWorkspace(f"{model.__name__} of {row['workspace_id']!r} in {db.workspace!r}")


@cache
def _defaults(table: Table) -> dict[str, Any]:
    """What columns hold where nothing is said of them."""
    found = ((column.name, column.default) for column in table.columns)
    return {name: default.arg for name, default in found if isinstance(default, ScalarElementColumnDefault)}


def _entered(db: Session) -> None:
    if not db.workspace:
        raise WrongWorkspace("many rows were to be written before a workspace was entered")
