from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from core.store.database import Database
from tests.core.commands.mornings import at, heard
from tests.core.commands.spoken import stage
from tests.core.commands.talk import TERMINAL, Beneath, Saved, Talk
from tests.databases import APP, BACKENDS, NOW, Files, Server


@pytest.fixture(scope="session")
def opened(
    request: pytest.FixtureRequest, files: Files, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Database]]:
    """One database a backend, for all tests: statements stay compiled, which is most of what a short test costs."""
    urls = {"sqlite": files.make(tmp_path_factory.mktemp("commands"))}
    with ExitStack() as stack:
        if "postgresql" in BACKENDS:
            server: Server = request.getfixturevalue("server")
            name = stack.enter_context(server.lend())
            urls["postgresql"] = server.url(name, APP).render_as_string(hide_password=False)
        stack.callback(Beneath.close)
        found = {backend: Database(url) for backend, url in urls.items()}
        for made in found.values():
            stack.callback(made.close)
        yield found


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, opened: dict[str, Database]) -> Database:
    """An empty database. It is the same for all tests of this folder: who listens to its engine leaves again."""
    made = opened[request.param]
    Beneath(made).empty()
    made.memory.clear()  # it is of rows that were taken away beneath
    return made


@pytest.fixture(scope="session")
def saved() -> dict[str, Saved]:
    """What stages hold, by name: setting one up takes longer than most tests."""
    return {}


@pytest.fixture
def terminal(database: Database) -> Talk:
    """A terminal in which nobody has said anything yet."""
    talk = Talk(database)
    talk.steward.connect(TERMINAL, NOW)
    return talk


def _begun(talk: Talk) -> None:
    talk.done("ann", "#app", 'setup "Acme app" key=APP tz=Europe/Berlin')
    talk.done("bob", "#app", "help")


@pytest.fixture
def talk(database: Database, saved: dict[str, Saved]) -> Talk:
    """A terminal where ann has set Acme app up in #app; ann is admin, owner and manager, bob is a member."""
    return _staged(Talk(database), saved, "begun", _begun)


@pytest.fixture
def staged(database: Database, saved: dict[str, Saved]) -> Talk:
    """A terminal in which `stage()` has been said."""
    return _staged(Talk(database), saved, "staged", stage)


def _staged(talk: Talk, saved: dict[str, Saved], name: str, begin: Callable[[Talk], None]) -> Talk:
    below = Beneath(talk.database)
    name = f"{name} on {talk.database.url.get_backend_name()}"
    if name in saved:
        below.restore(saved[name])
    else:
        talk.steward.connect(TERMINAL, NOW)
        begin(talk)
        saved[name] = below.save()
    return talk


@pytest.fixture
def team(database: Database, saved: dict[str, Saved]) -> Talk:
    """ann and tom in Berlin, ravi in India; a stand-up at 09:30 that ann made on Monday, 2 November 2026."""
    return _staged(Talk(database), saved, "team", _asked_every_morning)


def _asked_every_morning(talk: Talk) -> None:
    _begun(talk)
    monday = at("12:00", 2)
    talk.done("ann", "#app", "backlog add CSV export assignee=@ravi", at=monday)
    talk.done("ravi", "#app", "team hours me 09:00-18:00 tz=Asia/Kolkata country=IN", at=monday)
    talk.done("tom", "#app", "help", at=monday)
    said = talk.done("ann", "#app", "standup new Daily with=@ann,@ravi,@tom", at=monday)
    assert said.startswith("Daily stand-up begins tomorrow: 09:30 each person's own time, Mon–Fri, in #app")
    heard(talk, monday)
    heard(talk, at("12:03", 2))  # ravi is told of his item
