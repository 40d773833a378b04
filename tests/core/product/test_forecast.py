"""The forecast keeps its order, is the same for the same record, and says nothing from nothing."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.product import backlog, forecast
from core.store.database import Database
from tests.databases import NOW, company

days_of_work = st.lists(st.integers(0, 6), min_size=28, max_size=70).filter(lambda days: sum(days) >= forecast.LEAST)


@given(days=days_of_work, sizes=st.lists(st.integers(0, 60), min_size=2, max_size=5).map(sorted))
@settings(max_examples=25, deadline=None)
def test_more_items_are_never_done_sooner_and_who_is_surer_never_says_a_sooner_day(
    days: list[int], sizes: list[int]
) -> None:
    runs = forecast.simulate(forecast.whole_weeks(days), 300)
    before = [0, 0, 0]
    for size in sizes:
        found = [one if one is not None else 10**6 for one in runs.days(size)]
        assert found == sorted(found)
        assert all(now >= then for now, then in zip(found, before, strict=True))
        before = found


@given(days=days_of_work, spans=st.lists(st.integers(0, 400), min_size=2, max_size=5).map(sorted))
@settings(max_examples=25, deadline=None)
def test_more_days_never_hold_fewer_items_and_who_is_surer_never_says_more(days: list[int], spans: list[int]) -> None:
    runs = forecast.simulate(forecast.whole_weeks(days), 300)
    before = [0, 0, 0]
    for span in spans:
        found = runs.items(span)
        assert found == sorted(found, reverse=True)
        assert all(now >= then for now, then in zip(found, before, strict=True))
        before = found


@given(days=days_of_work, size=st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_a_date_and_the_count_by_that_date_agree(days: list[int], size: int) -> None:
    runs = forecast.simulate(forecast.whole_weeks(days), 300)
    for sure, day in zip(forecast.SURE, runs.days(size), strict=True):
        if day is not None:
            assert runs.items(day, (sure,))[0] >= size
            assert runs.items(day - 1, (sure,))[0] < size


def test_the_same_record_says_the_same_and_another_record_something_else() -> None:
    days = [n % 3 for n in range(56)]
    one, other = forecast.simulate(forecast.whole_weeks(days)), forecast.simulate(forecast.whole_weeks(days))
    assert one.days(25) == other.days(25)
    assert one.days(25) != forecast.simulate(forecast.whole_weeks([2 * n for n in days])).days(25)


def test_an_even_team_is_forecast_by_its_pace() -> None:
    record = forecast.whole_weeks([1] * 56)
    half, likely, nearly = forecast.simulate(record).days(35)
    assert None not in (half, likely, nearly)
    assert half is not None
    assert 33 <= half <= 37
    assert [half, likely, nearly] == sorted([half, likely, nearly], key=lambda day: day or 0)


@pytest.mark.parametrize(
    ("days", "enough"),
    [([0] * 60, False), ([0] * 50 + [1] * 10, False), ([0] * 39 + [1] * 21, True), ([0] * 30 + [9] + [0] * 29, False)],
    ids=["nothing", "a week and a half", "three weeks", "nine items"],
)
def test_a_short_record_is_not_enough(days: list[int], enough: bool) -> None:
    assert forecast.whole_weeks(days).enough is enough


@given(days=st.lists(st.integers(0, 3), max_size=80))
def test_a_record_is_whole_weeks_that_end_on_the_last_day(days: list[int]) -> None:
    record = forecast.whole_weeks(days)
    assert len(record.days) % 7 == 0
    assert list(record.days) == days[len(days) - len(record.days) :]


def test_what_was_dropped_or_is_an_epic_was_not_finished_and_today_does_not_count(database: Database) -> None:
    acme = company(database)
    with database.transaction(write=True, now=NOW) as db:
        db.enter(acme.id)
        made = backlog.add(db, acme.product, [f"Thing {n}" for n in range(5)])
        made[4].type = "epic"
        for item, status in zip(made, ("done", "accepted", "dropped", "done", "done"), strict=True):
            backlog.set_status(item, status, NOW - timedelta(days=3))
        made[3].closed_at = NOW
    with database.transaction(write=False, now=NOW) as db:
        db.enter(acme.id)
        found = forecast.record(db, acme.product, NOW.date(), ZoneInfo("UTC"))
    assert found.finished == 2
    assert found.days[-3] == 2


def test_an_epic_waits_for_its_last_item_in_the_order_and_for_those_of_its_epics(database: Database) -> None:
    acme = company(database)
    with database.transaction(write=True, now=NOW) as db:
        db.enter(acme.id)
        made = backlog.add(db, acme.product, [f"Thing {n}" for n in range(8)])
        big, part = made[0], made[1]
        big.type = part.type = "epic"
        part.epic_id, made[3].epic_id, made[6].epic_id = big.id, big.id, part.id
        db.flush()
        assert forecast.until_all(db, acme.product, [big.id]) == forecast.Ahead(2, 5)
        assert forecast.until_item(db, acme.product, made[3].rank) == forecast.Ahead(1, 2)
        backlog.set_status(made[6], "done", NOW)
        db.flush()
        assert forecast.until_all(db, acme.product, [big.id]) == forecast.Ahead(1, 2)
        assert forecast.until_all(db, acme.product, []) == forecast.Ahead(0, 0)
