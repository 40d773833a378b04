"""Slow work that an ask left behind: done after its commit, a step at a time, by one process at a time.

A system table without workspace scope, like asks; every row names its workspace. Whoever takes a job up gets a token;
each step writes what the job has come to under that token, in the step's own transaction, so that a job goes on where
its last step was committed, and one that lost its token to another writes nothing more.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Index, String, delete, insert, literal_column, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.ask import Ask, Platform
from core.store import asks
from core.store.base import ID_LENGTH, Base, new_id
from core.store.database import Session

LEASE = timedelta(minutes=2)  # a job that wrote nothing for so long is nobody's
TRIES = 5  # a job that ends its process so often is given up
RETENTION = timedelta(days=30)
_OPEN: ColumnElement[bool] = literal_column("state = 'open'")


class JobRow(Base):
    __tablename__ = "jobs"
    ask_id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    platform: Mapped[str] = mapped_column(String(16))
    name: Mapped[str]
    ask: Mapped[str]
    args: Mapped[str]
    kept: Mapped[str]
    state: Mapped[str] = mapped_column(String(8))  # open, done
    token: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    due: Mapped[datetime]
    tries: Mapped[int]
    at: Mapped[datetime]
    __table_args__ = (
        Index("ix_jobs_due", "due", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_jobs_at", "at"),
    )


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was taken up. kept: what its steps have come to so far."""

    key: str
    token: str
    name: str
    ask: Ask
    args: Mapping[str, str]
    kept: Mapping[str, Any]
    tries: int


def put(db: Session, ask: Ask, name: str, args: Mapping[str, str]) -> None:
    """Leave work behind, with the ask that wanted it; it is due at once."""
    row = {
        "ask_id": asks.key(ask),
        "workspace_id": db.workspace,
        "platform": ask.connection.platform.value,
        "name": name,
        "ask": asks.packed(ask),
        "args": json.dumps(dict(args)),
        "kept": "{}",
        "state": "open",
        "due": db.now,
        "tries": 0,
        "at": db.now,
    }
    db.connection().execute(insert(JobRow), [row])


def take(db: Session, key: str, *, whoever: bool = False) -> Job | None:
    """Take a job up; None where it is done, or another is at it. whoever: from whoever may be at it, who then stops."""
    token = new_id()
    free = (JobRow.due <= db.now) | (JobRow.token.is_(None))
    taking = update(JobRow).where(JobRow.ask_id == key, JobRow.state == "open")
    if not whoever:
        taking = taking.where(free)
    row = (
        db.connection()
        .execute(
            taking.values(token=token, due=db.now + LEASE, tries=JobRow.tries + 1).returning(
                JobRow.name, JobRow.ask, JobRow.args, JobRow.kept, JobRow.tries
            )
        )
        .first()
    )
    if row is None:
        return None
    ask = asks.ASK.validate_json(row.ask)
    return Job(key, token, row.name, ask, json.loads(row.args), json.loads(row.kept), row.tries)


def keep(db: Session, job: Job, kept: Mapping[str, Any]) -> bool:
    """Write what the job has come to; False where another has taken it since."""
    return _write(db, job, kept=json.dumps(kept, ensure_ascii=False), due=db.now + LEASE)


def finish(db: Session, job: Job) -> bool:
    """It is done, and what it was about is forgotten; False where another has taken it since."""
    return _write(db, job, state="done", ask="", args="{}", kept="{}", token=None)


def leave(db: Session, job: Job) -> bool:
    """Leave it to the next who looks; the try does not count."""
    return _write(db, job, token=None, due=db.now, tries=JobRow.tries - 1)


def _write(db: Session, job: Job, **values: Any) -> bool:
    mine = update(JobRow).where(JobRow.ask_id == job.key, JobRow.token == job.token, JobRow.state == "open")
    return db.connection().execute(mine.values(**values)).rowcount == 1


def is_open(db: Session, key: str) -> bool:
    """Whether an ask left work behind that is not done yet."""
    return db.scalar(select(JobRow.ask_id).where(JobRow.ask_id == key, _OPEN)) is not None


def open_of(db: Session, name: str) -> list[dict[str, str]]:
    """What the jobs of a name that are not done yet are about, in the workspace entered."""
    wanted = select(JobRow.args).where(JobRow.workspace_id == db.workspace, JobRow.name == name, _OPEN)
    return [json.loads(args) for args in db.scalars(wanted)]


def left_behind(db: Session, platforms: Iterable[Platform], before: datetime, count: int) -> list[str]:
    """The keys of jobs that have been nobody's since an instant, the oldest first."""
    names = [platform.value for platform in platforms]
    return list(
        db.scalars(
            select(JobRow.ask_id)
            .where(_OPEN, JobRow.due <= before, JobRow.platform.in_(names))
            .order_by(JobRow.due)
            .limit(count)
        )
    )


def prune(db: Session) -> int:
    """Forget jobs that are done and older than RETENTION; the number of them."""
    gone = db.connection().execute(delete(JobRow).where(JobRow.at < db.now - RETENTION, JobRow.state == "done"))
    return gone.rowcount
