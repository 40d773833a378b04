"""How fast may be posted: rows that all replicas share say when a place, and a whole team or tenant, is free again.

A place takes one message an interval, counted from when the platform answered the last one; while one is under way it
is not free at all, so that no machine is too slow for its own pace. A team takes a burst and then one an interval of
its own: its row says when it would be free if nothing more were posted, and may lie ahead of now by the burst. Slack
names no number for a workspace ('several hundred a minute' for most methods), and says 429 where it minds; Teams names
50 a second for each tenant.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, bindparam, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from core.chat.ask import Platform
from core.store.base import Base
from core.store.database import Session

Column = InstrumentedAttribute[str]

PACE: Mapping[Platform, timedelta] = {
    Platform.SLACK: timedelta(seconds=1),  # about one message a second a channel
    Platform.TEAMS: timedelta(milliseconds=500),  # 60 in 30 s a conversation
    Platform.TERMINAL: timedelta(0),
}
TEAM_PACE: Mapping[Platform, timedelta] = {
    Platform.SLACK: timedelta(milliseconds=8),
    Platform.TEAMS: timedelta(milliseconds=20),
    Platform.TERMINAL: timedelta(0),
}
BURST = timedelta(seconds=1)
LEAD = timedelta(milliseconds=400)  # a place may be claimed so long before it is free, to be posted to on the dot
FORGOTTEN = timedelta(days=1)


class PaceRow(Base):
    """When a place may be posted to again. place: 'T1:C1', or 'T1:' for all of a team."""

    __tablename__ = "paces"
    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    free: Mapped[datetime]


def resting(
    db: Session, platform: InstrumentedAttribute[str], place: InstrumentedAttribute[str]
) -> ColumnElement[bool]:
    """A condition: that a place of the enclosing statement is not free yet, nor soon."""
    return exists().where(PaceRow.platform == platform, PaceRow.place == place, PaceRow.free > db.now + LEAD)


def claim(db: Session, places: Collection[tuple[str, str]], until: datetime) -> dict[tuple[str, str], datetime]:
    """Claim some places, each a platform and a place, until an instant: of several replicas, one has each of them.

    The moment at which each that is ours is free, now or at most LEAD from it.
    """
    if not places:
        return {}
    ordered = sorted(places)  # each locks
    new = [{"platform": platform, "place": place, "free": db.now} for platform, place in ordered]
    db.connection().execute(db.insert_into(PaceRow).values(new).on_conflict_do_nothing())
    ours = tuple_(PaceRow.platform, PaceRow.place).in_(ordered)
    free = {
        (row.platform, row.place): max(row.free, db.now)
        for row in db.execute(
            select(PaceRow.platform, PaceRow.place, PaceRow.free)
            .where(ours, PaceRow.free <= db.now + LEAD)
            .with_for_update(skip_locked=True)
        )
    }
    if free:
        claimed = tuple_(PaceRow.platform, PaceRow.place).in_(list(free))
        db.connection().execute(update(PaceRow).where(claimed).values(free=until))
    return free


@dataclass(frozen=True, slots=True)
class Release:
    """A message was answered: its place, claimed until an instant, is free an interval after that, or when the platform
    wants to be asked again."""

    platform: Platform
    place: str
    claimed: datetime
    answered: datetime
    wait: timedelta


def release(db: Session, places: Collection[Release]) -> None:
    """End claims. A longer pause that holds since, and a claim of somebody else, stand."""
    rows = [
        {
            "b_platform": one.platform.value,
            "b_place": one.place,
            "b_claimed": one.claimed,
            "b_free": one.answered + max(PACE[one.platform], one.wait),
        }
        for one in sorted(places, key=lambda one: (one.platform.value, one.place))
    ]
    if rows:
        ours = (PaceRow.platform == bindparam("b_platform"), PaceRow.place == bindparam("b_place"))
        held = or_(PaceRow.free == bindparam("b_claimed"), PaceRow.free < bindparam("b_free"))
        db.connection().execute(update(PaceRow).where(*ours, held).values(free=bindparam("b_free")), rows)


def claim_team(db: Session, platform: str, team: str, wanted: int) -> int:
    """How many messages a team takes now, of so many."""
    interval = TEAM_PACE[Platform(platform)]
    if not interval:
        return wanted
    key = {"platform": platform, "place": f"{team}:"}
    db.connection().execute(db.insert_into(PaceRow).values(**key, free=db.now).on_conflict_do_nothing())
    ours = (PaceRow.platform == platform, PaceRow.place == key["place"])
    free = max(db.execute(select(PaceRow.free).where(*ours).with_for_update()).scalar_one(), db.now)
    taken = min(wanted, max(0, int((db.now + BURST - free) / interval)))
    db.connection().execute(update(PaceRow).where(*ours).values(free=free + taken * interval))
    return taken


def next_free(db: Session) -> datetime | None:
    """When the first of the places that rest may be claimed again; None where none rests."""
    free = db.scalar(select(func.min(PaceRow.free)).where(PaceRow.free > db.now + LEAD))
    return free - LEAD if free is not None else None


def prune(db: Session) -> int:
    """Forget places that have been free for long; the number of them."""
    return db.connection().execute(delete(PaceRow).where(PaceRow.free < db.now - FORGOTTEN)).rowcount
