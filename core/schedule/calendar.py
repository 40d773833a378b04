"""When something recurs: local dates by RFC 5545 or cron, one wall time a day, and the instant of each.

    rule = calendar.read("every second monday 10:30", anchor, "Europe/Berlin")    raises NoRule: why, and what would do
    calendar.anchor("every second monday 10:30", "Europe/Berlin", now)            the date that INTERVAL counts from
    rule.coming(day)        the first Occurrence on a local date from `day` on, None where there is none any more
    rule.after(instant)     the first Occurrence later than an instant

A rule is a set of local dates and one wall time, so that every existing local date has one occurrence at most, whatever
clocks do: a skipped time comes at the first valid instant after it, a repeated hour once. What is kept of a rule is the
text people typed, the zone and the anchor. Pure: no database, no clock. Phrases are read in `phrases`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from core.chat import walltime
from core.chat.weekdays import WEEK
from core.chat.words import shorten
from core.schedule.phrases import CRON, NoRule, Phrase, in_words

RFC = frozenset(
    {
        "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYYEARDAY", "BYWEEKNO",
        "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND",
    }
)  # fmt: skip
_DATED = ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY")
_RRULE = re.compile(r"(?:DTSTART[^:\n]*:(?P<start>\S+)\s+)?(?:RRULE:)?(?P<rule>FREQ=\S+)", re.IGNORECASE)
_START = re.compile(r"(\d{8})(?:T(\d{2})(\d{2})\d{2}Z?)?", re.IGNORECASE)
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?")
LATEST = 9000  # beyond it some zone has no date any more
SKIPPED = 40  # dates in a row that a place may not have; Samoa has missed one


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One local date, and the instant (UTC) at which it comes."""

    day: date
    at: datetime


@dataclass(frozen=True)
class Rule:
    """at: the wall time; parts: an RRULE's dates; cron: or those of a cron line; until: the last local time of all."""

    at: time
    zone: ZoneInfo
    anchor: date
    parts: Mapping[str, str] = field(default_factory=dict)
    cron: str = ""
    until: datetime | None = None

    def coming(self, day: date) -> Occurrence | None:
        for _ in range(SKIPPED):
            found = self._date(max(day, self.anchor))
            if found is None or found.year >= LATEST or self._over(found):
                return None
            if walltime.exists(found, self.zone):
                return Occurrence(found, walltime.instant(found, self.at, self.zone))
            day = found + timedelta(days=1)
        return None

    def after(self, instant: datetime) -> Occurrence | None:
        # the time of a day that the clocks cut short may come after midnight: hence from the day before
        day = instant.astimezone(self.zone).date() - timedelta(days=1)
        found = self.coming(day)
        while found is not None and found.at <= instant:
            found = self.coming(found.day + timedelta(days=1))
        return found

    def _over(self, day: date) -> bool:
        return self.until is not None and datetime.combine(day, self.at) > self.until

    def _date(self, day: date) -> date | None:
        return _by_cron(self.cron, day) if self.cron else _by_rrule(self.parts, self.anchor, day)


# ---- reading ----


@lru_cache(maxsize=4096)
def read(said: str, anchor: date, tz: str) -> Rule:
    """The rule that a phrase, an RRULE or a cron line means; raises NoRule."""
    zone = ZoneInfo(tz)
    text = " ".join(said.split())
    if found := _RRULE.fullmatch(text):
        return _from_rfc(found["rule"], found["start"], anchor, zone)
    if CRON.fullmatch(text):
        return _from_cron(text, anchor, zone)
    phrase = in_words(text)
    rule = Rule(phrase.at, zone, anchor, _whole(_parts(phrase), anchor))
    return _possible(rule, said)


def anchor(said: str, tz: str, now: datetime) -> date:
    """What INTERVAL and COUNT are counted from: the date of the first occurrence after now, or DTSTART."""
    today = now.astimezone(ZoneInfo(tz)).date()
    rule = read(said, today, tz)
    if rule.anchor != today:
        return rule.anchor
    # counted from today, "every second monday" might begin in the week after next
    each = Rule(rule.at, rule.zone, today, {**rule.parts, "INTERVAL": "1"} if rule.parts else {}, rule.cron, rule.until)
    first = each.after(now)
    return first.day if first else today


def _parts(phrase: Phrase) -> dict[str, str]:
    return dict(part.split("=", 1) for part in phrase.rule.split(";"))


def _possible(rule: Rule, said: str) -> Rule:
    if rule.coming(rule.anchor) is None:
        raise NoRule(f"“{shorten(said, 60)}” never comes.")
    return rule


def _from_rfc(text: str, start: str | None, anchor: date, zone: ZoneInfo) -> Rule:
    pieces = [piece.partition("=") for piece in text.upper().rstrip(";").split(";")]
    parts = {name: value for name, _, value in pieces}
    if unknown := sorted(parts.keys() - RFC):
        raise NoRule(f"{shorten(unknown[0], 60)} is no part of an RRULE.")
    for name in ("INTERVAL", "COUNT"):
        if not 1 <= int(parts.get(name, "1") if parts.get(name, "1").isdecimal() else 0) <= 10000:
            raise NoRule(f"{name} wants a number such as 2, not “{shorten(parts[name], 60)}”.")
    if parts["FREQ"] in ("HOURLY", "MINUTELY", "SECONDLY"):
        raise NoRule(f"FREQ={parts['FREQ']} is more often than once a day, which is the most.")
    at = _hour(parts)
    if start:
        began = _START.fullmatch(start)
        day = _day(began[1]) if began else None
        if began is None or day is None:
            raise NoRule(f"DTSTART wants a local time such as 20261201T090000, not “{shorten(start, 60)}”.")
        anchor = day
        at = at or (time(int(began[2]), int(began[3])) if began[2] and int(began[2]) < 24 else None)
    if at is None:
        raise NoRule("An RRULE here names its time of day.", f"{text.upper()};BYHOUR=9;BYMINUTE=0")
    until = _until(parts.pop("UNTIL"), zone) if "UNTIL" in parts else None
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        parts.pop(name, None)
    rule = Rule(at, zone, anchor, _whole(parts, anchor), until=until)
    try:
        return _possible(rule, text)
    except (ValueError, TypeError, KeyError, IndexError) as no:
        if isinstance(no, NoRule):
            raise
        raise NoRule(f"“{shorten(text, 60)}” is no RRULE.") from no  # dateutil's own words are for programmers


def _hour(parts: Mapping[str, str]) -> time | None:
    hour, minute = parts.get("BYHOUR"), parts.get("BYMINUTE", "0")
    if hour is None:
        return None
    if "," in hour or "," in minute or "," in parts.get("BYSECOND", ""):
        raise NoRule("Several times a day are more often than once, which is the most.")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise NoRule(f"BYHOUR={shorten(hour, 60)};BYMINUTE={shorten(minute, 60)} is no time of day.")
    return time(int(hour), int(minute))


def _until(text: str, zone: ZoneInfo) -> datetime:
    """The last local time; UNTIL in UTC is converted, a date alone means its whole day."""
    found = _UNTIL.fullmatch(text)
    day = _day(found[1]) if found else None
    if found is None or day is None:
        raise NoRule(f"UNTIL wants a day such as 20261231, not “{shorten(text, 60)}”.")
    if not found[2]:
        return datetime.combine(day, time.max)
    try:
        clock = time(int(found[2][:2]), int(found[2][2:4]), int(found[2][4:]))
    except ValueError:
        raise NoRule(f"UNTIL wants a time such as 20261231T090000, not “{shorten(text, 60)}”.") from None
    wall = datetime.combine(day, clock)
    if found[3]:
        return wall.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None)
    return wall


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _from_cron(text: str, anchor: date, zone: ZoneInfo) -> Rule:
    from cronsim import CronSim, CronSimError

    try:
        line = CronSim(text, datetime.combine(anchor, time()))
    except CronSimError as no:
        raise NoRule(f"“{shorten(text, 60)}” is no cron line: {str(no)[:1].lower()}{str(no)[1:]}.") from no
    if len(line.minutes) * len(line.hours) > 1:
        raise NoRule(f"“{shorten(text, 60)}” is more often than once a day, which is the most.", "0 9 * * 1-5")
    (minute,), (hour,) = line.minutes, line.hours
    return _possible(Rule(time(hour, minute), zone, anchor, cron=" ".join(["0 0", *text.split()[2:]])), text)


# ---- dates ----


def _by_cron(line: str, day: date) -> date | None:
    from cronsim import CronSim

    found: Iterator[datetime] = CronSim(line, datetime.combine(day, time()) - timedelta(minutes=1))
    first = next(found, None)
    return first.date() if first else None


def _by_rrule(parts: Mapping[str, str], anchor: date, day: date) -> date | None:
    begin = anchor if "COUNT" in parts else _period(parts, anchor, day)
    return _first_from(tuple(sorted(parts.items())), begin, day)


@lru_cache(maxsize=16384)  # "weekdays 09:00" has the same next date for everybody who says so
def _first_from(parts: tuple[tuple[str, str], ...], begin: date, day: date) -> date | None:
    from dateutil.rrule import rrulestr

    # dateutil seeks until the year 9999. The calendar repeats every 400 years: seen from the last of these, what never
    # comes is known to be so at once.
    shift = (9999 - begin.year) // 400 * 400
    rule: Any = rrulestr(";".join(f"{name}={value}" for name, value in parts), dtstart=_midnight(_moved(begin, shift)))
    found = rule.after(_midnight(_moved(day, shift)), inc=True)
    return _moved(found.date(), -shift) if found else None


def _moved(day: date, years: int) -> date:
    return day.replace(year=day.year + years)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _whole(parts: dict[str, str], anchor: date) -> dict[str, str]:
    """A rule that says on which days of its period, as its first date does where it does not say."""
    if not any(name in parts for name in _DATED):
        match parts["FREQ"]:
            case "YEARLY":
                parts.setdefault("BYMONTH", str(anchor.month))
                parts["BYMONTHDAY"] = str(anchor.day)
            case "MONTHLY":
                parts["BYMONTHDAY"] = str(anchor.day)
            case "WEEKLY":
                parts["BYDAY"] = WEEK[anchor.weekday()]
    return parts


def _period(parts: Mapping[str, str], anchor: date, day: date) -> date:
    """The beginning of the last counted period up to `day`: INTERVAL counts from the anchor's own, and dateutil need
    not walk all the way from there."""
    every = int(parts.get("INTERVAL", "1"))
    match parts["FREQ"]:
        case "DAILY":
            return anchor + timedelta(days=(day - anchor).days // every * every)
        case "WEEKLY":
            week = WEEK.index(parts.get("WKST", "MO"))
            first = anchor - timedelta(days=(anchor.weekday() - week) % 7)
            return first + timedelta(weeks=(day - first).days // 7 // every * every)
        case "MONTHLY":
            passed = (day.year - anchor.year) * 12 + day.month - anchor.month
            months = anchor.year * 12 + anchor.month - 1 + passed // every * every
            return date(months // 12, months % 12 + 1, 1)
        case _:
            return date(anchor.year + (day.year - anchor.year) // every * every, 1, 1)
