"""Statements of the hot roads: built, scoped and checked once, then run without the ORM's own work (a fifth of its
time). They give rows, and entities only where these are to be changed."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import CompoundSelect, Delete, Row, Select, Table, Update, bindparam, union
from sqlalchemy.sql import visitors

from core.store.base import scoped_tables
from core.store.database import NARROWED, Session, WrongWorkspace

_WORKSPACE = "steward_workspace"
Plain: TypeAlias = Select[*tuple[Any, ...]] | Update | Delete


class Prepared:
    """A plain select, update or delete over tables, or a union of such selects, narrowed to the session's workspace as
    every other statement is.

    Raises ValueError for a statement with aliases or subqueries, where the narrowing could not be seen to be complete.
    """

    def __init__(self, statement: Plain | CompoundSelect[*tuple[Any, ...]]) -> None:
        self._plain: Any = statement
        self._parts: Any = statement.selects if isinstance(statement, CompoundSelect) else (statement,)
        self._narrowed: Any = None
        self._scoped = False
        for whole in self._parts:
            for part in visitors.iterate(whole):
                if part is not whole and part.__visit_name__ in ("select", "alias", "subquery", "cte"):
                    raise ValueError(f"not a plain statement: {part.__visit_name__}")

    def _prepare(self) -> Any:
        """Narrow the statement; done at its first run, when every table is known."""
        narrowed = [self._narrow(part) for part in self._parts]
        self._narrowed = union(*narrowed) if isinstance(self._plain, CompoundSelect) else narrowed[0]
        return self._narrowed

    def _narrow(self, part: Any) -> Any:
        scoped = frozenset(table.name for table in scoped_tables())
        tables = {one.name: one for one in visitors.iterate(part) if isinstance(one, Table)}
        for name in sorted(tables.keys() & scoped):
            part = part.where(tables[name].c.workspace_id == bindparam(_WORKSPACE))
            self._scoped = True
        return part

    def _ready(self, db: Session, values: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        narrowed = self._narrowed if self._narrowed is not None else self._prepare()
        if not self._scoped:
            return narrowed, values
        if not db.workspace:
            raise WrongWorkspace("scoped rows were asked for before a workspace was entered")
        return narrowed, {**values, _WORKSPACE: db.workspace}

    def _run(self, db: Session, values: Mapping[str, Any]) -> Any:
        narrowed, values = self._ready(db, values)
        db.flush()
        return db.connection().execute(narrowed, values)

    def entities(self, db: Session, **values: Any) -> list[Any]:
        """What a select of one entity finds, to be changed: history follows it as any other. The session is spared
        narrowing it anew, which costs more than the rest."""
        return list(db.scalars(*self._ready(db, values), execution_options=NARROWED))

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
