"""What people can say. `assemble()` makes the assistant; every entry point calls it once."""

from core.commands import backlog, help, mine, past, priorities, product, stories, team
from core.commands.dispatch import Steward
from core.store.database import Database

GROUPS = (help, product, team, backlog, stories, priorities, mine, past)  # importing a module declares its commands


def assemble(database: Database) -> Steward:
    """The assistant on one database."""
    return Steward(database)
