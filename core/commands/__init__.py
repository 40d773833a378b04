"""What people can say. `assemble()` makes the assistant; every entry point calls it once."""

# one a line: what is added beside another's addition should not collide
from core.commands import (
    backlog,
    blockers,
    help,
    mine,
    past,
    presence,
    priorities,
    product,
    sprint,
    sprint_plan,
    sprint_reports,
    sprint_room,
    stories,
    team,
)
from core.commands.dispatch import Steward
from core.store.database import Database

# Importing a module declares its commands, in the order of help.
GROUPS = (
    help,
    product,
    team,
    presence,
    backlog,
    stories,
    priorities,
    sprint,
    sprint_plan,
    sprint_reports,
    sprint_room,
    blockers,
    mine,
    past,
)


def assemble(database: Database) -> Steward:
    """The assistant on one database."""
    return Steward(database)
