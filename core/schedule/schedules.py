"""What recurs, and which of its occurrences are due: one row an occurrence, however many replicas look.

A *subject* (a digest, a stand-up) has schedules, one for each kind of message and recipient:

    schedules.keep(db, Plan(product, "prompt", standup.id, person, "mon-fri 09:30", "Asia/Kolkata"))
    schedules.keep(db, Plan(product, "reminder", standup.id, person, "mon-fri 09:30", tz, shift=timedelta(hours=1)))
    schedules.pause(db, standup.id) · resume(db, standup.id) · drop(db, standup.id)

`keep` is told again whatever changes (time, zone, shift): the row follows, and a schedule made or changed after today's
time begins with the next one. An occurrence is unique by (subject, kind, recipient, local date): replicas, edits and
changes of zone make none twice. It comes `shift` after the wall time, and is caught up until its local day is over (or
for `window`); one that is older is written down as missed, and stands in `occurrences.history`.

`begin` turns what is due into Occurrence rows, which are *uncomposed deliveries*: `core.schedule.occurrences` lets them
be composed and puts them into the outbox. The scan reads an index of next instants: what is not due costs nothing.
System tables without workspace scope; every row names its workspace.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Index, Integer, String, bindparam, delete, literal_column, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core.chat import walltime
from core.schedule import calendar
from core.store.base import ID_LENGTH, Base, new_id
from core.store.database import Session

BATCH = 500  # schedules of one transaction
TOLD = 400  # missed occurrences of one schedule that are written down after a long silence, the latest ones


def key(subject: str, kind: str, recipient: str, day: date) -> str:
    """The key of an occurrence's message in the outbox: the same for every attempt."""
    return ":".join([kind, subject, *([recipient] if recipient else []), day.isoformat()])


class ScheduleRow(Base):
    """One recurring message to one recipient. `next_at` is null while it is paused, and once it is over."""

    __tablename__ = "schedules"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    kind: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    recipient: Mapped[str] = mapped_column(String(ID_LENGTH))  # a person's id, '' for the subject's own place
    said: Mapped[str]  # the rule as typed
    tz: Mapped[str] = mapped_column(String(64))
    anchor: Mapped[date]
    shift: Mapped[int] = mapped_column(Integer)  # seconds
    window: Mapped[int | None] = mapped_column(Integer)  # seconds; null: until the local day is over
    next_at: Mapped[datetime | None]
    next_day: Mapped[date | None]
    made: Mapped[datetime]
    __table_args__ = (
        Index("uq_schedules_subject", "subject_id", "kind", "recipient", unique=True),
        Index(
            "ix_schedules_next",
            "next_at",
            sqlite_where=literal_column("next_at IS NOT NULL"),
            postgresql_where=literal_column("next_at IS NOT NULL"),
        ),
        Index("ix_schedules_recipient", "workspace_id", "recipient"),
    )


class OccurrenceRow(Base):
    """One message that is, or was, to be said on one local date; see `core.schedule.occurrences`."""

    __tablename__ = "occurrences"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    kind: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    recipient: Mapped[str] = mapped_column(String(ID_LENGTH))
    day: Mapped[date]
    due: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))  # due, said, skipped, missed, failed
    why: Mapped[str]
    claimed: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer)
    said_at: Mapped[datetime | None]

    @property
    def key(self) -> str:
        return key(self.subject_id, self.kind, self.recipient, self.day)

    __table_args__ = (
        Index("uq_occurrences_subject", "subject_id", "kind", "recipient", "day", unique=True),
        Index(
            "ix_occurrences_open",
            "due",
            sqlite_where=literal_column("state = 'due'"),
            postgresql_where=literal_column("state = 'due'"),
        ),
        Index("ix_occurrences_due", "due"),
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule as it is to be; see the module."""

    product_id: str
    kind: str
    subject_id: str
    recipient: str
    said: str
    tz: str
    shift: timedelta = timedelta(0)
    window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Next:
    day: date
    at: datetime


# ---- changing ----


def keep(db: Session, plan: Plan) -> Next | None:
    """Make a schedule, or let it follow what has changed; when it comes next. Raises NoRule before it writes."""
    row = db.scalar(
        select(ScheduleRow).where(
            ScheduleRow.subject_id == plan.subject_id,
            ScheduleRow.kind == plan.kind,
            ScheduleRow.recipient == plan.recipient,
            ScheduleRow.workspace_id == db.workspace,
        )
    )
    fresh = row is None or (row.said, row.tz) != (plan.said, plan.tz)
    anchor = calendar.anchor(plan.said, plan.tz, db.now) if row is None or fresh else row.anchor
    calendar.read(plan.said, anchor, plan.tz)
    if row is None:
        row = ScheduleRow(
            id=new_id(), workspace_id=db.workspace, kind=plan.kind, subject_id=plan.subject_id,
            recipient=plan.recipient, made=db.now,
        )  # fmt: skip
        db.add(row)
    row.product_id, row.said, row.tz, row.anchor = plan.product_id, plan.said, plan.tz, anchor
    row.shift = int(plan.shift.total_seconds())
    row.window = int(plan.window.total_seconds()) if plan.window is not None else None
    return _go_on(db, row)


def _go_on(db: Session, row: ScheduleRow) -> Next | None:
    """Let a schedule come next after now."""
    found = coming(row, db.now)
    row.next_at, row.next_day = (found.at, found.day) if found else (None, None)
    db.flush()
    return found


def drop(db: Session, subject: str, kind: str | None = None, recipient: str | None = None) -> None:
    """Forget the schedules of a subject, or some of them; what occurred stays in history."""
    gone = delete(ScheduleRow).where(ScheduleRow.workspace_id == db.workspace, ScheduleRow.subject_id == subject)
    if kind is not None:
        gone = gone.where(ScheduleRow.kind == kind)
    if recipient is not None:
        gone = gone.where(ScheduleRow.recipient == recipient)
    db.execute(gone)


def pause(db: Session, subject: str) -> None:
    """Nothing comes until `resume`; what would have come meanwhile is not missed."""
    for row in of_subject(db, subject):
        row.next_at = row.next_day = None
    db.flush()


def resume(db: Session, subject: str) -> Next | None:
    """Go on with what comes after now; the first of it."""
    found = [_go_on(db, row) for row in of_subject(db, subject)]
    return min((one for one in found if one), key=lambda one: one.at, default=None)


def of_subject(db: Session, subject: str) -> list[ScheduleRow]:
    rows = select(ScheduleRow).where(ScheduleRow.workspace_id == db.workspace, ScheduleRow.subject_id == subject)
    return list(db.scalars(rows.order_by(ScheduleRow.made, ScheduleRow.id)))


def of_person(db: Session, person: str) -> list[ScheduleRow]:
    """What comes to a person, wherever it belongs."""
    rows = select(ScheduleRow).where(ScheduleRow.workspace_id == db.workspace, ScheduleRow.recipient == person)
    return list(db.scalars(rows.order_by(ScheduleRow.made, ScheduleRow.id)))


# ---- when ----


def coming(row: ScheduleRow, instant: datetime) -> Next | None:
    """The first occurrence whose message comes later than an instant."""
    shift = timedelta(seconds=row.shift)
    found = calendar.read(row.said, row.anchor, row.tz).after(instant - shift)
    return Next(found.day, found.at + shift) if found else None


def on(row: ScheduleRow, day: date) -> Next | None:
    """The occurrence of a local date, wherever the schedule stands; None where there is none."""
    found = calendar.read(row.said, row.anchor, row.tz).coming(day)
    return Next(day, found.at + timedelta(seconds=row.shift)) if found and found.day == day else None


def ends(row: ScheduleRow, one: Next) -> datetime:
    """Until when an occurrence is caught up: until its local day is over, or for as long as its window."""
    if row.window is not None:
        return one.at + timedelta(seconds=row.window)
    over = walltime.day_ends(one.day, ZoneInfo(row.tz))
    return (
        over if over > one.at else one.at + timedelta(hours=12)
    )  # a reminder late in the evening comes after midnight


def _due(row: ScheduleRow, now: datetime) -> Iterator[Next]:
    """Every occurrence that has come by now and was not looked at yet."""
    assert row.next_at is not None
    assert row.next_day is not None
    one: Next | None = Next(row.next_day, row.next_at)
    while one is not None and one.at <= now:
        yield one
        one = coming(row, one.at)


# ---- the due scan ----

_DUE_IN = (
    select(ScheduleRow.workspace_id)
    .where(ScheduleRow.next_at <= bindparam("now"))
    .order_by(ScheduleRow.next_at)
    .limit(1)
)


def due_in(db: Session) -> str | None:
    """A workspace in which something is due: where the oldest is; None where nothing is."""
    return db.scalar(_DUE_IN, {"now": db.now})


def begin(db: Session, count: int = BATCH) -> int:
    """Write down, as occurrences, what is due in this workspace; how many schedules were due. One short transaction."""
    rows = list(
        db.scalars(
            select(ScheduleRow)
            .where(ScheduleRow.next_at <= db.now, ScheduleRow.workspace_id == db.workspace)
            .order_by(ScheduleRow.next_at, ScheduleRow.id)
            .limit(count)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )
    found: list[dict[str, object]] = []
    moved: list[dict[str, object]] = []
    for row in rows:
        come = list(_due(row, db.now))
        found += [_occurrence(row, one, db.now) for one in come[-TOLD:]]
        after = coming(row, come[-1].at)
        moved.append({"schedule": row.id, "at": after.at if after else None, "day": after.day if after else None})
    if rows:
        connection = db.connection()
        connection.execute(db.insert_into(OccurrenceRow).on_conflict_do_nothing(), found)
        connection.execute(_MOVE, moved)
    return len(rows)


_MOVE = (
    update(ScheduleRow)
    .where(ScheduleRow.id == bindparam("schedule"))
    .values(next_at=bindparam("at"), next_day=bindparam("day"))
)


def _occurrence(row: ScheduleRow, one: Next, now: datetime) -> dict[str, object]:
    missed = ends(row, one) <= now
    return {
        "id": new_id(),
        "workspace_id": row.workspace_id,
        "product_id": row.product_id,
        "kind": row.kind,
        "subject_id": row.subject_id,
        "recipient": row.recipient,
        "day": one.day,
        "due": one.at,
        "state": "missed" if missed else "due",
        "why": "nothing ran at that time" if missed else "",
        "attempts": 0,
    }
