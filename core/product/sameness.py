"""One person who is met on several platforms: joined by a code that one platform gives and another is told.

Who speaks on both holds both accounts, which is more than a name or an address proves.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKeyConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from core.product.people import Person, Role, RoleRow
from core.product.workspaces import outdate
from core.store.base import ID_LENGTH, Base, Scoped
from core.store.database import Session
from core.store.merging import become

GOOD_FOR = timedelta(minutes=15)
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read for another
_LENGTH = 8


class SameCode(Scoped, Base):
    """A code that was given to a person, as its hash; used once."""

    __tablename__ = "same_codes"
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    until: Mapped[datetime]
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),)


def offer(db: Session, person: str) -> str:
    """A new code for a person; the ones before are good no longer."""
    for old in db.scalars(select(SameCode)):
        if old.person_id == person or old.until <= db.now:
            db.delete(old)
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    db.add(SameCode(code=_hashed(code), person_id=person, until=db.now + GOOD_FOR))
    db.flush()
    return f"{code[:4]}-{code[4:]}"


def redeem(db: Session, code: str) -> str | None:
    """Whose code it is; None where it is nobody's, or over. A code that is told is used up."""
    row = db.scalar(select(SameCode).where(SameCode.code == _hashed(code)))
    if row is None or row.until <= db.now:
        return None
    db.delete(row)
    db.flush()
    return row.person_id


def merge(db: Session, gone: str, stays: str) -> None:
    """Two persons are one: roles, work and history of the first are the second's."""
    outdate(db)  # first, since it locks
    row = db.get_one(Person, {"workspace_id": db.workspace, "id": gone})
    become(db, gone, stays)
    db.delete(row)
    _tidy_roles(db, stays)
    db.flush()


def _tidy_roles(db: Session, person: str) -> None:
    """Each role of a product once, the longer one; who leads a product is no plain member of it besides."""
    held: dict[tuple[str | None, str], RoleRow] = {}
    for row in list(db.scalars(select(RoleRow).where(RoleRow.person_id == person).order_by(RoleRow.id))):
        known = held.get((row.product_id, row.role))
        if known is None:
            held[row.product_id, row.role] = row
            continue
        longer, shorter = (row, known) if _ends_later(row, known) else (known, row)
        held[row.product_id, row.role] = longer
        db.delete(shorter)
    for (product, role), row in held.items():
        if role == Role.VIEWER.value and any(other == product and more != role for other, more in held):
            db.delete(row)


def _ends_later(one: RoleRow, other: RoleRow) -> bool:
    return other.until is not None and (one.until is None or one.until > other.until)


def _hashed(code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
