"""Recurrence: what phrases, RRULEs and cron lines mean, held against computations of another kind."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from core.schedule import calendar
from core.schedule.calendar import Rule
from core.schedule.phrases import NoRule

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
TODAY = NOW.date()
BERLIN = "Europe/Berlin"
ZONES = (
    "Europe/Berlin", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
    "America/Nuuk", "America/Scoresbysund", "Africa/Casablanca", "America/Havana", "Pacific/Chatham", "UTC",
)  # fmt: skip


def rule(said: str, tz: str = BERLIN, now: datetime = NOW) -> Rule:
    return calendar.read(said, calendar.anchor(said, tz, now), tz)


def coming(said: str, count: int = 3, tz: str = BERLIN, now: datetime = NOW) -> str:
    found, instant = [], now
    for _ in range(count):
        one = rule(said, tz, now).after(instant)
        if one is None:
            break
        found.append(f"{one.at.astimezone(ZoneInfo(tz)):%a %d %b %H:%M}")
        instant = one.at
    return ", ".join(found)


@pytest.mark.parametrize(
    ("said", "comes"),
    [
        ("every day 02:30", "Thu 26 Nov 02:30, Fri 27 Nov 02:30, Sat 28 Nov 02:30"),
        ("daily at noon", "Thu 26 Nov 12:00, Fri 27 Nov 12:00, Sat 28 Nov 12:00"),
        ("weekdays 09:00", "Thu 26 Nov 09:00, Fri 27 Nov 09:00, Mon 30 Nov 09:00"),
        ("Mon-Fri 9.30", "Thu 26 Nov 09:30, Fri 27 Nov 09:30, Mon 30 Nov 09:30"),
        ("weekends 10:00", "Sat 28 Nov 10:00, Sun 29 Nov 10:00, Sat 05 Dec 10:00"),
        ("every friday 10:00", "Fri 27 Nov 10:00, Fri 04 Dec 10:00, Fri 11 Dec 10:00"),
        ("fridays at 5pm", "Fri 27 Nov 17:00, Fri 04 Dec 17:00, Fri 11 Dec 17:00"),
        ("at 9:15 on mon, wed and fri", "Fri 27 Nov 09:15, Mon 30 Nov 09:15, Wed 02 Dec 09:15"),
        ("every second monday 10:30", "Mon 30 Nov 10:30, Mon 14 Dec 10:30, Mon 28 Dec 10:30"),
        ("every other friday 9am", "Fri 27 Nov 09:00, Fri 11 Dec 09:00, Fri 25 Dec 09:00"),
        ("every 2 weeks on tuesday 9:30", "Tue 01 Dec 09:30, Tue 15 Dec 09:30, Tue 29 Dec 09:30"),
        ("every 3 days 8:00", "Thu 26 Nov 08:00, Sun 29 Nov 08:00, Wed 02 Dec 08:00"),
        ("last friday 16:00", "Fri 27 Nov 16:00, Fri 25 Dec 16:00, Fri 29 Jan 16:00"),
        ("last friday of the month 16:00", "Fri 27 Nov 16:00, Fri 25 Dec 16:00, Fri 29 Jan 16:00"),
        ("second monday 10:30", "Mon 14 Dec 10:30, Mon 11 Jan 10:30, Mon 08 Feb 10:30"),
        ("every second monday of the month 10:30", "Mon 14 Dec 10:30, Mon 11 Jan 10:30, Mon 08 Feb 10:30"),
        ("1st and 3rd wednesday 09:00", "Wed 02 Dec 09:00, Wed 16 Dec 09:00, Wed 06 Jan 09:00"),
        ("last weekday 17:00", "Mon 30 Nov 17:00, Thu 31 Dec 17:00, Fri 29 Jan 17:00"),
        ("last day of the month 17:00", "Mon 30 Nov 17:00, Thu 31 Dec 17:00, Sun 31 Jan 17:00"),
        ("1st and 15th 10:00", "Tue 01 Dec 10:00, Tue 15 Dec 10:00, Fri 01 Jan 10:00"),
        ("31st 09:00", "Mon 30 Nov 09:00, Thu 31 Dec 09:00, Sun 31 Jan 09:00"),
        ("last friday of the quarter 15:00", "Fri 25 Dec 15:00, Fri 26 Mar 15:00, Fri 25 Jun 15:00"),
        ("every year on 24 december 09:00", "Thu 24 Dec 09:00, Fri 24 Dec 09:00, Sun 24 Dec 09:00"),
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=30", "Mon 30 Nov 09:30, Mon 07 Dec 09:30, Mon 14 Dec 09:30"),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=16", "Fri 27 Nov 16:00, Fri 25 Dec 16:00, Fri 29 Jan 16:00"),
        ("FREQ=WEEKLY;BYHOUR=9;COUNT=2", "Wed 02 Dec 09:00, Wed 09 Dec 09:00"),
        (
            "DTSTART:20261201T090000 RRULE:FREQ=WEEKLY;INTERVAL=2",
            "Tue 01 Dec 09:00, Tue 15 Dec 09:00, Tue 29 Dec 09:00",
        ),
        ("FREQ=DAILY;BYHOUR=9;UNTIL=20261127", "Thu 26 Nov 09:00, Fri 27 Nov 09:00"),
        ("FREQ=DAILY;BYHOUR=9;UNTIL=20261127T075959Z", "Thu 26 Nov 09:00"),  # 08:59:59 in Berlin
        ("FREQ=DAILY;BYHOUR=9;UNTIL=20261127T080000Z", "Thu 26 Nov 09:00, Fri 27 Nov 09:00"),
        ("0 9 * * 1-5", "Thu 26 Nov 09:00, Fri 27 Nov 09:00, Mon 30 Nov 09:00"),
        ("30 10 L * *", "Mon 30 Nov 10:30, Thu 31 Dec 10:30, Sun 31 Jan 10:30"),
        ("0 16 * * 5L", "Fri 27 Nov 16:00, Fri 25 Dec 16:00, Fri 29 Jan 16:00"),
    ],
)
def test_what_people_type(said: str, comes: str) -> None:
    assert coming(said) == comes


@pytest.mark.parametrize(
    ("said", "why"),
    [
        *(
            (said, "more often than once a day, which is the most.")
            for said in (
                "every 5 minutes", "hourly", "every hour", "every half hour", "every 2 hours", "twice a day 9:00",
                "*/5 * * * *", "0 9,17 * * *", "0 * * * *", "FREQ=HOURLY", "FREQ=MINUTELY;INTERVAL=5",
            )
        ),
        ("every day at 9:00 and 17:00", "One time of day; for a second one make another schedule."),
        ("FREQ=DAILY;BYHOUR=9,17", "Several times a day are more often than once"),
        ("every friday", "At what time? “every friday” names none."),
        ("", "When? For instance every friday 10:00."),
        ("sometimes 9:00", "“sometimes 9:00” is no time I understand"),
        ("25:00", "names no time of day"), ("13pm", "names no time of day"),
        ("0 9 31 2 *", "is no cron line: bad day-of-month."),
        ("FREQ=DAILY;BYHOUR=25", "is no time of day"), ("FREQ=DAILY", "names its time of day"),
        ("FREQ=WEEKLY;BYDAY=XX;BYHOUR=9", "is no RRULE"), ("FREQ=FOO;BYHOUR=9", "is no RRULE"),
        ("FREQ=WEEKLY;INTERVAL=0;BYHOUR=9", "INTERVAL wants a number"),
        ("FREQ=WEEKLY;COUNT=x;BYHOUR=9", "COUNT wants a number"),
        ("FREQ=WEEKLY;BYHOUR=9;UNTIL=soon", "UNTIL wants a day"),
        ("FREQ=WEEKLY;BYHOUR=9;UNTIL=20250101", "never comes"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=9", "never comes"),
        ("FREQ=WEEKLY;BYHOUR=9;BYEASTER=1", "is no part of an RRULE"),
    ],
)  # fmt: skip
def test_what_does_not_recur_is_refused_with_what_would_be_right(said: str, why: str) -> None:
    with pytest.raises(NoRule) as refused:
        rule(said)
    assert why in refused.value.why
    assert rule(refused.value.better).after(NOW)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_rule_or_refused(said: str) -> None:
    try:
        found = rule(said)
    except NoRule:
        return
    assert found.after(NOW)


# ---- clocks that change ----


@pytest.mark.parametrize(
    ("tz", "said", "day", "at"),
    [
        ("Europe/Berlin", "every day 02:30", date(2026, 3, 29), "2026-03-29 01:00"),
        ("Europe/Berlin", "every day 02:30", date(2026, 10, 25), "2026-10-25 00:30"),
        ("America/Santiago", "every day 00:00", date(2026, 9, 6), "2026-09-06 04:00"),
        ("Africa/Cairo", "every day 00:30", date(2026, 4, 24), "2026-04-23 22:00"),
        ("Australia/Lord_Howe", "every day 02:15", date(2026, 10, 4), "2026-10-03 15:30"),
    ],
)
def test_a_skipped_time_comes_after_the_gap_and_a_repeated_one_once(tz: str, said: str, day: date, at: str) -> None:
    found = rule(said, tz, NOW.replace(year=2025)).coming(day)
    assert found is not None
    assert (found.day, f"{found.at:%Y-%m-%d %H:%M}") == (day, at)


@given(st.sampled_from(ZONES), st.integers(0, 24 * 60 - 1), st.dates(date(2005, 1, 1), date(2036, 1, 1)))
def test_every_existing_local_date_has_exactly_one_occurrence(tz: str, minute: int, first: date) -> None:
    """Counted against the dates that the zone's own clock shows, hour by hour."""
    begin = datetime.combine(first, time(12), UTC)
    every = Rule(time(minute // 60, minute % 60), ZoneInfo(tz), first - timedelta(days=9), {"FREQ": "DAILY"})
    shown = {(begin + timedelta(hours=n)).astimezone(ZoneInfo(tz)).date() for n in range(-24, 40 * 24)}
    days = sorted(shown)[2:-2]
    found, instant = [], begin - timedelta(days=3)
    while len(found) < 60:
        one = every.after(instant)
        assert one is not None
        assert one.at > instant
        found.append(one.day)
        instant = one.at
    assert [day for day in found if days[0] <= day <= days[-1]] == days


# ---- against dateutil walking all the way from the first date, and against a plain reading of the calendar ----

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS = st.one_of(
    st.builds(lambda n: f"FREQ=DAILY;INTERVAL={n}", st.integers(1, 400)),
    st.builds(
        lambda n, days, first: f"FREQ=WEEKLY;INTERVAL={n};BYDAY={','.join(sorted(days))};WKST={first}",
        st.integers(1, 60), st.sets(st.sampled_from(DAYS), min_size=1),
        st.sampled_from(["MO", "SU"]),
    ),
    st.builds(
        lambda n, k, day: f"FREQ=MONTHLY;INTERVAL={n};BYDAY={k}{day}",
        st.integers(1, 14), st.sampled_from([-2, -1, 1, 2, 3, 4]), st.sampled_from(DAYS),
    ),
    st.builds(
        lambda n, k: f"FREQ=MONTHLY;INTERVAL={n};BYMONTHDAY={k}", st.integers(1, 14), st.sampled_from([-1, 1, 15, 28])
    ),
    st.builds(lambda n: f"FREQ=YEARLY;INTERVAL={n};BYMONTH=2;BYMONTHDAY=-1", st.integers(1, 3)),
    st.builds(lambda n: f"FREQ=MONTHLY;INTERVAL={n};BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", st.integers(1, 5)),
)  # fmt: skip


@given(_PARTS, st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 3000))
def test_a_rule_read_from_the_middle_is_the_rule_read_from_its_beginning(parts: str, anchor: date, later: int) -> None:
    day = anchor + timedelta(days=later)
    whole = rrulestr(parts, dtstart=datetime.combine(anchor, time()))
    expected = whole.after(datetime.combine(day, time()), inc=True)
    assume(expected is not None)
    found = calendar.read(f"{parts};BYHOUR=9", anchor, "UTC").coming(day)
    assert found is not None
    assert found.day == expected.date()


def _days(first: date, count: int = 800) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(count))


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.sampled_from(["mon", "wed", "fri", "sun"]))
def test_phrases_mean_what_a_calendar_on_the_wall_shows(first: date, name: str) -> None:
    weekday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(name)
    theirs = [day for day in _days(first) if day.weekday() == weekday]
    now = datetime.combine(first, time(), UTC)

    def dates(said: str, count: int = 6) -> list[date]:
        found, day = [], first
        read = rule(said, "UTC", now)
        for _ in range(count):
            one = read.coming(day)
            assert one is not None
            found.append(one.day)
            day = one.day + timedelta(days=1)
        return found

    assert dates(f"every {name} 10:00") == theirs[:6]
    assert dates(f"every second {name} 10:00") == theirs[:12:2]
    assert dates(f"last {name} 10:00") == [day for day in theirs if (day + timedelta(days=7)).month != day.month][:6]
    assert dates(f"second {name} 10:00") == [day for day in theirs if 8 <= day.day <= 14][:6]
    assert dates("weekdays 10:00") == [day for day in _days(first) if day.weekday() < 5][:6]
    assert dates("last day 10:00") == [day for day in _days(first) if (day + timedelta(days=1)).day == 1][:6]
