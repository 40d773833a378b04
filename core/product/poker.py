"""Estimation poker: everybody lays a card face down, all are turned at once, and then it is agreed or played again.

A round is open until it is turned; a card laid later, or for an earlier round, does not count. Votes are nobody's
history: while a round is open they can be read nowhere.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from core.store.base import ID_LENGTH, Base, Scoped, new_id
from core.store.database import Session

OPEN, TURNED, OVER = "open", "turned", "over"
DECK = ("0", "0.5", "1", "2", "3", "5", "8", "13", "20", "40", "100", "?")
USUAL = ("1", "2", "3", "5", "8", "13", "?")


class PokerRound(Scoped, Base):
    """One round about an item: `open`, `turned` (everybody sees all cards), `over`."""

    __tablename__ = "poker_rounds"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    begun_at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"], ondelete="CASCADE"),
        Index("uq_poker_rounds_number", "item_id", "number", unique=True),
    )


class PokerVote(Scoped, Base):
    """One person's card in a round."""

    __tablename__ = "poker_votes"
    round_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    card: Mapped[str] = mapped_column(String(8))
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "round_id"], ["poker_rounds.workspace_id", "poker_rounds.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
    )


@dataclass(frozen=True, slots=True)
class Turned:
    """The cards of a round by who laid them, the lowest first."""

    cards: tuple[tuple[str, str], ...]

    @property
    def numbers(self) -> list[float]:
        return [float(card) for _, card in self.cards if card != "?"]

    @property
    def agreed(self) -> bool:
        """Whether all laid the same."""
        return len(set(self.numbers)) == 1

    @property
    def middle(self) -> float | None:
        """The card of the deck in the middle of those that were laid, the higher one of two."""
        found = sorted(self.numbers)
        return found[len(found) // 2] if found else None


def round_of(db: Session, item: str) -> PokerRound | None:
    """The latest round about an item."""
    return db.scalars(
        select(PokerRound).where(PokerRound.item_id == item).order_by(PokerRound.number.desc()).limit(1)
    ).first()


def begin(db: Session, item: str) -> PokerRound:
    """A new round; the one before is over."""
    before = round_of(db, item)
    if before is not None:
        before.state = OVER
    made = PokerRound(id=new_id(), item_id=item, number=before.number + 1 if before else 1, state=OPEN, begun_at=db.now)
    db.add(made)
    db.flush()
    return made


def lay(db: Session, round_: PokerRound, person: str, card: str) -> str | None:
    """Lay a card, in the place of an earlier one; what that was."""
    found = db.get(PokerVote, {"round_id": round_.id, "person_id": person, "workspace_id": db.workspace})
    before = found.card if found else None
    if found is None:
        db.add(PokerVote(round_id=round_.id, person_id=person, card=card))
    else:
        found.card = card
    db.flush()
    return before


def laid(db: Session, round_: PokerRound) -> int:
    """How many have laid a card."""
    return int(db.scalar(select(func.count()).select_from(PokerVote).where(PokerVote.round_id == round_.id)) or 0)


def turn(db: Session, round_: PokerRound) -> Turned:
    """Turn all cards; whoever lays one from now on is too late."""
    if round_.state == OPEN:
        round_.state = TURNED
        db.flush()
    return turned(db, round_)


def turned(db: Session, round_: PokerRound) -> Turned:
    rows = db.execute(select(PokerVote.person_id, PokerVote.card).where(PokerVote.round_id == round_.id))
    cards = [(row.person_id, row.card) for row in rows]
    return Turned(tuple(sorted(cards, key=lambda one: (one[1] == "?", float(one[1]) if one[1] != "?" else 0, one[0]))))


def end(db: Session, round_: PokerRound) -> None:
    round_.state = OVER
    db.flush()
