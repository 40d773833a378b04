"""Sizes, and a room for each test: a fresh database, a Slack of its own, and a folder for logs."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.crash.serving import Room, slack_beside
from tests.databases import APP, BACKENDS, SERVER, Files, Server

KILLS = int(os.environ.get("CRASH_KILLS", "20"))
SECONDS = float(os.environ.get("CRASH_SECONDS", "10"))

Tell = Callable[[str], None]
Opened = Callable[[str], AbstractAsyncContextManager[Room]]


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path, files: Files) -> Opened:
    """Opens a room on 'sqlite' or 'postgresql'."""
    server: Server | None = request.getfixturevalue("server") if "postgresql" in BACKENDS else None

    @asynccontextmanager
    async def room(kind: str) -> AsyncIterator[Room]:
        folder = tmp_path / kind
        folder.mkdir()
        with ExitStack() as stack:
            if kind == "sqlite":
                url = inside = files.make(folder)
            else:
                assert server is not None
                name = stack.enter_context(server.lend())
                inside = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
                url = server.url(name, APP).render_as_string(hide_password=False)
            async with slack_beside(folder) as slack:
                yield Room(kind, url, inside, slack, folder)

    return room


@pytest.fixture
def needs_server() -> None:
    """Skips where there is no PostgreSQL, which several processes on one database want; fails in CI."""
    if not SERVER and os.environ.get("CI"):
        pytest.fail("CI needs TEST_DATABASE_URL, the address of a PostgreSQL server")
    if not SERVER:
        pytest.skip("TEST_DATABASE_URL is not set")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Says what was measured, in one line, at the end of the run; the report carries it out of a worker process too."""
    return lambda line: record_property("told", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [
        line
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, line in report.user_properties
        if name == "told"
    ]
    if told:
        terminalreporter.section("kills and races")
        for line in told:
            terminalreporter.write_line(str(line))
