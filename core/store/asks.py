"""Every ask that is kept: claimed before it is worked on, so that a repeat finds the reply instead of working again.

A system table without workspace scope: an ask is claimed before anybody knows whose it is.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import BindParameter, Index, String, bindparam, delete, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.ask import Ask
from core.chat.card import REPLY, Reply
from core.store.base import Base
from core.store.database import Session

ASK: TypeAdapter[Ask] = TypeAdapter(Ask)
RETENTION = timedelta(days=30)
UNSIGNED = "unsigned:"  # how the keys of asks begin that lead to nobody


class AskRow(Base):
    __tablename__ = "asks"
    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(8))
    payload: Mapped[str | None]
    reply: Mapped[str | None]
    at: Mapped[datetime]
    __table_args__ = (
        Index("ix_asks_at", "at"),
        Index(
            "ix_asks_accepted",
            "at",
            sqlite_where=literal_column("state = 'accepted'"),
            postgresql_where=literal_column("state = 'accepted'"),
        ),
    )


_VALUES: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in ("id", "state", "payload", "reply", "at")}
_CLAIM = {
    "sqlite": sqlite.insert(AskRow).values(_VALUES).on_conflict_do_nothing().returning(AskRow.id),
    "postgresql": postgresql.insert(AskRow).values(_VALUES).on_conflict_do_nothing().returning(AskRow.id),
}
_TAKE = (
    update(AskRow)
    .where(AskRow.id == bindparam("ask_id"), AskRow.state == "accepted")
    .values(state="done")
    .returning(AskRow.id)
    .execution_options(synchronize_session=False)
)
_FINISH = (
    update(AskRow)
    .where(AskRow.id == bindparam("ask_id"))
    .values(state="done", payload=None, reply=bindparam("said"))
    .execution_options(synchronize_session=False)
)


def key(ask: Ask) -> str:
    """An ask's id among all platforms and connections. That of an unsigned one leads to nobody: ids carry people."""
    plain = f"{ask.connection.platform.value}:{ask.connection.external_id}:{ask.id}"
    return UNSIGNED + hashlib.blake2b(plain.encode(), digest_size=20).hexdigest() if ask.unsigned else plain


def _at(db: Session, ask: Ask) -> datetime:
    """When an ask was kept; of an unsigned one only the day, or its moment would tell who was just writing."""
    return db.day if ask.unsigned else db.now


def packed(ask: Ask) -> str:
    """An ask as it is kept: without what its files hold, which is fetched, or kept, apart."""
    bare = replace(ask, files=tuple(replace(file, content=None) for file in ask.files)) if ask.files else ask
    return ASK.dump_json(bare).decode()


def claim(db: Session, ask: Ask) -> bool:
    """True where nobody has claimed this ask before; waits for a claim that is being made at this moment."""
    values = {"id": key(ask), "state": "done", "payload": None, "reply": None, "at": _at(db, ask)}
    return db.connection().execute(_CLAIM[_dialect(db)], values).first() is not None


def accept(db: Session, ask: Ask) -> bool:
    """Keep an ask to be worked on later, here or in another process; False where it is known already."""
    values = {"id": key(ask), "state": "accepted", "payload": packed(ask), "reply": None, "at": _at(db, ask)}
    return db.connection().execute(_CLAIM[_dialect(db)], values).first() is not None


def take(db: Session, ask: Ask) -> bool:
    """Take an accepted ask to work on it in this transaction; False where it is done."""
    return db.connection().execute(_TAKE, {"ask_id": key(ask)}).first() is not None


def finish(db: Session, ask: Ask, reply: Reply) -> None:
    """Keep the reply beside the ask."""
    db.connection().execute(_FINISH, {"ask_id": key(ask), "said": REPLY.dump_json(reply).decode()})


@dataclass(frozen=True, slots=True)
class Known:
    state: str
    reply: Reply | None


def known(db: Session, ask: Ask) -> Known | None:
    """What became of an ask, None where it was never claimed."""
    row = db.execute(select(AskRow.state, AskRow.reply).where(AskRow.id == key(ask))).first()
    return None if row is None else Known(row.state, REPLY.validate_json(row.reply) if row.reply else None)


def accepted(db: Session, before: datetime, count: int) -> list[Ask]:
    """Asks that were kept before an instant and not yet worked on, oldest first."""
    rows = db.scalars(
        select(AskRow.payload).where(AskRow.state == "accepted", AskRow.at <= before).order_by(AskRow.at).limit(count)
    )
    return [ASK.validate_json(payload) for payload in rows if payload]


def prune(db: Session) -> int:
    """Forget asks that are older than RETENTION; the number of them."""
    gone = db.connection().execute(delete(AskRow).where(AskRow.at < db.now - RETENTION, AskRow.state == "done"))
    return gone.rowcount


def _dialect(db: Session) -> str:
    return "sqlite" if db.sqlite else "postgresql"
