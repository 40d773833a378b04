"""A fresh database for each test that wants one, on every backend there is."""

from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from core.store.database import Database
from tests import databases
from tests.databases import APP, BACKENDS, NOW, SERVER, Company, Files, Server

# How long an example takes says how busy the machine is, and nothing about the code: speed is measured in bench/.
settings.register_profile("steward", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steward")


@pytest.fixture
def now() -> datetime:
    """The instant that tests call now."""
    return NOW


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The PostgreSQL server of TEST_DATABASE_URL; skips where none is named."""
    if not SERVER:
        pytest.skip("TEST_DATABASE_URL is not set")
    made = Server(SERVER)
    yield made
    made.close()


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database, on SQLite and, where there is a server, on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("files").make(tmp_path)
        return
    server: Server = request.getfixturevalue("server")
    with server.lend() as name:
        yield server.url(name, APP).render_as_string(hide_password=False)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database, opened as the application opens it."""
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def company(database: Database) -> Company:
    """A workspace with ann, bob and the product APP."""
    return databases.company(database)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Of a test that runs on both databases one run is measured: being traced takes half as long again as the code."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    measured = Coverage.current() if "postgresql" in map(str, params.values()) else None
    if measured is None:
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits longest, for processes and browsers, begins first: beside it the rest is done."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in ("crash", "clients")))
