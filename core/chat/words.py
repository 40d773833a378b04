"""How things are put into words wherever they are said: lists, days, counts, and what is too long."""

from collections.abc import Sequence
from datetime import date


def listed(words: Sequence[str], last: str = "and") -> str:
    """'a', 'a and b', 'a, b and c'."""
    return f" {last} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def day_in_words(day: date, today: date) -> str:
    """'24 Dec', with its year where it is another than today's."""
    return f"{day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")


def counted(number: int, what: str, many: str = "") -> str:
    """'1 day', '2 days', '3 criteria'."""
    return f"{number} {what if number == 1 else many or what + 's'}"


def shorten(text: str, length: int) -> str:
    """Text on one line of at most `length` characters, cut at the end with an ellipsis."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
