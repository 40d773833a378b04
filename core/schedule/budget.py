"""The daily budget: at most one post a channel and two messages a person a day, in that person's hours.

One gate, `admit`, that every unasked message passes (`core.schedule.unasked` alone calls it). Beyond the budget a
channel's message continues the thread of the day's first post; a person's waits for the next day with room, or is left
out; only what may not wait passes all the same (a question to somebody, a blocker or an assignment that names them). Of
two messages a day one is kept free for what is scheduled to come to that person later that day. `spent` tells what
counted.
A system table without workspace scope; every row names its workspace.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Index, Integer, String, delete, exists, func, select
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
PATIENCE = 10  # looks for an instant with room
AFTER = timedelta(minutes=1)  # what waits for a scheduled message comes so long behind it
RETENTION = timedelta(days=90)
PROMPT = "prompt"  # the kind of schedule that other scheduled messages give way to

Beyond = Literal["thread", "skip", "yield", "wait", "pass", "asked"]
"""What happens where a day is full.

thread  a place's message continues the thread of its first post of the day
skip    it is left out
yield   likewise, and it leaves room for a stand-up's prompt that is still to come
wait    it comes when there is room, and leaves room for what is scheduled
pass    it is said all the same: a question, a blocker or an assignment that names somebody
asked   somebody asked for this very message: it never counts
"""


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
    later: bool = False,
    day: date | None = None,
) -> Passed | None:
    """Let a message pass, or not; the same key passes as it did the first time.

    waits    whether it waits for the person's hours
    later    whoever asks comes again: what may not go now costs nothing yet, and `at` says when to come
    day      the local date that a place's post counts for; today in the product's zone unless said
    """
    known = db.scalar(select(SpentRow).where(SpentRow.key == key))
    if known is not None:
        return Passed(known.at)
    if recipient.startswith("@"):
        return _to_person(db, key, recipient, what, product, beyond, waits, later)
    return _to_place(db, key, recipient, what, beyond, day or db.now.astimezone(_zone(db, product)).date())


def _to_place(db: Session, key: str, recipient: str, what: str, beyond: Beyond, day: date) -> Passed | None:
    if beyond != "asked" and _spend(db, key, recipient, day, POSTS, what, db.now):
        return Passed(db.now)
    if beyond == "skip":
        return None
    _note(db, key, recipient, day, what, db.now)
    first = select(SpentRow.key).where(
        SpentRow.workspace_id == db.workspace, SpentRow.recipient == recipient, SpentRow.day == day, SpentRow.slot == 1
    )
    return Passed(db.now, db.scalar(first) if beyond == "thread" else None)


def _to_person(
    db: Session, key: str, recipient: str, what: str, product: str, beyond: Beyond, waits: bool, later: bool
) -> Passed | None:
    person = recipient[1:]
    there = presence.read(db, _product(db, product), [person])
    for _ in range(PATIENCE):
        at = there.next_start(person, db.now) if waits else db.now
        if beyond == "wait":
            at = _with_room(db, there, person, at, key, later)
        if at > db.now and later:
            return Passed(at)
        day = there.today(person, at)
        if beyond != "asked" and _spend(db, key, recipient, day, _room(db, there, person, at, key, beyond), what, at):
            return Passed(at)
        if beyond in ("pass", "asked"):
            _note(db, key, recipient, day, what, at)
            return Passed(at)
        if beyond != "wait":
            return None
    return None


def _room(db: Session, there: Presence, person: str, at: datetime, key: str, beyond: Beyond) -> int:
    """How many of a day's messages there are for what does so beyond the budget."""
    kinds = {"skip": None, "yield": (PROMPT,)}.get(beyond, ())
    return MESSAGES - (kinds is not None and any(_coming(db, there, person, at, key, kinds)))


def _with_room(db: Session, there: Presence, person: str, at: datetime, key: str, later: bool) -> datetime:
    """The first instant from `at` on, in somebody's hours, with room for what may wait. later: it may be looked for
    behind what is scheduled, which may yet say nothing."""
    for _ in range(PATIENCE):
        day = there.today(person, at)
        free = MESSAGES - _used(db, of_person(person), day)
        coming = list(_coming(db, there, person, at, key)) if free == 1 else []
        if free > 0 and not coming:
            return at
        behind = max(coming) + AFTER if coming and later else there.window(person, day + timedelta(days=1))[0]
        at = there.next_start(person, max(behind, at + AFTER))
    return at


def _coming(
    db: Session, there: Presence, person: str, at: datetime, key: str, kinds: Sequence[str] = ()
) -> Iterator[datetime]:
    """When something else is still scheduled to come to a person on the day of an instant; of some kinds, or any."""
    zone, day = there.zone(person), there.today(person, at)
    next_ones = select(ScheduleRow.next_at).where(
        ScheduleRow.workspace_id == db.workspace, ScheduleRow.recipient == person, ScheduleRow.next_at > at
    )
    recurs = exists().where(
        ScheduleRow.subject_id == OccurrenceRow.subject_id, ScheduleRow.kind == OccurrenceRow.kind,
        ScheduleRow.recipient == person,
    )  # fmt: skip
    due = select(OccurrenceRow).where(
        OccurrenceRow.workspace_id == db.workspace, OccurrenceRow.recipient == person, OccurrenceRow.state == "due",
        recurs,
    )  # fmt: skip
    if kinds:
        next_ones, due = next_ones.where(ScheduleRow.kind.in_(kinds)), due.where(OccurrenceRow.kind.in_(kinds))
    yield from (one for one in db.scalars(next_ones) if one and one.astimezone(zone).date() == day)
    waits = (row for row in db.scalars(due) if row.key != key)
    yield from (max(row.due, at) for row in waits if row.due.astimezone(zone).date() == day)


def full(db: Session, there: Presence, person: str) -> bool:
    """Whether somebody has had the messages of their day."""
    return _used(db, of_person(person), there.today(person, db.now)) >= MESSAGES


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
    row = {
        "key": key, "workspace_id": db.workspace, "recipient": recipient, "day": day, "slot": slot, "what": what,
        "at": at,
    }  # fmt: skip
    made = db.insert_into(SpentRow).values(row).on_conflict_do_nothing().returning(SpentRow.key)
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
