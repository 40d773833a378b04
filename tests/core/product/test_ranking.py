"""The order of a backlog is what the same moves would make of a Python list."""

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.product import backlog, ranking
from core.product.items import Item
from core.store import reversal
from core.store.bulk import update_many
from core.store.database import Database
from core.store.history import Change
from tests import databases
from tests.databases import NOW, Company, at_once, new_id

LATER = NOW + timedelta(hours=1)
WHERE = ("top", "bottom", "above", "below")


def order(company: Company) -> list[int]:
    with company.look() as db:
        return list(db.scalars(select(Item.number).where(Item.product_id == company.product).order_by(Item.rank)))


def keys(company: Company) -> list[str]:
    with company.look() as db:
        return list(db.scalars(select(Item.rank).order_by(Item.rank)))


def move(company: Company, numbers: list[int], where: str, anchor: int | None = None, who: str | None = None) -> None:
    """As a command does it, an hour later: the product's lock first."""
    with company.work(who, "move", now=LATER) as db:
        backlog.lock(db, company.product)
        found = {item.number: item for item in db.scalars(select(Item))}
        items = [found[number] for number in numbers]
        ranking.move(db, company.product, items, where, None if anchor is None else found[anchor])


def moved(numbers: list[int], moving: list[int], where: str, anchor: int | None) -> list[int]:
    """The same with a list."""
    rest = [number for number in numbers if number not in moving]
    match where:
        case "top":
            at = 0
        case "bottom":
            at = len(rest)
        case "above":
            at = rest.index(anchor or 0)
        case _:
            at = rest.index(anchor or 0) + 1
    return rest[:at] + moving + rest[at:]


@st.composite
def moves(draw: st.DrawFn, size: int) -> list[tuple[list[int], str, int | None]]:
    """Moves of some of `size` items to somewhere."""
    made = []
    for _ in range(draw(st.integers(1, 12))):
        shuffled = draw(st.permutations(range(1, size + 1)))
        where = draw(st.sampled_from(WHERE))
        count = draw(st.integers(1, size - 1))
        made.append((list(shuffled[:count]), where, shuffled[-1] if where in ("above", "below") else None))
    return made


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(work=moves(6))
def test_moves_make_the_order_that_a_list_would_have(
    database: Database, work: list[tuple[list[int], str, int | None]]
) -> None:
    company = databases.company(database, new_id())
    company.add(*"abcdef")
    expected = order(company)
    for moving, where, anchor in work:
        move(company, moving, where, anchor)
        expected = moved(expected, moving, where, anchor)
        assert order(company) == expected
    assert len(set(keys(company))) == 6


def test_several_are_put_beside_their_own_neighbours(company: Company) -> None:
    """A new key of one must not be the key that another of the moved still has."""
    company.add("a", "b", "c", "d")
    work = ([3, 2], "below", 1), ([2, 3], "above", 4), ([4, 1], "top", None), ([1, 4], "top", None)
    for moving, where, anchor in work:
        expected = moved(order(company), moving, where, anchor)
        move(company, moving, where, anchor)
        assert order(company) == expected


def test_a_move_of_one_writes_one_row(company: Company) -> None:
    company.add(*"abcdefgh")
    with company.look() as db:
        before = db.scalar(select(func.count()).select_from(Change)) or 0
    move(company, [8], "above", 2)
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Change)) == before + 1


def test_an_item_goes_to_the_end_of_its_own_product(company: Company) -> None:
    with company.work() as db:
        other = databases.product(db, "WEB")
        backlog.add(db, other, ["x", "y", "z"])
    company.add("a", "b")
    move(company, [1], "bottom")
    assert order(company) == [2, 1]
    with company.look() as db:
        theirs = select(Item.title).where(Item.product_id == other).order_by(Item.rank)
        assert list(db.scalars(theirs)) == ["x", "y", "z"]


def test_keys_are_compared_byte_by_byte(company: Company) -> None:
    """Upper case before lower, whatever the database's language: 'Zz' is above 'a0'."""
    company.add("a", "b")
    move(company, [2], "top")
    [first, second] = keys(company)
    assert first < second
    assert (first[0].isupper(), second[0].islower()) == (True, True)
    assert order(company) == [2, 1]


# ---- long keys ----


def narrow(company: Company) -> None:
    """Make the gap between the first two items so small that a key between them is too long."""
    [low, high, *_] = keys(company)
    while len(low) <= ranking.LONGEST:
        low = ranking.keys_between(low, high, 1)[0]
    with company.work(silent=True) as db:
        first = db.scalars(select(Item).order_by(Item.rank)).first()
        assert first is not None
        update_many(db, Item, [(first.id, {"rank": first.rank}, {"rank": low})])


def test_too_long_keys_are_made_anew_in_the_same_order(company: Company) -> None:
    company.add(*"abcdef")
    narrow(company)
    move(company, [6, 4], "below", 1)
    assert order(company) == [1, 6, 4, 2, 3, 5]
    assert max(map(len, keys(company))) < 10
    with company.look() as db:
        changed = set(db.scalars(select(Item.number).where(Item.updated_at == LATER)))
    assert changed == {4, 6}


def test_new_keys_are_nobodys_change(company: Company) -> None:
    company.add(*"abcdef")
    narrow(company)
    move(company, [6], "below", 1)
    with company.look() as db:
        latest = db.scalars(select(Change.entity_id).order_by(Change.seq.desc()).limit(2)).all()
        titles = [company.item(db, key).title for key in latest]
    assert titles == ["f", "f"]  # its move, and before that the add, which ends with it


def test_many_moves_into_one_gap_end_in_short_keys(company: Company) -> None:
    company.add(*"abcd")
    expected = order(company)
    with company.work() as db:
        items = {item.number: item for item in db.scalars(select(Item))}
        for turn in range(400):
            moving, anchor = (3, 2) if turn % 2 else (2, 3)
            ranking.move(db, company.product, [items[moving]], "above", items[anchor])
            ranking.move(db, company.product, [items[4]], "below", items[moving])
            expected = moved(moved(expected, [moving], "above", anchor), [4], "below", moving)
    assert order(company) == expected
    assert max(map(len, keys(company))) <= ranking.LONGEST


def test_an_add_can_be_taken_back_after_keys_were_made_anew(company: Company) -> None:
    """Nobody changed the item: its key is another, its place is not."""
    company.add(*"abc")
    [late] = company.add("late", actor=company.bob)
    narrow(company)
    move(company, [3], "below", 1)
    with company.work(company.bob) as db:
        back = reversal.undo(db, company.bob, company.product, ranking.mend_order)
    assert back is not None
    assert back.kept == []
    assert order(company) == [1, 3, 2]
    assert late


def test_a_move_that_keys_made_anew_have_overtaken_is_left_and_nobody_is_blamed(company: Company) -> None:
    company.add(*"abcd")
    move(company, [4], "top", who=company.bob)
    with company.work() as db:
        ranking.rebalance(db, company.product)
    with company.work(company.bob) as db:
        back = reversal.undo(db, company.bob, company.product, ranking.mend_order)
    assert back is not None
    assert [(kept.field, kept.actor_id) for kept in back.kept] == [("rank", None)]
    assert order(company) == [4, 1, 2, 3]


# ---- undo ----


def test_an_item_whose_old_place_is_taken_comes_back_just_after(company: Company) -> None:
    company.add(*"abcd")
    [_, place, *_] = keys(company)
    move(company, [2], "bottom")
    with company.work(company.bob) as db:
        update_many(db, Item, [(item_of(company, 4), {"rank": keys(company)[2]}, {"rank": place})])
    assert order(company) == [1, 4, 3, 2]
    with company.work() as db:
        back = reversal.undo(db, company.ann, company.product, ranking.mend_order)
    assert back is not None
    assert back.kept == []
    assert order(company) == [1, 4, 2, 3]


def item_of(company: Company, number: int) -> str:
    with company.look() as db:
        return db.scalars(select(Item.id).where(Item.number == number)).one()


def test_several_whose_old_places_are_taken_come_back_in_their_order(company: Company) -> None:
    company.add(*"abcde")
    places = keys(company)
    move(company, [2, 3], "bottom")
    with company.work(company.bob) as db:
        update_many(
            db,
            Item,
            [
                (item_of(company, 4), {"rank": places[3]}, {"rank": places[1]}),
                (item_of(company, 5), {"rank": places[4]}, {"rank": places[2]}),
            ],
        )
    with company.work() as db:
        reversal.undo(db, company.ann, company.product, ranking.mend_order)
    assert order(company) == [1, 4, 2, 5, 3]
    assert len(set(keys(company))) == 5


# ---- at the same time ----


def test_moves_and_adds_at_once_lose_and_double_nothing(company: Company) -> None:
    company.add(*"abcdefgh")

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for turn in range(15):
            if turn % 5 == 4:
                company.add(f"{seed}.{turn}")
                continue
            shuffled = chance.sample(range(1, 9), 4)
            where = chance.choice(WHERE)
            move(company, shuffled[:2], where, shuffled[3] if where in ("above", "below") else None)

    at_once(*[lambda seed=seed: work(seed) for seed in range(4)])  # type: ignore[misc]
    assert sorted(order(company)) == list(range(1, 8 + 4 * 3 + 1))
    assert len(set(keys(company))) == 20


@pytest.mark.parametrize("where", ["top", "bottom"])
def test_an_empty_backlog_has_no_end_to_trip_over(company: Company, where: str) -> None:
    company.add("only")
    move(company, [1], where)
    assert order(company) == [1]
    with company.look(NOW) as db:
        assert ranking.last(db, "no such product") is None
