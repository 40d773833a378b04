"""The roadmap's order, audiences, and progress against a count by hand."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.product import backlog, roadmap
from core.product.audience import Audience
from core.product.items import STATUSES, Item
from core.product.roadmap import Entry
from core.store.database import Session
from tests.databases import NOW, Company


def entry(db: Session, company: Company, title: str = "x", **fields: Any) -> Entry:
    return roadmap.add(db, company.product, title, **{"horizon": "now", "audience": Audience.TEAM, **fields})


def test_each_audience_reads_what_is_written_for_it_and_for_wider_circles(company: Company) -> None:
    with company.work() as db:
        for audience in Audience:
            entry(db, company, audience.value, audience=audience)
        read = {a: [e.title for e in roadmap.listed(db, company.product, a.reads)] for a in Audience}
        with pytest.raises(roadmap.NoSuchEntry):
            roadmap.find(db, company.product, 1, Audience.STAKEHOLDERS.reads)
    assert read[Audience.TEAM] == ["team", "stakeholders", "public"]
    assert read[Audience.STAKEHOLDERS] == ["stakeholders", "public"]
    assert read[Audience.PUBLIC] == ["public"]


def test_the_nearest_comes_first(company: Company) -> None:
    with company.work() as db:
        for title, horizon, ends in (("d", "later", None), ("c", "next", None), ("b", "now", None)):
            entry(db, company, title, horizon=horizon, ends=ends)
        entry(db, company, "a", horizon="now", ends=NOW.date())
        assert [e.title for e in roadmap.listed(db, company.product, Audience.TEAM.reads)] == ["a", "b", "c", "d"]


# type and status of each item, the item it is within (by its place, 0 is none), and whether it is linked
ITEMS = st.lists(
    st.tuples(st.sampled_from(["story", "epic"]), st.sampled_from(STATUSES), st.integers(0, 9), st.booleans()),
    max_size=10,
)


@given(ITEMS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_progress_counts_each_item_once_through_all_epics(company: Company, given_: list[Any]) -> None:
    with company.work() as db:
        items = backlog.add(db, company.product, [f"{n}" for n in range(len(given_))])
        for at, (item, (kind, status, within, _)) in enumerate(zip(items, given_, strict=True)):
            item.type, item.status, item.points = kind, status, float(at)
            above = items[within - 1] if 0 < within <= at else None
            item.epic_id = above.id if above and above.type == "epic" else None
        made = entry(db, company)
        db.flush()
        roadmap.link(db, made, [item for item, one in zip(items, given_, strict=True) if one[3]])
        found = roadmap.progress(db, [made.id])[made.id]
        linked = [item for item, one in zip(items, given_, strict=True) if one[3]]
        counted = {leaf.id: leaf for item in linked for leaf in leaves(item, items) if leaf.status != "dropped"}
    done = [item for item in counted.values() if item.status in ("done", "accepted")]
    assert (found.done, found.of) == (len(done), len(counted))
    assert found.points == sum(item.points or 0 for item in counted.values())


def leaves(item: Item, items: list[Item]) -> list[Item]:
    inside = [one for one in items if one.epic_id == item.id]
    return [leaf for one in inside for leaf in leaves(one, items)] if item.type == "epic" and inside else [item]
