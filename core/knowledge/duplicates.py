"""What probably says the same as a new text, found while that is being written down.

    near = alike(db, product, ITEMS, ["Export invoices as CSV"])

Nobody waits for the index in memory there, which a process that has just begun must read first. Each word of the
items' titles, and of feedback, has a row of its own instead: in how many texts it stands, and in which last. The rows
of a text's words say which few others may be like it; the texts of these are read, and compared by how rare the words
are that both have (core.product.likeness). What shares but a few words, and is no longer among the last that have any
of them, is not found.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sqlalchemy import BigInteger, ForeignKeyConstraint, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from core.product import backlog, likeness
from core.product.feedback import SAID, Feedback
from core.product.items import Item
from core.product.people import Product
from core.store.base import ID_LENGTH, Base, Scoped
from core.store.bulk import chunks, gather_many, put_many
from core.store.database import Session
from core.store.history import Entry
from core.store.prepared import Prepared

COUNTED = ""  # a kind that is none: its row says that a product's words have been counted
EVERY = -1  # stands for a word that every text has: its count is theirs
LATEST = 400  # characters of numbers: of the latest 66 texts, where numbers have five digits
MOST_TERMS = 40  # of one text, the longest; feedback may be pages
RAREST = 6  # of a text's words, that candidates are found by
READ = 12  # texts that are read and compared with one


class Word(Scoped, Base):
    """A word of a product's items, or of its feedback.

    word    its stem, or those of several, as a number, which names nobody
    texts   how many have had it; what was changed or dropped since is still counted, as a weight need not be exact
    latest  the numbers of those that had it last, the newest first, each with a blank behind it
    """

    __tablename__ = "words"
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    word: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    texts: Mapped[int]
    latest: Mapped[str] = mapped_column(String(LATEST))
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is compared with its like: its entities, the column of their text, and what is read of a candidate."""

    model: Any
    text: str
    read: Prepared

    @property
    def entity(self) -> str:
        name: str = self.model.__tablename__
        return name


def _kind(model: Any, text: str, *more: Any) -> Kind:
    columns = (model.number, getattr(model, text).label("text"), *more)
    ours = model.product_id == bindparam("product")
    return Kind(
        model, text, Prepared(select(*columns).where(ours, model.number.in_(bindparam("numbers", expanding=True))))
    )


ITEMS = _kind(Item, "title", Item.status, Item.closed_at)
FEEDBACK = _kind(Feedback, "text", *(column for column in SAID if column.key not in ("number", "text")))
KINDS = (ITEMS, FEEDBACK)


def _number_of(stem: str) -> int:
    return crc32(stem.encode())


def _terms(text: str) -> list[str]:
    """What a text is found by: its stems, the longest first, and all of them together: the same words in any order
    are found however common each of them is."""
    found = sorted(likeness.terms(text), key=lambda term: (-len(term), term))[:MOST_TERMS]
    return [*found, " ".join(found)] if len(found) > 1 else found


# ---- following history ----


def follow(db: Session, entries: Sequence[Entry]) -> None:
    """Gather the words of what is new or says something else; heard with every batch of history."""
    begun = [e.entity_id for e in entries if e.entity == Product.__tablename__ and e.before is None and e.after]
    put_many(db, Word, [_counted(product) for product in begun])  # from their first word on
    for kind in KINDS:
        told = [e for e in entries if e.entity == kind.entity and e.after is not None and kind.text in e.after]
        made = [e.after for e in told if e.before is None and e.after is not None]
        changed = [e for e in told if e.before is not None]
        gathered = _Gathered()
        for row in made:
            gathered.take(row["product_id"], row["number"], _terms(row[kind.text]), new=True)
        where = _places(db, kind, [e.entity_id for e in changed])
        for entry in changed:
            fresh = set(_terms((entry.after or {})[kind.text])) - set(_terms((entry.before or {})[kind.text]))
            gathered.take(*where[entry.entity_id], sorted(fresh))
        gather_many(db, Word, gathered.rows(kind), total="texts", latest="latest")


def rebuild(db: Session, product: str) -> None:
    """Count all words of a product anew; nobody adds meanwhile."""
    backlog.lock(db, product)
    put_many(db, Word, [_counted(product)])
    for kind in KINDS:
        model, gathered = kind.model, _Gathered()
        columns = select(model.number, getattr(model, kind.text).label("text"))
        for row in db.execute(columns.where(model.product_id == product).order_by(model.number)):
            gathered.take(product, row.number, _terms(row.text), new=True)
        put_many(db, Word, gathered.rows(kind))


def _counted(product: str) -> dict[str, Any]:
    return {"product_id": product, "kind": COUNTED, "word": EVERY, "texts": 0, "latest": ""}


class _Gathered:
    """The words of some texts, by product and word: how many texts have one, and which, the newest last."""

    def __init__(self) -> None:
        self.texts: Counter[tuple[str, int]] = Counter()
        self.numbers: dict[tuple[str, int], list[int]] = {}

    def take(self, product: str, number: int, terms: Iterable[str], *, new: bool = False) -> None:
        for term in terms:
            key = product, _number_of(term)
            self.texts[key] += 1
            self.numbers.setdefault(key, []).append(number)
        if new:
            self.texts[product, EVERY] += 1

    def rows(self, kind: Kind) -> list[dict[str, Any]]:
        return [
            {
                "product_id": product,
                "kind": kind.entity,
                "word": word,
                "texts": texts,
                "latest": self._latest(product, word),
            }
            for (product, word), texts in self.texts.items()
        ]

    def _latest(self, product: str, word: int) -> str:
        numbers = self.numbers.get((product, word), ())
        return "".join(f"{number} " for number in reversed(numbers[-LATEST // 2 :]))[:LATEST]


def _places(db: Session, kind: Kind, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """The product and the number of each."""
    model = kind.model
    found: dict[str, tuple[str, int]] = {}
    for part in chunks(ids):
        for row in db.execute(select(model.id, model.product_id, model.number).where(model.id.in_(part))):
            found[row.id] = row.product_id, row.number
    return found


# ---- looking things up ----

_WORDS = Prepared(
    select(Word.word, Word.texts, Word.latest).where(
        Word.product_id == bindparam("product"),
        Word.kind == bindparam("kind"),
        Word.word.in_(bindparam("words", expanding=True)),
    )
)


def alike(
    db: Session,
    product: str,
    kind: Kind,
    texts: Sequence[str],
    *,
    least: float = likeness.LIKELY,
    most: int = 3,
    author: str = "",
    still_open: bool = False,
) -> list[list[Any]]:
    """For each text the rows (`number`, `text`, and what its kind has) that are like it, the likest first. In a
    transaction that has added the text itself it is not there yet.

    least   how alike they are (0 to 1)
    author  compare with what this person wrote down alone: then others' words weigh nothing either
    """
    terms = [_terms(text) for text in texts]
    known = _known(db, product, kind, {term for each in terms for term in each})
    seen = {} if author else {term: word.texts for term, word in known.items()}
    every = seen.get("", 0)
    chosen = [_candidates(each, known, every) for each in terms]
    numbers = sorted({number for each in chosen for number in each})
    rows = {row.number: row for part in chunks(numbers) for row in kind.read.all(db, product=product, numbers=part)}
    found = []
    for text, each in zip(texts, chosen, strict=True):
        others = {
            number: row.text
            for number in each
            if (row := rows.get(number)) and (not author or row.author_id == author)
            and not (still_open and row.closed_at)
        }  # fmt: skip
        near = likeness.alike(text, others, seen, every, least, most)
        found.append([rows[number] for number, _ in near])
    return found


def _known(db: Session, product: str, kind: Kind, terms: Iterable[str]) -> dict[str, Any]:
    """The rows of words by their stems; '' stands for all texts."""
    by_number = {_number_of(term): term for term in terms}
    if not by_number:
        return {}
    by_number[EVERY] = ""
    parts = chunks(by_number)
    rows = (row for part in parts for row in _WORDS.all(db, product=product, kind=kind.entity, words=part))
    return {by_number[row.word]: row for row in rows}


def _candidates(terms: Sequence[str], known: Mapping[str, Any], every: int) -> list[int]:
    """The numbers of the few texts that share the rarest words, and the most of them, as far as can be told without
    reading them."""
    there = sorted((known[term].texts, term) for term in terms if term in known)[:RAREST]
    weight = likeness.weights((term for _, term in there), {term: texts for texts, term in there}, every)
    shared: dict[str, float] = {}
    for _, term in there:
        for number in known[term].latest.rpartition(" ")[0].split():  # the last may be cut in two
            shared[number] = shared.get(number, 0.0) + weight[term]
    best = sorted(((score, int(number)) for number, score in shared.items()), reverse=True)
    return [number for _, number in best[:READ]]
