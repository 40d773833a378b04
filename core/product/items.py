"""The rows of a backlog: items and the comments on them."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.base import ID_LENGTH, Base, Scoped, Stamped, Tracked, tracked
from core.store.database import Session

TITLE_LENGTH = 255
DRAFT_KEPT = timedelta(days=30)
TYPES = ("story", "bug", "task", "spike", "epic")
OPEN = ("new", "ready", "doing", "review")
CLOSED = ("done", "accepted", "dropped")
STATUSES = (*OPEN, *CLOSED)

# bytes decide the order, whatever the database's own collation is
_Rank = Text().with_variant(Text(collation="C"), "postgresql")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Item(Stamped, Tracked):
    """One item. `closed_at` is set while its status is one of CLOSED. `source` and the external words are those of the
    tool it was imported from."""

    __tablename__ = "items"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    rank: Mapped[str] = tracked(_Rank)
    title: Mapped[str] = tracked()
    description: Mapped[str] = tracked()
    type: Mapped[str] = tracked(String(16))
    status: Mapped[str] = tracked(String(16))
    points: Mapped[float | None] = tracked()
    value: Mapped[float | None] = tracked()
    persona: Mapped[str] = tracked(default="")  # the user story: as …
    want: Mapped[str] = tracked(default="")
    benefit: Mapped[str] = tracked(default="")  # so that …
    due: Mapped[date | None] = tracked()
    epic_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    reach: Mapped[float | None] = tracked()
    impact: Mapped[float | None] = tracked()
    confidence: Mapped[float | None] = tracked()  # percent
    effort: Mapped[float | None] = tracked()
    urgency: Mapped[float | None] = tracked()
    risk: Mapped[float | None] = tracked()
    labels: Mapped[tuple[str, ...]] = tracked()
    assignee_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    link: Mapped[str] = tracked()
    closed_at: Mapped[datetime | None] = tracked()
    source: Mapped[str | None] = tracked(String(32))
    external_id: Mapped[str | None] = tracked()
    external_key: Mapped[str | None] = tracked()
    external: Mapped[str | None] = tracked()  # JSON of what the source said and we have no field for
    imported_at: Mapped[datetime | None] = tracked()
    said: Mapped[str | None] = tracked()  # JSON: field -> digest of what the source said last
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "assignee_id"], ["people.workspace_id", "people.id"]),
        ForeignKeyConstraint(["workspace_id", "epic_id"], ["items.workspace_id", "items.id"]),
        Index("ix_items_epic", "epic_id", **_where("epic_id IS NOT NULL")),
        Index("uq_items_number", "product_id", "number", unique=True),
        Index("uq_items_rank", "product_id", "rank", unique=True),
        Index("ix_items_open", "product_id", "rank", **_where("closed_at IS NULL")),
        Index(
            "ix_items_assigned", "product_id", "assignee_id", **_where("closed_at IS NULL AND assignee_id IS NOT NULL")
        ),
        Index("ix_items_closed", "product_id", "closed_at", **_where("closed_at IS NOT NULL")),
        Index("ix_items_done", "product_id", "closed_at", **_where("status = 'done'")),
        Index("uq_items_external", "product_id", "source", "external_id", unique=True, **_where("source IS NOT NULL")),
        Index("ix_items_external_key", "product_id", "external_key", **_where("external_key IS NOT NULL")),
    )


class Comment(Stamped, Tracked):
    __tablename__ = "comments"
    item_id: Mapped[str] = tracked(String(ID_LENGTH))
    author_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    text: Mapped[str] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        ForeignKeyConstraint(["workspace_id", "author_id"], ["people.workspace_id", "people.id"]),
        Index("ix_comments_item", "workspace_id", "item_id"),
    )

    def subject(self) -> str:
        return self.item_id


class Criterion(Stamped, Tracked):
    """An acceptance criterion; `position` orders those of one item."""

    __tablename__ = "criteria"
    item_id: Mapped[str] = tracked(String(ID_LENGTH))
    position: Mapped[int] = tracked()
    text: Mapped[str] = tracked()
    checked: Mapped[bool] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        Index("ix_criteria_item", "workspace_id", "item_id"),
    )

    def subject(self) -> str:
        return self.item_id


class Block(Stamped, Tracked):
    """One item waits for another."""

    __tablename__ = "blocks"
    item_id: Mapped[str] = tracked(String(ID_LENGTH))
    on_id: Mapped[str] = tracked(String(ID_LENGTH))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        ForeignKeyConstraint(["workspace_id", "on_id"], ["items.workspace_id", "items.id"]),
        Index("uq_blocks_pair", "workspace_id", "item_id", "on_id", unique=True),
        Index("ix_blocks_on", "workspace_id", "on_id"),
    )

    def subject(self) -> str:
        return self.item_id


class Draft(Stamped, Scoped, Base):
    """Lines that were shown before they are added. `added` names what came of them, so that twice is once."""

    __tablename__ = "drafts"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    text: Mapped[str]
    added: Mapped[str]
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("ix_drafts_created_at", "created_at"),
    )


def prune_drafts(db: Session) -> int:
    """Forget drafts that nobody came back to, of the workspace entered; the number of them."""
    old = list(db.scalars(select(Draft).where(Draft.created_at < db.now - DRAFT_KEPT).limit(1000)))
    for draft in old:
        db.delete(draft)
    return len(old)
