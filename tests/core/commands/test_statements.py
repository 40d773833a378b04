"""How many statements an everyday ask takes: each is a round trip, and what slips in unseen is paid by everybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from core.store.database import Database
from tests.core.commands.talk import Talk


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are executed meanwhile, without those that begin a transaction."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("line", "most"),
    [
        ("backlog list", 3),  # the third marks what is held up: of the page alone, and a hot statement has no subquery
        ("backlog show APP-2", 3),
        ("backlog add Export the year", 13),
        ("backlog move APP-3 above APP-1", 9),
        ("backlog edit APP-2 points=5", 10),
    ],
)
def test_an_everyday_ask_takes_few_statements(talk: Talk, line: str, most: int) -> None:
    for title in ("One", "Two", "Three"):
        talk.done("ann", "#app", f"backlog add {title}")
    talk.done("ann", "#app", "backlog list")  # the directory is known by now, and who was met
    with counted(talk.database) as seen:
        talk.done("ann", "#app", line)
    assert len(seen) <= most + (0 if talk.database.sqlite else 1), "\n".join(seen)  # PostgreSQL locks the product


def test_what_waits_to_be_accepted_is_found_without_reading_the_backlog(talk: Talk) -> None:
    if not talk.database.sqlite:
        pytest.skip("PostgreSQL reads a table as small as this one whole")
    talk.done("ann", "#app", "backlog add One")
    talk.done("ann", "#app", "backlog done APP-1")
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(talk.database.engine, "before_cursor_execute", note)
    talk.done("ann", "#app", "mine")
    event.remove(talk.database.engine, "before_cursor_execute", note)
    reads = [(statement, values) for statement, values in asked if statement.startswith("SELECT items.")]
    with talk.database.engine.connect() as connection:
        plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values).all()) for said, values in reads]
    assert any("ix_items_done" in plan for plan in plans), plans
