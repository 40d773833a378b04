"""What another tool's words for a status mean here: settled once a product, and corrected by whoever knows better."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Row, String, select
from sqlalchemy.orm import Mapped

from core.product.items import CLOSED, Item
from core.product.merging import digest
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.bulk import update_many
from core.store.database import Session

MOST = 200  # words of one product


class StatusWord(Stamped, Tracked):
    __tablename__ = "status_words"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    word: Mapped[str] = tracked()  # as the tool writes it
    folded: Mapped[str] = tracked()  # as it is compared
    status: Mapped[str] = tracked(String(16))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("uq_status_words_word", "product_id", "folded", unique=True),
    )


def fold(word: str) -> str:
    """A word as it is compared: without case and repeated space."""
    return " ".join(word.split()).casefold()


def meanings(db: Session, product: str) -> dict[str, str]:
    """Folded word -> our status."""
    rows = db.execute(select(StatusWord.folded, StatusWord.status).where(StatusWord.product_id == product))
    return {row.folded: row.status for row in rows}


def listed(db: Session, product: str) -> list[Row[*tuple[Any, ...]]]:
    """Every word as it was written, with its status."""
    return list(
        db.execute(
            select(StatusWord.word, StatusWord.folded, StatusWord.status)
            .where(StatusWord.product_id == product)
            .order_by(StatusWord.folded)
        )
    )


def settle(db: Session, product: str, words: Mapping[str, str], *, anew: bool = False) -> None:
    """Remember what words mean; what is settled stays, unless `anew`."""
    known = {row.folded: row for row in db.scalars(select(StatusWord).where(StatusWord.product_id == product))}
    for word, status in words.items():
        row = known.get(fold(word))
        if row is None and len(known) < MOST:
            row = StatusWord(id=new_id(), product_id=product, word=word, folded=fold(word), status=status)
            known[row.folded] = row
            db.add(row)
        elif row is not None and anew:
            row.status = status
    db.flush()


def correct(db: Session, product: str, word: str, status: str, at: datetime) -> int:
    """Let a word mean something else from now on, and for the items that came with it, where people have not moved
    them since; how many were."""
    settle(db, product, {word: status}, anew=True)
    rows = db.execute(
        select(Item.id, Item.status, Item.closed_at, Item.external, Item.said).where(
            Item.product_id == product, Item.source.is_not(None), Item.external.is_not(None), Item.status != status
        )
    )
    changes = []
    for row in rows:
        if fold(json.loads(row.external).get("status", "")) != fold(word):
            continue
        said: dict[str, str] = json.loads(row.said or "{}")
        if said.get("status") not in (None, digest(row.status)):
            continue
        closed = (row.closed_at or at) if status in CLOSED else None
        after = {"status": status, "closed_at": closed}
        after["said"] = json.dumps({**said, "status": digest(status), "closed_at": digest(closed)})
        changes.append((row.id, {name: getattr(row, name) for name in after}, after))
    update_many(db, Item, changes)
    return len(changes)
