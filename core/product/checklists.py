"""Which message carries a product's checklist after its set-up, so that it is kept up to date in its place."""

from sqlalchemy import ForeignKeyConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from core.store.base import ID_LENGTH, Base, Scoped
from core.store.database import Session


class Checklist(Scoped, Base):
    """Not remembered: it says nothing of its own.

    message  the key under which it left through the outbox
    shown    a digest of what it says now
    closed   whether all is done, or somebody has hidden it
    """

    __tablename__ = "checklists"
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    message: Mapped[str]
    shown: Mapped[str]
    closed: Mapped[bool]
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),)


def of(db: Session, product: str) -> Checklist | None:
    return db.scalar(select(Checklist).where(Checklist.product_id == product))
