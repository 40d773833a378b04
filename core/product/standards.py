"""What a team holds itself to: its definition of ready (built-in rules, and lines of its own) and of done; and the
words that people are found by."""

from dataclasses import dataclass

from sqlalchemy import ForeignKeyConstraint, Index, String, bindparam, func, select
from sqlalchemy.orm import Mapped

from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session
from core.store.prepared import Prepared

READY, DONE, OFF = "ready", "done", "off"
LENGTH = 300
MOST = 30  # lines of one definition
TAGS = 10


class Standard(Stamped, Tracked):
    """A line of a definition, or the name of a built-in rule that is switched off."""

    __tablename__ = "standards"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    about: Mapped[str] = tracked(String(8))  # READY, DONE, OFF
    position: Mapped[int] = tracked()
    text: Mapped[str] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("ix_standards_product", "workspace_id", "product_id"),
    )


class Tags(Tracked):
    """The words that one person is found by in a product, such as marketing."""

    __tablename__ = "tags"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    words: Mapped[tuple[str, ...]] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("uq_tags_person", "workspace_id", "product_id", "person_id", unique=True),
    )


@dataclass(frozen=True, slots=True)
class Standards:
    """ready, done: the team's own lines in order, people count them from 1; off: rules that are not asked."""

    ready: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    off: frozenset[str] = frozenset()


_OF = Prepared(
    select(Standard.id, Standard.about, Standard.text)
    .where(Standard.product_id == bindparam("product"))
    .order_by(Standard.position, Standard.id)
)


def of(db: Session, product: str) -> Standards:
    rows = _OF.all(db, product=product)
    lines = {about: tuple(row.text for row in rows if row.about == about) for about in (READY, DONE)}
    return Standards(lines[READY], lines[DONE], frozenset(row.text for row in rows if row.about == OFF))


def add(db: Session, product: str, about: str, text: str) -> int:
    """Add a line at the end of a definition; its number, or that of the same line that stands there already."""
    known = [row.text for row in _OF.all(db, product=product) if row.about == about]
    if text in known:
        return known.index(text) + 1
    last = db.scalar(select(func.max(Standard.position)).where(Standard.product_id == product)) or 0
    db.add(Standard(id=new_id(), product_id=product, about=about, position=last + 1, text=text))
    db.flush()
    return len(known) + 1


def drop(db: Session, product: str, about: str, number: int) -> str | None:
    """Remove the line that people call number N, and say what it was; None where there is none."""
    rows = [row for row in _OF.all(db, product=product) if row.about == about]
    if not 1 <= number <= len(rows):
        return None
    db.delete(db.get_one(Standard, {"id": rows[number - 1].id, "workspace_id": db.workspace}))
    db.flush()
    return str(rows[number - 1].text)


def switch(db: Session, product: str, rule: str, *, on: bool) -> bool:
    """Ask a built-in rule, or ask it no more; False where that is so already."""
    row = db.scalar(
        select(Standard).where(Standard.product_id == product, Standard.about == OFF, Standard.text == rule)
    )
    if on is (row is None):
        return False
    if row is not None:
        db.delete(row)
        db.flush()
    else:
        add(db, product, OFF, rule)
    return True


def tags(db: Session, product: str) -> dict[str, tuple[str, ...]]:
    """Person -> the words that they are found by."""
    rows = db.execute(select(Tags.person_id, Tags.words).where(Tags.product_id == product))
    return {row.person_id: row.words for row in rows}


def tag(db: Session, product: str, person: str, words: tuple[str, ...]) -> None:
    """Let a person be found by these words, and by no others."""
    row = db.scalar(select(Tags).where(Tags.product_id == product, Tags.person_id == person))
    if row is None:
        row = Tags(id=new_id(), product_id=product, person_id=person, words=words)
        db.add(row)
    row.words = words
    db.flush()
