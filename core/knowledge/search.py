"""Finding passages: words and meaning in one score, over what the asker may read.

    found = search(db, product, call.audience, "Does the export include archived projects?")

The terms of BM25 and the vectors of the embedding model are compared in memory (core.knowledge.index); the texts of the
best are then read from the database.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from core.knowledge import terms
from core.knowledge.passages import Passage
from core.product.audience import Audience
from core.store.database import Session
from core.store.prepared import Prepared

if TYPE_CHECKING:
    from core.knowledge.index import Shelf

Scores = tuple[float, float, float | None]
"""A hit's score, lexical share and cosine."""

MOST = 50  # passages whose texts are read for one search


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    score    what it is ordered by; lexical: the share of the question's words that it holds, by weight (0 to about 1)
    cosine   how near its meaning is (0 to 1), None where meaning was not compared
    """

    id: str
    kind: str
    source: str
    subject: str
    title: str
    path: str
    text: str
    at: datetime
    author: str | None
    score: float
    lexical: float
    cosine: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first; what each term of the question weighs among what the asker may read, which are `count`."""

    hits: tuple[Hit, ...] = ()
    weights: dict[int, float] = field(default_factory=dict)
    count: int = 0


def search(
    db: Session,
    product: str,
    audience: Audience,
    text: str,
    count: int = 10,
    *,
    kinds: Collection[str] = (),
    about: str | None = None,
    meaning: bool = True,
) -> Found:
    """The best passages for a text among those that this audience may read.

    kinds    what they may be ('item', 'criterion' …); all where nothing is said
    about    the subject that the question is asked about: its own passages come first where they are as good
    meaning  False compares words alone, which is fast enough to be done by the way
    """
    asked = list(dict.fromkeys(term for word in terms.words(text) for term in terms.terms_of(word)))
    index = shelf(db).of(db, product)
    with index.lock:
        index.refresh(db, product, "")
        allowed = index.readable(audience.reads)
        if kinds:
            allowed &= index.of_kinds(kinds)
        found = index.lexical(asked, allowed)
        best = _best(found.scores, min(count, MOST))
        whole = sum(found.idf.values()) or 1.0
        scored: dict[str, Scores] = {}
        for row in best:
            share = float(found.scores[row]) / whole
            scored[index.ids[row]] = (share, share, None)
    return Found(_read(db, audience, scored), found.idf, found.count)


def shelf(db: Session) -> "Shelf":
    from core.knowledge.index import Shelf  # numpy takes a tenth of a second, which most commands need not pay

    found: Shelf = db.memory.setdefault("shelf", Shelf())
    return found


def _best(scores: Any, count: int) -> list[int]:
    """The rows of the highest scores above 0, the highest first."""
    import numpy as np

    rows = np.argpartition(-scores, count)[:count] if len(scores) > count else np.arange(len(scores))
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    return [int(row) for row in rows if scores[row] > 0]


_READ = Prepared(
    select(
        Passage.id, Passage.kind, Passage.source_id, Passage.subject_id, Passage.title, Passage.path, Passage.text,
        Passage.at, Passage.author_id,
    ).where(
        Passage.id.in_(bindparam("ids", expanding=True)),
        Passage.audience.in_(bindparam("reads", expanding=True)),
        Passage.gone.is_(False),
    )
)  # fmt: skip


def _read(db: Session, audience: Audience, scored: Mapping[str, Scores]) -> tuple[Hit, ...]:
    """The texts of what was found, narrowed once more, since memory may be ahead of this transaction."""
    if not scored:
        return ()
    rows = {row.id: row for row in _READ.all(db, ids=list(scored), reads=[one.value for one in audience.reads])}
    found = [(*rows[key], *scores) for key, scores in scored.items() if key in rows]
    return tuple(Hit(*one) for one in found)
