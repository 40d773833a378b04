"""Databases for tests, each built by the migrations, and the few rows that most tests begin with.

SQLite is always there. PostgreSQL is there where TEST_DATABASE_URL names a superuser of a server
(postgresql+psycopg://…); tests then run as the plain role steward_app, as the application does.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, make_url, text

import migrations
from core.chat.ask import Connection, Platform
from core.models import Base
from core.product import backlog, workspaces
from core.product.items import Item
from core.product.people import Identity, Person, Product
from core.product.workspaces import ConnectionRow, Workspace
from core.store.base import new_id
from core.store.database import Database, Session

T = TypeVar("T")

SERVER = os.environ.get("TEST_DATABASE_URL", "")
BACKENDS = ("sqlite", "postgresql") if SERVER else ("sqlite",)
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)

OWNER, APP, PASSWORD = "steward_owner", "steward_app", "steward"
ROLES_LOCK = 5157_2027

_count = count(1)


def _migrate(url: URL | str) -> None:
    database = Database(url if isinstance(url, str) else url.render_as_string(hide_password=False))
    try:
        migrations.upgrade(database.engine)
    finally:
        database.close()


class Files:
    """SQLite databases: one is migrated, the others are copies of its file."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        _migrate(f"sqlite:///{self._template}")

    def make(self, folder: Path) -> str:
        """The URL of a fresh database in `folder`."""
        path = folder / f"steward{next(_count)}.db"
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"


class Server:
    """PostgreSQL databases: one is migrated by steward_owner, the others are made from it. Names carry the process."""

    def __init__(self, superuser: str) -> None:
        self._url = make_url(superuser)
        self._admin = create_engine(self._url, isolation_level="AUTOCOMMIT", pool_size=1)
        self._template = f"steward_test_{os.getpid()}"
        self._idle: list[str] = []
        self._inside: dict[str, Engine] = {}
        self._make_roles()
        self.do(f"DROP DATABASE IF EXISTS {self._template} WITH (FORCE)")
        self.do(f"CREATE DATABASE {self._template} OWNER {OWNER}")
        _migrate(self.url(self._template, OWNER))

    def url(self, database: str, role: str) -> URL:
        return self._url.set(database=database, username=role, password=PASSWORD)

    def do(self, statement: str) -> None:
        """Run one statement as the superuser, outside a transaction."""
        with self._admin.connect() as connection:
            connection.execute(text(statement))

    def _make_roles(self) -> None:
        """Both roles are plain: neither a superuser nor free of row-level security."""
        with create_engine(self._url).begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ROLES_LOCK})
            known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
            for role in (OWNER, APP):
                verb = "ALTER" if role in known else "CREATE"
                plain = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
                connection.execute(text(f"{verb} ROLE {role} {plain} PASSWORD '{PASSWORD}'"))
        connection.engine.dispose()

    def make(self) -> str:
        """The name of a fresh database."""
        name = f"{self._template}_{next(_count)}"
        self.do(f"CREATE DATABASE {name} TEMPLATE {self._template} OWNER {OWNER}")
        self.do(f"ALTER DATABASE {name} SET synchronous_commit = off")  # no test cuts the power
        return name

    def drop(self, name: str) -> None:
        self.do(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The name of an empty database. It is emptied and lent again, which is ten times faster than a new one."""
        name = self._idle.pop() if self._idle else self.make()
        try:
            yield name
        finally:
            self._empty(name)
            self._idle.append(name)

    def _empty(self, name: str) -> None:
        engine = self._inside.setdefault(name, create_engine(self._url.set(database=name), pool_size=1))
        tables = [table.name for table in Base.metadata.sorted_tables]
        with engine.begin() as connection:
            # whoever still holds a row of a test that is over is a leak, and is told so
            connection.execute(text("SET LOCAL lock_timeout = '10s'; SET LOCAL session_replication_role = replica"))
            connection.execute(text("; ".join(f"DELETE FROM {table}" for table in tables)))

    def close(self) -> None:
        for engine in self._inside.values():
            engine.dispose()
        for name in (*self._idle, self._template):
            self.drop(name)
        self._admin.dispose()


# ---- what most tests begin with ----


@dataclass(frozen=True)
class Company:
    """A workspace that can be met through `connection`, with two people and one product, APP."""

    database: Database
    id: str
    connection: Connection
    ann: str
    bob: str
    product: str

    @contextmanager
    def work(
        self, actor: str | None = None, label: str = "work", *, now: datetime = NOW, product: str = "", **ledger: Any
    ) -> Iterator[Session]:
        """One operation by `actor` (ann unless said) in the product; committed at the end."""
        with self.database.transaction(write=True, now=now) as db:
            db.enter(self.id)
            db.ledger.actor_id = actor or self.ann
            db.ledger.product_id = product or self.product
            db.ledger.label = label
            for name, value in ledger.items():
                setattr(db.ledger, name, value)
            yield db

    @contextmanager
    def look(self, now: datetime = NOW) -> Iterator[Session]:
        """A transaction that reads."""
        with self.database.transaction(write=False, now=now) as db:
            db.enter(self.id)
            yield db

    def add(self, *titles: str, actor: str | None = None, **fields: Any) -> list[str]:
        """Items at the end of the order, by one operation; their ids."""
        with self.work(actor, "add") as db:
            return [item.id for item in backlog.add(db, self.product, titles, **fields)]

    def item(self, db: Session, item_id: str) -> Item:
        return db.get_one(Item, {"workspace_id": self.id, "id": item_id})


def company(database: Database, name: str = "acme") -> Company:
    """A workspace of its own; call it twice for two companies in one database."""
    connection = Connection(Platform.TERMINAL, name)
    with database.transaction(write=True, now=NOW) as db:
        db.ledger.silent = True
        home = new_id()
        db.add(Workspace(id=home, name=name, version=1, home=None))
        db.add(ConnectionRow(platform="terminal", external_id=name, workspace_id=home))
        db.flush()
        workspaces.enter(db, connection)
        ann, bob = person(db, "ann"), person(db, "bob")
        return Company(database, home, connection, ann, bob, product(db, "APP"))


def person(db: Session, name: str) -> str:
    """Somebody whom the terminal knows by their name; their id."""
    made = Person(id=new_id(), name=name, tz=None)
    db.add(made)
    db.flush()
    db.add(Identity(platform="terminal", external_id=name, person_id=made.id))
    db.flush()
    return made.id


def product(db: Session, key: str) -> str:
    """A product without items; its id."""
    made = Product(id=new_id(), key=key, name=f"The {key}", tz="UTC", vision="", counter=0)
    db.add(made)
    db.flush()
    return made.id


def at_once(*acts: Callable[[], T]) -> Sequence[T]:
    """Run all at the same time, each in its own thread; their results in order. A failure of one is raised."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        gate.wait(timeout=30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, act) for act in acts]]
