"""Empty databases for one measurement, gone afterwards."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from bench.options import Options
from bench.process import Failed


@contextmanager
def database(kind: str, options: Options, folder: Path) -> Iterator[str]:
    """An empty database of its own; yields the address STEWARD_DATABASE_URL takes."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite'}"
        return
    name = f"steward_bench_{os.getpid()}_{time.time_ns()}"
    with server(options.postgresql) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_url(options.postgresql).set(database=name).render_as_string(hide_password=False)
    finally:
        with server(options.postgresql) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def server(url: str) -> Iterator[psycopg.Connection]:
    """A connection outside transactions. Raises Failed where the server is away."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as away:
        raise Failed(f"PostgreSQL does not answer ({away}). --database sqlite does without it.") from away
    with connection:
        yield connection


def pin_backends(url: str, options: Options) -> None:
    """Put the PostgreSQL processes that serve `url` on the generator's core, where they are ours to place."""
    core, name = options.generator_core, make_url(url).database
    if core is None or not url.startswith("postgresql"):
        return
    with server(options.postgresql) as connection:
        pids = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", (name,)).fetchall()
    for (pid,) in pids:
        try:
            if Path(f"/proc/{pid}/comm").read_text().startswith("postgres"):
                os.sched_setaffinity(pid, {core})
        except OSError:
            continue  # a server elsewhere, or not ours: it has cores of its own
