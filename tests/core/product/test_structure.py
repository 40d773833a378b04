"""Epics and waits never go in circles, whatever is edited in whatever order."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.product import structure
from core.product.items import Block, Item
from core.product.structure import Circle, NoEpic
from core.store.database import Database
from tests import databases
from tests.databases import Company, new_id

SIZE = 6
pairs = st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), min_size=1, max_size=25)
lasting = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def epics(company: Company, count: int) -> list[str]:
    return company.add(*(f"epic {n}" for n in range(count)), type="epic")


def put(company: Company, items: list[str], epic: str) -> None:
    """As `backlog edit … epic=` does it."""
    with company.work() as db:
        found = [company.item(db, item) for item in items]
        structure.check_epic(db, found, company.item(db, epic))
        for item in found:
            item.epic_id = epic


def reaches(edges: set[tuple[int, int]], first: int, last: int) -> bool:
    """Whether a way of one step or more leads from the first to the last."""
    seen: set[int] = set()
    todo = {b for a, b in edges if a == first}
    while todo - seen:
        seen |= todo
        todo = {b for a, b in edges if a in seen}
    return last in seen


@lasting
@given(edits=pairs)
def test_no_edits_make_an_epic_its_own(database: Database, edits: list[tuple[int, int]]) -> None:
    company = databases.company(database, new_id())
    keys = epics(company, SIZE)
    parent: dict[int, int] = {}
    for item, epic in edits:
        edges = {(a, b) for a, b in parent.items() if a != item} | {(item, epic)}
        if reaches(edges, item, item):
            with pytest.raises(Circle):
                put(company, [keys[item]], keys[epic])
        else:
            put(company, [keys[item]], keys[epic])
            parent[item] = epic
    with company.look() as db:
        found = {row.id: row.epic_id for row in db.execute(select(Item.id, Item.epic_id))}
        assert found == {key: keys[parent[n]] if n in parent else None for n, key in enumerate(keys)}
        for n, key in enumerate(keys):
            chain = [row.id for row in structure.above(db, found[key])]
            assert key not in chain
            assert len(chain) == len(set(chain)) == sum(reaches(set(parent.items()), n, m) for m in range(SIZE))


@pytest.mark.parametrize("depth", [2, 45, structure.DEEPEST + 10])
def test_a_circle_is_seen_at_any_depth(company: Company, depth: int) -> None:
    keys = epics(company, depth)
    for item, epic in pairwise(keys):
        put(company, [item], epic)
    with pytest.raises(Circle):
        put(company, [keys[-1]], keys[0])


def test_a_chain_too_long_to_follow_is_taken_for_a_circle(company: Company) -> None:
    keys = epics(company, structure.DEEPEST + 1)
    for epic, item in pairwise(keys[: structure.DEEPEST]):
        put(company, [item], epic)
    with pytest.raises(Circle):
        put(company, [keys[-1]], keys[-2])


def test_of_several_items_one_that_closes_a_circle_is_named(company: Company) -> None:
    first, second, third = epics(company, 3)
    put(company, [second], first)
    with pytest.raises(Circle) as no:
        put(company, [third, first], second)
    assert no.value.args == (1, True)
    with pytest.raises(Circle) as no:
        put(company, [first], first)
    assert no.value.args == (1, False)


def test_only_an_epic_has_items(company: Company) -> None:
    story, item = company.add("story", "item")
    with pytest.raises(NoEpic) as no:
        put(company, [item], story)
    assert no.value.args == (1, "story")


def test_what_belongs_to_an_epic_is_told_best_first(company: Company) -> None:
    [epic] = epics(company, 1)
    items = company.add("b", "a", "c")
    put(company, items, epic)
    with company.look() as db:
        assert [row.title for row in structure.children(db, epic, 2)] == ["b", "a"]
        assert [row.title for row in structure.above(db, epic)] == ["epic 0"]
        assert structure.above(db, None) == []


@lasting
@given(edits=st.lists(st.tuples(st.booleans(), st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=25))
def test_no_waits_go_in_a_circle(database: Database, edits: list[tuple[bool, int, int]]) -> None:
    company = databases.company(database, new_id())
    keys = company.add(*"abcdef")
    edges: set[tuple[int, int]] = set()
    for add, item, on in edits:
        with company.work() as db:
            pair = company.item(db, keys[item]), company.item(db, keys[on])
            if not add:
                assert structure.unblock(db, *pair) is ((item, on) in edges)
                edges.discard((item, on))
            elif reaches(edges | {(item, on)}, item, item):
                with pytest.raises(Circle) as no:
                    structure.block(db, *pair)
                assert no.value.args == (on + 1, item != on and (on, item) not in edges)
            else:
                assert structure.block(db, *pair) is ((item, on) not in edges)
                edges.add((item, on))
    with company.look() as db:
        assert {(row.item_id, row.on_id) for row in db.scalars(select(Block))} == {(keys[a], keys[b]) for a, b in edges}


def test_both_sides_of_a_wait_are_told(company: Company) -> None:
    first, second, third = company.add("a", "b", "c")
    with company.work() as db:
        structure.block(db, company.item(db, first), company.item(db, second))
        structure.block(db, company.item(db, first), company.item(db, third))
    with company.look() as db:
        assert [row.number for row in structure.waits_for(db, first)] == [2, 3]
        assert [row.number for row in structure.holds_up(db, second)] == [1]
        assert structure.holds_up(db, first) == structure.waits_for(db, third) == []


def test_parts_wait_and_are_waited_for_as_the_whole_was(company: Company) -> None:
    before, whole, after, *parts = company.add(*"abcde")
    with company.work() as db:
        structure.block(db, company.item(db, whole), company.item(db, before))
        structure.block(db, company.item(db, after), company.item(db, whole))
    with company.work() as db:
        structure.hand_on(db, company.item(db, whole), [company.item(db, part) for part in parts])
    with company.look() as db:
        assert [row.number for row in structure.waits_for(db, after)] == [2, 4, 5]
        assert [[row.number for row in structure.waits_for(db, part)] for part in parts] == [[1], [1]]
