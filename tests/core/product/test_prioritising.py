"""A new order from scores: the scored ones come first, best first; all others keep their order, and nothing is lost."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.product import backlog, prioritising, ranking, scoring
from core.product.items import Item
from core.store import reversal
from core.store.database import Database
from tests import databases
from tests.databases import NOW, Company, new_id

score = st.none() | st.integers(0, 4)


def by_value(row: Any) -> tuple[float] | None:
    found = scoring.score(row, scoring.VALUE)
    return None if found is None else (found,)


def order(company: Company) -> list[int]:
    with company.look() as db:
        return list(db.scalars(select(Item.number).where(Item.product_id == company.product).order_by(Item.rank)))


def ranks(company: Company) -> dict[int, str]:
    with company.look() as db:
        return {row.number: row.rank for row in db.execute(select(Item.number, Item.rank))}


def scored(company: Company, values: list[int | None], closed: frozenset[int] = frozenset()) -> None:
    """Items with these values, each of one point."""
    for n, value in enumerate(values, 1):
        status = {"status": "done", "closed_at": NOW} if n in closed else {}
        company.add(str(n), value=None if value is None else float(value), points=1.0, **status)


def rank(company: Company, top: int | None = None) -> prioritising.Order:
    with company.work(label="rank") as db:
        backlog.lock(db, company.product)
        found = prioritising.proposed(db, company.product, by_value, top)
        prioritising.apply(db, company.product, found)
        return found


def back(company: Company, reverse: object) -> None:
    with company.work(label="back") as db:
        done = reverse(db, company.ann, company.product, ranking.mend_order)  # type: ignore[operator]
        assert done is not None
        assert done.kept == []


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(score, min_size=1, max_size=8),
    closed=st.frozensets(st.integers(1, 8)),
    moves=st.lists(st.integers(1, 8), max_size=4),
    top=st.none() | st.integers(1, 9),
)
def test_the_scored_come_first_by_score_and_all_others_keep_their_order(
    database: Database, values: list[int | None], closed: frozenset[int], moves: list[int], top: int | None
) -> None:
    company = databases.company(database, new_id())
    scored(company, values, closed)
    for number in (n for n in moves if n <= len(values)):
        with company.work(label="move") as db:
            [item] = backlog.find(db, company.product, "APP", [str(number)])
            ranking.move(db, company.product, [item], "top")
    before, keys = order(company), ranks(company)
    with_score = [n for n in before if values[n - 1] is not None and n not in closed]
    best = sorted(with_score, key=lambda n: -(values[n - 1] or 0))[:top]  # sorted() is stable
    found = rank(company, top)
    if not best:
        assert (found.places, order(company)) == ((), before)
        return
    assert order(company) == best + [n for n in before if n not in best]
    assert [place.row.number for place in found.places] == best
    open_ = [n for n in before if n not in closed]
    assert [place.before for place in found.places] == [open_.index(n) + 1 for n in best]
    assert [place.after for place in found.places] == list(range(1, len(best) + 1))
    assert (found.rest, found.below) == (len(open_) - len(with_score), len(with_score) - len(best))
    assert found.moves is (open_[: len(best)] != best)
    after = ranks(company)
    back(company, reversal.undo)
    assert ranks(company) == keys
    back(company, reversal.redo)
    assert ranks(company) == after


def test_equal_scores_keep_their_order(company: Company) -> None:
    scored(company, [1, 3, 1, 3, None, 1])
    rank(company)
    assert order(company) == [2, 4, 1, 3, 6, 5]
    rank(company)
    assert order(company) == [2, 4, 1, 3, 6, 5]


def test_a_mark_is_the_same_until_a_score_or_a_place_changes(company: Company) -> None:
    scored(company, [1, 3, None])

    def mark() -> str:
        with company.look() as db:
            return prioritising.proposed(db, company.product, by_value).mark

    first = mark()
    company.add("without a score")
    assert mark() == first
    with company.work() as db:
        backlog.find(db, company.product, "APP", ["1"])[0].value = 2.0
    second = mark()
    assert second != first
    with company.work() as db:
        ranking.move(db, company.product, backlog.find(db, company.product, "APP", ["3"]), "top")
    assert mark() not in (first, second)


def test_an_undo_leaves_what_somebody_moved_since(company: Company) -> None:
    scored(company, [1, 2, 3])
    rank(company)
    with company.work(company.bob, "move") as db:
        ranking.move(db, company.product, backlog.find(db, company.product, "APP", ["3"]), "bottom")
    with company.work(label="back") as db:
        done = reversal.undo(db, company.ann, company.product, ranking.mend_order)
        assert done is not None
        assert [one.actor_id for one in done.kept] == [company.bob]
    assert [n for n in order(company) if n != 3] == [1, 2]


@pytest.mark.parametrize("times", [200])
def test_ranking_again_and_again_does_not_let_keys_grow(company: Company, times: int) -> None:
    scored(company, [1, 2, 3])
    for _ in range(times):
        rank(company)
    assert max(map(len, ranks(company).values())) <= ranking.LONGEST
