"""Every message that leaves later than its ask: put with the change it tells of, leased, sent by the bot, recorded.

How it leaves is told in `leases`. A system table without workspace scope; every row names its workspace.

A message may continue the thread of an earlier one (`thread_of`), or stand in its place (`replaces`): both wait until
that one has been sent or given up. What replaces a message that has not set out changes it where it waits, so that of
several only the latest leaves; each has a row of its own all the same, so that none is put twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Index, String, and_, delete, literal_column, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.ask import Ask, Connection, Place, Speaker
from core.chat.card import Card, Reply
from core.schedule import pacing, stops
from core.schedule.delivery import Delivery, place_key
from core.schedule.recipients import Recipient
from core.store.base import ID_LENGTH, Base
from core.store.database import Session

LEASE = timedelta(seconds=30)
RETENTION = timedelta(days=90)
PATIENCE = timedelta(days=1)  # what a platform puts off for longer is no longer worth saying


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is kept: where it belongs, who alone may see it, and what it says."""

    connection: Connection
    place: Place
    only_for: Speaker | None
    thread: str | None
    reply: Reply
    asker: Speaker | None = None
    via: Place | None = None


MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


class OutboxRow(Base):
    __tablename__ = "outbox"
    key: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    platform: Mapped[str] = mapped_column(String(16))
    place: Mapped[str]
    message: Mapped[str]
    state: Mapped[str] = mapped_column(
        String(8)
    )  # waiting, leased, unknown, sent, failed; merged into another; taken back
    due: Mapped[datetime]
    token: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    attempts: Mapped[int]
    attempted: Mapped[datetime | None]
    ref: Mapped[str | None]
    stands: Mapped[str | None]  # the conversation that ref is an id in, where it is not the place itself
    why: Mapped[str | None]
    thread_of: Mapped[str | None]
    replaces: Mapped[str | None]
    made: Mapped[datetime]
    __table_args__ = (
        Index(
            "ix_outbox_replaces",
            "replaces",
            sqlite_where=literal_column("replaces IS NOT NULL"),
            postgresql_where=literal_column("replaces IS NOT NULL"),
        ),
        Index(
            "ix_outbox_due",
            "due",
            sqlite_where=literal_column("state IN ('waiting', 'leased', 'unknown')"),
            postgresql_where=literal_column("state IN ('waiting', 'leased', 'unknown')"),
        ),
        Index("ix_outbox_made", "made"),
    )


# as the condition of the index reads
OPEN: ColumnElement[bool] = literal_column("state IN ('waiting', 'leased', 'unknown')")
OPEN_STATES = ("waiting", "leased", "unknown")


def place_of(message: Message | Delivery) -> str:
    """The key of the place that a message goes to."""
    return place_key(message.connection, message.place, message.only_for or message.asker)


def post(
    db: Session,
    key: str,
    to: Recipient,
    card: Card,
    *,
    thread: str | None = None,
    thread_of: str | None = None,
    replaces: str | None = None,
    due: datetime | None = None,
) -> None:
    """Put one message under a key of its own, however often it is put. What is unasked goes by `core.schedule.unasked`.

    thread      the platform's id of a thread that it stands in
    thread_of   the key of an earlier message, whose thread this continues
    replaces    the key of an earlier message, in whose place this stands from now on; where that is gone, it is posted
    due         not before this instant
    """
    message = Message(to.connection, to.place, to.only_for, thread, Reply(True, "place", card), via=to.via)
    put(db, key, message, thread_of=thread_of, replaces=replaces, due=due)


def put(
    db: Session,
    key: str,
    message: Message,
    *,
    thread_of: str | None = None,
    replaces: str | None = None,
    due: datetime | None = None,
) -> None:
    """Put a message; a key that is known already is that same message and is left alone."""
    first = _first(db, replaces if replaces != key else None)
    begun = _first(db, thread_of)
    row = {
        "key": key,
        "workspace_id": db.workspace,
        "platform": message.connection.platform.value,
        "place": place_of(message),
        "message": MESSAGE.dump_json(message).decode(),
        "state": "waiting",
        "due": due or db.now,
        "attempts": 0,
        "thread_of": (begun.thread_of or begun.key) if begun else first.thread_of if first else None,
        "replaces": first.key if first else None,
        "made": db.now,
    }
    new = db.insert_into(OutboxRow).values(row).on_conflict_do_nothing().returning(OutboxRow.key)
    if db.connection().execute(new).first() is not None and first is not None:
        _merge(db, key, first.key, message.reply)


def known(db: Session, key: str) -> bool:
    """Whether a message was ever put under a key."""
    return db.scalar(select(OutboxRow.key).where(OutboxRow.key == key)) is not None


def went(db: Session, key: str) -> bool:
    """Whether a message has set out: it stands there, or may."""
    return db.scalar(select(OutboxRow.state).where(OutboxRow.key == key)) in ("leased", "unknown", "sent")


def standing(db: Session, keys: Sequence[str], thread: str | None = None) -> list[str]:
    """Those of the keys whose message was sent, in their order; with a thread the one that it is below."""
    if not keys:
        return []
    wanted = select(OutboxRow.key).where(OutboxRow.key.in_(keys), OutboxRow.state.in_(("sent", "merged")))
    sent = set(db.scalars(wanted if thread is None else wanted.where(OutboxRow.ref == thread)))
    return [key for key in keys if key in sent]


def withdraw(db: Session, key: str) -> bool:
    """Take back a message that has not set out yet; True where it will not be sent."""
    done = db.connection().execute(
        update(OutboxRow)
        .where(OutboxRow.key == key, OutboxRow.state == "waiting", OutboxRow.attempted.is_(None))
        .values(state="taken", why="it was taken back before it was sent")
    )
    return done.rowcount > 0


@dataclass(frozen=True, slots=True)
class _First:
    key: str
    thread_of: str | None


def _first(db: Session, key: str | None) -> _First | None:
    """The message that a key means: the first of those that replace each other; None where it is not known."""
    if key is None:
        return None
    row = db.execute(select(OutboxRow.replaces, OutboxRow.thread_of).where(OutboxRow.key == key)).first()
    if row is None:
        return None
    return _First(row.replaces, row.thread_of) if row.replaces else _First(key, row.thread_of)


def _merge(db: Session, key: str, first: str, reply: Reply) -> None:
    """Let what has not set out yet say this instead: the first message itself, or what waits to replace it."""
    unsent = and_(OutboxRow.key == first, OutboxRow.state == "waiting", OutboxRow.attempted.is_(None))
    # an edit may be made again whatever came of it, and then says the newer thing
    edit = and_(OutboxRow.replaces == first, OutboxRow.key != key, OutboxRow.state.in_(("waiting", "unknown")))
    found = db.execute(
        select(OutboxRow.key, OutboxRow.message)
        .where(or_(unsent, edit))
        .order_by(OutboxRow.made.desc(), OutboxRow.key)
        .limit(1)
        .with_for_update()
    ).first()
    if found is None:
        return
    newer = MESSAGE.dump_json(replace(MESSAGE.validate_json(found.message), reply=reply)).decode()
    for changed, values in ((found.key, {"message": newer}), (key, {"state": "merged"})):
        db.connection().execute(update(OutboxRow).where(OutboxRow.key == changed).values(**values))


def put_reply(db: Session, key: str, ask: Ask, reply: Reply, *, replaces: str | None = None) -> None:
    """Put the reply to an ask that does not ride in its HTTP response. replaces: as for `post`."""
    resume(db, ask.connection, ask.place, ask.speaker)
    mine = ask.speaker if reply.seen_by == "you" and not ask.place.private else None
    put(db, key, Message(ask.connection, ask.place, mine, ask.thread, reply, ask.speaker), replaces=replaces)


def resume(db: Session, connection: Connection, place: Place, speaker: Speaker | None = None) -> None:
    """Somebody uses us there (again): what rested goes on, unless it is too old by now."""
    names = [place.external_id, *([f"@{speaker.external_id}"] if speaker and place.private else [])]
    places = [f"{connection.external_id}:{name}" for name in names if name]
    if stops.end(db, connection.platform.value, places):
        expire(db, OutboxRow.platform == connection.platform.value, OutboxRow.place.in_(places))


def expire(db: Session, *which: ColumnElement[bool]) -> None:
    """What has waited too long is no longer worth saying."""
    old = and_(OutboxRow.state == "waiting", OutboxRow.made < db.now - PATIENCE, *which)
    db.connection().execute(update(OutboxRow).where(old).values(state="failed"))


def reply_of(db: Session, key: str) -> Reply | None:
    """What a message says; None where there is none of this key any more."""
    kept = db.scalar(select(OutboxRow.message).where(OutboxRow.key == key))
    return MESSAGE.validate_json(kept).reply if kept else None


def prune(db: Session) -> int:
    """Forget messages that are older than RETENTION and done with; the number of them."""
    expire(db, stops.stopped(OutboxRow.platform, OutboxRow.place))
    pacing.prune(db)
    stops.prune(db)
    gone = db.connection().execute(delete(OutboxRow).where(OutboxRow.made < db.now - RETENTION, ~OPEN))
    return gone.rowcount
