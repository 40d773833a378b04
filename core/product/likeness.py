"""Which texts say the same thing, and what many of them are about: by their words alone, without a network.

A word weighs its inverse document frequency (Spärck Jones, 1972). Two texts are as alike as the cosine of their
weighted words. Themes are a greedy cover by frequent words (after Beil, Ester and Xu, "Frequent term-based text
clustering", 2002), so that each theme is named by what its texts say, and the order of texts does not matter.
"""

import math
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

LIKELY = 0.6  # from here on two texts probably say the same
SMALLEST = 2  # texts that make a theme
MOST_THEMES = 12

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ENDINGS = ("ings", "ing", "edly", "ies", "ied", "es", "ed", "ly", "s", "e")
# Words that say nothing of what a text is about: grammar, and what every piece of feedback says.
_GRAMMAR = """
    a able about after again all also always am an and any are around as ask asked asks at back be because been
    before being between both but by can can't cannot come comes could customer customers did do does doesn't doing
    don't during each even every feedback few for from get gets getting give go got had has have having he her his
    how i i'd i'm i've if in into is isn't it it'd it's its just let lets like lot made make makes many may me more
    most much my need needed needs never no not now of off often on once one only or other our out over own please
    product really s same say says she should so some still such t take takes than that the their them then there
    these they thing things this those to too up us use used user users uses using very want wanted wants was way we
    we'd we're we've were what when where which while who why will wish with won't would would've you you're your
"""
_EMPTY = frozenset(_GRAMMAR.split())


def terms(text: str) -> frozenset[str]:
    """The stems of the words that say something."""
    return frozenset(stem for word in _WORD.findall(text.lower()) if word not in _EMPTY and (stem := _stem(word)))


_ARTICLES = frozenset({"a", "an", "the", "please"})


def wording(text: str) -> tuple[str, ...]:
    """A sentence by its words in their plainest form and in no order: what two sentences share that say the same thing
    in the same words. `not`, a number or another name makes it another."""
    words = (word for word in _WORD.findall(text.lower()) if word not in _ARTICLES)
    return tuple(sorted(_stem(word) or word for word in words))


@lru_cache(maxsize=16384)
def _stem(word: str) -> str:
    """A word without the endings that say nothing of what it is about; '' for one letter."""
    word = word.replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word if len(word) > 1 else ""


def weights(found: Iterable[str], seen: Mapping[str, int], total: int) -> dict[str, float]:
    """What each term weighs among `total` texts, of which `seen` says how many hold it."""
    # smoothed as usual, so that a word that all texts have still counts a little
    return {term: math.log(1 + (total + 1) / (seen.get(term, 0) + 1)) ** 2 for term in found}


def alike(
    text: str,
    others: Mapping[K, str],
    seen: Mapping[str, int],
    total: int,
    least: float = LIKELY,
    most: int = 3,
) -> list[tuple[K, float]]:
    """The texts most like this one, the likest first, with how alike they are (0 to 1).

    seen, total  how many texts hold each of this one's terms, and how many texts there are; a term that only another
                 text has weighs what this one's do on average
    """
    weight = weights(terms(text), seen, total)
    if not weight:
        return []
    mean = sum(weight.values()) / len(weight)
    own = _length(weight, weight, mean)
    scored = []
    for key, other in others.items():
        theirs = terms(other)
        if shared := weight.keys() & theirs:
            score = sum(weight[term] for term in shared) / (own * _length(theirs, weight, mean))
            if score >= least:
                scored.append((key, score))
    return sorted(scored, key=lambda one: (-round(one[1], 9), str(one[0])))[:most]


def _length(found: Iterable[str], weight: Mapping[str, float], otherwise: float) -> float:
    return math.sqrt(sum(weight.get(term, otherwise) for term in found))


@dataclass(frozen=True, slots=True)
class Theme(Generic[K]):
    """Texts that are about the same thing, and the words that say what."""

    label: str
    members: tuple[K, ...]


def themes(texts: Mapping[K, str], most: int = MOST_THEMES) -> list[Theme[K]]:
    """What texts are about, the largest theme first; a text is in one theme at most."""
    left = {key: terms(text) for key, text in texts.items()}
    total = len(left)
    overall = Counter(term for found in left.values() for term in found)
    found: list[Theme[K]] = []
    counts = Counter(overall)
    while len(found) < most:
        best = _telling(counts, overall, total)
        if best is None:
            break
        members = sorted((key for key, has in left.items() if best in has), key=str)
        beside = Counter(term for key in members for term in left[key] if term != best)
        found.append(Theme(_label(best, beside, len(members), [texts[key] for key in members]), tuple(members)))
        for key in members:
            counts.subtract(left.pop(key))
    return sorted(found, key=lambda theme: (-len(theme.members), theme.label))


def _telling(counts: Counter[str], overall: Counter[str], total: int) -> str | None:
    """The word that covers most of what is left, as far as not everything is about it."""

    def tells(term: str) -> tuple[float, str]:
        return counts[term] * math.log(1 + total / overall[term]), term

    enough = [term for term, count in counts.items() if count >= SMALLEST]
    return min(enough, key=lambda term: (-round(tells(term)[0], 9), term), default=None)


def _label(best: str, beside: Counter[str], size: int, texts: Iterable[str]) -> str:
    """'invoice, retype': the word, and another that at least half of the texts have too, as people write them."""
    companions = sorted((term for term, count in beside.items() if 2 * count >= size), key=lambda t: (-beside[t], t))
    spelt: dict[str, Counter[str]] = {term: Counter() for term in (best, *companions[:1])}
    for text in texts:
        for word in _WORD.findall(text.lower()):
            if word not in _EMPTY and (stem := _stem(word)) in spelt:
                spelt[stem][word] += 1
    return ", ".join(min(found, key=lambda word: (-found[word], len(word), word)) for found in spelt.values())
