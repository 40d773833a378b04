"""Pictures by the hash of their bytes: one that is shown again is kept once, one that nobody shows any more goes."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from core.store.base import Base, Scoped
from core.store.database import Session

HASH_LENGTH = 40
RETENTION = timedelta(days=90)  # as long as the messages that show it
_FRESH = timedelta(days=1)  # a picture used again within this is not written again


class PictureRow(Scoped, Base):
    """A PNG. Not remembered: it can be drawn again from what is. `used_at`: when it was shown last."""

    __tablename__ = "pictures"
    hash: Mapped[str] = mapped_column(String(HASH_LENGTH), primary_key=True)
    used_at: Mapped[datetime]
    png: Mapped[bytes] = mapped_column(LargeBinary)


def keep(db: Session, png: bytes) -> str:
    """Keep a picture, and give the hash under which `load` finds it. In a transaction that only reads it is written
    right after that has ended well, so that drawing never holds up those who write."""
    name = hashlib.blake2s(png, digest_size=HASH_LENGTH // 2).hexdigest()
    used = db.scalar(select(PictureRow.used_at).where(PictureRow.hash == name))
    if used is None or used < db.now - _FRESH:
        if db.writes:
            _write(db, name, png)
        else:
            db.afterwards.append(lambda later: _write(later, name, png))
    return name


def _write(db: Session, name: str, png: bytes) -> None:
    """Two who draw the same at the same moment keep it once."""
    values = {"workspace_id": db.workspace, "hash": name, "used_at": db.now, "png": png}
    new = db.insert_into(PictureRow).values(values)
    again = new.on_conflict_do_update(index_elements=("hash", "workspace_id"), set_={"used_at": db.now})
    db.connection().execute(again)
    db.execute(
        delete(PictureRow).where(PictureRow.used_at < db.now - RETENTION),
        execution_options={"synchronize_session": False},
    )


def load(db: Session, name: str) -> bytes | None:
    """A picture's bytes; None where there is none of this hash in the workspace."""
    return db.scalar(select(PictureRow.png).where(PictureRow.hash == name))


def empty(db: Session) -> None:
    """Let go of every picture of this workspace."""
    db.execute(delete(PictureRow), execution_options={"synchronize_session": False})
