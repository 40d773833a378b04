"""Retrospectives: cards, secret votes, and actions that become tasks and come up at the next one.

An anonymous card has no author anywhere: it is put in without history, without a time, and under an id that does not
say between which others it was made.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.words import shorten
from core.product import backlog
from core.product.items import TITLE_LENGTH, Item
from core.store.base import ID_LENGTH, Base, Scoped, Stamped, Tracked, new_id, tracked
from core.store.database import Session

OPEN, CLOSED = "open", "closed"
GOOD, BETTER, ACTION = "good", "better", "action"
KINDS = (GOOD, BETTER, ACTION)
LENGTH = 500
VOTES = 3
MOST_VOTES = 20
MOST_CARDS = 200
LABEL = "retro"


class Retro(Stamped, Tracked):
    """One retrospective. `votes`: how many each person has; `until`: when cards are no longer taken."""

    __tablename__ = "retros"
    __stage__ = "state"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    sprint_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    state: Mapped[str] = tracked(String(8))
    votes: Mapped[int] = tracked()
    until: Mapped[datetime | None] = tracked()
    closed_at: Mapped[datetime | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "sprint_id"], ["sprints.workspace_id", "sprints.id"]),
        Index("uq_retros_number", "product_id", "number", unique=True),
    )


class RetroCard(Tracked):
    """One card. No author where it is anonymous; `owner_id` and `item_id` (the task it became) are an action's; `tally`
    is known once the retro is closed."""

    __tablename__ = "retro_cards"
    retro_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    kind: Mapped[str] = tracked(String(8))
    text: Mapped[str] = tracked()
    author_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    owner_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    item_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    tally: Mapped[int | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "retro_id"], ["retros.workspace_id", "retros.id"]),
        ForeignKeyConstraint(["workspace_id", "author_id"], ["people.workspace_id", "people.id"]),
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["people.workspace_id", "people.id"]),
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        Index("uq_retro_cards_number", "retro_id", "number", unique=True),
    )

    def subject(self) -> str:
        return self.retro_id


class RetroVote(Scoped, Base):
    """One vote; who votes for what is nobody's to read, so history does not follow it."""

    __tablename__ = "retro_votes"
    card_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    retro_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "card_id"], ["retro_cards.workspace_id", "retro_cards.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("ix_retro_votes_person", "workspace_id", "retro_id", "person_id"),
    )


class NoVotesLeft(ValueError):
    """`args[0]` is how many votes everybody has."""


@dataclass(frozen=True, slots=True)
class Task:
    """An action of an earlier retro, and the task it became."""

    number: int
    title: str
    status: str
    owner_id: str | None


def latest(db: Session, product: str, state: str) -> Retro | None:
    rows = select(Retro).where(Retro.product_id == product, Retro.state == state)
    return db.scalars(rows.order_by(Retro.number.desc()).limit(1)).first()


def was_about(db: Session, sprint: str) -> bool:
    """Whether a sprint has had its retro, or has it now."""
    return db.scalar(select(Retro.id).where(Retro.sprint_id == sprint).limit(1)) is not None


def open_(db: Session, product: str, sprint: str | None, votes: int, until: datetime | None) -> Retro:
    number = (db.scalar(select(func.max(Retro.number)).where(Retro.product_id == product)) or 0) + 1
    made = Retro(
        id=new_id(), product_id=product, number=number, sprint_id=sprint, state=OPEN, votes=votes, until=until,
        closed_at=None,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def takes(db: Session, retro: Retro) -> bool:
    """Whether cards are still taken; votes are until it is closed."""
    return retro.state == OPEN and (retro.until is None or db.now < retro.until)


def cards(db: Session, retro: Retro) -> list[RetroCard]:
    return list(db.scalars(select(RetroCard).where(RetroCard.retro_id == retro.id).order_by(RetroCard.number)))


def add(db: Session, retro: Retro, kind: str, text: str, author: str | None, owner: str | None) -> RetroCard:
    """A card; without an author nothing is remembered of how it came."""
    last = db.scalar(select(func.max(RetroCard.number)).where(RetroCard.retro_id == retro.id)) or 0
    key = new_id() if author else secrets.token_hex(13)
    made = RetroCard(
        id=key, retro_id=retro.id, number=last + 1, kind=kind, text=text, author_id=author, owner_id=owner,
        item_id=None, tally=None,
    )  # fmt: skip
    db.flush()
    db.ledger.silent = author is None
    db.add(made)
    db.flush()
    db.ledger.silent = False
    return made


# ---- votes ----


def votes_of(db: Session, retro: Retro, person: str) -> set[str]:
    """The cards that somebody has voted for."""
    return set(
        db.scalars(select(RetroVote.card_id).where(RetroVote.retro_id == retro.id, RetroVote.person_id == person))
    )


def vote(db: Session, retro: Retro, card: RetroCard, person: str) -> bool:
    """One vote for a card; False where it has this person's already. Raises NoVotesLeft."""
    given = votes_of(db, retro, person)
    if card.id in given:
        return False
    if len(given) >= retro.votes:
        raise NoVotesLeft(retro.votes)
    db.add(RetroVote(card_id=card.id, person_id=person, retro_id=retro.id))
    db.flush()
    return True


def take_back(db: Session, card: RetroCard, person: str) -> bool:
    """Take a vote back; False where there was none."""
    found = db.get(RetroVote, {"card_id": card.id, "person_id": person, "workspace_id": db.workspace})
    if found is None:
        return False
    db.delete(found)
    db.flush()
    return True


def voters(db: Session, retro: Retro) -> int:
    """How many have voted."""
    rows = select(func.count(func.distinct(RetroVote.person_id))).where(RetroVote.retro_id == retro.id)
    return int(db.scalar(rows) or 0)


def _tally(db: Session, retro: Retro) -> dict[str, int]:
    rows = select(RetroVote.card_id, func.count()).where(RetroVote.retro_id == retro.id).group_by(RetroVote.card_id)
    return {card: int(count) for card, count in db.execute(rows)}


# ---- closing ----


def close(db: Session, retro: Retro) -> None:
    """Count the votes, and make a task of every action."""
    counted = _tally(db, retro)
    for card in cards(db, retro):
        card.tally = counted.get(card.id, 0)
        if card.kind == ACTION and card.item_id is None:
            title = shorten(card.text, TITLE_LENGTH)
            description = card.text if title != " ".join(card.text.split()) else ""
            [item] = backlog.add(
                db, retro.product_id, [title], type="task", labels=(LABEL,), assignee_id=card.owner_id,
                description=description,
            )  # fmt: skip
            card.item_id = item.id
    retro.state, retro.closed_at = CLOSED, db.now
    db.flush()


def actions_before(db: Session, retro: Retro) -> list[Task]:
    """The actions of the retro before, and those of older ones that are still open."""
    rows = db.execute(
        select(Retro.number.label("retro"), Item.number, Item.title, Item.status, Item.assignee_id, Item.closed_at)
        .join(RetroCard, (RetroCard.workspace_id == Retro.workspace_id) & (RetroCard.retro_id == Retro.id))
        .join(Item, (Item.workspace_id == RetroCard.workspace_id) & (Item.id == RetroCard.item_id))
        .where(Retro.product_id == retro.product_id, Retro.number < retro.number)
        .order_by(Retro.number.desc(), RetroCard.number)
    ).all()
    last = max((row.retro for row in rows), default=0)
    return [
        Task(row.number, row.title, row.status, row.assignee_id)
        for row in rows
        if row.retro == last or row.closed_at is None
    ]


def shown(cards_: Sequence[RetroCard], *, counted: bool) -> list[RetroCard]:
    """Cards as they are read: by their number, and by their votes once these are counted."""
    return sorted(cards_, key=lambda card: (-(card.tally or 0) if counted else 0, card.number))
