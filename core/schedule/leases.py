"""What waits in the outbox on its way out: leased to one sender, sent by the bot, recorded.

Each is a few statements for many messages: a hundred places are posted to in a second, and a slow database is asked a
few times for all of them. Nothing is open in between, while a platform is spoken to.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from core.chat.ask import Platform
from core.chat.card import Card, Text
from core.product import people
from core.schedule import pacing, stops, unasked
from core.schedule.budget import Beyond
from core.schedule.delivery import Came, Delivery, Later, Never, Refuses, Sent, Standing, Unknown
from core.schedule.outbox import LEASE, MESSAGE, OPEN, OPEN_STATES, OutboxRow, expire, place_of
from core.schedule.recipients import concerned
from core.schedule.unasked import Letter
from core.store.asks import UNSIGNED
from core.store.base import new_id
from core.store.database import Session

NEAR = 25  # times as many as are leased are looked through
ATTEMPTS = 30  # of unknown fate; a process that dies takes one of each message that it was sending
TOLD = "refused:"  # begins the key of what is told of a place that refuses


def waiting(db: Session, platforms: frozenset[Platform]) -> bool:
    """Whether anything may be due: a cheap look before a lease, which is a write."""
    names = [p.value for p in platforms]
    due = and_(OPEN, OutboxRow.due <= db.now, OutboxRow.platform.in_(names))
    refused = stops.stopped(OutboxRow.platform, OutboxRow.place)
    resting = pacing.resting(db, OutboxRow.platform, OutboxRow.place)
    return db.scalar(select(OutboxRow.key).where(due, ~refused, ~resting).limit(1)) is not None


def lease(db: Session, *, platforms: frozenset[Platform], reconcile: timedelta, count: int = 20) -> list[Delivery]:
    """Lease what is due as paces allow, and of each place the next message only when the last is recorded.

    reconcile: how long an attempt of unknown fate is left alone before it is looked for.
    """
    _give_up(db, reconcile)
    due = and_(
        OPEN,
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
    rows = db.scalars(
        select(OutboxRow)
        .join(turns, turns.c.key == OutboxRow.key)
        .where(turns.c.turn == 1, due)  # what another replica has leased in between is no longer due
        .order_by(OutboxRow.made, OutboxRow.key)
        .limit(count)
        .with_for_update(skip_locked=True, of=OutboxRow)
        .execution_options(populate_existing=True)
    ).all()
    taken = list(_within_teams(db, rows))
    until = db.now + LEASE
    moments = pacing.claim(db, {(row.platform, row.place) for row in taken}, until)
    ours = [(row, moments[place]) for row in taken if (place := (row.platform, row.place)) in moments]
    return _leased(db, ours, until)


def _within_teams(db: Session, rows: Sequence[OutboxRow]) -> Iterator[OutboxRow]:
    """As many of the rows as their teams take now; the rest is left for the next time."""
    teams = Counter((row.platform, _team(row)) for row in rows)
    room = {team: pacing.claim_team(db, *team, count) for team, count in sorted(teams.items())}  # each locks: in order
    for row in rows:
        team = (row.platform, _team(row))
        if room[team]:
            room[team] -= 1
            yield row


def _team(row: OutboxRow) -> str:
    return row.place.partition(":")[0]


def _waits_for_another() -> ColumnElement[bool]:
    """Whether the message that it continues or replaces has not been sent or given up yet."""
    other = aliased(OutboxRow)
    earlier = or_(other.made < OutboxRow.made, and_(other.made == OutboxRow.made, other.key < OutboxRow.key))
    open_ = other.state.in_(OPEN_STATES)
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
            OPEN,
            OutboxRow.due <= db.now,
            OutboxRow.attempts >= ATTEMPTS,
            _rested(db, reconcile),
        )
        .values(state="failed", why="nobody knows what came of the last attempt")
    )


def _leased(db: Session, taken: Sequence[tuple[OutboxRow, datetime]], until: datetime) -> list[Delivery]:
    if not taken:
        return []
    token = new_id()
    db.connection().execute(
        update(OutboxRow)
        .where(OutboxRow.key.in_([row.key for row, _ in taken]))
        .values(
            state="leased",
            token=token,
            # a look that was cut short must not hide the attempt it was about: the next one looks as far back
            attempted=func.coalesce(OutboxRow.attempted, db.now),
            attempts=OutboxRow.attempts + 1,
            due=until,
        )
    )
    return [_delivery(db, row, token, moment, until) for row, moment in taken]


def _delivery(db: Session, row: OutboxRow, token: str, moment: datetime, until: datetime) -> Delivery:
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


def record(db: Session, came: Collection[Came], *, reconcile: timedelta) -> set[str]:
    """Write down what came of some attempts; the keys of those whose lease was still ours.

    Refusals among them must be of one workspace: whoever is concerned is told there.
    """
    pacing.release(db, [_release(one) for one in came])
    leased = _locked(db, [one.delivery.key for one in came])
    ours = [one for one in came if one.delivery.key in leased and leased[one.delivery.key].token == one.delivery.token]
    changed = [{"b_key": one.delivery.key, **_recorded(db, one, leased[one.delivery.key], reconcile)} for one in ours]
    if changed:
        db.connection().execute(update(OutboxRow).where(OutboxRow.key == bindparam("b_key")), changed)
    for one in ours:
        if isinstance(one.outcome, Refuses):
            _stop(db, leased[one.delivery.key].workspace_id, one.delivery, one.outcome)
    if again := [one.delivery.key for one in ours if isinstance(one.outcome, Later | Refuses)]:
        expire(db, OutboxRow.key.in_(again))
    done = [one.delivery.key for one in ours if isinstance(one.outcome, Sent | Never | Refuses)]
    if nameless := [key for key in done if key.startswith(UNSIGNED)]:  # it stands beside who was answered
        db.connection().execute(delete(OutboxRow).where(OutboxRow.key.in_(nameless)))
    return {one.delivery.key for one in ours}


def _release(came: Came) -> pacing.Release:
    delivery, wait = came.delivery, came.outcome.wait if isinstance(came.outcome, Later) else timedelta(0)
    return pacing.Release(
        delivery.connection.platform, place_of(delivery), claimed=delivery.until, answered=came.answered, wait=wait
    )


def _locked(db: Session, keys: Sequence[str]) -> dict[str, OutboxRow]:
    rows = db.scalars(
        select(OutboxRow)
        .where(OutboxRow.key.in_(keys), OutboxRow.state == "leased")
        .order_by(OutboxRow.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.key: row for row in rows}


def _recorded(db: Session, came: Came, row: OutboxRow, reconcile: timedelta) -> dict[str, object]:
    """What becomes of a leased row."""
    kept: dict[str, object] = {
        "state": "sent", "ref": None, "stands": None, "why": None,
        "due": row.due, "attempted": row.attempted, "attempts": row.attempts,
    }  # fmt: skip
    match came.outcome:
        case Sent(ref, where):
            return kept | {"ref": ref, "stands": where or None}
        case Later(wait, why):  # certainly not sent: it does not count; the pace of its place keeps it to the rest
            due = max(came.answered + wait - pacing.LEAD, db.now)
            before: dict[str, object] = {"attempted": came.delivery.attempted, "attempts": row.attempts - 1}
            return kept | before | {"state": "waiting", "due": due, "why": why}
        case Unknown(why):
            return kept | {"state": "unknown", "due": db.now + reconcile, "why": why}
        case Never(why):
            return kept | {"state": "failed", "why": why}
        case Refuses(why):  # it rests with all else that waits for this place
            before = {"attempted": None, "attempts": row.attempts - 1}
            return kept | before | {"state": "waiting", "due": db.now, "why": why}


def _stop(db: Session, workspace: str, delivery: Delivery, refuses: Refuses) -> None:
    told = stops.stop(db, workspace, delivery.connection.platform.value, place_of(delivery), refuses.why)
    if told and not delivery.key.startswith(TOLD):
        _tell(db, workspace, delivery, refuses)


def _tell(db: Session, workspace: str, delivery: Delivery, refuses: Refuses) -> None:
    """Tell whoever is concerned, once, that a place refuses us, and what they can do."""
    if not workspace:
        return
    db.enter(workspace)
    found = concerned(db, people.read_directory(db, 0), delivery)
    if found is None:
        return
    if delivery.place.private:
        where = delivery.only_for.name if delivery.only_for else ""
        again = "they write to me again"
    else:
        where = f"#{delivery.place.name}" if delivery.place.name else ""
        again = "somebody writes to me there" if refuses.mend else "somebody adds me there and writes to me there"
    card = Card(
        f"I cannot write to {where or 'a place'}: {refuses.why}.",
        (Text(f"{refuses.mend} What waits there rests for a day, and goes on when {again}.".strip()),),
    )
    # who asked is answered; whoever leads the product is told in their hours, as of anything else
    beyond: Beyond = "wait" if found.person else "asked"
    letter = Letter(found.to, card, "a place that refuses", found.person, beyond=beyond, waits=bool(found.person))
    unasked.say(db, f"{TOLD}{delivery.key}", found.product, letter)
