"""Dates as people say them, seen from Monday 30 November 2026 unless a test says otherwise."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chat.dates import day, days

MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("today", "2026-11-30"),
        ("Tomorrow", "2026-12-01"),
        ("yesterday", "2026-11-29"),
        ("the day after  tomorrow", "2026-12-02"),
        ("in 3 days", "2026-12-03"),
        ("in 2 weeks", "2026-12-14"),
        ("two weeks from now", "2026-12-14"),
        ("a week from today", "2026-12-07"),
        ("in a fortnight", "2026-12-14"),
        ("2 weeks ago", "2026-11-16"),
        ("next week", "2026-12-07"),
        ("next month", "2026-12-30"),
        ("2026-12-24", "2026-12-24"),
        ("2026-1-5", "2026-01-05"),
        ("2026-03-04", "2026-03-04"),
        ("2026/03/04", "2026-03-04"),
        ("24/12/2026", "2026-12-24"),
        ("12/24/2026", "2026-12-24"),
        ("03/03/2027", "2027-03-03"),
        ("31.12.2026", "2026-12-31"),
        ("24 Dec", "2026-12-24"),
        ("Dec 24.", "2026-12-24"),
        ("the 24th of December", "2026-12-24"),
        ("December 24th, 2027", "2027-12-24"),
        ("24-Dec-2026", "2026-12-24"),
        ("Friday, 4 December", "2026-12-04"),
        ("30 nov", "2026-11-30"),
        ("29 nov", "2027-11-29"),
        ("29 feb", "2028-02-29"),
        ("may", "2027-05-01"),
        ("december", "2026-12-01"),
        ("Dec 2027", "2027-12-01"),
        ("end of month", "2026-11-30"),
        ("the end of next month", "2026-12-31"),
        ("end of feb", "2027-02-28"),
        ("end of the year", "2026-12-31"),
    ],
)
def test_a_day_is_understood(said: str, meant: str) -> None:
    assert day(said, MONDAY) == date.fromisoformat(meant)
    assert day(f"  {said} ", MONDAY) == date.fromisoformat(meant)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "1",
        "12",
        "2026",
        "a",
        "the 5th",
        "second",
        "now",
        "17:00",
        "in 3 hours",
        "2 weeks",
        "03/04/2026",
        "3.4.2026",
        "13/13/2026",
        "24/7",
        "2026-13-01",
        "2026-02-30",
        "0000-01-01",
        "31 nov",
        "29 feb 2027",
        "0 dec",
        "99 dec",
        "24 dec 26",
        "5 may 0001",
        "Friday 5 December",
        "end of week",
        "end of days",
        "in 9999 years",
        "9999 years ago",
        "tomorrow..",
        "export invoices as csv",
        "tomorrow " * 10_000,
        "1" * 100_000,
    ],
)
def test_what_is_no_certain_day_is_none(said: str) -> None:
    assert day(said, MONDAY) is None


@pytest.mark.parametrize("offset", range(7))
def test_weekdays_are_counted_from_every_day_of_the_week(offset: int) -> None:
    today = MONDAY + timedelta(days=offset)
    for number, name in enumerate(["monday", "Tue", "weds", "thursday", "fri.", "Saturday", "on sunday"]):
        coming = day(name, today)
        assert coming is not None
        assert coming.weekday() == number
        assert 1 <= (coming - today).days <= 7
        plain = name.removeprefix("on ")
        assert day(f"this {plain}", today) == coming
        assert day(f"next {plain}", today) == MONDAY + timedelta(days=7 + number)
        before = day(f"last {plain}", today)
        assert before is not None
        assert before.weekday() == number
        assert 1 <= (today - before).days <= 7


def test_next_friday_is_not_this_friday_on_a_monday() -> None:
    assert day("friday", MONDAY) == date(2026, 12, 4)
    assert day("next friday", MONDAY) == date(2026, 12, 11)


def test_said_in_may_may_is_over_as_a_day_and_here_as_a_month() -> None:
    today = date(2026, 5, 20)
    assert day("may", today) == date(2027, 5, 1)
    assert day("end of may", today) == date(2026, 5, 31)
    assert days("may", today) == (date(2026, 5, 1), date(2026, 5, 31))


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("2026-12-24..2026-12-31", "2026-12-24", "2026-12-31"),
        ("2026-12-24 - 2026-12-31", "2026-12-24", "2026-12-31"),
        ("2026-12-24 … 2026-12-31", "2026-12-24", "2026-12-31"),
        ("tomorrow..friday", "2026-12-01", "2026-12-04"),
        ("from tomorrow until friday", "2026-12-01", "2026-12-04"),
        ("24 Dec to 31 Dec", "2026-12-24", "2026-12-31"),
        ("24 Dec – 2 Jan", "2026-12-24", "2027-01-02"),
        ("24-31 Dec", "2026-12-24", "2026-12-31"),
        ("24 to 31 Dec 2027", "2027-12-24", "2027-12-31"),
        ("mon-fri", "2026-12-07", "2026-12-11"),
        ("friday..tuesday", "2026-12-04", "2026-12-08"),
        ("tomorrow", "2026-12-01", "2026-12-01"),
        ("2026-12-24", "2026-12-24", "2026-12-24"),
        ("this week", "2026-11-30", "2026-12-06"),
        ("next week", "2026-12-07", "2026-12-13"),
        ("next month", "2026-12-01", "2026-12-31"),
        ("next year", "2027-01-01", "2027-12-31"),
        ("feb", "2027-02-01", "2027-02-28"),
        ("may to june", "2027-05-01", "2027-06-30"),
    ],
)
def test_a_range_is_understood(said: str, first: str, last: str) -> None:
    assert days(said, MONDAY) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "said",
    [
        "",
        "..",
        "1..5",
        "tomorrow..",
        "..friday",
        "a to b",
        "week",
        "2 weeks",
        "31 Dec to 24 Dec",
        "2026-12-31..2026-12-24",
        "tomorrow..yesterday",
        "tomorrow..wednesday..friday",
        "03/04/2026..2026-12-31",
        ".." * 50_000,
    ],
)
def test_what_is_no_range_is_none(said: str) -> None:
    assert days(said, MONDAY) is None


def test_a_range_of_weekdays_that_began_this_week_lies_in_the_next() -> None:
    wednesday = MONDAY + timedelta(days=2)
    assert days("tuesday..friday", wednesday) == (date(2026, 12, 8), date(2026, 12, 11))


def test_next_week_is_monday_to_sunday_on_every_day() -> None:
    for offset in range(7):
        assert days("next week", MONDAY + timedelta(days=offset)) == (date(2026, 12, 7), date(2026, 12, 13))


# The first parse loads dateparser's language data, and a busy machine stalls.
patient = settings(deadline=None)
TODAYS = st.dates(date(1990, 1, 1), date(2200, 12, 31))
WORDS = st.one_of(
    st.sampled_from(
        ["1", "31", "2026", "may", "dec", "friday", "next", "last", "this", "in", "week", "weeks", "month"]
    ),
    st.sampled_from(["of", "end", "the", "to", "..", "-", "tomorrow", "24/12", "a", "day", ",", "ago", "from"]),
)


@given(TODAYS, TODAYS)
def test_an_iso_date_is_itself_whenever_it_is_said(meant: date, today: date) -> None:
    assert day(meant.isoformat(), today) == meant


@patient
@given(TODAYS, st.one_of(st.text(max_size=20), st.lists(WORDS, max_size=6).map(" ".join)))
def test_nothing_that_is_said_raises(today: date, said: str) -> None:
    found = days(said, today)
    assert found is None or found[0] <= found[1]
    assert day(said, today) is None or found is not None


@patient
@given(TODAYS, TODAYS)
def test_a_day_and_month_is_today_or_still_to_come(meant: date, today: date) -> None:
    found = day(f"{meant:%d %B}", today)
    assert found is not None
    assert (found.day, found.month) == (meant.day, meant.month)
    assert found >= today
