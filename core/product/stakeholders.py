"""The private register of who has a stake in the product. Not remembered by history, never exported, never a source of
answers: what stands here is for the product manager and the product owner alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Row, String, select
from sqlalchemy.orm import Mapped, mapped_column

from core.product import decisions, feedback
from core.store.base import ID_LENGTH, Base, Scoped, Stamped
from core.store.database import Session

LEVELS = ("high", "low")


class Stakeholder(Stamped, Scoped, Base):
    __tablename__ = "stakeholders"
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    interest: Mapped[str] = mapped_column(String(8))
    influence: Mapped[str] = mapped_column(String(8))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
    )

    @property
    def approach(self) -> str:
        """What to do with them (the grid of Mendelow, 1991)."""
        return _APPROACH[self.influence, self.interest]


_APPROACH = {
    ("high", "high"): "work with closely",
    ("high", "low"): "keep satisfied",
    ("low", "high"): "keep informed",
    ("low", "low"): "watch",
}


def find(db: Session, product: str, person: str) -> Stakeholder | None:
    return db.get(Stakeholder, {"workspace_id": db.workspace, "product_id": product, "person_id": person})


def add(db: Session, product: str, person: str, interest: str | None, influence: str | None) -> bool:
    """Put somebody into the register, or change what is said of them; whether they are new. Unsaid is low."""
    found = find(db, product, person)
    if found is None:
        db.add(
            Stakeholder(product_id=product, person_id=person, interest=interest or "low", influence=influence or "low")
        )
    else:
        found.interest, found.influence = interest or found.interest, influence or found.influence
    db.flush()
    return found is None


def remove(db: Session, product: str, person: str) -> bool:
    """Take somebody out; False where they were not in."""
    found = find(db, product, person)
    if found is not None:
        db.delete(found)
        db.flush()
    return found is not None


def listed(db: Session, product: str) -> list[Stakeholder]:
    """Who matters most first: by influence, then interest."""
    rows = db.scalars(select(Stakeholder).where(Stakeholder.product_id == product))
    return sorted(rows, key=lambda one: (one.influence, one.interest, one.created_at, one.person_id))


def last_contact(db: Session, product: str, people: list[str]) -> dict[str, datetime]:
    """When each was last heard of here: feedback, a vote."""
    heard = feedback.last_words(db, product, people)
    for person, at in decisions.last_votes(db, people).items():
        heard[person] = max(at, heard.get(person, at))
    return heard


def concerns(db: Session, product: str, person: str) -> list[Row[*tuple[Any, ...]]]:
    """A stakeholder's open concerns, the newest first."""
    return feedback.concerns(db, product, person)
