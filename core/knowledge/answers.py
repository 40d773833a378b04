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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.knowledge import confidence, terms
from core.knowledge.pieces import sentences
from core.knowledge.search import Found, Hit, search
from core.knowledge.topics import Topic, topic_of
from core.product.audience import Audience
from core.store.database import Session

Kind = Literal["answer", "closest", "unknown"]

RELATED_SHARE = 0.15  # of the question's words that something related holds
CANDIDATES = 20
LOOKED_AT = 5  # passages whose sentences may answer
RELATED = 3
LONGEST = 320  # characters of two sentences together
INSIDE, TOGETHER, SECOND, LENGTH = 4.0, 1.0, 0.6, 0.002  # what counts for a sentence beside its passage's score


@dataclass(frozen=True, slots=True)
class Answered:
    kind: Kind
    question: str
    sentences: tuple[str, ...]
    source: Hit | None
    confidence: float
    related: tuple[Hit, ...]
    topic: Topic


def answer(
    db: Session, product: str, audience: Audience, question: str, item: str | None = None, called: str = ""
) -> Answered:
    """What the record says, as far as this audience may read it. item: the id of the item that it is about; called: the
    product's name."""
    found = search(db, product, audience, question, CANDIDATES, about=item, judged=True)
    return composed(found, question, item, called)


def composed(found: Found, question: str, item: str | None = None, called: str = "") -> Answered:
    """What the passages that were found say to a question."""
    topic: Topic = topic_of(question, called) if item is None else "requirements"
    if not found.hits:
        return Answered("unknown", question, (), None, 0.0, (), topic)
    said, source = best_sentences(found)
    sure = confidence.of(found.signals)
    if (asked_for := _asked_for(found)) is not None:
        said, source, sure = tuple(sentences(asked_for.text)[:2]), asked_for, max(sure, confidence.HIGH)
    kind: Kind = "answer" if sure >= confidence.SURE else "closest" if sure >= confidence.NEAR else "unknown"
    if said == (source.title,):  # a title says that there is such a thing, and nothing about it
        kind = "unknown"
    others = _others(found.hits, source)
    if kind == "unknown":
        return Answered(kind, question, (), None, sure, (source, *others)[:RELATED], topic)
    return Answered(kind, question, said, source, sure, others[:RELATED], topic)


def _asked_for(found: Found) -> Hit | None:
    """The vision or strategy, where a question says nothing that is not in its name: what it wants is the thing itself,
    which holds none of the words that it is called by."""
    if not found.weights:
        return None
    named = (hit for hit in found.hits[:LOOKED_AT] if hit.kind == "vision")
    return next((hit for hit in named if found.weights.keys() <= _held(found, f"{hit.title} {hit.path}")), None)


def _others(hits: Sequence[Hit], source: Hit) -> tuple[Hit, ...]:
    """What else is near, one passage for each thing, in order."""
    seen = {(source.source, source.path)}
    found = []
    for hit in hits:
        if (hit.source, hit.path) not in seen and hit.share >= RELATED_SHARE:
            seen.add((hit.source, hit.path))
            found.append(hit)
    return tuple(found)


def best_sentences(found: Found) -> tuple[tuple[str, ...], Hit]:
    """One sentence, or two that stand together, chosen over the best passages at once: by how good the passage is, how
    much of the question the sentence holds, and how much the two of them."""
    whole = sum(found.weights.values()) or 1.0
    best: tuple[float, tuple[str, ...], Hit] | None = None
    for hit in found.hits[:LOOKED_AT]:
        above = _held(found, f"{hit.title} {hit.path}")
        parts = sentences(hit.text)
        each = [_held(found, part) for part in parts]
        for n in range(len(parts)):
            for end in (n + 1, n + 2)[: len(parts) - n]:
                said, held = parts[n:end], set().union(*each[n:end])
                length = sum(map(len, said))
                if len(said) == 2 and length > LONGEST:
                    continue
                inside = sum(found.weights[term] for term in held) / whole
                covered = sum(found.weights[term] for term in held | above) / whole
                less = SECOND * (len(said) - 1) + LENGTH * length + 0.01 * n
                score = hit.score + INSIDE * inside + TOGETHER * covered - less
                if best is None or score > best[0]:
                    best = score, tuple(said), hit
    if best is None:  # passages without a sentence
        return (found.hits[0].text,), found.hits[0]
    return best[1], best[2]


def _held(found: Found, text: str) -> set[int]:
    return {term for word in terms.words(text) for term in terms.terms_of(word) if term in found.weights}
