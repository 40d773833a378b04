"""What was decided, between what, by whom and why. A closed decision is never changed: a newer one takes its place."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Row, String, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from core.product import numbers
from core.product.audience import Audience
from core.store.base import ID_LENGTH, Base, Scoped, Stamped, Tracked, new_id, tracked
from core.store.database import Session
from core.store.prepared import Prepared

OPEN, CLOSED = "open", "closed"
TEXT_LENGTH = 1000
OPTION_LENGTH = 100
MOST_OPTIONS = 10


class Decision(Stamped, Tracked):
    """A question with options until it is closed; then what was chosen, why, by whom, when. `refs` are the things it is
    about, such as 'APP-12' and 'R-1'. `replaces_id` is the decision whose place it took."""

    __tablename__ = "decisions"
    __stage__ = "state"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    question: Mapped[str] = tracked()
    options_json: Mapped[str] = tracked()
    until: Mapped[date | None] = tracked()
    secret: Mapped[bool] = tracked()
    state: Mapped[str] = tracked(String(8))
    choice: Mapped[str] = tracked()
    because: Mapped[str] = tracked()
    audience: Mapped[str] = tracked(String(16))
    refs: Mapped[tuple[str, ...]] = tracked()
    opened_by_id: Mapped[str] = tracked(String(ID_LENGTH))
    closed_by_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    closed_at: Mapped[datetime | None] = tracked()
    replaces_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    ballots: Mapped[int] = tracked()  # how many have voted: what people voted on, an undo does not take away
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "opened_by_id"], ["people.workspace_id", "people.id"]),
        ForeignKeyConstraint(["workspace_id", "closed_by_id"], ["people.workspace_id", "people.id"]),
        ForeignKeyConstraint(["workspace_id", "replaces_id"], ["decisions.workspace_id", "decisions.id"]),
        Index("uq_decisions_number", "product_id", "number", unique=True),
        Index("uq_decisions_replaces", "workspace_id", "replaces_id", unique=True),
    )

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(json.loads(self.options_json))


class Vote(Stamped, Scoped, Base):
    """One person's vote on one decision; a new one takes the place of the old. Not in history: a secret vote would be
    told there."""

    __tablename__ = "votes"
    decision_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    choice: Mapped[str]
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "decision_id"], ["decisions.workspace_id", "decisions.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
    )


class Objection(Stamped, Tracked):
    __tablename__ = "objections"
    decision_id: Mapped[str] = tracked(String(ID_LENGTH))
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    text: Mapped[str] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "decision_id"], ["decisions.workspace_id", "decisions.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("ix_objections_decision", "workspace_id", "decision_id"),
    )

    def subject(self) -> str:
        return self.decision_id


class NoSuchDecision(LookupError):
    """`args[0]` is the number that was asked for."""


class Settled(Exception):
    """It is closed: nothing about it changes any more. `args[0]` is the decision."""


class Over(Exception):
    """Voting has ended. `args[0]` is the decision."""


class NoSuchOption(LookupError):
    """`args[0]` is what was asked for."""


# ---- making them ----


def open_(
    db: Session, product: str, person: str, question: str, options: Sequence[str], *,
    until: date | None, secret: bool, audience: Audience, refs: tuple[str, ...],
) -> Decision:  # fmt: skip
    """Put a question with its options."""
    return _make(
        db, product, person, question, options, until=until, secret=secret, state=OPEN, audience=audience.value,
        refs=refs,
    )  # fmt: skip


def record(
    db: Session, product: str, person: str, text: str, because: str, audience: Audience, refs: tuple[str, ...],
    replaces: Decision | None = None,
) -> Decision:  # fmt: skip
    """Write down what is decided already; closed from the start."""
    return _make(
        db, product, person, text, (), state=CLOSED, choice=text, because=because, audience=audience.value, refs=refs,
        closed_by_id=person, closed_at=db.now, replaces_id=replaces.id if replaces else None,
    )  # fmt: skip


_BLANK: dict[str, Any] = {
    "until": None, "secret": False, "choice": "", "because": "", "closed_by_id": None, "closed_at": None,
    "replaces_id": None, "ballots": 0,
}  # fmt: skip


def _make(db: Session, product: str, person: str, question: str, options: Sequence[str], **fields: Any) -> Decision:
    number = numbers.next_number(db, product, numbers.DECISION)
    made = Decision(
        **{**_BLANK, **fields, "id": new_id(), "product_id": product, "number": number, "question": question,
           "options_json": json.dumps(list(options), ensure_ascii=False), "opened_by_id": person}
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


# ---- settling them ----


def chosen(decision: Decision, said: str) -> str:
    """The option that is meant: by its words in any case, by its letter, or by its number. Raises NoSuchOption."""
    said = " ".join(said.split()).casefold()
    by_words = {option.casefold(): option for option in decision.options}
    if said in by_words:
        return by_words[said]
    at = ord(said) - ord("a") if len(said) == 1 and said.isalpha() else int(said) - 1 if said.isdigit() else -1
    if 0 <= at < len(decision.options):
        return decision.options[at]
    begun = [option for folded, option in by_words.items() if said and folded.startswith(said)]
    if len(begun) == 1:
        return begun[0]
    raise NoSuchOption(said)


def vote(db: Session, decision: Decision, person: str, choice: str, today: date) -> str | None:
    """Vote, or vote anew; the choice before, None where there was none. Raises Settled and Over."""
    check_open(decision)
    if decision.until is not None and today > decision.until:
        raise Over(decision)
    key = {"workspace_id": db.workspace, "decision_id": decision.id, "person_id": person}
    known = db.get(Vote, key)
    before = known.choice if known else None
    if known is None:
        db.add(Vote(decision_id=decision.id, person_id=person, choice=choice))
        decision.ballots += 1
    else:
        known.choice = choice
    db.flush()
    return before


def object_(db: Session, decision: Decision, person: str, text: str) -> Objection:
    """Say why not. Raises Settled."""
    check_open(decision)
    made = Objection(id=new_id(), decision_id=decision.id, person_id=person, text=text)
    db.add(made)
    db.flush()
    return made


def close(db: Session, decision: Decision, person: str, choice: str, because: str) -> None:
    """Settle it for good. Raises Settled."""
    check_open(decision)
    decision.state, decision.choice, decision.because = CLOSED, choice, because
    decision.closed_by_id, decision.closed_at = person, db.now
    db.flush()


def check_open(decision: Decision) -> None:
    if decision.state != OPEN:
        raise Settled(decision)


# ---- reading them ----


def find(db: Session, product: str, number: int, audiences: Sequence[Audience] = tuple(Audience)) -> Decision:
    """Raises NoSuchDecision, also for one that is not for these audiences."""
    wanted = select(Decision).where(
        Decision.product_id == product, Decision.number == number, Decision.audience.in_(audiences)
    )
    found = db.scalar(wanted)
    if found is None:
        raise NoSuchDecision(number)
    return found


def to_change(db: Session, product: str, number: int) -> Decision:
    """The decision, held until this transaction ends: of two who close it, the second finds it closed."""
    found = db.scalar(
        select(Decision).where(Decision.product_id == product, Decision.number == number).with_for_update()
    )
    if found is None:
        raise NoSuchDecision(number)
    return found


def listed(
    db: Session, product: str, audiences: Sequence[Audience], count: int, below: int | None = None
) -> list[Decision]:
    """Decisions: the open ones first, then the latest."""
    wanted = select(Decision).where(Decision.product_id == product, Decision.audience.in_(audiences))
    if below is not None:
        wanted = wanted.where(Decision.number < below, Decision.state == CLOSED)
    return list(db.scalars(wanted.order_by(Decision.state.desc(), Decision.number.desc()).limit(count)))


def successors(db: Session, ids: Sequence[str]) -> dict[str, int]:
    """Which decision took the place of these: its number, by the id of the one that it replaced."""
    rows = db.execute(select(Decision.replaces_id, Decision.number).where(Decision.replaces_id.in_(ids)))
    return {row.replaces_id: row.number for row in rows}


_BEHIND = Prepared(
    select(
        Decision.id, Decision.number, Decision.question, Decision.choice, Decision.because, Decision.state,
        Decision.closed_at, Decision.audience, Decision.closed_by_id,
    )
    .where(Decision.product_id == bindparam("product"), Decision.refs.ilike(bindparam("mark")))
    .order_by(Decision.number)
)  # fmt: skip


def behind(db: Session, product: str, reference: str) -> list[Row[*tuple[Any, ...]]]:
    """The decisions about a thing such as 'APP-12' or 'R-1', the oldest first."""
    return _BEHIND.all(db, product=product, mark=f"% {reference} %")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many chose each option, in the order of the options, and who."""

    voters: dict[str, list[str]]

    @property
    def total(self) -> int:
        return sum(map(len, self.voters.values()))

    def leading(self) -> list[str]:
        """The options with the most votes; [] where nobody has voted."""
        most = max(map(len, self.voters.values()), default=0)
        return [option for option, who in self.voters.items() if most and len(who) == most]


def tally(db: Session, decision: Decision) -> Tally:
    """The votes on a decision."""
    voters: dict[str, list[str]] = {option: [] for option in decision.options}
    rows = db.execute(
        select(Vote.choice, Vote.person_id)
        .where(Vote.decision_id == decision.id)
        .order_by(Vote.created_at, Vote.person_id)
    )
    for row in rows:
        voters.setdefault(row.choice, []).append(row.person_id)
    return Tally(voters)


def objections(db: Session, decision: Decision) -> list[Objection]:
    wanted = select(Objection).where(Objection.decision_id == decision.id)
    return list(db.scalars(wanted.order_by(Objection.created_at, Objection.id)))


def open_for(db: Session, product: str, person: str, today: date) -> list[Decision]:
    """The open decisions that this person has not voted on yet and still may, what ends first on top."""
    voted = select(Vote.decision_id).where(Vote.person_id == person)
    wanted = (
        select(Decision)
        .where(Decision.product_id == product, Decision.state == OPEN, Decision.id.not_in(voted))
        .where((Decision.until.is_(None)) | (Decision.until >= today))
        .order_by(Decision.until.is_(None), Decision.until, Decision.number)
    )
    return list(db.scalars(wanted))


def last_votes(db: Session, people: Sequence[str]) -> dict[str, datetime]:
    """When each of these people voted last."""
    rows = db.execute(
        select(Vote.person_id, func.max(Vote.updated_at).label("at"))
        .where(Vote.person_id.in_(people))
        .group_by(Vote.person_id)
    )
    return {row.person_id: row.at for row in rows}
