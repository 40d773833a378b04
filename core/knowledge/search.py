"""Finding passages: words and meaning in one score, over what the asker may read.

    found = search(db, product, call.audience, "Does the export include archived projects?")

Terms and vectors are compared in memory (core.knowledge.index); the texts of the best are then read from the database.
What a question names before a colon or in quotes, a document or an item, is where its answer is looked for first;
there, what stands under a heading that shares no word with the question comes after what does not.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from core.knowledge import model as models
from core.knowledge import terms
from core.knowledge.comparing import Asked, best_rows, compare
from core.knowledge.passages import Passage
from core.knowledge.signals import Signals, signals
from core.product.audience import Audience
from core.store.database import Session
from core.store.prepared import Prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.knowledge.index import Index, Shelf

MOST = 50  # passages whose texts are read for one search
LONGEST_NAME = 16  # words of a title that a question names


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    score    what it is ordered by; share: how much of the question's words it holds, by weight (0 to about 1)
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
    share: float
    cosine: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first; what each term of the question weighs among the `count` passages that the asker may read."""

    hits: tuple[Hit, ...] = ()
    weights: Mapping[int, float] = field(default_factory=dict)
    count: int = 0
    signals: Signals = field(default_factory=Signals)


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
    judged: bool = False,
) -> Found:
    """The best passages for a text among those that this audience may read.

    kinds    what they may be ('item', 'criterion' …); all where nothing is said
    about    the subject that the question is asked about, as if it had been named
    meaning  False compares words alone, which is fast enough to be done by the way
    judged   also say what the confidence of an answer is made of
    """
    model = models.of(db.memory)
    index = shelf(db).of(db, product)
    with index.lock:
        index.refresh(db, product, model.mark if model else "")
        index = index.snapshot()
    model = model if meaning else None
    allowed = index.readable(audience.reads)
    if kinds:
        allowed &= index.of_kinds(kinds)
    asked = read_question(text, index, allowed)
    compared = compare(index, asked, allowed, about, model)
    rows = best_rows(compared.scores, min(count, MOST))
    hits = _read(db, audience, {index.ids[row]: compared.of(row) for row in rows})
    named = {hit.id: hit.title for hit in hits}
    titles = {row: named[key] for row in rows if (key := index.ids[row]) in named}
    said = signals(index, asked, compared, rows, titles, model) if judged else Signals()
    words = compared.words
    weights = {term: words.idf[term] for term in asked.rest_terms if term in words.idf}
    return Found(hits, weights, words.count, said)


def shelf(db: Session) -> "Shelf":
    from core.knowledge.index import Shelf  # numpy takes a tenth of a second, which most commands need not pay

    found: Shelf = db.memory.setdefault("shelf", Shelf())
    return found


# ---- what a question names ----

_QUOTED = re.compile(r"[“\"„«]([^“”\"„«»]{2,200})[”\"“»]")


def read_question(text: str, index: "Index", allowed: "NDArray[Any]") -> Asked:
    """'Export notes: which separator?' and 'Which separator, by “Export notes”?', where something that the asker may
    read is so called."""
    for name, rest in _names(text):
        if len(terms.words(name)) > LONGEST_NAME or not terms.words(rest):
            continue
        number = terms.name_of(name)
        if number in index.titles and bool((index.named(number, None) & allowed).any()):
            return Asked(text, rest, number)
    return Asked(text, text)


def _names(text: str) -> Iterator[tuple[str, str]]:
    """What may be a name, and the question without it; the longest first."""
    for colon in sorted((found.start() for found in re.finditer(r":\s", text)), reverse=True):
        yield text[:colon], text[colon + 1 :].strip()
    for quoted in _QUOTED.finditer(text):
        yield quoted[1], f"{text[: quoted.start()]} {text[quoted.end() :]}".strip()


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


def _read(db: Session, audience: Audience, scored: Mapping[str, tuple[float, float, float | None]]) -> tuple[Hit, ...]:
    """The texts of what was found, narrowed once more, since memory may be ahead of this transaction."""
    if not scored:
        return ()
    rows = {row.id: row for row in _READ.all(db, ids=list(scored), reads=[one.value for one in audience.reads])}
    found = [(*rows[key], *scores) for key, scores in scored.items() if key in rows]
    return tuple(Hit(*one) for one in found)
