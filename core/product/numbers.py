"""Numbers of what is called by a letter and a number: G-1, R-2, D-3. Each kind counts by itself in each product."""

from sqlalchemy import ForeignKeyConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from core.store.base import ID_LENGTH, Base, Scoped
from core.store.database import Session

GOAL, ROADMAP, FEEDBACK, DECISION, QUESTION, BLOCKER = "G", "R", "F", "D", "Q", "B"


class Counter(Scoped, Base):
    """The last number given to a kind of thing. Not remembered: an undone number is not given again."""

    __tablename__ = "counters"
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    letter: Mapped[str] = mapped_column(String(1), primary_key=True)
    last: Mapped[int]
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),)


def next_number(db: Session, product: str, letter: str) -> int:
    """The next number of a kind; gaps are allowed. Two who come first at the same moment collide on the primary key,
    and dispatch begins the second one again."""
    counter = db.scalar(
        select(Counter).where(Counter.product_id == product, Counter.letter == letter).with_for_update()
    )
    if counter is None:
        counter = Counter(product_id=product, letter=letter, last=0)
        db.add(counter)
    counter.last += 1
    db.flush()
    return counter.last
