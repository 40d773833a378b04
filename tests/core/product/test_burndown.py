"""A sprint's numbers come from history alone, and add up at every moment."""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.product import backlog, burndown, sprint_charts, sprints
from core.product.burndown import ADDED, ESTIMATED, REMOVED, Sum
from core.product.items import Item
from core.product.sprints import Sprint
from core.store.database import Database
from tests.databases import NOW, Company

ACTS = ("add", "remove", "done", "reopen", "drop", "estimate")
acts = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.sampled_from([None, 1.0, 2.0, 5.0])), max_size=25
)


def _play(database: Database, acme: Company, played: list[tuple[str, int, float | None]]) -> tuple[Any, Any]:
    """Three items are committed, and then things happen, an hour apart; the course, and what is so then."""
    at = NOW
    with database.transaction(write=True, now=at) as db:
        db.enter(acme.id)
        items = [item.id for item in backlog.add(db, acme.product, [f"Thing {n}" for n in range(8)], points=3.0)]
        number = len(sprints.all_of(db, acme.product)) + 1
        made = sprints.make(db, acme.product, f"S{number}", date(2026, 12, 1), date(2026, 12, 11), "", None)
        sprints.put_in(db, made, _items(db, items[:3]))
        sprints.start(db, made, date(2026, 12, 1))
        sprint = made.id
    for act, which, points in played:
        at += timedelta(hours=1)
        with database.transaction(write=True, now=at) as db:
            db.enter(acme.id)
            _do(db, acme, sprint, items[which], act, points, at)
    with database.transaction(write=True, now=at) as db:
        db.enter(acme.id)
        found = db.get_one(Sprint, {"id": sprint, "workspace_id": acme.id})
        course = burndown.course(db, found)
        inside = [row for row in sprints.inside(db, found) if row.status != "dropped"]
        found.state = sprints.CLOSED  # the next one may have its items
    return course, inside


def _items(db: Any, ids: list[str]) -> list[Item]:
    return [db.get_one(Item, {"id": one, "workspace_id": db.workspace}) for one in ids]


def _do(db: Any, acme: Company, sprint: str, item_id: str, act: str, points: float | None, at: datetime) -> None:
    [item] = _items(db, [item_id])
    found = db.get_one(Sprint, {"id": sprint, "workspace_id": acme.id})
    match act:
        case "add":
            sprints.put_in(db, found, [item], "asked for")
        case "remove":
            sprints.take_out(db, found, [item], "no room")
        case "estimate":
            item.points = points
        case _:
            backlog.set_status(item, {"done": "done", "reopen": "new", "drop": "dropped"}[act], at)


@given(played=acts)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_done_and_what_remains_make_up_the_scope_and_the_scope_is_the_commitment_and_its_changes(
    played: list[tuple[str, int, float | None]], database: Database, company: Company
) -> None:
    course, inside = _play(database, company, played)
    assert course.committed == Sum(9.0, 3)
    for moment in course.moments:
        assert moment.done + moment.remaining == moment.scope
        assert moment.remaining.items >= 0
    assert course.committed + course.sum(ADDED, REMOVED, ESTIMATED) == course.last.scope
    # beside what the rows themselves say now
    assert course.last.scope == Sum(sum(row.points or 0.0 for row in inside), len(inside))
    done = [row for row in inside if row.status == "done"]
    assert course.last.done == Sum(sum(row.points or 0.0 for row in done), len(done))
    result = course.result()
    assert result["done"]["points"] + result["carried"]["points"] == result["scope"]["points"]


def test_an_even_pace_goes_from_the_commitment_to_nothing_and_rests_on_days_off() -> None:
    working = [date(2026, 11, 2) + timedelta(days=n) for n in range(12) if n % 7 < 5]
    pace = sprint_charts.ideal(20.0, working)
    assert [value for _, value in pace][:5] == [18.0, 16.0, 14.0, 12.0, 10.0]
    assert pace[4][1] == pace[5][1] == pace[6][1]
    assert pace[-1] == (date(2026, 11, 13), 0.0)


def test_a_change_of_scope_says_how_much_and_why(database: Database, company: Company) -> None:
    course, _ = _play(database, company, [("done", 0, None), ("add", 4, None)])
    assert course.last.done == Sum(3.0, 1)
    assert [(change.kind, change.by, change.because) for change in course.changes] == [
        (ADDED, Sum(3.0, 1), "asked for")
    ]
