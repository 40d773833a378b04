"""Dates as people say them in English, seen from a given day. Nothing here reads a clock.

dateparser does the reckoning, but it finds a date in nearly everything ('a', '1', 'the 5th'), so only texts of a
known shape are handed to it.
"""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta

from core.chat import weekdays

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_WEEKDAY = rf"(?P<weekday>{weekdays.DAY})"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})"
_NAMED = rf"(?:{_DAY}(?: of)? {_MONTH}|{_MONTH.replace('month', 'month2')} (?:the )?{_DAY.replace('day', 'day2')})"
_COUNT = r"(?:\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_SPAN = rf"{_COUNT} (?:day|week|fortnight|month|year)s?"

_FULL_STOP = re.compile(r"(?<!\.)[.,]\Z")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_ON_WEEKDAY = re.compile(rf"(?:on )?(?:(?P<which>this|next|last) )?{_WEEKDAY}")
_ON_NAMED = re.compile(rf"(?:on )?(?:{_WEEKDAY},? )?(?:the )?{_NAMED}(?:,? {_YEAR})?")
_DASHED = re.compile(r"(\d{1,2})-([a-z]+)-(\d{4})")
_IN_MONTH = re.compile(rf"{_MONTH}(?: {_YEAR})?")
_END_OF = re.compile(r"(?:the )?end of (?P<period>.+)")
_AHEAD = re.compile(rf"in (?P<span>{_SPAN})|(?P<span2>{_SPAN}) from (?:now|today)")
_RELATIVE = re.compile(
    r"today|tomorrow|yesterday|(?:the )?day (?:after tomorrow|before yesterday)"
    rf"|(?:next|last) (?:week|month|year)|{_SPAN} ago"
)
_PERIOD = re.compile(r"(?P<which>this|the|next|last) (?P<unit>week|month|year)")
_BETWEEN = re.compile(r" ?(?:\.{2,3}|…|–|—) ?| - |(?<=[a-z])-(?=[a-z])| (?:to|until|till|through) ")
_ONE_MONTH = re.compile(rf"(?P<first>\d{{1,2}})(?: ?[-–—] ?| ?\.\. ?| to )(?P<last>{_DAY} {_MONTH}(?: {_YEAR})?)")


def day(text: str, today: date) -> date | None:
    """The day that is meant, or None where the text is no date or could be two.

    - 'friday' and 'this friday' are the first one after today, 'next friday' the one in the next calendar week
      (Monday to Sunday), 'last friday' the one before today.
    - '24 Dec' is today or the next one to come, 'may' is its first day.
    - '24/12/2026' and '12/24/2026' can only be one day; '03/04/2026' could be two and is none.
    - 'next week' is a week from today; 'end of month' and 'end of may' are last days.
    """
    said = _said(text)
    if len(said) > 60:
        return None
    for read in (_in_numbers, _on_weekday, _by_name, _end_of, _relative):
        if found := read(said, today):
            return found
    return None


def days(text: str, today: date) -> tuple[date, date] | None:
    """First and last day, both included; one day is a range of itself. None where it is none or ends before it begins.

    'next week' is Monday to Sunday, 'next month' and 'may' are whole months. A weekday at the end is the one that
    follows the beginning: on a Wednesday, 'tuesday..friday' lies in the next week.
    """
    said = _said(text).removeprefix("from ")
    if len(said) > 120:
        return None
    if whole := _whole(said, today):
        return whole
    if shared := _ONE_MONTH.fullmatch(said):
        said = f"{shared['first']} {shared['month']} {shared['year'] or ''}..{shared['last']}"
    parts = _BETWEEN.split(said)
    if len(parts) != 2:
        return None
    first, last = _whole(parts[0], today), _whole(parts[1], today)
    if not first or not last:
        return None
    begin, end = first[0], last[1]
    weekday = _ON_WEEKDAY.fullmatch(parts[1])
    if end < begin and weekday and not weekday["which"]:
        end = _on_weekday(parts[1], begin) or end
    return (begin, end) if begin <= end else None


def _whole(said: str, today: date) -> tuple[date, date] | None:
    if found := _period(said, today):
        return found
    one = day(said, today)
    return (one, one) if one else None


def _said(text: str) -> str:
    return _FULL_STOP.sub("", " ".join(text.lower().split()))


def _date(year: int, month: int, day_: int) -> date | None:
    try:
        return date(year, month, day_)
    except ValueError:
        return None


def _in_numbers(said: str, _: date) -> date | None:
    if found := _YEAR_FIRST.fullmatch(said):
        return _date(int(found[1]), int(found[3]), int(found[4]))
    if not (found := _YEAR_LAST.fullmatch(said)):
        return None
    a, b, year = int(found[1]), int(found[3]), int(found[4])
    if a <= 12 and b <= 12 and a != b:
        return None
    return _date(year, b, a) if b <= 12 else _date(year, a, b)


def _on_weekday(said: str, today: date) -> date | None:
    found = _ON_WEEKDAY.fullmatch(said)
    if not found:
        return None
    weekday = weekdays.number(found["weekday"])
    ahead = (weekday - today.weekday() - 1) % 7 + 1
    match found["which"]:
        case "next":
            return today + timedelta(days=7 - today.weekday() + weekday)
        case "last":
            return today + timedelta(days=ahead - (14 if ahead == 7 else 7))
        case _:
            return today + timedelta(days=ahead)


def _by_name(said: str, today: date) -> date | None:
    said = _DASHED.sub(r"\1 \2 \3", said)
    # dateparser leaves out its base day itself, and '24 Dec' on that day is today.
    eve = today - timedelta(days=1)
    if only := _IN_MONTH.fullmatch(said):
        return _parsed(f"1 {only['month']} {only['year'] or ''}", eve)
    found = _ON_NAMED.fullmatch(said)
    if not found:
        return None
    month, number = found["month"] or found["month2"], int(found["day"] or found["day2"])
    meant = _parsed(f"{number} {month} {found['year'] or ''}", eve)
    if meant is None or meant.day != number:
        return None  # '99 dec' is read as December 1999
    if found["weekday"] and meant.weekday() != weekdays.number(found["weekday"]):
        return None  # 'Friday 5 December' where the 5th is a Saturday: one of the two is wrong
    return meant


def _end_of(said: str, today: date) -> date | None:
    found = _END_OF.fullmatch(said)
    if not found or found["period"].endswith("week"):
        return None  # the end of a week is Friday to some and Sunday to others
    whole = _period(found["period"], today) or _period(f"this {found['period']}", today)
    return whole[1] if whole else None


def _relative(said: str, today: date) -> date | None:
    if ahead := _AHEAD.fullmatch(said):
        # dateparser takes 'a week from today' for a week ago.
        return _parsed(f"in {ahead['span'] or ahead['span2']}", today)
    return _parsed(said, today) if _RELATIVE.fullmatch(said) else None


def _period(said: str, today: date) -> tuple[date, date] | None:
    """A whole week, month or year; a month named without a year is this one or the next to come."""
    if named := _IN_MONTH.fullmatch(said):
        month = _MONTHS.index(named["month"][:3]) + 1
        year = int(named["year"] or today.year + (month < today.month))
        return _month(year, month)
    found = _PERIOD.fullmatch(said)
    if not found:
        return None
    step = {"next": 1, "last": -1}.get(found["which"], 0)
    if found["unit"] == "week":
        monday = today + timedelta(days=7 * step - today.weekday())
        return monday, monday + timedelta(days=6)
    if found["unit"] == "year":
        return date(today.year + step, 1, 1), date(today.year + step, 12, 31)
    month = today.year * 12 + today.month - 1 + step
    return _month(month // 12, month % 12 + 1)


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _parsed(said: str, base: date) -> date | None:
    # Imported here because it costs a tenth of a second, which `steward doctor` and most asks need not pay.
    import dateparser

    found = dateparser.parse(
        said,
        languages=["en"],
        settings={"RELATIVE_BASE": datetime.combine(base, time()), "PREFER_DATES_FROM": "future"},
    )
    return found.date() if found else None
