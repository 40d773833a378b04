"""Slow work: what a handler leaves behind when it returns Later, and how it is carried out after the commit.

    @command("import FILE …")
    def import_(call: Call) -> Said:
        ...
        return Later("import", {"file": kept.id}, Card("Importing …"))

    @job("import")
    def run(work: Work) -> Said:
        for part in …:
            work.step(lambda call: merge(call.db, part))

A job works in short transactions, its steps. What it puts into `work.kept` is committed with the step, so that a job
that was broken off goes on behind its last one; all its steps are one operation, which one `undo` takes back.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any, TypeVar

from core.chat.ask import Ask
from core.chat.card import Card
from core.commands.again import retrying
from core.commands.call import Call
from core.store import jobs
from core.store.base import new_id
from core.store.database import Database, Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Later:
    """The job that a handler leaves behind. args: what it is about, as texts. said: what is said at once, until the
    job's own answer takes its place; nothing where it is None."""

    job: str
    args: Mapping[str, str] = field(default_factory=dict)
    said: Card | None = None


class Interrupted(Exception):
    """This process ends, or another has taken the job: whoever comes next goes on."""


class Work:
    """A job while it is carried out.

    args   what the handler gave; the same however often the job is begun
    kept   what it has come to: plain JSON, written with each step
    about  the call of the latest step: who asked, where, and about which product; None before the first
    """

    def __init__(
        self,
        database: Database,
        enter: Callable[[Session, Ask], Call],
        taken: jobs.Job,
        clock: Callable[[], datetime],
        stopping: Event,
        tell: Callable[[Card], None] | None = None,
    ) -> None:
        self.args = taken.args
        self.kept: dict[str, Any] = dict(taken.kept)
        self.about: Call | None = None
        self._database = database
        self._enter = enter
        self._job = taken
        self._clock = clock
        self._stopping = stopping
        self._tell = tell

    def step(self, act: Callable[[Call], T], *, write: bool = True) -> T:
        """One short transaction, begun again where that may help; nothing of it is kept where it fails.

        write: False for one that only reads; what it puts into `kept` is written with the next one that writes.
        """
        before = json.dumps(self.kept)

        def attempt() -> T:
            self.kept = json.loads(before)
            return self._written(act) if write else self._read(act)

        if self._stopping.is_set():
            raise Interrupted
        return retrying(attempt)

    def tell(self, card: Card) -> None:
        """Let what was said at first say how far it is, where somebody waits for it elsewhere."""
        if self._tell is not None:
            self._tell(card)

    def analyze(self) -> None:
        """Look at the tables anew after many rows."""
        self._database.analyze()

    def _read(self, act: Callable[[Call], T]) -> T:
        with self._database.transaction(write=False, now=self._clock()) as db:
            return act(self._call(db))

    def _call(self, db: Session) -> Call:
        self.about = self._enter(db, self._job.ask)
        return self.about

    def _written(self, act: Callable[[Call], T]) -> T:
        with self._database.transaction(write=True, now=self._clock()) as db:
            call = self._call(db)
            db.ledger.resume(self.kept.setdefault("operation", new_id()), begun=self.kept.get("begun", False))
            done = act(call)
            db.settle()
            self.kept["begun"] = db.ledger.begun
            if not jobs.keep(db, self._job, self.kept):
                raise Interrupted
            return done


Job = Callable[[Work], Any]
JOBS: dict[str, Job] = {}


def job(name: str) -> Callable[[Job], Job]:
    """Declare what a Later of this name does; it returns what a handler may return but a form or another Later."""

    def declare(run: Job) -> Job:
        JOBS[name] = run
        return run

    return declare
