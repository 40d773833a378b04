"""Days of the week as people write them: 'monday', 'mon, wed and fri', 'mon-thu', 'weekdays'."""

import re

WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""As RFC 5545 calls them; Monday comes first."""

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DAY = r"(?:mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
"""A pattern for one of them, in small letters."""

_SPANS = {"weekday": WEEK[:5], "workday": WEEK[:5], "weekend": WEEK[5:]}
_TO = re.compile(r"\s*(?:[-–—]|\b(?:to|through|until)\b)\s*")
_AND = re.compile(r"(?:[\s,;/&]|\band\b)+")
_SPAN = re.compile(rf"({DAY})s?(?:-({DAY})s?)?")


def number(word: str) -> int:
    """0 for Monday … 6 for Sunday. word: fits DAY."""
    return NAMES.index(word[:3])


def read(text: str) -> tuple[str, ...]:
    """The days that are meant, in the order of the week; () where a word of it is none."""
    found: set[str] = set()
    for part in filter(None, _AND.split(_TO.sub("-", text.strip().lower()))):
        span = _SPAN.fullmatch(part)
        if span:
            first, last = number(span[1]), number(span[2] or span[1])
            found |= {WEEK[n % 7] for n in range(first, first + (last - first) % 7 + 1)}
        elif part.removesuffix("s") in _SPANS:
            found.update(_SPANS[part.removesuffix("s")])
        else:
            return ()
    return tuple(sorted(found, key=WEEK.index))
