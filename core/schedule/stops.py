"""Places that refuse for good: a channel that we were put out of, a person who has blocked us.

What waits for such a place rests, and nothing else does. Whoever is concerned is told once. It goes on when somebody
uses us there again; what is a day old by then is no longer worth saying.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, delete, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from core.store.base import ID_LENGTH, Base
from core.store.database import Session

QUIET = timedelta(days=7)  # a place that refuses again within this is not told of again
RETENTION = timedelta(days=90)


class StopRow(Base):
    """A place that refuses. ended: when somebody used us there again; told: when somebody was last told."""

    __tablename__ = "stops"
    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    since: Mapped[datetime]
    why: Mapped[str]
    told: Mapped[datetime]
    ended: Mapped[datetime | None]


def stopped(platform: InstrumentedAttribute[str], place: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """A condition: that a place of the enclosing statement refuses."""
    return exists().where(StopRow.platform == platform, StopRow.place == place, StopRow.ended.is_(None))


def refusing(db: Session) -> set[tuple[str, str]]:
    """The places of this workspace that refuse now, as (platform, place)."""
    rows = db.execute(
        select(StopRow.platform, StopRow.place).where(StopRow.workspace_id == db.workspace, StopRow.ended.is_(None))
    )
    return {(row.platform, row.place) for row in rows}


def stop(db: Session, workspace: str, platform: str, place: str, why: str) -> bool:
    """Stop a place; whether somebody is to be told."""
    row = {
        "platform": platform, "place": place, "workspace_id": workspace, "since": db.now, "why": why, "told": db.now,
        "ended": None,
    }  # fmt: skip
    new = db.insert_into(StopRow).values(row).on_conflict_do_nothing().returning(StopRow.place)
    if db.connection().execute(new).first() is not None:
        return True
    ours = (StopRow.platform == platform, StopRow.place == place)
    told = db.execute(select(StopRow.told).where(*ours).with_for_update()).scalar_one()
    again = told < db.now - QUIET
    values = {"since": db.now, "why": why, "ended": None, "told": db.now if again else told}
    db.connection().execute(update(StopRow).where(*ours).values(**values))
    return again


def end(db: Session, platform: str, places: Sequence[str]) -> bool:
    """Somebody uses us there again; whether it was stopped."""
    ours = (StopRow.platform == platform, StopRow.place.in_(places), StopRow.ended.is_(None))
    if db.scalar(select(StopRow.place).where(*ours).limit(1)) is None:
        return False
    db.connection().execute(update(StopRow).where(*ours).values(ended=db.now))
    return True


def prune(db: Session) -> int:
    """Forget stops that ended long ago; the number of them."""
    return db.connection().execute(delete(StopRow).where(StopRow.ended < db.now - RETENTION)).rowcount
