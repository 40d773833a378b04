"""Time is simulated with ticks, in fourteen zones whose clocks change: one digest for each local date that there is.

A month in ordinary runs; STEWARD_TEST_DAYS=366 simulates a year. What comes is held against the zones' own clocks, read
every five minutes: no calendar of ours takes part in that.
"""

import os
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.lines import tick
from tests.core.commands.talk import Talk

pytestmark = pytest.mark.long
ZONES = {
    "America/Santiago": "00:00", "Africa/Cairo": "00:00", "Australia/Lord_Howe": "02:15", "Asia/Kathmandu": "09:00",
    "Europe/Berlin": "02:30", "America/New_York": "02:30", "Pacific/Auckland": "02:30", "Asia/Kolkata": "20:15",
    "America/St_Johns": "00:01", "Pacific/Chatham": "03:00", "Africa/Casablanca": "02:30", "America/Havana": "00:30",
    "America/Nuuk": "20:30", "UTC": "12:00",
}  # fmt: skip
BEGIN = datetime(2026, 3, 26, tzinfo=UTC)  # clocks change in ten of these zones within the month that follows
DAYS = int(os.environ.get("STEWARD_TEST_DAYS", "31"))
STEP = timedelta(minutes=5)


def expected(zone: str, at: str, until: datetime) -> list[date]:
    """The dates whose time came, by what the zone's clock shows: the first moment at which it is as late or later."""
    wall, there = time.fromisoformat(at), ZoneInfo(zone)
    found: list[date] = []
    instant = BEGIN
    before = instant.astimezone(there).replace(tzinfo=None)
    while (instant := instant + STEP) <= until:
        shown = instant.astimezone(there).replace(tzinfo=None)
        for day in {before.date(), shown.date()}:
            if before < datetime.combine(day, wall) <= shown and day not in found:
                found.append(day)
        before = shown
    return found


def test_every_local_date_has_one_digest_whatever_clocks_do(talk: Talk) -> None:
    for zone, at in ZONES.items():
        place = zone.replace("/", "-").lower()
        line = f'digest new stakeholder at="every day {at}" tz={zone} in=#{place} draft=0h empty=line'
        talk.done("ann", "#app", line, at=BEGIN)
    came: dict[str, list[date]] = {}
    until = BEGIN + timedelta(days=DAYS)
    instant = BEGIN
    while instant < until:
        instant += timedelta(hours=3)
        for one in tick(talk.steward, instant):
            came.setdefault(one["to"], []).append(date.fromisoformat(one["key"][-10:]))
    for zone, at in ZONES.items():
        assert came[f"#{zone.replace('/', '-').lower()}"] == expected(zone, at, until), zone
