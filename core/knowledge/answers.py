"""An answer from the record: the one or two sentences that say it, their source, and how sure that is; or honestly not.

    answered = answer(db, product, call.audience, "Does the CSV export include archived projects?", item=None)

`Answered.kind` says which of three it is:
- 'answer'   `sentences` answer it, quoted from `source`
- 'closest'  `sentences` are the closest there is, and may not answer it
- 'unknown'  it is not written down; `related` is near, if anything is
`topic` says whose it is to decide: 'requirements' are the product owner's, 'strategy' the product manager's. Whoever
routes open questions (core.knowledge.questions) builds on this alone; an answered question comes back as a passage of
its own, declared in core.knowledge.sources.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.knowledge import terms
from core.knowledge.pieces import sentences
from core.knowledge.search import Found, Hit, search
from core.product.audience import Audience
from core.store.database import Session

Kind = Literal["answer", "closest", "unknown"]
Topic = Literal["requirements", "strategy"]

SURE, NEAR = 0.6, 0.3  # confidence from which it is an answer, and from which it is worth showing as the closest
LOOKED_AT = 8  # passages whose sentences may answer
RELATED = 3
LONGEST = 320  # characters of two sentences together

_STRATEGY = re.compile(
    r"\b(vision|strateg\w*|market\w*|competit\w*|pric\w+|cost\w*|plans? cost|licen[cs]\w*|subscription\w*|revenue"
    r"|budget|roadmap\w*|goals?|launch\w*|growth|stage|segments?|persona|positioning|next (?:year|quarter))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answered:
    kind: Kind
    question: str
    sentences: tuple[str, ...]
    source: Hit | None
    confidence: float
    related: tuple[Hit, ...]
    topic: Topic


def answer(db: Session, product: str, audience: Audience, question: str, item: str | None = None) -> Answered:
    """What the record says, as far as this audience may read it. item: the id of the item that it is about."""
    found = search(db, product, audience, question, 20, about=item)
    best = _best_sentences(found, question)
    topic: Topic = "strategy" if _STRATEGY.search(question) and item is None else "requirements"
    if best is None:
        return Answered("unknown", question, (), None, 0.0, (), topic)
    said, source, confidence = best
    kind: Kind = "answer" if confidence >= SURE else "closest" if confidence >= NEAR else "unknown"
    others = _others(found.hits, source)
    if kind == "unknown":
        return Answered(kind, question, (), None, confidence, (source, *others)[:RELATED], topic)
    return Answered(kind, question, said, source, confidence, others[:RELATED], topic)


def _others(hits: Sequence[Hit], source: Hit) -> tuple[Hit, ...]:
    """What else is near, one passage for each thing, in order."""
    seen = {source.source}
    found = []
    for hit in hits:
        if hit.source not in seen and hit.score >= hits[0].score / 2:
            seen.add(hit.source)
            found.append(hit)
    return tuple(found)


def _best_sentences(found: Found, question: str) -> tuple[tuple[str, ...], Hit, float] | None:
    """One sentence, or two that stand together, whose words and passage cover the question best; and how sure it is."""
    whole = sum(found.weights.values())
    if not found.hits or not whole:
        return None
    best: tuple[float, tuple[str, ...], Hit, float] | None = None
    for hit in found.hits[:LOOKED_AT]:
        above = _held(found, f"{hit.title} {hit.path}")
        parts = sentences(hit.text)
        for n, sentence in enumerate(parts):
            alone = _held(found, sentence)
            for said, held in (
                (parts[n : n + 1], alone),
                (parts[n : n + 2], alone | _held(found, " ".join(parts[n : n + 2]))),
            ):
                if len(said) == 2 and sum(map(len, said)) > LONGEST:
                    continue
                inside = sum(found.weights[term] for term in held) / whole
                covered = sum(found.weights[term] for term in held | above) / whole
                score = hit.score + inside + 0.5 * covered - 0.08 * (len(said) - 1) - 0.0002 * sum(map(len, said))
                if best is None or score > best[0]:
                    best = score, tuple(said), hit, covered
    return best[1:] if best else None


def _held(found: Found, text: str) -> set[int]:
    return {term for word in terms.words(text) for term in terms.terms_of(word) if term in found.weights}
