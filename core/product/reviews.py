"""Roadmap reviews: who is invited, what concerns them beforehand, and the minutes.

An answer is read by the circle of who gave it: what the team writes stays with the team, what a stakeholder writes is
read by those invited with them. The pre-read goes out a day before, by schedule; what it says is composed from here.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import Mapped

from core.product.audience import Audience
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session

NAME_LENGTH = 80
FINE, CONCERN, QUESTION = "fine", "concern", "question"


class Review(Stamped, Tracked):
    __tablename__ = "reviews"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    name: Mapped[str] = tracked()
    on_day: Mapped[date] = tracked()
    opened_by_id: Mapped[str] = tracked(String(ID_LENGTH))
    minutes: Mapped[str] = tracked()
    closed_at: Mapped[datetime | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "opened_by_id"], ["people.workspace_id", "people.id"]),
        Index("ix_reviews_product", "product_id", "on_day"),
    )


class Invited(Stamped, Tracked):
    """Somebody invited, and their answer: '' until there is one. `audience` is the circle they answered from."""

    __tablename__ = "invited"
    review_id: Mapped[str] = tracked(String(ID_LENGTH))
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    answer: Mapped[str] = tracked(String(16))
    text: Mapped[str] = tracked()
    audience: Mapped[str] = tracked(String(16))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "review_id"], ["reviews.workspace_id", "reviews.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("uq_invited_person", "workspace_id", "review_id", "person_id", unique=True),
    )

    def subject(self) -> str:
        return self.review_id


def open_(db: Session, product: str, opener: str, name: str, on_day: date, people: Sequence[str]) -> Review:
    """Call a review."""
    made = Review(
        id=new_id(), product_id=product, name=name, on_day=on_day, opened_by_id=opener, minutes="", closed_at=None
    )
    db.add(made)
    db.flush()
    db.add_all(
        Invited(id=new_id(), review_id=made.id, person_id=person, answer="", text="", audience=Audience.TEAM.value)
        for person in people
    )
    db.flush()
    return made


def get(db: Session, review_id: str) -> Review | None:
    return db.get(Review, {"workspace_id": db.workspace, "id": review_id})


def listed(db: Session, product: str, *, open_only: bool) -> list[Review]:
    """The product's reviews: open ones by their day, then the closed ones, the latest first."""
    rows = list(db.scalars(select(Review).where(Review.product_id == product).order_by(Review.created_at, Review.id)))
    still = sorted((row for row in rows if row.closed_at is None), key=lambda row: row.on_day)
    return still if open_only else [*still, *reversed([row for row in rows if row.closed_at is not None])]


def invited(db: Session, review: Review) -> list[Invited]:
    wanted = select(Invited).where(Invited.review_id == review.id)
    return list(db.scalars(wanted.order_by(Invited.created_at, Invited.id)))


def answer(db: Session, invitation: Invited, said: str, text: str, audience: Audience) -> None:
    """What somebody thinks beforehand; a new answer takes the place of the old."""
    invitation.answer, invitation.text, invitation.audience = said, text, audience.value
    db.flush()


def close(db: Session, review: Review, minutes: str) -> None:
    review.minutes, review.closed_at = minutes, db.now
    db.flush()


def invitations(db: Session, person: str) -> list[Review]:
    """The reviews that somebody is invited to, the next one first."""
    mine = select(Invited.review_id).where(Invited.person_id == person)
    return list(db.scalars(select(Review).where(Review.id.in_(mine)).order_by(Review.on_day, Review.id)))


def waiting_for(db: Session, product: str, person: str) -> list[Review]:
    """The open reviews that this person was invited to and has not answered, the next one first."""
    mine = select(Invited.review_id).where(Invited.person_id == person, Invited.answer == "")
    wanted = select(Review).where(Review.product_id == product, Review.closed_at.is_(None), Review.id.in_(mine))
    return list(db.scalars(wanted.order_by(Review.on_day, Review.id)))
