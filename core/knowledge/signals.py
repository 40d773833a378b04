"""What there is to say about the best passage of a search: what the confidence of an answer is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING

from core.knowledge import terms
from core.knowledge.comparing import Asked, Compared
from core.knowledge.model import without_title

if TYPE_CHECKING:
    from core.knowledge.index import Index
    from core.knowledge.model import Model

ALONE = 3.0  # how far behind another subject is taken to be where there is none
SUNK = 0.3  # what a heading about something else takes from a cosine
TITLES = 2  # of the best passages: what stands below them is compared by itself, too


@dataclass(frozen=True, slots=True)
class Signals:
    """About the best passage, where not said otherwise. Meaning is compared by cosines; without it the last four are 0.

    best   its score, apart from being named;  gap: how far the best of another subject is behind
    share  of the question's words that it holds
    whole  how much the question's words weigh together: 1 is about what a word weighs that one passage holds
    near   the nearest meaning where the answer is looked for;  first: how near its own is
    own    the nearest meaning below the first titles, without the titles and with regard to headings
    wide   how near its own is without its title, to the question with the name of what it is about
    """

    best: float = 0.0
    gap: float = 0.0
    share: float = 0.0
    whole: float = 0.0
    near: float = 0.0
    first: float = 0.0
    own: float = 0.0
    wide: float = 0.0
    meaning: bool = False


def signals(
    index: "Index",
    asked: Asked,
    compared: Compared,
    rows: Sequence[int],
    titles: Mapping[int, str],
    model: "Model | None",
) -> Signals:
    """rows: those of the highest scores, the highest first; titles: theirs."""
    if not rows:
        return Signals()
    scores, best = compared.scores, rows[0]
    others = [float(scores[row]) for row in rows if index.subjects[row] != index.subjects[best]]
    gap = float(scores[best]) - others[0] if others else ALONE
    base = float(scores[best]) - compared.bonus * bool(compared.there[best])
    share = float(compared.share[best])
    idf = compared.words.idf
    whole = sum(idf[term] for term in asked.rest_terms) / log1p(compared.words.count)
    if model is None or compared.near is None:
        return Signals(base, gap, share, whole)
    near, first = float(compared.near[compared.there].max()), float(compared.near[best])
    own, wide = _by_themselves(index, asked, compared, rows, titles, model)
    return Signals(base, gap, share, whole, near, first, own, wide, meaning=True)


def _by_themselves(
    index: "Index",
    asked: Asked,
    compared: Compared,
    rows: Sequence[int],
    titles: Mapping[int, str],
    model: "Model",
) -> tuple[float, float]:
    """`own` and `wide`: what passages mean without their titles, which a question that names them is near anyway."""
    import numpy as np

    assert compared.near is not None
    assert compared.full is not None
    best, full, rest = rows[0], model.question(asked.text), model.question(asked.rest)
    # an answered question is near another by its title, which is the question itself
    titled = index.embedded.rows & ~index.of_kinds(("question",))
    there = [row for row in rows if compared.there[row]] or [best]
    found = []
    for title in list(dict.fromkeys(titles[row] for row in there if row in titles))[:TITLES]:
        below = np.flatnonzero(compared.there & (index.title.rows == terms.name_of(title)))
        vector, near = model.question(title), compared.near[below]
        alone = without_title(near, index.nearness(below, vector), float(vector @ rest))
        alone = np.where(titled[below], alone, near) - SUNK * compared.elsewhere[below]
        found.append(float(alone.max(initial=-1.0)))
    own, wide = max(found, default=float(compared.near[best])), float(compared.full[best])
    if best in titles and titled[best]:
        vector, one = model.question(titles[best]), np.array([best])
        wide = float(without_title(compared.full[one], index.nearness(one, vector), float(vector @ full))[0])
    return own, wide
