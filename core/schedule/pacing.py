"""How fast may be posted: rows that all replicas share say when a place, and a whole team or tenant, is free again.

A place takes one message an interval, counted from when the platform answered the last one; while one is under way it
is not free at all, so that no machine is too slow for its own pace. A team takes a burst and then one an interval of
its own: its row says when it would be free if nothing more were posted, and may lie ahead of now by the burst. Slack
names no number for a workspace ('several hundred a minute' for most methods), and says 429 where it minds; Teams names
50 a second for each tenant.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
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
LEAD = timedelta(milliseconds=200)  # a place may be claimed so long before it is free, to be posted to on the dot
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


def claim(db: Session, platform: str, place: str, known: datetime | None, until: datetime) -> datetime | None:
    """Claim the place's next free moment, and the place until `until`: one statement that only one replica can win.

    known: when its row says that it is free, None where it has none. Returns the moment, now or at most LEAD from it;
    None where somebody else has claimed it.
    """
    made = (
        _insert(db)(PaceRow)
        .values(platform=platform, place=place, free=until)
        .on_conflict_do_update(index_elements=["platform", "place"], set_={"free": until}, where=PaceRow.free == known)
        .returning(PaceRow.place)
    )
    return max(known or db.now, db.now) if db.connection().execute(made).first() is not None else None


def release(db: Session, platform: str, place: str, until: datetime, answered: datetime, wait: timedelta) -> None:
    """End the claim until `until`: a message was answered at an instant, and its place rests for an interval from then,
    or for as long as the platform asked. A longer pause that holds since, and a claim of somebody else, stand."""
    free = answered + max(PACE[Platform(platform)], wait)
    db.connection().execute(
        update(PaceRow)
        .where(PaceRow.platform == platform, PaceRow.place == place, or_(PaceRow.free == until, PaceRow.free < free))
        .values(free=free)
    )


def claim_team(db: Session, platform: str, team: str, wanted: int) -> int:
    """How many messages a team takes now, of so many."""
    interval = TEAM_PACE[Platform(platform)]
    if not interval:
        return wanted
    key = {"platform": platform, "place": f"{team}:"}
    db.connection().execute(_insert(db)(PaceRow).values(**key, free=db.now).on_conflict_do_nothing())
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


def _insert(db: Session) -> type[sqlite.Insert] | type[postgresql.Insert]:
    return sqlite.Insert if db.sqlite else postgresql.Insert
