"""A wall time is one instant: the first of two, and the first after a gap. Held against the zones' own transitions."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.walltime import day_ends, exists, instant

ZONES = (
    "Europe/Berlin", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
    "America/Nuuk", "America/Scoresbysund", "Africa/Casablanca", "Asia/Tehran", "America/St_Johns", "Pacific/Chatham",
    "America/Havana", "UTC",
)  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "wall", "utc"),
    [
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:00"),  # skipped: when the clocks have jumped
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"),  # twice: the first time
        ("America/Santiago", "2026-09-06 00:00", "2026-09-06 04:00"),  # midnight is skipped, the day is not
        ("Africa/Cairo", "2026-04-24 00:00", "2026-04-23 22:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),  # half an hour
        ("Asia/Kathmandu", "2026-06-01 09:00", "2026-06-01 03:15"),
    ],
)
def test_what_a_wall_time_means(zone: str, wall: str, utc: str) -> None:
    when = datetime.fromisoformat(wall)
    assert instant(when.date(), when.time(), ZoneInfo(zone)) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_date_that_was_skipped_as_a_whole_does_not_exist() -> None:
    samoa = ZoneInfo("Pacific/Apia")
    assert [exists(date(2011, 12, n), samoa) for n in (29, 30, 31)] == [True, False, True]
    assert day_ends(date(2011, 12, 29), samoa) == instant(date(2011, 12, 31), time(), samoa)


@given(
    st.sampled_from(ZONES),
    st.dates(date(1990, 1, 1), date(2040, 12, 31)),
    st.integers(0, 24 * 60 - 1),
)
def test_it_is_the_first_instant_at_which_clocks_show_that_time_or_later(zone: str, day: date, minute: int) -> None:
    there = ZoneInfo(zone)
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    found = instant(day, wall.time(), there)
    shown = found.astimezone(there).replace(tzinfo=None)
    assert shown >= wall
    before = (found - timedelta(seconds=1)).astimezone(there).replace(tzinfo=None)
    assert before < wall or found.astimezone(there).fold == 0
    if shown != wall:  # the clocks jumped over it just then
        assert before < wall
    earlier = [found - timedelta(minutes=n) for n in range(1, 181)]
    assert wall not in [at.astimezone(there).replace(tzinfo=None) for at in earlier]
