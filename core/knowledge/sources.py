"""What is answered from: one declaration for each kind of thing whose words may answer a question.

    Source(Goal, "goal", ("text", "audience"), _goals)

`reads` are the columns that its passages are made of (a change of others, such as an order key, changes no passage);
`write` makes the passages of many rows at once, given as their remembered fields by id. `follows` names the source
whose title these passages carry, and the column that leads there: they are written anew when that title changes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.knowledge.pieces import pieces, sections
from core.product.audience import Audience
from core.product.documents import Document
from core.product.items import Comment, Criterion, Item
from core.product.people import Product
from core.product.questions import Question
from core.store.base import Tracked
from core.store.database import Session

Rows = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Written:
    """One passage as its source says it.

    source    the row it comes from; subject: what it is about (a comment's item), and where it is opened
    title     of the subject; path: headings or other words that say where in it ('Limits', 'what the product is for')
    author    who wrote it, where the row says so; else who changed it
    """

    source: str
    subject: str
    product: str
    audience: str
    title: str
    path: str
    text: str
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    model: type[Tracked]
    kind: str
    reads: tuple[str, ...]
    write: Callable[[Session, Rows], Iterator[Written]]
    follows: tuple[type[Tracked], str] | None = None

    @property
    def entity(self) -> str:
        name: str = self.model.__tablename__
        return name


def _items(_db: Session, rows: Rows) -> Iterator[Written]:
    for key, row in rows.items():
        told = [story_of(row), row["description"].strip()]
        text = "\n\n".join(part for part in told if part) or row["title"]
        for piece in pieces(text):
            yield Written(key, key, row["product_id"], Audience.TEAM, row["title"], "", piece)


def story_of(row: Mapping[str, Any]) -> str:
    """A user story in one sentence; '' where there is none."""
    said = (("as", row["persona"]), ("want", row["want"]), ("so that", row["benefit"]))
    parts: list[str] = [f"{word} {text.strip().rstrip('.')}" for word, text in said if text and text.strip()]
    sentence = ", ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _of_items(db: Session, rows: Rows, author: str | None) -> Iterator[Written]:
    """Criteria and comments: each by itself, below its item's title."""
    wanted = {row["item_id"] for row in rows.values()}
    items = {
        item.id: item for item in db.execute(select(Item.id, Item.product_id, Item.title).where(Item.id.in_(wanted)))
    }
    for key, row in rows.items():
        item = items.get(row["item_id"])
        if item is None:
            continue
        for piece in pieces(row["text"]):
            who = row[author] if author else None
            yield Written(key, item.id, item.product_id, Audience.TEAM, item.title, "", piece, who)


def _criteria(db: Session, rows: Rows) -> Iterator[Written]:
    return _of_items(db, rows, None)


def _comments(db: Session, rows: Rows) -> Iterator[Written]:
    return _of_items(db, rows, "author_id")


def _visions(_db: Session, rows: Rows) -> Iterator[Written]:
    for key, row in rows.items():
        for piece in pieces(row["vision"]):
            title, path = f"Vision of {row['name']}", "What the product is for: its purpose"
            yield Written(key, key, key, Audience.STAKEHOLDERS, title, path, piece)


def _documents(_db: Session, rows: Rows) -> Iterator[Written]:
    for key, row in rows.items():
        for section in sections(row["text"]):
            for piece in pieces(section.text):
                path = " › ".join(section.path)
                author = row["author_id"]
                yield Written(key, key, row["product_id"], row["audience"], row["title"], path, piece, author)


def _questions(_db: Session, rows: Rows) -> Iterator[Written]:
    """Answers, below the question they answer; what is not answered yet answers nothing."""
    for key, row in rows.items():
        if row["answered_at"] is None:
            continue
        subject, author = row["item_id"] or key, row["answered_by"]
        for piece in pieces(row["answer"]):
            yield Written(key, subject, row["product_id"], row["audience"], row["text"], "", piece, author)


SOURCES = (
    Source(
        Item,
        "item",
        ("title", "description", "persona", "want", "benefit"),
        _items,
    ),
    Source(Criterion, "criterion", ("text", "item_id"), _criteria, (Item, "item_id")),
    Source(Comment, "comment", ("text", "item_id"), _comments, (Item, "item_id")),
    Source(Product, "vision", ("vision", "name"), _visions),
    Source(Question, "question", ("answer", "answered_at", "answered_by", "text", "audience", "item_id"), _questions),
    Source(Document, "document", ("title", "text", "audience"), _documents),
)
BY_ENTITY = {source.entity: source for source in SOURCES}
