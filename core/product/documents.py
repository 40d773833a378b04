"""Documents: specifications and notes in Markdown that a product's questions are answered from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Row, String, bindparam, func, select
from sqlalchemy.orm import Mapped

from core.product.audience import Audience
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session
from core.store.prepared import Prepared

TITLE_LENGTH = 120
LENGTH = 400_000  # characters of a document: a long specification


class Document(Stamped, Tracked):
    """A text by its title, of which a product has one each. `audience`: whom it is written for."""

    __tablename__ = "documents"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    title: Mapped[str] = tracked()
    text: Mapped[str] = tracked()
    audience: Mapped[str] = tracked(String(16))
    author_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "author_id"], ["people.workspace_id", "people.id"]),
        Index("ix_documents_product", "workspace_id", "product_id"),
    )


def find(db: Session, product: str, title: str, reads: Sequence[Audience]) -> Document | None:
    """The document of this title, in whatever letters it is typed, among those that may be read."""
    return db.scalar(
        select(Document).where(
            Document.product_id == product, func.lower(Document.title) == title.lower(), Document.audience.in_(reads)
        )
    )


def keep(db: Session, product: str, title: str, text: str, audience: Audience | None, author: str) -> Document:
    """Keep a document; one of the same title gets the new text, and stays for whom it was unless said otherwise."""
    found = find(db, product, title, tuple(Audience))
    if found is None:
        found = Document(id=new_id(), product_id=product, title=title, audience=(audience or Audience.TEAM).value)
        db.add(found)
    found.text, found.author_id = text, author
    if audience is not None:
        found.audience = audience.value
    db.flush()
    return found


_LISTED = Prepared(
    select(Document.title, Document.audience, Document.updated_at, Document.author_id, func.length(Document.text))
    .where(Document.product_id == bindparam("product"), Document.audience.in_(bindparam("reads", expanding=True)))
    .order_by(func.lower(Document.title))
)


def listed(db: Session, product: str, reads: Sequence[Audience]) -> list[Row[Any]]:
    """Title, audience, day of the last change, author and length of the documents that may be read, by title."""
    return list(_LISTED.all(db, product=product, reads=[audience.value for audience in reads]))
