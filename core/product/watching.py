"""What people want to hear of, and what not: wishes only. Whoever delivers asks here first."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from core.store.base import ID_LENGTH, Base, Scoped, Stamped
from core.store.database import Session

ALL = "all"
OFTEN = "often"  # half as often, rather than not at all
KINDS = (
    "watch", "mention", "assignment", "blocker", "answer", "digest", "reminder", "feedback", "decision", "review",
    "metric",
)  # fmt: skip
"""The kinds of unasked messages that can be muted, each by itself."""


class Watch(Stamped, Scoped, Base):
    """Somebody follows a thing by its name ('APP-12', 'R-1', 'G-1'), or the whole product ('all')."""

    __tablename__ = "watches"
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    thing: Mapped[str] = mapped_column(String(40), primary_key=True)
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("ix_watches_thing", "product_id", "thing"),
    )


class Mute(Stamped, Scoped, Base):
    """Somebody does not want to hear of a kind, a thing or anything, until then."""

    __tablename__ = "mutes"
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    what: Mapped[str] = mapped_column(String(40), primary_key=True)
    until: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
    )


def _key(db: Session, product: str, person: str, **more: str) -> dict[str, str]:
    return {"workspace_id": db.workspace, "product_id": product, "person_id": person, **more}


def watch(db: Session, product: str, person: str, thing: str) -> bool:
    """Follow a thing; False where it is followed already."""
    if db.get(Watch, _key(db, product, person, thing=thing)) is not None:
        return False
    db.add(Watch(product_id=product, person_id=person, thing=thing))
    db.flush()
    return True


def unwatch(db: Session, product: str, person: str, thing: str) -> bool:
    """Follow it no longer; False where it was not followed."""
    found = db.get(Watch, _key(db, product, person, thing=thing))
    if found is not None:
        db.delete(found)
        db.flush()
    return found is not None


def watched(db: Session, product: str, person: str) -> list[str]:
    """What somebody follows, by name."""
    wanted = select(Watch.thing).where(Watch.product_id == product, Watch.person_id == person)
    return list(db.scalars(wanted.order_by(Watch.created_at, Watch.thing)))


def watchers(db: Session, product: str, things: Sequence[str]) -> dict[str, list[str]]:
    """Who follows these things, or the whole product: people by thing. Whether each may still read it, and has muted
    it, is for the caller to ask."""
    rows = db.execute(
        select(Watch.thing, Watch.person_id)
        .where(Watch.product_id == product, Watch.thing.in_([*things, ALL]))
        .order_by(Watch.thing, Watch.person_id)
    ).all()
    everything = [row.person_id for row in rows if row.thing == ALL]
    found = {thing: [row.person_id for row in rows if row.thing == thing] for thing in things}
    return {thing: sorted({*people, *everything}) for thing, people in found.items()}


def mute(db: Session, product: str, person: str, what: str, until: datetime | None) -> None:
    """Be spared something: 'all', a kind of KINDS, a thing's name, or OFTEN."""
    found = db.get(Mute, _key(db, product, person, what=what))
    if found is None:
        db.add(Mute(product_id=product, person_id=person, what=what, until=until))
    else:
        found.until = until
    db.flush()


def unmute(db: Session, product: str, person: str, what: str | None = None) -> list[str]:
    """Hear of it again: of `what`, or of everything; what was muted."""
    wanted = select(Mute).where(Mute.product_id == product, Mute.person_id == person)
    if what is not None:
        wanted = wanted.where(Mute.what == what)
    rows = list(db.scalars(wanted.order_by(Mute.what)))
    for row in rows:
        db.delete(row)
    db.flush()
    return [row.what for row in rows]


def muted(db: Session, product: str, person: str, at: datetime) -> dict[str, datetime | None]:
    """What somebody is spared at an instant, and until when (None: until they say so)."""
    rows = db.execute(
        select(Mute.what, Mute.until).where(Mute.product_id == product, Mute.person_id == person).order_by(Mute.what)
    )
    return {row.what: row.until for row in rows if row.until is None or at < row.until}


def spared(db: Session, product: str, person: str, kind: str, thing: str | None, at: datetime) -> bool:
    """Whether a message of a kind, about a thing, is to be kept from somebody."""
    return not {ALL, kind, thing}.isdisjoint(muted(db, product, person, at))


def less_often(db: Session, product: str, person: str, at: datetime) -> bool:
    """Whether somebody wants what is regular half as often."""
    return OFTEN in muted(db, product, person, at)
