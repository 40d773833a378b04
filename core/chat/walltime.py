"""Wall clocks and instants: what a local time means on a day when clocks change. Nothing here reads a clock."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


@lru_cache(maxsize=65536)
def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (in UTC) of a wall time: the first one where clocks show it twice, and the first valid instant after
    it where they skip it."""
    wall = datetime.combine(day, at)
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    return _end_of_gap(wall, zone)


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks jump over `wall`; transitions fall on whole seconds."""
    # read with the offset of after the jump a skipped time lies before it, and with the one of before, at or after it
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    old = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle == before:
            break
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def of_day(hour: str, minute: str | None = None, half: str | None = None) -> time | None:
    """The time of day that an hour and a minute make as they were typed, with 'am' or 'pm' behind them or without;
    None where there is no such time."""
    h, m = int(hour), int(minute or 0)
    if half:
        if not 1 <= h <= 12:
            return None
        h = h % 12 + (12 if half == "pm" else 0)
    return time(h, m) if h < 24 and m < 60 else None


def exists(day: date, zone: ZoneInfo) -> bool:
    """Whether a place has this date at all: Samoa had no 30 December 2011."""
    return day_begins(day, zone).astimezone(zone).date() == day


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, also where clocks skip midnight."""
    return instant(day, time(), zone)


def day_ends(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after a local day."""
    return day_begins(day + timedelta(days=1), zone)
