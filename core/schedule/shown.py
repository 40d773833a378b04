"""Which message shows a thing that goes on, a round of poker or a vote, so that it is changed where it stands."""

from dataclasses import replace

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.card import Card, Reply
from core.schedule import outbox
from core.schedule.outbox import MESSAGE, OutboxRow
from core.store.base import ID_LENGTH, Base, Scoped, new_id
from core.store.database import Session


class Shown(Scoped, Base):
    """Not remembered: it says nothing of its own. message: the key under which it left through the outbox."""

    __tablename__ = "shown"
    subject_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    message: Mapped[str]


def note(db: Session, subject: str, message: str) -> None:
    """From now on this message shows it; one that showed it before stays as it is."""
    db.merge(Shown(workspace_id=db.workspace, subject_id=subject, message=message))
    db.flush()


def stands(db: Session, subject: str) -> OutboxRow | None:
    """The message that shows a thing, as it was put; None where there is none, or it could not be sent."""
    known = db.get(Shown, {"workspace_id": db.workspace, "subject_id": subject})
    row = db.get(OutboxRow, known.message) if known else None
    return row if row is not None and row.state not in ("failed", "taken") else None


def change(db: Session, subject: str, card: Card) -> bool:
    """Let the message that shows a thing say this from now on; False where none stands."""
    row = stands(db, subject)
    if row is None:
        return False
    message = replace(MESSAGE.validate_json(row.message), reply=Reply(True, "place", card))
    outbox.put(db, f"{row.key}:{new_id()}", message, replaces=row.key)
    return True
