"""Every message that leaves later than its ask: put with the change it tells of, leased, sent by the bot, recorded.

The lease is taken and the outcome recorded in short transactions; nothing is open while a platform is spoken to. An
expired lease is an attempt of unknown fate. A system table without workspace scope; every row names its workspace.

A message may continue the thread of an earlier one (`thread_of`), or stand in its place (`replaces`): both wait until
that one has been sent or given up. What replaces a message that has not set out changes it where it waits, so that of
several only the latest leaves; each has a row of its own all the same, so that none is put twice.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Index, String, and_, delete, exists, func, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, aliased, mapped_column

from core.chat.ask import Ask, Connection, Place, Platform, Speaker
from core.chat.card import Card, Reply, Text
from core.product import people
from core.schedule import pacing, stops
from core.schedule.delivery import Delivery, Later, Never, Outcome, Refuses, Sent, Standing, Unknown
from core.schedule.pacing import PaceRow
from core.schedule.recipients import Recipient, concerned
from core.store.asks import UNSIGNED
from core.store.base import ID_LENGTH, Base, new_id
from core.store.database import Session

LEASE = timedelta(seconds=30)
RETENTION = timedelta(days=90)
NEAR = 25  # times as many as are leased are looked through
ATTEMPTS = 12  # of unknown fate
TOLD = "refused:"  # begins the key of what is told of a place that refuses
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
_OPEN: ColumnElement[bool] = literal_column("state IN ('waiting', 'leased', 'unknown')")
_OPEN_STATES = ("waiting", "leased", "unknown")
_OLDEST_FIRST = (OutboxRow.made, OutboxRow.key)


def _insert(db: Session) -> type[sqlite.Insert] | type[postgresql.Insert]:
    return sqlite.Insert if db.sqlite else postgresql.Insert


def place_of(message: Message | Delivery) -> str:
    """What is paced, and may refuse, as one: a channel, or a person's chat with us, be its own id known or not.

    Never a team alone, whose pace is another's.
    """
    person = message.only_for or message.asker
    name = message.place.external_id or (f"@{person.external_id}" if person else "?")
    return f"{message.connection.external_id}:{name}"


def post(
    db: Session,
    key: str,
    to: Recipient,
    card: Card,
    *,
    thread_of: str | None = None,
    replaces: str | None = None,
    due: datetime | None = None,
) -> None:
    """Say something unasked: one message under a key of its own, however often it is put.

    thread_of   the key of an earlier message, whose thread this continues
    replaces    the key of an earlier message, in whose place this stands from now on; where that is gone, it is posted
    due         not before this instant
    """
    message = Message(to.connection, to.place, to.only_for, None, Reply(True, "place", card), via=to.via)
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
    new = _insert(db)(OutboxRow).values(row).on_conflict_do_nothing().returning(OutboxRow.key)
    if db.connection().execute(new).first() is not None and first is not None:
        _merge(db, key, first.key, message.reply)


def known(db: Session, key: str) -> bool:
    """Whether a message was ever put under a key."""
    return db.scalar(select(OutboxRow.key).where(OutboxRow.key == key)) is not None


def went(db: Session, key: str) -> bool:
    """Whether a message has set out: it stands there, or may."""
    return db.scalar(select(OutboxRow.state).where(OutboxRow.key == key)) in ("leased", "unknown", "sent")


def withdraw(db: Session, key: str) -> bool:
    """Take back a message that has not set out yet; True where it will not be sent."""
    return _withdraw(db, OutboxRow.key == key) > 0


def withdraw_all(db: Session, prefix: str) -> int:
    """Take back every message that has not set out yet and whose key begins so; how many."""
    return _withdraw(db, OutboxRow.key.startswith(prefix, autoescape=True))


def _withdraw(db: Session, which: ColumnElement[bool]) -> int:
    done = db.connection().execute(
        update(OutboxRow)
        .where(which, OutboxRow.state == "waiting", OutboxRow.attempted.is_(None))
        .values(state="taken", why="it was taken back before it was sent")
    )
    return done.rowcount


def hasten(db: Session, key: str) -> None:
    """Let a message that waits for its hour go now."""
    db.connection().execute(
        update(OutboxRow)
        .where(OutboxRow.key == key, OutboxRow.state == "waiting", OutboxRow.due > db.now)
        .values(due=db.now)
    )


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


def lease(db: Session, *, platforms: frozenset[Platform], reconcile: timedelta, count: int = 20) -> list[Delivery]:
    """Lease what is due as paces allow, and of each place the next message only when the last is recorded.

    reconcile: how long an attempt of unknown fate is left alone before it is looked for.
    """
    _give_up(db, reconcile)
    due = and_(
        _OPEN,
        OutboxRow.due <= db.now,
        OutboxRow.platform.in_([p.value for p in platforms]),
        or_(OutboxRow.state == "waiting", _rested(db, reconcile)),
        ~_waits_for_another(),
        ~stops.stopped(OutboxRow.platform, OutboxRow.place),
    )
    resting = pacing.resting(db, OutboxRow.platform, OutboxRow.place)
    # not all of a long queue is looked through each time: what is left out comes when its place's turn has come
    near = (
        select(OutboxRow.key, OutboxRow.platform, OutboxRow.place, OutboxRow.made)
        .where(due, ~resting)
        .order_by(OutboxRow.due)
        .limit(NEAR * count)
        .subquery()
    )
    # the first of each place, so that many messages of one keep no other waiting
    turn = func.row_number().over(partition_by=(near.c.platform, near.c.place), order_by=(near.c.made, near.c.key))
    turns = select(near.c.key, turn.label("turn")).subquery()
    rows = db.execute(
        select(OutboxRow, PaceRow.free)
        .join(turns, turns.c.key == OutboxRow.key)
        .outerjoin(PaceRow, and_(PaceRow.platform == OutboxRow.platform, PaceRow.place == OutboxRow.place))
        .where(turns.c.turn == 1, due)  # what another replica has leased in between is no longer due
        .order_by(*_OLDEST_FIRST)
        .limit(count)
        .with_for_update(skip_locked=True, of=OutboxRow)
        .execution_options(populate_existing=True)
    ).all()
    return [_lease_row(db, row, moment) for row, moment in _within_pace(db, [(row, free) for row, free in rows])]


def _within_pace(
    db: Session, rows: Sequence[tuple[OutboxRow, datetime | None]]
) -> Iterator[tuple[OutboxRow, datetime]]:
    """As many of the rows as their teams take now, and of those the ones whose place is free, with the moment."""
    teams = Counter((row.platform, _team(row)) for row, _ in rows)
    # in one order, since each claim locks; the rest is left for the next time
    room = {team: pacing.claim_team(db, *team, count) for team, count in sorted(teams.items())}
    for row, free in rows:
        team = (row.platform, _team(row))
        if room[team] and (moment := pacing.claim(db, row.platform, row.place, free, db.now + LEASE)):
            room[team] -= 1
            yield row, moment


def _team(row: OutboxRow) -> str:
    return row.place.partition(":")[0]


def _waits_for_another() -> ColumnElement[bool]:
    """Whether the message that it continues or replaces has not been sent or given up yet."""
    other = aliased(OutboxRow)
    earlier = or_(other.made < OutboxRow.made, and_(other.made == OutboxRow.made, other.key < OutboxRow.key))
    open_ = other.state.in_(_OPEN_STATES)
    begins = exists().where(other.key == OutboxRow.thread_of, open_)
    is_first = exists().where(other.key == OutboxRow.replaces, open_)
    replaced = exists().where(other.replaces == OutboxRow.replaces, earlier, open_)
    return or_(
        and_(OutboxRow.thread_of.is_not(None), begins),
        and_(OutboxRow.replaces.is_not(None), or_(is_first, replaced)),
    )


def _rested(db: Session, reconcile: timedelta) -> ColumnElement[bool]:
    """Due, and nobody knows what came of the last attempt, which was left alone for as long as told."""
    leased = and_(OutboxRow.state == "leased", OutboxRow.due <= db.now + LEASE - reconcile)
    return or_(OutboxRow.state == "unknown", leased)


def _give_up(db: Session, reconcile: timedelta) -> None:
    """What was leased for the last time and never recorded."""
    db.connection().execute(
        update(OutboxRow)
        .where(
            _OPEN,
            OutboxRow.due <= db.now,
            OutboxRow.attempts >= ATTEMPTS,
            _rested(db, reconcile),
        )
        .values(state="failed", why="nobody knows what came of the last attempt")
    )


def _lease_row(db: Session, row: OutboxRow, moment: datetime) -> Delivery:
    token, until = new_id(), db.now + LEASE
    db.connection().execute(
        update(OutboxRow)
        .where(OutboxRow.key == row.key)
        .values(
            state="leased",
            token=token,
            # a look that was cut short must not hide the attempt it was about: the next one looks as far back
            attempted=func.coalesce(OutboxRow.attempted, db.now),
            attempts=OutboxRow.attempts + 1,
            due=until,
        )
    )
    message = MESSAGE.validate_json(row.message)
    begun, standing = _sent(db, row.thread_of), _sent(db, row.replaces)
    return Delivery(
        key=row.key,
        token=token,
        connection=message.connection,
        place=message.place,
        only_for=message.only_for,
        thread=(MESSAGE.validate_json(begun.message).thread or begun.ref) if begun else message.thread,
        reply=message.reply,
        attempted=row.attempted,
        asker=message.asker,
        replaces=Standing(standing.ref or "", standing.stands or "") if standing else None,
        first=row.replaces,
        via=message.via,
        moment=moment,
        until=until,
    )


def _sent(db: Session, first: str | None) -> OutboxRow | None:
    """The row whose message stands there now: the first, or the last that replaced it."""
    if first is None:
        return None
    return db.scalar(
        select(OutboxRow)
        .where(or_(OutboxRow.key == first, OutboxRow.replaces == first), OutboxRow.state == "sent")
        .order_by(OutboxRow.made.desc(), OutboxRow.key.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def record(
    db: Session, delivery: Delivery, outcome: Outcome, *, reconcile: timedelta, answered: datetime | None = None
) -> bool:
    """Write down what came of an attempt; False where the lease was somebody else's by now.

    answered: when it came of it, from which instant the pace of its place counts; now unless said.
    """
    answered = answered or db.now
    wait = outcome.wait if isinstance(outcome, Later) else timedelta(0)
    values: dict[str, object]
    match outcome:
        case Sent(ref, where):
            values = {"state": "sent", "ref": ref, "stands": where or None, "why": None}
        case Later(_, why):
            values = {
                "state": "waiting",
                "due": max(answered + wait - pacing.LEAD, db.now),  # the pace of its place keeps it to the rest
                "why": why,
                "attempted": delivery.attempted,
                "attempts": OutboxRow.attempts - 1,  # certainly not sent: it does not count
            }
        case Unknown(why):
            values = {"state": "unknown", "due": db.now + reconcile, "why": why}
        case Never(why):
            values = {"state": "failed", "why": why}
        case Refuses(why):  # it rests with all else that waits for this place
            values = {
                "state": "waiting",
                "due": db.now,
                "why": why,
                "attempted": None,
                "attempts": OutboxRow.attempts - 1,
            }
    done = db.connection().execute(
        update(OutboxRow)
        .where(OutboxRow.key == delivery.key, OutboxRow.token == delivery.token, OutboxRow.state == "leased")
        .values(**values)
    )
    platform, place = delivery.connection.platform.value, place_of(delivery)
    pacing.release(db, platform, place, delivery.until, answered, wait)
    if isinstance(outcome, Refuses) and done.rowcount:
        workspace = db.execute(select(OutboxRow.workspace_id).where(OutboxRow.key == delivery.key)).scalar_one()
        if stops.stop(db, workspace, platform, place, outcome.why) and not delivery.key.startswith(TOLD):
            _tell(db, workspace, delivery, outcome.why)
    if isinstance(outcome, Later | Refuses):
        _expire(db, OutboxRow.key == delivery.key)
    if isinstance(outcome, Sent | Never | Refuses) and delivery.key.startswith(
        UNSIGNED
    ):  # it stands beside who was answered
        db.connection().execute(delete(OutboxRow).where(OutboxRow.key == delivery.key))
    return done.rowcount == 1


def _tell(db: Session, workspace: str, delivery: Delivery, why: str) -> None:
    """Tell whoever is concerned, once, that a place refuses us."""
    if not workspace:
        return
    db.enter(workspace)
    directory = people.read_directory(db, 0)
    to = concerned(db, directory, delivery)
    if to is None:
        return
    if delivery.place.private:
        where = delivery.only_for.name if delivery.only_for else ""
        again = "they write to me again"
    else:
        where = f"#{delivery.place.name}" if delivery.place.name else ""
        again = "somebody adds me there and writes to me there"
    card = Card(
        f"I cannot write to {where or 'a place'}: {why}.",
        (Text(f"What waits there rests for a day, and goes on when {again}."),),
    )
    post(db, f"{TOLD}{delivery.key}", to, card)


def resume(db: Session, connection: Connection, place: Place, speaker: Speaker | None = None) -> None:
    """Somebody uses us there (again): what rested goes on, unless it is too old by now."""
    names = [place.external_id, *([f"@{speaker.external_id}"] if speaker and place.private else [])]
    places = [f"{connection.external_id}:{name}" for name in names if name]
    if stops.end(db, connection.platform.value, places):
        _expire(db, OutboxRow.platform == connection.platform.value, OutboxRow.place.in_(places))


def _expire(db: Session, *which: ColumnElement[bool]) -> None:
    old = and_(OutboxRow.state == "waiting", OutboxRow.made < db.now - PATIENCE, *which)
    db.connection().execute(update(OutboxRow).where(old).values(state="failed"))


def reply_of(db: Session, key: str) -> Reply | None:
    """What a message says; None where there is none of this key any more."""
    kept = db.scalar(select(OutboxRow.message).where(OutboxRow.key == key))
    return MESSAGE.validate_json(kept).reply if kept else None


def waiting(db: Session, platforms: frozenset[Platform]) -> bool:
    """Whether anything may be due: a cheap look before a lease, which is a write."""
    names = [p.value for p in platforms]
    due = and_(_OPEN, OutboxRow.due <= db.now, OutboxRow.platform.in_(names))
    refused = stops.stopped(OutboxRow.platform, OutboxRow.place)
    resting = pacing.resting(db, OutboxRow.platform, OutboxRow.place)
    return db.scalar(select(OutboxRow.key).where(due, ~refused, ~resting).limit(1)) is not None


def prune(db: Session) -> int:
    """Forget messages that are older than RETENTION and done with; the number of them."""
    _expire(db, stops.stopped(OutboxRow.platform, OutboxRow.place))
    pacing.prune(db)
    stops.prune(db)
    gone = db.connection().execute(delete(OutboxRow).where(OutboxRow.made < db.now - RETENTION, ~_OPEN))
    return gone.rowcount
