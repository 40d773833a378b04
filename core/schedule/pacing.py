"""How fast may be posted: rows that all replicas share say when a place, and a whole team or tenant, is free again.

A place takes one message an interval. A team takes a burst and then one an interval of its own: its row says when it
would be free if nothing more were posted, and may lie ahead of now by the burst. Slack names no number for a workspace
('several hundred a minute' for most methods), and says 429 where it minds; Teams names 50 a second for each tenant.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, delete, exists, select, update
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
    """A condition: that a place of the enclosing statement is not free yet."""
    return exists().where(PaceRow.platform == platform, PaceRow.place == place, PaceRow.free > db.now)


def claim(db: Session, platform: str, place: str) -> bool:
    """Claim the place's next free moment: one statement that only one replica can win."""
    free = db.now + PACE[Platform(platform)]
    made = (
        _insert(db)(PaceRow)
        .values(platform=platform, place=place, free=free)
        .on_conflict_do_update(index_elements=["platform", "place"], set_={"free": free}, where=PaceRow.free <= db.now)
        .returning(PaceRow.place)
    )
    return db.connection().execute(made).first() is not None


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


def rest(db: Session, platform: str, place: str, wait: timedelta) -> None:
    """The platform asked for a pause: it holds for the whole place, and never ends a longer one."""
    db.connection().execute(
        update(PaceRow)
        .where(PaceRow.platform == platform, PaceRow.place == place, PaceRow.free < db.now + wait)
        .values(free=db.now + wait)
    )


def prune(db: Session) -> int:
    """Forget places that have been free for long; the number of them."""
    return db.connection().execute(delete(PaceRow).where(PaceRow.free < db.now - FORGOTTEN)).rowcount


def _insert(db: Session) -> type[sqlite.Insert] | type[postgresql.Insert]:
    return sqlite.Insert if db.sqlite else postgresql.Insert
