"""Statements of the hot roads: built, scoped and checked once, then run without the ORM's own work (a fifth of its
time). They give rows, never entities."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Delete, Row, Select, Table, Update, bindparam
from sqlalchemy.sql import visitors

from core.store.base import Base, Scoped
from core.store.database import Session, WrongWorkspace

_WORKSPACE = "steward_workspace"


def _scoped_tables() -> frozenset[str]:
    return frozenset(
        mapper.local_table.name
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Scoped) and isinstance(mapper.local_table, Table)
    )


class Prepared:
    """A plain select, update or delete over tables, narrowed to the session's workspace as every other statement is.

    Raises ValueError for a statement with aliases or subqueries, where the narrowing could not be seen to be complete.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]] | Update | Delete) -> None:
        self._plain = statement
        self._narrowed: Any = None
        self._scoped = False
        for part in visitors.iterate(statement):
            if part is not statement and part.__visit_name__ in ("select", "alias", "subquery", "cte"):
                raise ValueError(f"not a plain statement: {part.__visit_name__}")

    def _prepare(self) -> Any:
        """Narrow the statement; done at its first run, when every table is known."""
        scoped = _scoped_tables()
        tables = {part.name: part for part in visitors.iterate(self._plain) if isinstance(part, Table)}
        narrowed = self._plain
        for name in sorted(tables.keys() & scoped):
            narrowed = narrowed.where(tables[name].c.workspace_id == bindparam(_WORKSPACE))
        self._scoped = bool(tables.keys() & scoped)
        self._narrowed = narrowed
        return narrowed

    def _run(self, db: Session, values: Mapping[str, Any]) -> Any:
        narrowed = self._narrowed if self._narrowed is not None else self._prepare()
        if self._scoped:
            if not db.workspace:
                raise WrongWorkspace("scoped rows were asked for before a workspace was entered")
            values = {**values, _WORKSPACE: db.workspace}
        db.flush()
        return db.connection().execute(narrowed, values)

    def all(self, db: Session, **values: Any) -> list[Row[*tuple[Any, ...]]]:
        """Every row."""
        return list(self._run(db, values).all())

    def first(self, db: Session, **values: Any) -> Row[*tuple[Any, ...]] | None:
        """The first row, None where there is none."""
        row: Row[*tuple[Any, ...]] | None = self._run(db, values).first()
        return row

    def scalar(self, db: Session, **values: Any) -> Any:
        """The first row's first column, None where there is no row."""
        return self._run(db, values).scalar()
