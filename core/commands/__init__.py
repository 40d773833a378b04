"""What people can say. `assemble()` makes the assistant; every entry point calls it once."""

# one a line: what is added beside another's addition should not collide
from core.commands import (
    ask,
    backlog,
    blockers,
    doc,
    help,
    mine,
    past,
    presence,
    priorities,
    product,
    readying,
    sprint,
    sprint_plan,
    sprint_reports,
    sprint_room,
    standards,
    stories,
    team,
)
from core.commands.dispatch import Steward
from core.knowledge import passages
from core.store.database import Database

# Importing a module declares its commands, in the order of help.
GROUPS = (
    help,
    product,
    team,
    standards,
    presence,
    backlog,
    stories,
    readying,
    priorities,
    sprint,
    sprint_plan,
    sprint_reports,
    sprint_room,
    blockers,
    mine,
    ask,
    doc,
    past,
)


def assemble(database: Database) -> Steward:
    """The assistant on one database."""
    if passages.follow not in database.followers:
        database.followers.append(passages.follow)
    return Steward(database)
