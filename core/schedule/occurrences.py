"""An occurrence from due to said: claimed by one replica, composed, and put into the outbox with its text and pictures.

    register("prompt", Kind(compose))           once, where the kind's module is imported

    for place in the worker:    work = occurrences.claim(db)               short transaction that writes
                                said = occurrences.compose(db, one)        a transaction that reads
                                occurrences.settle(db, one, said)          short transaction that writes

`compose(db, occurrence)` gives a Letter (to whom, which card, what it is) or a Silence (why nothing is said: away,
nothing changed …), which stands in history. Nothing is sent before the Letter stands in the outbox, under the key of
its occurrence; a crash anywhere composes again and puts the same key. Every Letter passes the daily budget (`unasked`);
one that has to wait for somebody's hours, or for a day with room, is composed again then.

What recurs becomes due by its schedule; what is said once is planned by `plan` for an instant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select

from core.schedule import outbox, unasked
from core.schedule.schedules import OccurrenceRow, key
from core.schedule.unasked import Aboard, Letter, NotYet, Said, Silence
from core.store.base import new_id
from core.store.database import Session

CLAIM = timedelta(seconds=60)  # how long one replica has for composing
ATTEMPTS = 12  # of composing
RETENTION = timedelta(days=400)  # of history: a year of it, and a little
WEEKS = timedelta(days=90)  # of what was skipped


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What is to be said: its subject and kind, to whom, for which local date, since when it is due.

    waits  what it has waited for, where it was not yet to be said when it was composed last
    """

    id: str
    workspace_id: str
    product_id: str
    kind: str
    subject_id: str
    recipient: str
    day: date
    due: datetime
    attempts: int
    waits: str = ""

    @property
    def key(self) -> str:
        return key(self.subject_id, self.kind, self.recipient, self.day)


Compose = Callable[[Session, Occurrence], Said]
Kept = Callable[[Session, Occurrence, Said], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """compose: reads; kept: writes what is to be remembered, in the transaction that puts the message."""

    compose: Compose
    kept: Kept | None = None


KINDS: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    """Say how occurrences of a kind are composed."""
    if KINDS.setdefault(name, kind) is not kind:
        raise ValueError(f"{name} is composed in two ways")


# ---- from due to said ----


def plan(db: Session, product: str, kind: str, subject: str, recipient: str, due: datetime, day: date) -> None:
    """Let something be said once, of what is so by then. Planned again for the same day it is said again."""
    row = {
        "id": new_id(), "workspace_id": db.workspace, "product_id": product, "kind": kind, "subject_id": subject,
        "recipient": recipient, "day": day, "due": due, "state": "due", "why": "", "attempts": 0,
    }  # fmt: skip
    again = {"due": due, "state": "due", "why": "", "attempts": 0, "claimed": None, "said_at": None}
    one = (OccurrenceRow.subject_id, OccurrenceRow.kind, OccurrenceRow.recipient, OccurrenceRow.day)
    db.connection().execute(
        db.insert_into(OccurrenceRow).values(row).on_conflict_do_update(index_elements=one, set_=again)
    )


def waiting_in(db: Session) -> str | None:
    """A workspace in which an occurrence waits to be composed; None where none does."""
    return db.scalar(select(OccurrenceRow.workspace_id).where(*_open(db)).order_by(OccurrenceRow.due).limit(1))


def _open(db: Session) -> tuple[ColumnElement[bool], ...]:
    free = or_(OccurrenceRow.claimed.is_(None), OccurrenceRow.claimed <= db.now)
    return OccurrenceRow.state == "due", OccurrenceRow.due <= db.now, free


def claim(db: Session, count: int = 50) -> list[Occurrence]:
    """Take some occurrences of this workspace for as long as CLAIM; what could not be composed ATTEMPTS times fails.

    One that nobody finished is taken by itself: if it takes its process down, it takes no others with it.
    """
    rows = db.scalars(
        select(OccurrenceRow)
        .where(*_open(db), OccurrenceRow.workspace_id == db.workspace)
        .order_by(OccurrenceRow.due, OccurrenceRow.id)
        .limit(count)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    again = bool(rows) and rows[0].attempts > 0
    taken = []
    for row in rows[:1] if again else [row for row in rows if not row.attempts]:
        row.claimed, row.attempts = db.now + CLAIM, row.attempts + 1
        if row.attempts > ATTEMPTS:
            row.state, row.why = "failed", "it could not be composed"
        else:
            taken.append(_read(row))
    db.flush()
    return taken


def _read(row: OccurrenceRow) -> Occurrence:
    return Occurrence(
        row.id, row.workspace_id, row.product_id, row.kind, row.subject_id, row.recipient, row.day, row.due,
        row.attempts, row.why,
    )  # fmt: skip


def compose(db: Session, one: Occurrence) -> Said:
    """What is to be said; reads only."""
    kind = KINDS.get(one.kind)
    return kind.compose(db, one) if kind else Silence(f"nobody composes a {one.kind}")


def settle(db: Session, one: Occurrence, said: Said) -> bool:
    """Put what was composed into the outbox, and write down what became of the occurrence; False where another replica
    has done so by now."""
    row = db.scalar(
        select(OccurrenceRow)
        .where(OccurrenceRow.id == one.id, OccurrenceRow.state == "due")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        return False
    if isinstance(said, Aboard) and said.letter is not None:
        unasked.say(db, f"{one.key}:aboard", one.product_id, said.letter)
    if isinstance(said, Letter):
        said = unasked.say_or_wait(db, one.key, one.product_id, said, one.day)
    if isinstance(said, NotYet):  # nothing is held back for it: it is composed again, of what is so by then
        row.due, row.why, row.claimed, row.attempts = said.at, said.why, None, 0
        db.flush()
        return True
    row.state = "skipped" if isinstance(said, Silence) else "said"
    row.why = "" if isinstance(said, Letter) else said.why
    row.said_at = db.now
    kind = KINDS.get(one.kind)
    if kind is not None and kind.kept is not None:
        kind.kept(db, one, said)
    db.flush()
    return True


# ---- reading back ----


def said_to(db: Session, kind: str, recipient: str, since: datetime) -> list[tuple[str, date]]:
    """The subjects and days of what was said to somebody since an instant, the latest first."""
    rows = db.execute(
        select(OccurrenceRow.subject_id, OccurrenceRow.day)
        .where(
            OccurrenceRow.workspace_id == db.workspace,
            OccurrenceRow.kind == kind,
            OccurrenceRow.recipient == recipient,
            OccurrenceRow.state == "said",
            OccurrenceRow.due >= since,
        )
        .order_by(OccurrenceRow.due.desc())
    )
    return [(row.subject_id, row.day) for row in rows]


def days_said(db: Session, subject: str, kind: str, first: date) -> dict[str, set[date]]:
    """The days since a first one for which something was said, by who it was said to; what never reached them aside."""
    rows = db.scalars(
        select(OccurrenceRow).where(
            OccurrenceRow.workspace_id == db.workspace, OccurrenceRow.subject_id == subject,
            OccurrenceRow.kind == kind, OccurrenceRow.state == "said", OccurrenceRow.day >= first,
        )
    ).all()  # fmt: skip
    lost = select(outbox.OutboxRow.key).where(
        outbox.OutboxRow.workspace_id == db.workspace, outbox.OutboxRow.state == "failed"
    )
    failed = set(db.scalars(lost))
    found: dict[str, set[date]] = {}
    for row in rows:
        if row.key not in failed:
            found.setdefault(row.recipient, set()).add(row.day)
    return found


def last_to(db: Session, product: str, kind: str, recipient: str) -> datetime | None:
    """When somebody was last told something of this kind about a product."""
    return db.scalar(
        select(func.max(OccurrenceRow.said_at)).where(
            OccurrenceRow.workspace_id == db.workspace, OccurrenceRow.product_id == product,
            OccurrenceRow.kind == kind, OccurrenceRow.recipient == recipient, OccurrenceRow.state == "said",
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Past:
    """An occurrence as history tells it. state: due, waiting, sent, skipped, missed or failed."""

    kind: str
    recipient: str
    day: date
    due: datetime
    state: str
    why: str
    said_at: datetime | None


def history(db: Session, subjects: Sequence[str], limit: int = 20) -> list[Past]:
    """What became of the latest occurrences of some subjects, the latest first."""
    rows = db.scalars(
        select(OccurrenceRow)
        .where(OccurrenceRow.workspace_id == db.workspace, OccurrenceRow.subject_id.in_(subjects))
        .order_by(OccurrenceRow.due.desc(), OccurrenceRow.id.desc())
        .limit(limit)
    ).all()
    keys = [row.key for row in rows]
    found = select(outbox.OutboxRow.key, outbox.OutboxRow.state, outbox.OutboxRow.why)
    sent = {row.key: row for row in db.execute(found.where(outbox.OutboxRow.key.in_(keys)))}
    return [_past(row, sent.get(row.key)) for row in rows]


def _past(row: OccurrenceRow, sent: object) -> Past:
    state, why = row.state, row.why
    if state == "said" and why != ABOARD:
        left = getattr(sent, "state", "sent")  # a message older than the outbox keeps was sent
        state = {"sent": "sent", "merged": "sent", "failed": "failed"}.get(left, "waiting")
        why = (getattr(sent, "why", None) or "") if state != "sent" else ""
    return Past(row.kind, row.recipient, row.day, row.due, "sent" if state == "said" else state, why, row.said_at)


def say_now(db: Session, product: str, subject: str, day: date, letter: Letter) -> Letter | Silence:
    """Say something that was asked for outside of any schedule, and write down what became of it."""
    row = OccurrenceRow(
        id=new_id(), workspace_id=db.workspace, product_id=product, kind="now", subject_id=subject, recipient=new_id(),
        day=day, due=db.now, state="said", why="", attempts=0, said_at=db.now,
    )  # fmt: skip
    said = unasked.say(db, row.key, product, letter)
    if isinstance(said, Silence):
        row.state, row.why = "skipped", said.why
    db.add(row)
    db.flush()
    return said


def is_due(db: Session, subject: str, kind: str, recipient: str, day: date) -> bool:
    """Whether an occurrence of a day is written down and was, or will be, said."""
    row = select(OccurrenceRow.id).where(
        OccurrenceRow.subject_id == subject, OccurrenceRow.kind == kind, OccurrenceRow.recipient == recipient,
        OccurrenceRow.day == day, OccurrenceRow.state.in_(("due", "said")),
    )  # fmt: skip
    return db.scalar(row) is not None


def said_at(db: Session, subject: str, kind: str, recipient: str, day: date) -> datetime | None:
    """When an occurrence of a day was said, or else when it is due; None where it was left out."""
    row = select(func.coalesce(OccurrenceRow.said_at, OccurrenceRow.due)).where(
        OccurrenceRow.subject_id == subject, OccurrenceRow.kind == kind, OccurrenceRow.recipient == recipient,
        OccurrenceRow.day == day, OccurrenceRow.state.in_(("due", "said")),
    )  # fmt: skip
    return db.scalar(row)


def is_overtaken(db: Session, one: Occurrence) -> bool:
    """Whether the next of its kind has come due while it waited."""
    newer = select(OccurrenceRow.id).where(
        OccurrenceRow.subject_id == one.subject_id, OccurrenceRow.kind == one.kind,
        OccurrenceRow.recipient == one.recipient, OccurrenceRow.day > one.day,
        OccurrenceRow.state.in_(("due", "said")),
    )  # fmt: skip
    return db.scalar(newer.limit(1)) is not None


ABOARD = "in the stand-up's post"


def is_aboard(db: Session, subject: str, kind: str, day: date) -> bool:
    """Whether an occurrence is said within another message, or waits for that one."""
    row = select(OccurrenceRow.id).where(
        OccurrenceRow.subject_id == subject, OccurrenceRow.kind == kind, OccurrenceRow.day == day,
        OccurrenceRow.state.in_(("said", "due")), OccurrenceRow.why == ABOARD,
    )  # fmt: skip
    return db.scalar(row) is not None


def last_said(db: Session, subject: str, kind: str, recipient: str = "", before: date | None = None) -> datetime | None:
    """When the last occurrence, of those of a day before, was composed whose message did not fail: what has changed
    since is news."""
    found = _last(db, subject, kind, recipient, before)
    return found.said_at if found else None


def last_standing(db: Session, subject: str, kind: str, recipient: str = "") -> str | None:
    """The key of the last message of a subject that stands, or is about to stand, where it was sent."""
    found = _last(db, subject, kind, recipient)
    last = found.key if found else ""
    return last if found and db.get(outbox.OutboxRow, last) is not None else None


def _last(db: Session, subject: str, kind: str, recipient: str, before: date | None = None) -> OccurrenceRow | None:
    rows = db.scalars(
        select(OccurrenceRow)
        .where(
            OccurrenceRow.workspace_id == db.workspace, OccurrenceRow.subject_id == subject,
            OccurrenceRow.kind == kind, OccurrenceRow.recipient == recipient, OccurrenceRow.state == "said",
            *((OccurrenceRow.day < before,) if before else ()),
        )
        .order_by(OccurrenceRow.due.desc())
        .limit(10)
    ).all()  # fmt: skip
    for row in rows:
        state = select(outbox.OutboxRow.state).where(outbox.OutboxRow.key == row.key)
        if db.scalar(state) != "failed":
            return row
    return None


def prune(db: Session) -> int:
    """Forget what is old; the number of occurrences."""
    gone = db.connection().execute(
        delete(OccurrenceRow).where(
            OccurrenceRow.state != "due",
            or_(
                OccurrenceRow.due < db.now - RETENTION,
                (OccurrenceRow.due < db.now - WEEKS) & (OccurrenceRow.state == "skipped"),
            ),
        )
    )
    return gone.rowcount
