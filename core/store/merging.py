"""One entity becomes another everywhere: in what refers to it, in history, and in whatever text keeps its id.

Ids are made once and occur nowhere by chance, so that a text which holds one means it. Like a bulk change this goes
behind the ORM; unlike one it is not remembered, since what was done keeps its meaning, and only whose it was changes.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Column, ColumnElement, String, Table, Text, UniqueConstraint, and_, delete, exists, func, select
from sqlalchemy import update as change

from core.store.base import ID_LENGTH, scoped_tables
from core.store.database import Session

IdColumn = Column[str]


def become(db: Session, old: str, new: str) -> None:
    """Let every row of the workspace that names `old` name `new`; where both would be there, that of `new` stays."""
    db.flush()
    for table in scoped_tables():
        for column in table.columns:
            if isinstance(column.type, String) and column.name != "workspace_id":
                _rename(db, table, column, old, new)
    db.expire_all()


def _rename(db: Session, table: Table, column: IdColumn, old: str, new: str) -> None:
    here = table.c.workspace_id == db.workspace
    if _is_id(column):
        if column.primary_key and column.name == "id":
            return  # the entity itself
        for columns in _unique_with(table, column):
            db.connection().execute(delete(table).where(here, column == old, _there(table, column, columns, new)))
        db.connection().execute(change(table).where(here, column == old).values({column: new}))
    elif isinstance(column.type, Text):
        named = column.contains(old, autoescape=True)
        renamed = func.replace(column, old, new)
        db.connection().execute(change(table).where(here, named).values({column: renamed}))


def _is_id(column: IdColumn) -> bool:
    return getattr(column.type, "length", None) == ID_LENGTH


def _unique_with(table: Table, column: IdColumn) -> Iterable[Sequence[IdColumn]]:
    """The sets of columns that may occur once, and that this one is part of."""
    unique = [list(index.columns) for index in table.indexes if index.unique]
    unique += [list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    unique.append(list(table.primary_key.columns))
    return [columns for columns in unique if column in columns]


def _there(table: Table, column: IdColumn, columns: Sequence[IdColumn], new: str) -> ColumnElement[bool]:
    """Whether the row would stand beside one that is there already."""
    other = table.alias()
    same = [other.c[one.name] == one for one in columns if one is not column]
    return exists(select(1).select_from(other).where(and_(other.c[column.name] == new, *same)))
