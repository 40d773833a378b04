"""Words as the index counts them: folded, stemmed, without those that every text has; identifiers also in parts."""

import re
import struct
import unicodedata
from collections.abc import Iterable
from zlib import crc32

# A version number, or a run of letters and digits; '_' and '-' part words
_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+(?:[’'](?:s|t|re|ve|ll|d|m)\b)?")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

STOP = frozenset(
    """
    a about after again all also am an and any are as at be because been before being both but by can could did do
    does doing done each few for from further get had has have having he her here hers him his how i if in into is
    it its itself just let may me might mine more most much must my no nor not of off on once only or other our ours
    out over own per please same shall she should so some such than that the their theirs them then there these they
    this those through to too under until up upon us very was we were what when where whether which while who whom
    whose why will with within without would yes yet you your yours don doesn didn isn aren wasn weren won wouldn
    couldn shouldn can't cannot don't doesn't didn't isn't aren't wasn't weren't won't it's that's there's what's
    who's i'm i've we're you're they're let's s t re ve ll d m
    """.split()  # noqa: SIM905 - two hundred lines else
)

MOST_KNOWN = 200_000  # words whose terms are remembered; then it begins anew
_known: dict[str, tuple[int, ...]] = {}

MOST = 255  # a count that one byte holds


def words(text: str) -> list[str]:
    """The words of a text as they stand there."""
    return _WORD.findall(text)


def terms_of(word: str) -> tuple[int, ...]:
    """The terms that one word counts for: none for a stop word, several for an identifier."""
    found = _known.get(word)
    if found is None:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        found = _known[word] = tuple(crc32(term.encode()) for term in stems(word))
    return found


def stems(word: str) -> list[str]:
    """'kubeProxyVersion' -> itself in small letters, 'kube', 'proxy', 'version'; 'Exports’' -> 'export'."""
    plain = fold(word)
    if plain in STOP or not plain:
        return []
    if _WIDE.search(plain):  # no blanks between words there: neighbours stand for them
        return [plain[i : i + 2] for i in range(max(1, len(plain) - 1))]
    whole = stem(plain.removesuffix("'s"))
    parts = [fold(part) for part in _PART.findall(word)] if not word.islower() or not word.isalpha() else []
    if len(parts) < 2:
        return [whole]
    return list(dict.fromkeys([whole, *(stem(part) for part in parts if len(part) > 1 and part not in STOP)]))


def fold(word: str) -> str:
    """Small letters without accents."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.lower().replace("’", "'"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def counts(texts: Iterable[str]) -> dict[int, int]:
    """How often each term occurs."""
    found: dict[int, int] = {}
    known = _known
    for text in texts:
        for word in _WORD.findall(text):
            for term in known.get(word) or terms_of(word):
                found[term] = found.get(term, 0) + 1
    return found


# ---- as it is kept ----


HEAD = struct.Struct("<IB")
IN_PATH = 0x80  # of the last byte: the term stands in the headings, which say what the passage is under


def name_of(title: str) -> int:
    """A title as a number, whatever its letters and signs: what a question names it by."""
    return crc32(" ".join(fold(word) for word in words(title)).encode())


def pack(title: str, path: str, text: str) -> bytes:
    """A passage as the index reads it: its title's number (4 bytes), whether it stands under headings (1), and then
    6 bytes for each term: which (4), how often in the text (1), how often above it, and whether in the path (1)."""
    below, above, path_terms = counts((text,)), counts((title, path)), counts((path,))
    every = sorted(below.keys() | above.keys())
    size = len(every)
    often = [min(below.get(term, 0), MOST) for term in every]
    often += [min(above.get(term, 0), IN_PATH - 1) | (IN_PATH if term in path_terms else 0) for term in every]
    return HEAD.pack(name_of(title), bool(path)) + struct.pack(f"<{size}I{2 * size}B", *every, *often)


# ---- stems ----

_VOWEL = re.compile(r"[aeiouy]")
_DOUBLE = re.compile(r"([bdfgmnprt])\1$")


def stem(word: str) -> str:
    """A light English stem: plurals, -ed, -ing, -ly and a few endings of nouns. What it makes need be no word; it is
    the same for a word's usual forms."""
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    word = _singular(word)
    for ending in ("ingly", "edly", "ing", "ed"):
        if word.endswith(ending) and _VOWEL.search(word[: -len(ending)]) and len(word) - len(ending) >= 3:
            word = _DOUBLE.sub(r"\1", word[: -len(ending)])
            break
    for ending, better in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + better
            break
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 3 and word.endswith("y") else word


_ENDINGS = (
    ("ization", "iz"), ("isation", "iz"), ("ational", "at"), ("ation", "at"), ("ition", "it"), ("ution", "ut"),
    ("ction", "ct"), ("ssion", "ss"), ("sion", "s"), ("ments", ""), ("ment", ""), ("ness", ""), ("ability", "abl"),
    ("ibility", "ibl"), ("fully", "ful"), ("ally", "al"), ("ly", ""), ("ise", "iz"), ("ize", "iz"), ("ance", "anc"),
    ("ator", "at"), ("er", ""), ("or", ""),
)  # fmt: skip


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
