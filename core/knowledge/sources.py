"""What is answered from: one declaration for each kind of thing whose words may answer a question.

    Source(Goal, "goal", ("text", "audience"), _goals)

`reads` are the columns that its passages are made of (a change of others, such as an order key, changes no passage);
`write` makes the passages of many rows at once, given as their remembered fields by id. `follows` names the source
whose title and audience these passages carry, and the column that leads there: they are written anew when either
changes. `named` is the column of a title; `retires` that of a row whose place this one takes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.knowledge.pieces import pieces, sections
from core.product.audience import Audience
from core.product.decisions import Decision
from core.product.documents import Document
from core.product.goals import Goal, Result
from core.product.items import Comment, Criterion, Item
from core.product.people import Product
from core.product.questions import Question
from core.product.roadmap import Entry, Milestone, Move
from core.product.strategy import Price, Stage
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
    named: str = "title"
    retires: str = ""

    @property
    def entity(self) -> str:
        name: str = self.model.__tablename__
        return name


def _items(_db: Session, rows: Rows) -> Iterator[Written]:
    for key, row in rows.items():
        told = [story_of(row), (row["description"] or "").strip()]
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
        for piece in pieces(row["vision"] or ""):
            title, path = f"Vision of {row['name']}", "What the product is for: its purpose, why we build it"
            yield Written(key, key, key, Audience.STAKEHOLDERS, title, path, piece)
        for piece in pieces(row["strategy"] or ""):
            title, path = f"Strategy of {row['name']}", "The way to get there: the plan"
            yield Written(key, key, key, Audience.TEAM, title, path, piece)


def _documents(_db: Session, rows: Rows) -> Iterator[Written]:
    for key, row in rows.items():
        for section in sections(row["text"]):
            for piece in pieces(section.text):
                path = " › ".join(section.path)
                author = row["author_id"]
                yield Written(key, key, row["product_id"], row["audience"], row["title"], path, piece, author)


def _questions(db: Session, rows: Rows) -> Iterator[Written]:
    """Answers, below the question they answer and the item that it is about, which whoever asks next may name instead
    of 'it'; what is not answered yet answers nothing."""
    wanted = {row["item_id"] for row in rows.values() if row["item_id"]}
    titles = {item.id: item.title for item in db.execute(select(Item.id, Item.title).where(Item.id.in_(wanted)))}
    for key, row in rows.items():
        if row["answered_at"] is None:
            continue
        subject, author = row["item_id"] or key, row["answered_by"]
        for piece in pieces(row["answer"]):
            about = titles.get(row["item_id"] or "")
            title = f"{about}: {row['text']}" if about else row["text"]
            yield Written(key, subject, row["product_id"], row["audience"], title, "", piece, author)


def _goals(_db: Session, rows: Rows) -> Iterator[Written]:
    for key, row in rows.items():
        said = [f"Goal: {row['text']}", f"Due {row['due']:%Y-%m-%d}." if row["due"] else "", _closed(row)]
        text = " ".join(part for part in said if part)
        yield Written(key, key, row["product_id"], row["audience"], row["text"], "", text)


def _closed(row: Mapping[str, Any]) -> str:
    return f"Closed because {row['because']}." if row["closed_at"] and row["because"] else ""


def _results(db: Session, rows: Rows) -> Iterator[Written]:
    for key, row, goal in _below(db, rows, Goal, "goal_id"):
        value = f", now {row['value']:g}" if row["value"] is not None else ""
        text = f"{row['text']}: from {row['start']:g} to {row['target']:g}{value}"
        yield Written(key, goal.id, goal.product_id, goal.audience, goal.text, "", text)
        if row["note"]:  # a note is the team's own words, whoever reads the goal
            yield Written(key, goal.id, goal.product_id, Audience.TEAM, goal.text, "", f"{row['text']}: {row['note']}")


def _entries(_db: Session, rows: Rows) -> Iterator[Written]:
    for key, row in rows.items():
        days = " to ".join(f"{day:%Y-%m-%d}" for day in (row["starts"], row["ends"]) if day)
        when = f"{row['horizon']}{f', {days}' if days else ''}, {row['status']}"
        text = f"{row['title']} is planned on the roadmap: {when}"
        if row["status"] == "dropped":
            text = f"{row['title']} was dropped from the roadmap"
        yield Written(key, key, row["product_id"], row["audience"], row["title"], "", text)


def _moves(db: Session, rows: Rows) -> Iterator[Written]:
    for key, row, entry in _below(db, rows, Entry, "entry_id"):
        if row["because"]:
            text = f"{row['was']} became {row['becomes']}, because {row['because']}"
            # the reason is the team's own words, whoever reads the entry
            yield Written(key, entry.id, entry.product_id, Audience.TEAM, entry.title, "", text)


def _milestones(db: Session, rows: Rows) -> Iterator[Written]:
    for key, row, entry in _below(db, rows, Entry, "entry_id"):
        text = f"{row['text']}, {row['day']:%Y-%m-%d}"
        yield Written(key, entry.id, entry.product_id, entry.audience, entry.title, "", text)


def _below(db: Session, rows: Rows, model: Any, column: str) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Each row with what it belongs to, whose title and audience its passages carry."""
    wanted = {row[column] for row in rows.values()}
    above = {one.id: one for one in db.scalars(select(model).where(model.id.in_(wanted)))}
    for key, row in rows.items():
        if row[column] in above:
            yield key, row, above[row[column]]


def _decisions(db: Session, rows: Rows) -> Iterator[Written]:
    """What was decided and why; an open decision says nothing yet, and one whose place was taken nothing any more."""
    retired = set(db.scalars(select(Decision.replaces_id).where(Decision.replaces_id.in_(list(rows)))))
    for key, row in rows.items():
        if row["closed_at"] is not None and row["choice"] and key not in retired:
            because = f", because {row['because']}" if row["because"] else ""
            text = f"{row['choice'].rstrip('.')}{because}"
            author = row["closed_by_id"]
            yield Written(key, key, row["product_id"], row["audience"], row["question"], "", text, author)


def _prices(_db: Session, rows: Rows) -> Iterator[Written]:
    for key, row in rows.items():
        per = f" per {row['per']}" if row["per"] else ""
        text = f"{row['plan']} costs {row['amount']:g} {row['currency']}{per} from {row['starts']:%Y-%m-%d}"
        text += f", because {row['because']}" if row["because"] else ""
        title = f"Price of the plan {row['plan']}"
        yield Written(key, key, row["product_id"], Audience.TEAM, title, "", text)


def _stages(_db: Session, rows: Rows) -> Iterator[Written]:
    for key, row in rows.items():
        text = f"In {row['stage']} since {row['starts']:%Y-%m-%d}, because {row['because']}"
        yield Written(key, key, row["product_id"], Audience.TEAM, "Stage of the product's life", "", text)


SOURCES = (
    Source(
        Item,
        "item",
        ("title", "description", "persona", "want", "benefit"),
        _items,
    ),
    Source(Criterion, "criterion", ("text", "item_id"), _criteria, (Item, "item_id")),
    Source(Comment, "comment", ("text", "item_id"), _comments, (Item, "item_id")),
    Source(Product, "vision", ("vision", "strategy", "name"), _visions),
    Source(
        Question,
        "question",
        ("answer", "answered_at", "answered_by", "text", "audience", "item_id"),
        _questions,
        (Item, "item_id"),
    ),
    Source(Goal, "goal", ("text", "due", "audience", "closed_at", "because"), _goals, named="text"),
    Source(Result, "result", ("text", "start", "target", "value", "note", "goal_id"), _results, (Goal, "goal_id")),
    Source(Entry, "roadmap", ("title", "horizon", "starts", "ends", "audience", "status"), _entries),
    Source(Move, "move", ("was", "becomes", "because", "entry_id"), _moves, (Entry, "entry_id")),
    Source(Milestone, "milestone", ("text", "day", "entry_id"), _milestones, (Entry, "entry_id")),
    Source(
        Decision,
        "decision",
        ("question", "choice", "because", "audience", "closed_at", "closed_by_id"),
        _decisions,
        named="question",
        retires="replaces_id",
    ),
    Source(Price, "price", ("plan", "amount", "currency", "per", "starts", "because"), _prices),
    Source(Stage, "stage", ("stage", "starts", "because"), _stages),
    Source(Document, "document", ("title", "text", "audience"), _documents),
)
BY_ENTITY = {source.entity: source for source in SOURCES}
