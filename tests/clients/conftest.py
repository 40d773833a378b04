"""What every test here begins with: the clients are installed, databases are lent, and the terminal has gone first."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from core.store.database import Database
from tests.clients.installed import wanted
from tests.databases import APP, BACKENDS, Files, Server
from tests.scenario.play import play
from tests.scenario.state import Picture, state
from tests.scenario.terminal import terminal

Lend = Callable[[], str]


@pytest.fixture(autouse=True)
def _installed() -> None:
    wanted()


@pytest.fixture(params=BACKENDS)
def lend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lend]:
    """Gives the URL of another empty database, on SQLite and, where there is a server, on PostgreSQL."""
    if request.param == "sqlite":
        files: Files = request.getfixturevalue("files")
        yield lambda: files.make(tmp_path)
        return
    server: Server = request.getfixturevalue("server")
    with ExitStack() as stack:
        yield lambda: server.url(stack.enter_context(server.lend()), APP).render_as_string(hide_password=False)


@pytest.fixture
async def told_in_a_terminal(files: Any, tmp_path: Path) -> Picture:
    """What the scenario leaves behind when it is played in a terminal."""
    url = files.make(tmp_path)
    async with terminal(url, tmp_path / "terminal.log") as face:
        await play(face)
    return left(url)


def left(url: str) -> Picture:
    """What stands in a database now."""
    database = Database(url)
    try:
        return state(database)
    finally:
        database.close()
