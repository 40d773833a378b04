import pytest

from core.store.database import Database
from tests.core.commands.talk import TERMINAL, Talk
from tests.databases import NOW


@pytest.fixture
def terminal(database: Database) -> Talk:
    """A terminal in which nobody has said anything yet."""
    talk = Talk(database)
    talk.steward.connect(TERMINAL, NOW)
    return talk


@pytest.fixture
def talk(terminal: Talk) -> Talk:
    """A terminal where ann has set Acme app up in #app; ann is admin, owner and manager, bob is a member."""
    terminal.done("ann", "#app", 'setup "Acme app" key=APP tz=Europe/Berlin')
    terminal.done("bob", "#app", "help")
    return terminal
