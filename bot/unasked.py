"""What is said unasked comes due: schedules become occurrences, occurrences are composed and put into the outbox.

One step is a few short transactions; the worker and the terminal's `tick` take steps until nothing is left to do.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from core.schedule import occurrences, schedules
from core.schedule.occurrences import Occurrence
from core.store.database import Database

log = logging.getLogger("steward")

AT_ONCE = 20  # occurrences that one replica takes for itself at a time


def step(database: Database, clock: Callable[[], datetime]) -> bool:
    """Take some of what is due; whether there was anything."""
    return bool(_begin(database, clock) + _compose(database, clock))


def _begin(database: Database, clock: Callable[[], datetime]) -> int:
    with database.transaction(write=False, now=clock()) as db:
        workspace = schedules.due_in(db)
    if workspace is None:
        return 0
    with database.transaction(write=True, now=clock()) as db:
        db.enter(workspace)
        return schedules.begin(db)


def _compose(database: Database, clock: Callable[[], datetime]) -> int:
    with database.transaction(write=False, now=clock()) as db:
        workspace = occurrences.waiting_in(db)
    if workspace is None:
        return 0
    with database.transaction(write=True, now=clock()) as db:
        db.enter(workspace)
        work = occurrences.claim(db, AT_ONCE)
    for one in work:
        try:
            _say(database, clock, one)
        except Exception:  # one that cannot be composed must not keep the others back; it is tried again
            log.exception("%s of %s could not be composed", one.kind, one.day)
    return len(work)


def _say(database: Database, clock: Callable[[], datetime], one: Occurrence) -> None:
    with database.transaction(write=False, now=clock()) as db:
        db.enter(one.workspace_id)
        said = occurrences.compose(db, one)
    with database.transaction(write=True, now=clock()) as db:
        db.enter(one.workspace_id)
        occurrences.settle(db, one, said)
