"""Foreign words, numbers and times in ours: one table each, compared without case and outer space.

And the words that a spreadsheet must not take for a formula: see guarded().
"""

import re
from datetime import UTC, datetime
from functools import lru_cache

_STATUS_WORDS = {
    "new": "new, open, to do, todo, backlog, created, reopened, unstarted, triage, untriaged, unconfirmed, submitted",
    "ready": "ready, selected for development, ready for development, ready for dev, planned, next up, refined",
    "doing": "doing, in progress, started, in development, development, implementing, blocked, wip",
    "review": "review, patch available, in review, code review, under review, ready for review, peer review, testing,"
    "in testing, in test, ready for test, ready for testing, qa, in qa, ready for qa, verification, to verify",
    "done": "done, resolved, closed, fixed, complete, completed, finished, released, shipped, deployed, merged,"
    "verified",
    "accepted": "accepted, approved",
    "dropped": "dropped, cancelled, canceled, won't do, won't fix, wontfix, rejected, declined,"
    "duplicate, abandoned, obsolete, invalid",
}
_TYPE_WORDS = {
    "story": "story, user story, improvement, new feature, feature, feature request, enhancement, wish, requirement",
    "bug": "bug, defect, fault, incident, regression, problem",
    "task": "task, sub-task, subtask, technical task, chore, test, documentation, dependency upgrade, technical debt",
    "spike": "spike, research, investigation, question",
    "epic": "epic",
}
# A resolution which says that nothing was made; with any other, closed is done.
_DROPPING = """abandoned, auto closed, cannot reproduce, can't reproduce, canceled, cancelled, declined, duplicate,
    incomplete, invalid, later, not a bug, not a problem, not an issue, not applicable, not planned, not_planned,
    obsolete, out of scope, rejected, timed out, unable to reproduce, won't do, won't fix, wontfix, works as designed,
    works as intended, works for me"""

CLOSED = frozenset({"done", "accepted", "dropped"})


def _fold(word: str) -> str:
    return " ".join(word.replace("’", "'").split()).casefold()


def _words(text: str) -> list[str]:
    return [_fold(word) for word in text.split(",")]


_STATUSES = {word: ours for ours, words in _STATUS_WORDS.items() for word in _words(words)}
_TYPES = {word: ours for ours, words in _TYPE_WORDS.items() for word in _words(words)}
_DROPPED = frozenset(_words(_DROPPING))


@lru_cache(1024)
def status_of(word: str, resolution: str = "") -> str:
    """Our status for a foreign one; 'new' for a word nobody has heard of."""
    ours = _STATUSES.get(_fold(word), "new")
    return "dropped" if ours == "done" and _fold(resolution) in _DROPPED else ours


@lru_cache(1024)
def type_of(word: str) -> str:
    """Our type for a foreign one; 'story' for a word nobody has heard of."""
    return _TYPES.get(_fold(word), "story")


_POINTS = re.compile(r"\d{1,6}(?:\.\d*)?|\d{1,6},\d{1,2}|\.\d+", re.ASCII)


@lru_cache(1024)
def points_of(text: str) -> float | None:
    """'3', '3.0', '0.5' or '0,5' as points, '' as None. Raises ValueError with one plain sentence."""
    if not text:
        return None
    if not _POINTS.fullmatch(text):
        raise ValueError(f"{_short(text)} is not a number of points, such as 3 or 0.5.")
    return float(text.replace(",", "."))


_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_NAMED = re.compile(
    r"(\d{1,2})[/ .-]([A-Za-z]{3})[a-z]*[/ .-]+(\d{4}|\d\d)(?:,? +(\d{1,2}):(\d\d)(?::(\d\d))?(?: *([AaPp])[Mm])?)?",
    re.ASCII,
)
_JAVASCRIPT = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4})(?: \([^()]*\))?", re.ASCII
)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d\d)(?:,? +(\d{1,2}):(\d\d)(?::(\d\d))?())?", re.ASCII)


def time_of(text: str) -> datetime | None:
    """'30/Sep/21 17:20', '30/Sep/21 5:20 PM', ISO 8601 or '30.09.2021 17:20' as aware UTC, '' as None.

    A time without a zone is taken as UTC; '9/30/21' is refused, since half the world reads it the other way round.
    Two-digit years are 1970 to 2069. JavaScript's 'Tue May 14 2024 08:53:33 GMT+0000 (GMT)' is read too.
    Raises ValueError with one plain sentence.
    """
    if not text:
        return None
    try:
        if found := _JAVASCRIPT.fullmatch(text):
            return datetime.strptime(found[1], "%b %d %Y %H:%M:%S GMT%z").astimezone(UTC)
        if found := _NAMED.fullmatch(text):
            return _instant(found, _MONTHS[found[2].lower()])
        if found := _DOTTED.fullmatch(text):
            return _instant(found, int(found[2]))
        when = datetime.fromisoformat(text)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        raise ValueError(f"{_short(text)} is not a date such as 30/Sep/21 17:20 or 2021-09-30T17:20.") from None


def _instant(found: re.Match[str], month: int) -> datetime:
    day, _, year, hour, minute, second, half = found.groups()
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(hour)
        hours = hours % 12 + (12 if half in "Pp" else 0)
    years = int(year)
    if years < 100:
        years += 2000 if years < 70 else 1900
    return datetime(years, month, int(day), hours, int(minute or 0), int(second or 0), tzinfo=UTC)


def _short(text: str) -> str:
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


# What a spreadsheet takes for a formula where a cell begins with it; the wide forms count in East Asian editions.
# Source: owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
GUARDED = re.compile("'(?='*[=+\\-@\t\r\n＝＋－＠])")


def guarded(cell: str) -> str:
    """A cell that no spreadsheet computes: an apostrophe before what looks like a formula, and before text that would
    look like one so guarded, so that unguarded() gives back exactly what was here."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str, guard: re.Pattern[str]) -> str:
    """A cell without the apostrophe that `guard` finds at its beginning."""
    return cell[1:] if guard.match(cell) else cell
