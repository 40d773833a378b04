"""Acceptance criteria: people count them from 1."""

import pytest

from core.product import criteria
from core.product.criteria import NoSuchCriterion
from core.product.items import Criterion
from core.store.base import new_id
from core.store.database import Session
from tests.databases import Company


def texts(db: Session, item: str) -> list[tuple[str, bool]]:
    return [(row.text, row.checked) for row in criteria.of(db, item)]


def test_numbers_close_up_when_one_is_dropped(company: Company) -> None:
    [key] = company.add("a")
    with company.work() as db:
        for text in ("one", "two", "three"):
            criteria.add(db, company.item(db, key), text)
    with company.work() as db:
        db.delete(criteria.nth(db, company.item(db, key), 2))
        db.flush()
        assert criteria.nth(db, company.item(db, key), 2).text == "three"
        criteria.add(db, company.item(db, key), "four")
    with company.look() as db:
        assert texts(db, key) == [("one", False), ("three", False), ("four", False)]


@pytest.mark.parametrize("number", [0, -1, 2, 10**9])
def test_a_number_that_no_criterion_has_is_refused_with_how_many_there_are(company: Company, number: int) -> None:
    [key] = company.add("a")
    with company.work() as db:
        criteria.add(db, company.item(db, key), "one")
        with pytest.raises(NoSuchCriterion) as no:
            criteria.nth(db, company.item(db, key), number)
    assert no.value.args == (number, 1)


def test_each_item_has_its_own(company: Company) -> None:
    first, second = company.add("a", "b")
    with company.work() as db:
        criteria.add(db, company.item(db, first), "one")
        criteria.add(db, company.item(db, second), "other")
        criteria.nth(db, company.item(db, second), 1).checked = True
    with company.look() as db:
        assert (texts(db, first), texts(db, second)) == ([("one", False)], [("other", True)])


def test_two_at_the_same_position_keep_one_order(company: Company) -> None:
    """As an undo of a drop may leave them."""
    [key] = company.add("a")
    with company.work() as db:
        for n in range(9):
            db.add(Criterion(id=f"{9 - n}{new_id()[1:]}", item_id=key, position=1, text=str(n), checked=False))
    with company.look() as db:
        assert [text for text, _ in texts(db, key)] == list("876543210")
        assert criteria.nth(db, company.item(db, key), 1).text == "8"
