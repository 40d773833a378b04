"""Whose voices add up to what demand, checked against a computation of its own."""

from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.product import feedback
from core.product.items import Item
from core.store.database import Database
from tests import databases
from tests.databases import new_id


@dataclass(frozen=True)
class Said:
    customer: str
    worth: float | None
    items: frozenset[int]
    by_bob: bool


said = st.builds(
    Said,
    customer=st.sampled_from(("", "North", "north", "South", "East")),
    worth=st.none() | st.integers(0, 50).map(float),
    items=st.frozensets(st.integers(0, 2)),
    by_bob=st.booleans(),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(said, max_size=12))
def test_demand_counts_each_voice_once_with_the_most_that_was_said_of_it(database: Database, all_: list[Said]) -> None:
    company = databases.company(database, new_id())
    ids = company.add("A", "B", "C")
    with company.work() as db:
        items = {item.id: item for item in db.scalars(select(Item).where(Item.id.in_(ids)))}
        for one in all_:
            author = company.bob if one.by_bob else company.ann
            fields = {"kind": "customer", "customer": one.customer, "worth": one.worth}
            made = feedback.add(db, company.product, author, "words", **fields)
            feedback.link(db, made, [items[ids[n]] for n in sorted(one.items)])
    with company.look() as db:
        found = feedback.demands(db, company.product)
    for n, item in enumerate(ids):
        evidence = [one for one in all_ if n in one.items]
        if not evidence:
            assert item not in found
            continue
        customers = {one.customer.lower() for one in evidence if one.customer}
        people = {one.by_bob for one in evidence if not one.customer}
        worth = sum(max(one.worth or 0 for one in evidence if one.customer.lower() == name) for name in customers)
        worth += sum(
            max(one.worth or 0 for one in evidence if not one.customer and one.by_bob is who) for who in people
        )
        assert (found[item].customers, found[item].others, found[item].worth) == (len(customers), len(people), worth)
