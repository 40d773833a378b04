"""The one store: an engine, transaction() at the edge, and the rules that SQLite and PostgreSQL each need.

StoreError
 └─ WrongWorkspace    a row was put into, or read with, another workspace than the session's
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy.orm as orm
from sqlalchemy import Connection, Dialect, Engine, bindparam, create_engine, event, func, make_url, select
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from core.store.base import Base, Scoped, Stamped, Tracked
from core.store.history import Entry, Ledger

TIMEOUT = "30s"  # of a statement, and of a transaction that waits for us
NARROWED = {"steward_narrowed": True}  # core.store.prepared alone may say so


class StoreError(Exception):
    pass


class WrongWorkspace(StoreError):
    pass


class Session(orm.Session):
    """One transaction's view of one workspace, at one instant, on behalf of one person.

    workspace  '' until `enter()`; scoped rows cannot be touched before
    now        the instant of the ask; rows are stamped with it
    writes     whether rows may be changed; what a reading transaction changed, history would never hear of
    said_in    the thread that the ask was said in: platform, place, thread
    ledger     what has changed so far; written with the commit
    afterwards what a transaction that only reads leaves to be written right after it (a picture it drew)
    listeners  hear once, before the commit, while changes may still be added
    memory     what this process remembers between transactions; each who keeps something there proves it current
    at_hand    what this transaction has read and may use again; whoever changes it takes it out
    followers  hear every change as it is written to history, those of bulk work and of undo included, chunk by chunk
    """

    def __init__(
        self,
        engine: Engine,
        now: datetime,
        listeners: list["Listener"],
        followers: Sequence["Follower"] = (),
        memory: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(bind=engine, expire_on_commit=False)
        self.now = now
        self.writes: bool = engine.get_execution_options().get("steward_write", False)
        self.workspace = ""
        self.ledger = Ledger()
        self.said_in: tuple[str, str, str] | None = None
        self.listeners = listeners
        self.afterwards: list[Callable[[Session], None]] = []
        self.followers = followers
        self.memory = {} if memory is None else memory
        self.at_hand: dict[str, Any] = {}

    @property
    def day(self) -> datetime:
        """The day of `now` in UTC: what is stamped where the moment would tell who it was."""
        return self.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def sqlite(self) -> bool:
        return self.get_bind().dialect.name == "sqlite"

    def insert_into(self, model: type[Base] | type[Scoped]) -> "Insert":
        """An INSERT that can say what happens where the row is there already; each database has its own."""
        return (SqliteInsert if self.sqlite else PostgresInsert)(model)

    def enter(self, workspace: str, *, configured: bool = False) -> None:
        """Everything from here on belongs to this workspace; row-level security holds the same line below.

        `configured`: the statement that found the workspace has already set `steward.workspace` (saves a round trip).
        """
        if self.workspace and self.workspace != workspace:
            raise WrongWorkspace(f"session of {self.workspace} entered {workspace}")
        if not self.sqlite and not configured:
            self.execute(_ENTER, {"workspace": workspace})
        self.workspace = workspace

    def settle(self) -> None:
        """Flush, tell the listeners, write the history: what remains is the commit."""
        self.flush()
        if self.ledger.changes:
            for listen in self.listeners:
                listen(self)
            self.flush()
        self.ledger.write(self)

    def heard(self, entries: Sequence[Entry]) -> None:
        """Tell the followers of changes that were written to history."""
        for follow in self.followers:
            follow(self, entries)


Insert = SqliteInsert | PostgresInsert
Listener = Callable[[Session], None]
Follower = Callable[[Session, Sequence[Entry]], None]


def settings_of(workspace: Any) -> list[Any]:
    """What PostgreSQL is told for this transaction alone, in the statement that enters a workspace: a pooler such as
    pgbouncer keeps nothing between transactions and takes nothing at the start of a connection."""
    return [
        func.set_config("steward.workspace", workspace, True),
        func.set_config("TimeZone", "UTC", True),
        func.set_config("statement_timeout", TIMEOUT, True),
        func.set_config("idle_in_transaction_session_timeout", TIMEOUT, True),
    ]


_ENTER = select(*settings_of(bindparam("workspace")))


class Database:
    """One database by its URL: `sqlite:///file` or `postgresql+psycopg://…`."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = make_url(url)
        self.listeners: list[Listener] = []
        self.followers: list[Follower] = []
        self.memory: dict[str, Any] = {}
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite:
            if self.url.database and self.url.database != ":memory:":
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(self.url, connect_args={"timeout": 30}, hide_parameters=True)
            event.listen(self.engine, "connect", _sqlite_connect)
            event.listen(self.engine, "begin", _sqlite_begin)
        else:
            self.engine = create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=4,
                hide_parameters=True,  # what people wrote stays out of the log
                connect_args={"prepare_threshold": None, "connect_timeout": 10},
            )
        self._writing = self.engine.execution_options(steward_write=True)

    @contextmanager
    def transaction(self, *, write: bool, now: datetime) -> Iterator[Session]:
        """One session, one commit at the end; any exception rolls everything back."""
        engine = self._writing if write else self.engine
        with Session(engine, now, self.listeners, self.followers, self.memory) as session:
            yield session
            if write:
                session.settle()
            session.commit()
        if session.afterwards:
            with self.transaction(write=True, now=now) as later:
                later.enter(session.workspace)
                for write_down in session.afterwards:
                    write_down(later)

    def analyze(self) -> None:
        """Look at the tables anew after a bulk change, since without counts an index is not trusted. On PostgreSQL
        only their owner may; for others autovacuum does so within a minute. What no index has is not looked at there:
        to sort long texts would take longest, and nothing is gained."""
        with self._writing.begin() as connection:
            connection.exec_driver_sql("ANALYZE" if self.sqlite else f"ANALYZE {_indexed(connection.dialect)}")

    def close(self) -> None:
        self.engine.dispose()


@cache
def _indexed(dialect: Dialect) -> str:
    """Every table with the columns that its indexes and keys have, as ANALYZE takes them."""
    quote = dialect.identifier_preparer.quote
    told = []
    for table in Base.metadata.sorted_tables:
        names = {column.name for column in table.primary_key}
        names |= {column.name for index in table.indexes for column in index.columns}
        told.append(f"{quote(table.name)} ({', '.join(quote(name) for name in sorted(names))})")
    return ", ".join(told)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    # BEGIN is ours (see _sqlite_begin): the driver's own, deferred one loses concurrent updates silently.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",  # a killed process loses nothing; a power cut may lose the last commits, never the file
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # SQLite's own knows ASCII alone, and would not find “Übersicht” by “übersicht”
    connection.create_function("lower", 1, lambda text: text if text is None else str(text).lower(), deterministic=True)


def _sqlite_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("steward_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@event.listens_for(Session, "do_orm_execute")
def _scope(state: orm.ORMExecuteState) -> None:
    """Every select, update and delete of scoped rows is narrowed to the session's workspace.

    Before one is entered they are refused where that can be seen, and none is found where they hide in a subquery.
    """
    session = state.session
    assert isinstance(session, Session)
    if state.is_column_load or state.is_relationship_load or state.execution_options.get("steward_narrowed"):
        return
    workspace = session.workspace
    if any(issubclass(mapper.class_, Scoped) for mapper in state.all_mappers):
        if not workspace:
            raise WrongWorkspace("scoped rows were asked for before a workspace was entered")
        if state.is_insert:
            raise WrongWorkspace("scoped rows are inserted by Session.add or store.bulk, which check their workspace")
    state.statement = state.statement.options(
        orm.with_loader_criteria(Scoped, lambda cls: cls.workspace_id == workspace, include_aliases=True)
    )


@event.listens_for(Session, "before_flush")
def _before_flush(session: orm.Session, _context: Any, _instances: Any) -> None:
    assert isinstance(session, Session)
    if not session.writes:
        raise StoreError("a transaction that reads was about to write")
    for row in session.new:
        if isinstance(row, Scoped):
            row.workspace_id = row.workspace_id or session.workspace
        _check_workspace(session, row)
        if isinstance(row, Stamped):
            row.created_at = row.created_at or session.now
            row.updated_at = session.now
        if isinstance(row, Tracked):
            session.ledger.created(row)
    for row in sorted(session.dirty, key=_identity):
        if session.is_modified(row):
            _check_workspace(session, row)
            if isinstance(row, Stamped):
                row.updated_at = session.now
            if isinstance(row, Tracked):
                session.ledger.changed(row)
    for row in session.deleted:
        _check_workspace(session, row)
        if isinstance(row, Tracked):
            session.ledger.deleted(row)


def _identity(row: object) -> tuple[str, ...]:
    # SQLAlchemy gathers changed rows in a set: without an order of our own, history and undo tell them at random
    return tuple(map(str, orm.object_mapper(row).primary_key_from_instance(row)))


def _check_workspace(session: Session, row: object) -> None:
    if isinstance(row, Scoped) and (not session.workspace or row.workspace_id != session.workspace):
        raise WrongWorkspace(f"{type(row).__name__} of {row.workspace_id!r} in {session.workspace!r}")
