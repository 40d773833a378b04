"""The daily budget: at most one post a channel and two messages a person a day, in that person's hours.

One gate, `admit`, that every unasked message passes. Beyond the budget a channel's message continues the thread of the
day's first post; a person's waits for the next day with room, or is left out; only what may not wait passes all the
same (a question to somebody, a blocker or an assignment that names them). Of two messages a day one is kept free for
what is scheduled to come to that person later that day. `spent` tells what counted.
A system table without workspace scope; every row names its workspace.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Index, Integer, String, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from core.product import presence
from core.product.people import Product, ProductInfo
from core.product.presence import Presence
from core.schedule.recipients import Recipient
from core.schedule.schedules import OccurrenceRow, ScheduleRow
from core.store.base import ID_LENGTH, Base
from core.store.database import Session

POSTS = 1  # a channel a day
MESSAGES = 2  # a person a day
PATIENCE = 5  # working days that a message waits for room
RETENTION = timedelta(days=90)

Beyond = Literal["thread", "skip", "wait", "pass"]


class SpentRow(Base):
    """One unasked message. `slot` numbers those of a day that count; null where it passed besides."""

    __tablename__ = "spent"
    key: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    recipient: Mapped[str]
    day: Mapped[date]
    slot: Mapped[int | None] = mapped_column(Integer)
    what: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (Index("uq_spent_slot", "workspace_id", "recipient", "day", "slot", unique=True),)


@dataclass(frozen=True, slots=True)
class Passed:
    """It may go, not before `at`; in the thread of an earlier message where the place has had its post."""

    at: datetime
    thread_of: str | None = None


def of_person(person: str) -> str:
    return f"@{person}"


def of_place(to: Recipient) -> str:
    return f"#{to.connection.platform.value}:{to.place.external_id}"


def admit(
    db: Session,
    key: str,
    recipient: str,
    what: str,
    *,
    product: str,
    beyond: Beyond,
    waits: bool = False,
    free: bool = False,
    day: date | None = None,
) -> Passed | None:
    """Let a message pass, or not; the same key passes as it did the first time.

    beyond   what happens where the day is full, see `occurrences.Letter`; 'wait' looks for the next day with room
    waits    whether it waits for the person's hours
    free     it continues or replaces what was counted already
    day      the local date that a place's post counts for; today in the product's zone unless said
    """
    known = db.scalar(select(SpentRow).where(SpentRow.key == key))
    if known is not None:
        return Passed(known.at)
    if recipient.startswith("@"):
        return _to_person(db, key, recipient, what, product, beyond, waits)
    if free:
        return Passed(db.now)
    return _to_place(db, key, recipient, what, beyond, day or db.now.astimezone(_zone(db, product)).date())


def _to_place(db: Session, key: str, recipient: str, what: str, beyond: Beyond, day: date) -> Passed | None:
    if _spend(db, key, recipient, day, POSTS, what, db.now):
        return Passed(db.now)
    if beyond == "skip":
        return None
    _note(db, key, recipient, day, what, db.now)
    first = select(SpentRow.key).where(
        SpentRow.workspace_id == db.workspace, SpentRow.recipient == recipient, SpentRow.day == day, SpentRow.slot == 1
    )
    return Passed(db.now, None if beyond == "pass" else db.scalar(first))


def _to_person(
    db: Session, key: str, recipient: str, what: str, product: str, beyond: Beyond, waits: bool
) -> Passed | None:
    person = recipient[1:]
    there = presence.read(db, _product(db, product), [person])
    at = there.next_start(person, db.now) if waits else db.now
    for _ in range(PATIENCE):
        day = there.today(person, at)
        room = _room(db, there, person, at) if beyond in ("wait", "pass") else MESSAGES
        if _spend(db, key, recipient, day, room, what, at):
            return Passed(at)
        if beyond == "pass":
            _note(db, key, recipient, day, what, at)
            return Passed(at)
        if beyond != "wait":
            return None
        at = there.next_start(person, there.window(person, day + timedelta(days=1))[0])
    return None


def room_from(db: Session, there: Presence, person: str, at: datetime) -> datetime:
    """The first instant from `at` on, in somebody's hours, on a day that still has room for what may wait."""
    for _ in range(PATIENCE):
        day = there.today(person, at)
        if _used(db, of_person(person), day) < _room(db, there, person, at):
            return at
        at = there.next_start(person, there.window(person, day + timedelta(days=1))[0])
    return at


def _room(db: Session, there: Presence, person: str, at: datetime) -> int:
    """How many of a day's messages may be spent on what can wait."""
    return MESSAGES - _reserved(db, person, there.zone(person), there.today(person, at), at)


def _reserved(db: Session, person: str, zone: ZoneInfo, day: date, at: datetime) -> int:
    """Whether something is scheduled to come to a person later on a day: then one of its messages is kept free."""
    coming = select(ScheduleRow.next_at).where(
        ScheduleRow.workspace_id == db.workspace, ScheduleRow.recipient == person, ScheduleRow.next_at > at
    )
    waits = select(OccurrenceRow.id).where(
        OccurrenceRow.workspace_id == db.workspace, OccurrenceRow.recipient == person, OccurrenceRow.state == "due",
        OccurrenceRow.kind != "notice",
    )  # fmt: skip
    if db.scalar(waits.limit(1)) is not None:
        return 1
    return int(any(next_at and next_at.astimezone(zone).date() == day for next_at in db.scalars(coming)))


def _spend(db: Session, key: str, recipient: str, day: date, room: int, what: str, at: datetime) -> bool:
    """Take one of a day's slots: a unique row, which one replica gets."""
    while True:
        used = _used(db, recipient, day)
        if used >= room:
            return False
        if _note(db, key, recipient, day, what, at, slot=used + 1):
            return True


def _used(db: Session, recipient: str, day: date) -> int:
    """How many messages of a day have counted."""
    counted = select(func.count()).where(
        SpentRow.workspace_id == db.workspace, SpentRow.recipient == recipient, SpentRow.day == day,
        SpentRow.slot.is_not(None),
    )  # fmt: skip
    return db.scalar(counted) or 0


def _note(db: Session, key: str, recipient: str, day: date, what: str, at: datetime, slot: int | None = None) -> bool:
    insert = sqlite.Insert if db.sqlite else postgresql.Insert
    row = {
        "key": key, "workspace_id": db.workspace, "recipient": recipient, "day": day, "slot": slot, "what": what,
        "at": at,
    }  # fmt: skip
    made = insert(SpentRow).values(row).on_conflict_do_nothing().returning(SpentRow.key)
    return db.connection().execute(made).first() is not None


def _product(db: Session, product: str) -> ProductInfo | None:
    row = db.get(Product, {"id": product, "workspace_id": db.workspace})
    return ProductInfo(row.id, row.key, row.name, row.tz) if row else None


def _zone(db: Session, product: str) -> ZoneInfo:
    row = db.get(Product, {"id": product, "workspace_id": db.workspace})
    return ZoneInfo(row.tz if row else "UTC")


# ---- reading back ----


@dataclass(frozen=True, slots=True)
class Spent:
    recipient: str
    day: date
    counts: bool
    what: str
    at: datetime


def spent(db: Session, recipients: list[str], since: datetime) -> list[Spent]:
    """The unasked messages of some recipients since an instant, the latest first."""
    rows = db.scalars(
        select(SpentRow)
        .where(SpentRow.workspace_id == db.workspace, SpentRow.recipient.in_(recipients), SpentRow.at >= since)
        .order_by(SpentRow.at.desc(), SpentRow.key)
    )
    return [Spent(row.recipient, row.day, row.slot is not None, row.what, row.at) for row in rows]


def prune(db: Session) -> int:
    gone = db.connection().execute(delete(SpentRow).where(SpentRow.at < db.now - RETENTION))
    return gone.rowcount
