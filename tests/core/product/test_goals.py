"""Goals: progress straight from start to target, in both directions; a metric fills a result by itself."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.product import goals, metrics
from core.product.audience import Audience
from core.product.goals import Result, Standing
from tests.databases import NOW, Company

TODAY = NOW.date()
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))


def standing(start: float, target: float, value: float | None) -> Standing:
    return Standing(Result(start=start, target=target, value=value), value)


@pytest.mark.parametrize(
    ("start", "target", "value", "part"),
    [(41, 25, 33, 0.5), (0, 10, 2.5, 0.25), (41, 25, 45, 0), (41, 25, 20, 1), (-5, 5, 0, 0.5), (0, 1, None, 0)],
)
def test_progress_is_the_part_of_the_way(start: float, target: float, value: float | None, part: float) -> None:
    assert standing(start, target, value).progress == part


@given(NUMBERS, NUMBERS, NUMBERS)
def test_progress_is_the_same_from_either_side_and_never_out_of_bounds(
    start: float, target: float, value: float
) -> None:
    if start == target:
        return
    there = standing(start, target, value)
    assert 0 <= there.progress <= 1
    assert there.progress == standing(-start, -target, -value).progress
    if min(start, target) <= value <= max(start, target):
        assert there.progress + standing(target, start, value).progress == pytest.approx(1)


def test_a_metric_fills_a_result_until_the_goal_is_closed(company: Company) -> None:
    with company.work() as db:
        blank = {"unit": "%", "goal": None, "better": "up", "formula": "", "ask_id": None, "every": "",
                 "audience": "team"}  # fmt: skip
        metric = metrics.define(db, company.product, "Activation", "activation", blank)
        goal = goals.add(db, company.product, "More of them stay", None, Audience.TEAM)
        goals.add_result(db, goal, "Activation", 30, 40, metric)
        assert goals.standings(db, [goal], TODAY)[goal.id][0].value is None
        metrics.record(db, metric, TODAY - timedelta(days=1), 33)
        metrics.record(db, metric, TODAY, 35)
        metrics.record(db, metric, TODAY + timedelta(days=9), 39)
        [found] = goals.standings(db, [goal], TODAY)[goal.id]
        assert (found.value, found.measured, goals.progress([found])) == (35, TODAY, 0.5)
        goal.closed_at = NOW
        assert goals.standings(db, [goal], TODAY + timedelta(days=30))[goal.id][0].value == 35


def test_a_formula_takes_each_part_as_it_was_last(company: Company) -> None:
    def made(name: str, text: str = "") -> metrics.Metric:
        blank = {"unit": "", "goal": None, "better": "up", "ask_id": None, "every": "", "audience": "team"}
        return metrics.define(db, company.product, name, name, {**blank, "formula": text})

    day = [date(2026, 11, n) for n in range(1, 10)]
    with company.work() as db:
        mrr, users, each = made("mrr"), made("users"), made("each", "mrr / users")
        for metric, on, value in ((mrr, 1, 100), (users, 3, 10), (mrr, 5, 200), (users, 5, 0), (users, 7, 4)):
            metrics.record(db, metric, day[on], value)
        assert [(one.day, one.value) for one in metrics.series(db, each, TODAY)] == [(day[3], 10), (day[7], 50)]
        assert metrics.latest(db, each, day[4]) == metrics.Value(day[3], 10)
        with pytest.raises(metrics.Circle):
            metrics.check_formula(db, company.product, "mrr", "each * 2")
        with pytest.raises(metrics.NoSuchMetric):
            metrics.check_formula(db, company.product, "new", "mrr / none")


def test_a_second_value_of_a_day_replaces_the_first(company: Company) -> None:
    with company.work() as db:
        blank = {"unit": "", "goal": None, "better": "up", "formula": "", "ask_id": None, "every": "",
                 "audience": "team"}  # fmt: skip
        metric = metrics.define(db, company.product, "x", "x", blank)
        assert metrics.record(db, metric, TODAY, 3) is None
        assert metrics.record(db, metric, TODAY, 4) == 3
        assert [one.value for one in metrics.series(db, metric, TODAY)] == [4]
