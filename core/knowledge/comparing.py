"""A question beside every passage of an index: words and meaning in one score, and the features it is made of."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from core.knowledge import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.knowledge.index import Index, Lexical
    from core.knowledge.model import Model

UNKNOWN = 0.5  # what a passage that is not embedded yet is taken to mean, where all words of the question are in it


class Weights(NamedTuple):
    """What each feature of Compared counts for in a score; `elsewhere` counts against it."""

    full: float
    near: float
    share: float
    named: float
    elsewhere: float


# As bench/fit_answers.py prints them; docs/answers.md has what each brings.
WITH_MEANING = Weights(6.77, 7.79, 5.3, 7.33, 4.18)
WORDS_ALONE = Weights(0.0, 0.0, 9.73, 7.11, 4.59)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is compared: whole, and without the name of what it is about."""

    text: str
    rest: str
    named: int | None = None

    @property
    def terms(self) -> list[int]:
        return _terms(self.text)

    @property
    def rest_terms(self) -> list[int]:
        return _terms(self.rest)


def _terms(text: str) -> list[int]:
    return list(dict.fromkeys(term for word in terms.words(text) for term in terms.terms_of(word)))


@dataclass
class Compared:
    """Every row's score, and the features it is made of.

    full, near  cosines with the question, whole and without what it names; None where meaning is not compared
    share       of the weight of the question's words
    there       the rows where the answer is looked for: of what is named, else all that may be read
    elsewhere   for the former, how little of the question their headings hold; 0 without headings
    """

    allowed: "NDArray[Any]"
    full: "NDArray[Any] | None"
    near: "NDArray[Any] | None"
    share: "NDArray[Any]"
    there: "NDArray[Any]"
    named: bool
    elsewhere: "NDArray[Any]"
    words: "Lexical"

    @cached_property
    def scores(self) -> "NDArray[Any]":
        import numpy as np

        weights = self.weights
        found = weights.share * self.share + self.bonus * self.there - weights.elsewhere * self.elsewhere
        if self.full is None or self.near is None:
            return np.where(self.allowed & (self.share > 0), found, -np.inf)
        return np.where(self.allowed, found + weights.full * self.full + weights.near * self.near, -np.inf)

    @property
    def weights(self) -> Weights:
        return WORDS_ALONE if self.near is None else WITH_MEANING

    @property
    def bonus(self) -> float:
        return self.weights.named if self.named else 0.0

    def of(self, row: int) -> tuple[float, float, float | None]:
        """A row's score, share and cosine, as a Hit has them."""
        cosine = None if self.near is None else float(self.near[row])
        return float(self.scores[row]), float(self.share[row]), cosine


def best_rows(scores: "NDArray[Any]", count: int) -> list[int]:
    """The rows of the highest scores, the highest first, and of equal ones the older; what may not be read (its score
    is -inf) has no part in it."""
    import numpy as np

    rows = np.flatnonzero(np.isfinite(scores))
    if len(rows) > count:
        least = np.partition(scores[rows], len(rows) - count)[len(rows) - count]
        rows = rows[scores[rows] >= least]
    return [int(row) for row in rows[np.argsort(-scores[rows], kind="stable")][:count]]


def compare(
    index: "Index", asked: Asked, allowed: "NDArray[Any]", about: str | None, model: "Model | None"
) -> Compared:
    """Compare a question with every row of an index that is brought up to date."""
    import numpy as np

    words = index.lexical(asked.terms, allowed, frozenset(asked.rest_terms))
    share = words.scores / (sum(words.idf[term] for term in asked.terms) or 1.0)
    there, elsewhere, named = allowed, np.zeros(len(allowed), np.float32), False
    if about is not None or asked.named is not None:
        there = allowed & index.named(asked.named, about)
        named = bool(there.any())
    if named:
        whole = sum(words.idf[term] for term in asked.rest_terms) or 1.0
        elsewhere = (index.under.rows & there) * (1 - np.minimum(1, words.path / whole))
    else:
        there = allowed
    texts = dict.fromkeys((asked.text, asked.rest))
    cosines = index.cosines(np.stack([model.question(text) for text in texts])) if model else None
    if cosines is None:
        return Compared(allowed, None, None, share, there, named, elsewhere, words)
    unknown = ~index.embedded.rows
    cosines[:, unknown] = UNKNOWN * share[unknown]
    return Compared(allowed, cosines[0], cosines[-1], share, there, named, elsewhere, words)
