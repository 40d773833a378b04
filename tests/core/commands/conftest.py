from collections.abc import Callable, Iterator

import pytest

from core.store.database import Database
from tests.core.commands.spoken import stage
from tests.core.commands.talk import TERMINAL, Beneath, Saved, Talk
from tests.databases import NOW


@pytest.fixture(scope="session")
def saved() -> Iterator[dict[str, Saved]]:
    """What stages hold, by name: setting one up takes longer than most tests."""
    yield {}
    Beneath.close()


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
