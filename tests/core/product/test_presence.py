"""Hours, zones, holidays and absences, for everybody at once."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from core.chat import walltime
from core.product import presence
from core.product.people import ProductInfo
from core.product.presence import Absence, AbsenceRow, Hours, Presence
from tests.databases import NOW, Company

TODAY = NOW.date()  # Tuesday, 1 December 2026
BERLIN = ProductInfo("p", "APP", "The app", "Europe/Berlin")


def read(company: Company, product: ProductInfo = BERLIN, **more: object) -> Presence:
    with company.look() as db:
        return presence.read(db, product, **more)  # type: ignore[arg-type]


def told(company: Company, hours: str = "", tz: str | None = None, country: str | None = None) -> Presence:
    with company.work() as db:
        presence.set_hours(db, company.ann, presence.hours_said(hours), tz, country)
    return read(company)


def instants(*said: str) -> list[datetime]:
    return [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in said]


# ---- what is the default, and what is somebody's own ----


def test_unless_told_everybody_works_half_past_five_in_the_products_zone_and_has_its_holidays(company: Company) -> None:
    there = read(company)
    assert (there.hours(company.bob), str(there.zone(company.bob))) == (Hours(time(9), time(17, 30)), "Europe/Berlin")
    assert there.holiday(company.bob, date(2026, 12, 25)) == "Christmas Day"
    assert not there.works_on(company.bob, date(2026, 12, 25))
    assert there.works_on(company.bob, date(2026, 12, 24))


def test_everybody_has_the_holidays_and_weekends_of_their_own_country(company: Company) -> None:
    there = told(company, "09:00-18:00", "Asia/Kolkata", "IN")
    republic_day = date(2026, 1, 26)
    assert [there.works_on(who, republic_day) for who in (company.ann, company.bob)] == [False, True]
    israel = told(company, country="IL")
    friday, sunday = date(2026, 12, 11), date(2026, 12, 13)
    assert [israel.works_on(company.ann, day) for day in (friday, sunday)] == [False, True]


def test_a_part_of_a_country_has_holidays_of_its_own(company: Company) -> None:
    epiphany = date(2027, 1, 6)
    assert told(company, country="DE").works_on(company.ann, epiphany)
    assert not told(company, country="DE-BY").works_on(company.ann, epiphany)


def test_a_product_in_utc_has_weekends_and_no_holidays(company: Company) -> None:
    there = read(company, ProductInfo("p", "APP", "The app", "UTC"))
    assert there.country_of(company.ann) == ""
    assert there.works_on(company.ann, date(2026, 12, 25))
    assert not there.works_on(company.ann, date(2026, 12, 26))


def test_what_was_not_said_anew_stands(company: Company) -> None:
    told(company, "08:00-16:00", "Asia/Kolkata", "IN")
    there = told(company, tz="Europe/Madrid")
    assert (there.hours(company.ann), str(there.zone(company.ann)), there.country_of(company.ann)) == (
        Hours(time(8), time(16)), "Europe/Madrid", "IN",
    )  # fmt: skip


# ---- absences ----


def away(company: Company, first: str, last: str) -> list[tuple[date, date]]:
    with company.work() as db:
        presence.add_absence(db, company.ann, date.fromisoformat(first), date.fromisoformat(last))
    with company.look() as db:
        return [(row.first, row.last) for row in db.scalars(select(AbsenceRow).order_by(AbsenceRow.first))]


def test_absences_that_overlap_are_one(company: Company) -> None:
    away(company, "2026-12-07", "2026-12-09")
    away(company, "2026-12-14", "2026-12-15")
    assert away(company, "2026-12-09", "2026-12-14") == [(date(2026, 12, 7), date(2026, 12, 15))]


def test_absences_that_touch_are_told_as_one(company: Company) -> None:
    away(company, "2026-12-07", "2026-12-09")
    away(company, "2026-12-10", "2026-12-11")
    assert read(company).away(company.ann, date(2026, 12, 8)) == Absence(date(2026, 12, 7), date(2026, 12, 11))
    assert read(company).away(company.ann, date(2026, 12, 12)) is None
    assert read(company).away(company.bob, date(2026, 12, 8)) is None


def test_who_is_back_early_was_away_until_yesterday(company: Company) -> None:
    away(company, "2026-11-30", "2026-12-04")
    away(company, "2026-12-24", "2026-12-31")
    with company.work() as db:
        assert presence.end_absences(db, company.ann, TODAY) == 2
    there = read(company)
    assert there.away(company.ann, TODAY) is None
    assert there.away(company.ann, date(2026, 11, 30)) == Absence(date(2026, 11, 30), date(2026, 11, 30))
    assert there.away(company.ann, date(2026, 12, 28)) is None


def test_present_days_leave_out_weekends_holidays_and_absences(company: Company) -> None:
    away(company, "2026-12-28", "2026-12-29")
    days = read(company).present_days(company.ann, date(2026, 12, 21), date(2027, 1, 3))
    assert [day.isoformat() for day in days] == [
        "2026-12-21", "2026-12-22", "2026-12-23", "2026-12-24", "2026-12-30", "2026-12-31",
    ]  # fmt: skip


# ---- when somebody is there next, and until when ----


def test_the_next_hours_pass_over_the_night_weekends_holidays_and_absences(company: Company) -> None:
    away(company, "2026-12-28", "2026-12-30")
    there = read(company)
    asked = instants("2026-12-01 07:00", "2026-12-01 12:00", "2026-12-01 16:30", "2026-12-04 17:00", "2026-12-24 18:00")
    found = instants("2026-12-01 08:00", "2026-12-01 12:00", "2026-12-02 08:00", "2026-12-07 08:00", "2026-12-31 08:00")
    assert [there.next_start(company.ann, at) for at in asked] == found


def test_a_day_ends_when_its_hours_do(company: Company) -> None:
    there = read(company)
    noon, evening, saturday = instants("2026-12-01 12:00", "2026-12-01 16:30", "2026-12-05 12:00")
    assert there.ends(company.ann, noon) == evening
    assert there.ends(company.ann, evening) is None
    assert there.ends(company.ann, saturday) is None


def test_a_night_shift_belongs_to_the_day_it_begins_on(company: Company) -> None:
    there = told(company, "22:00-06:00")
    friday_night, monday_night = instants("2026-12-05 02:00", "2026-12-07 21:00")
    assert there.ends(company.ann, friday_night) == instants("2026-12-05 05:00")[0]
    assert there.next_start(company.ann, friday_night) == friday_night
    assert there.next_start(company.ann, instants("2026-12-05 05:00")[0]) == monday_night


@given(
    st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/Santiago", "Pacific/Auckland", "UTC"]),
    st.sampled_from(["09:00-17:30", "22:00-06:00", "00:00-24:00", "13:00-13:30"]),
    st.sampled_from(["", "DE", "IN", "IL", "CL"]),
    st.integers(0, 400 * 24 * 60),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 20)), max_size=4),
)
def test_the_next_start_is_inside_hours_and_nothing_before_it_is(
    zone: str, hours: str, country: str, minute: int, gone: list[tuple[int, int]]
) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    said = presence.hours_said(hours) or Hours(time(), time(0, 1))
    absences = tuple(
        Absence(begin.date() + timedelta(days=a), begin.date() + timedelta(days=a + n)) for a, n in sorted(gone)
    )
    there = Presence(ZoneInfo(zone), country, {}, {"ann": said}, {}, {"ann": absences})
    at = begin + timedelta(minutes=minute)
    found = there.next_start("ann", at)
    assert found >= at
    assert there.ends("ann", found) is not None
    step = (found - at) / 7
    for n in range(7):
        if (between := at + n * step) < found:
            assert there.ends("ann", between) is None


def test_everybody_is_read_in_three_statements(company: Company) -> None:
    said: list[str] = []
    listen = lambda *args: said.append(args[2])  # noqa: E731
    with company.look() as db:
        event.listen(db.get_bind(), "before_cursor_execute", listen)
        there = presence.read(db, BERLIN)
        for person in (company.ann, company.bob):
            there.next_start(person, NOW)
        event.remove(db.get_bind(), "before_cursor_execute", listen)
    assert len([one for one in said if one.startswith("SELECT")]) == 3


def test_another_companys_people_are_not_read(company: Company, elsewhere_hours: Company) -> None:
    assert read(company).told == {}
    assert elsewhere_hours.ann in read(elsewhere_hours).told


@pytest.fixture
def elsewhere_hours(company: Company) -> Company:
    from tests import databases

    other = databases.company(company.database, "elsewhere")
    told(other, "10:00-12:00")
    return other


# ---- as people type it ----


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("09:00-17:30", "09:00–17:30"), ("9-17", "09:00–17:00"), ("9am to 5.30pm", "09:00–17:30"),
        ("9 – 17:00", "09:00–17:00"), ("22:00–06:00", "22:00–06:00"), ("0:00-24:00", "None"),
        ("12am-12pm", "00:00–12:00"),
        ("9:00", "None"), ("9-9", "None"), ("25:00-26:00", "None"), ("09:60-17:00", "None"), ("13pm-14pm", "None"),
        ("always", "None"), ("", "None"), ("9-17 and more", "None"),
    ],
)  # fmt: skip
def test_hours_as_people_type_them(typed: str, hours: str) -> None:
    assert str(presence.hours_said(typed)) == hours


@pytest.mark.parametrize(
    ("typed", "country"),
    [("in", "IN"), ("DE-by", "DE-BY"), ("uk", "GB"), ("DE-XX", None), ("XX", None), ("", None), ("Germany!", None)],
)
def test_countries_by_their_codes(typed: str, country: str | None) -> None:
    assert presence.country_said(typed) == country


def test_a_zone_lies_in_a_country() -> None:
    zones = ("Europe/Berlin", "Asia/Kolkata", "Asia/Calcutta", "Europe/Kiev", "America/New_York", "UTC", "Etc/GMT+3")
    assert [presence.country_of_zone(zone) for zone in zones] == ["DE", "IN", "IN", "UA", "US", "", ""]


def test_the_day_ends_where_the_next_begins() -> None:
    assert walltime.day_ends(TODAY, ZoneInfo("Europe/Berlin")) == instants("2026-12-01 23:00")[0]
