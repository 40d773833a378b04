"""When something recurs, as people say it: 'weekdays 09:00', 'every second monday 10:30', 'last friday 16:00'."""

import re
from dataclasses import dataclass
from datetime import time

from core.chat import walltime, weekdays
from core.chat.words import shorten

EXAMPLE = "weekdays 09:00"

_DAY = rf"{weekdays.DAY}s?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = {
    "first": 1, "second": 2, "other": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "two": 2, "three": 3,
    "four": 4, "five": 5, "six": 6, "last": -1,
}  # fmt: skip
_NUMBER = rf"(?:\d{{1,3}}(?:st|nd|rd|th)?|{'|'.join(_NUMBERS)})"
_AND = r"(?:\s*(?:,|&|\band\b)\s*)+"

CRON = re.compile(r"[\d*][\d*/,-]*( +[\dA-Za-z*/,#-]+){4}")
_TIME = re.compile(
    r"\b(?:at\s+)?(?:(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})\s*(?P<half>[ap]\.?m\b\.?)?"
    r"|(?P<hour2>\d{1,2})\s*(?P<half2>[ap]\.?m\b\.?)|(?P<named>noon|midnight)\b)"
    r"|\bat\s+(?P<hour3>\d{1,2})\s*$"
)
_OFTEN = re.compile(
    r"\b(?:hourly|minutely|(?:twice|\d+ times|thrice) (?:a|per) day"
    rf"|(?:every|each|per)\s+(?:{_NUMBER}\s+|half\s+(?:an?\s+)?)?(?:hour|minute|second|hr|min|sec)s?)$"
)
_NOISE = re.compile(r"\b(?:on|the|at|of every month|of each month|of a month|of month)\b")


class NoRule(ValueError):
    """What was typed recurs in no way there is: `why`, one sentence, and `better`, what would do."""

    def __init__(self, why: str, better: str = EXAMPLE) -> None:
        super().__init__(why)
        self.why = why
        self.better = better


@dataclass(frozen=True, slots=True)
class Phrase:
    """A wall time, and the dates as an RRULE without times."""

    at: time
    rule: str


def in_words(text: str) -> Phrase:
    """What a phrase means; raises NoRule."""
    said = " ".join(text.lower().split())
    short = shorten(text, 60)
    if not said:
        raise NoRule("When? For instance every friday 10:00.", "every friday 10:00")
    times = list(_TIME.finditer(said))
    if _OFTEN.search(_TIME.sub("", said).strip()):
        raise NoRule(f"“{short}” is more often than once a day, which is the most.", "every day 09:00")
    if len(times) > 1:
        raise NoRule("One time of day; for a second one make another schedule.", f"every day {times[0][0].strip()}")
    days = _TIME.sub(" ", said)
    rule = _dates(_tidy(days))
    if rule is None:
        raise NoRule(
            f"“{short}” is no time I understand; there are every day 02:30, weekdays 09:00, every second monday 10:30, "
            "last friday 16:00, an RRULE or a cron line."
        )
    if not times:
        raise NoRule(f"At what time? “{short}” names none.", f"{said} 09:00")
    return Phrase(_clock(times[0], short), rule)


def _clock(found: re.Match[str], short: str) -> time:
    if found["named"]:
        return time(12 if found["named"] == "noon" else 0)
    half = (found["half"] or found["half2"] or "").replace(".", "")
    at = walltime.of_day(found["hour"] or found["hour2"] or found["hour3"], found["minute"], half)
    if at is None:
        raise NoRule(f"“{short}” names no time of day.")
    return at


def _tidy(days: str) -> str:
    days = days.replace("each ", "every ").replace("of the month", "of-month").replace("of the quarter", "of-quarter")
    days = days.replace("of every quarter", "of-quarter").replace("of each quarter", "of-quarter")
    days = _NOISE.sub(" ", days).replace("working days", "weekdays").replace("workdays", "weekdays")
    days = days.replace("working day", "weekday").replace("workday", "weekday")
    return " ".join(days.split()).strip(" ,")


# ---- dates ----


def _dates(said: str) -> str | None:
    """The dates as an RRULE, None where it is none."""
    for read in (_daily, _every_so_many, _weekly, _nth_weekday, _days_of_month, _yearly):
        if found := read(said):
            return found
    return None


def _daily(said: str) -> str | None:
    if said in ("", "every day", "daily", "day", "days", "everyday"):
        return "FREQ=DAILY"
    if said in ("weekly", "every week", "monthly", "every month", "yearly", "every year"):
        return f"FREQ={'YEARLY' if 'year' in said else 'MONTHLY' if 'month' in said else 'WEEKLY'}"
    return None


def _every_so_many(said: str) -> str | None:
    """'every 2 weeks monday', 'every second monday', 'every 3 days', 'fortnightly friday'."""
    said = re.sub(r"^(?:fortnightly|biweekly|every fortnight)\b", "every 2 weeks", said)
    found = re.fullmatch(rf"every ({_NUMBER}) (day|week|month)s?(?: (.+))?", said)
    if found:
        count, unit, rest = _number(found[1]), found[2], found[3] or ""
        days = weekdays.read(rest) if unit == "week" and rest else ()
        of_month = _days_of_month(rest) or _nth_weekday(rest) if unit == "month" and rest else None
        if not 1 <= count <= 366 or (rest and not days and not of_month):
            return None
        if of_month:
            return f"{of_month};INTERVAL={count}"
        frequency = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY"}[unit]
        return f"FREQ={frequency};INTERVAL={count}" + (f";BYDAY={','.join(days)}" if days else "")
    found = re.fullmatch(rf"every ({_NUMBER}) (.+?)", said)
    if not found or found[1] in ("first", "1st", "last") or "of-" in said:
        return None
    count, days = _number(found[1]), weekdays.read(found[2])
    return f"FREQ=WEEKLY;INTERVAL={count};BYDAY={','.join(days)}" if days and 1 <= count <= 52 else None


def _weekly(said: str) -> str | None:
    days = weekdays.read(said.removeprefix("every week ").removeprefix("weekly ").removeprefix("every "))
    return f"FREQ=WEEKLY;BYDAY={','.join(days)}" if days else None


def _nth_weekday(said: str) -> str | None:
    """'last friday', '1st and 3rd wednesday', 'first weekday of-month', 'last friday of-quarter'."""
    said = re.sub(r"^(?:monthly|every month|every) ", "", said)
    found = re.fullmatch(rf"({_NUMBER}(?:{_AND}{_NUMBER})*) (weekday|{_DAY})(?: (of-month|of-quarter))?", said)
    if not found:
        return None
    numbers = [_number(part) for part in re.split(_AND, found[1]) if part]
    if not all(number == -1 or 1 <= number <= 5 for number in numbers):
        return None
    months = ";BYMONTH=" + ("3,6,9,12" if numbers == [-1] else "1,4,7,10") if found[3] == "of-quarter" else ""
    if found[2] == "weekday":
        positions = ",".join(map(str, numbers))
        return f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={positions}{months}"
    day = weekdays.WEEK[weekdays.number(found[2])]
    return f"FREQ=MONTHLY;BYDAY={','.join(f'{number}{day}' for number in numbers)}{months}"


def _days_of_month(said: str) -> str | None:
    """'1st', '1st and 15th of-month', 'last day', 'every month 15th', 'day 15'. A month without a 31st has its last
    day instead."""
    said = re.sub(r"^(?:monthly|every month|every) ", "", said).removesuffix(" of-month").removeprefix("day ")
    said = re.sub(r" day$", "", said)
    if said == "last":
        return "FREQ=MONTHLY;BYMONTHDAY=-1"
    if not re.fullmatch(rf"(?:first|\d{{1,2}}(?:st|nd|rd|th)?)(?:{_AND}\d{{1,2}}(?:st|nd|rd|th)?)*", said):
        return None
    days = sorted({_number(part) for part in re.split(_AND, said) if part})
    if not 1 <= days[0] <= days[-1] <= 31:
        return None
    if len(days) == 1 and days[0] > 28:
        return f"FREQ=MONTHLY;BYMONTHDAY={','.join(str(n) for n in range(28, days[0] + 1))};BYSETPOS=-1"
    return f"FREQ=MONTHLY;BYMONTHDAY={','.join(map(str, days))}"


def _yearly(said: str) -> str | None:
    """'every year 24 december', 'yearly dec 24'."""
    said = re.sub(r"^(?:yearly|every year|every) ", "", said).replace(" of ", " ")
    found = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3,9})|([a-z]{3,9}) (\d{1,2})(?:st|nd|rd|th)?", said)
    if not found:
        return None
    day, month = int(found[1] or found[4]), (found[2] or found[3])[:3]
    if month not in _MONTHS or not 1 <= day <= 31:
        return None
    return f"FREQ=YEARLY;BYMONTH={_MONTHS.index(month) + 1};BYMONTHDAY={day}"


def _number(said: str) -> int:
    return _NUMBERS[said] if said in _NUMBERS else int(re.sub(r"\D", "", said))
