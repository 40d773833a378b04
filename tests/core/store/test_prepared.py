"""Statements that are prepared once stay in their workspace, and what could leave it cannot be prepared."""

from typing import Any

import pytest
from sqlalchemy import Select, bindparam, delete, exists, func, select, union, update
from sqlalchemy.orm import aliased

from core.product.items import Draft, Item
from core.product.people import Person
from core.product.workspaces import Workspace
from core.store import history
from core.store.database import Database, WrongWorkspace
from core.store.prepared import Prepared
from tests.core.store.conftest import theirs
from tests.databases import NOW, Company

TITLES = Prepared(select(Item.title))
ITEMS = Prepared(select(Item))
WORDS = Prepared(union(select(Item.title), select(Draft.text)))
PLACES = Prepared(
    select(Item.title, Person.name).join(Person, Person.id == bindparam("person")).where(Item.id == bindparam("id"))
)
RENAME = Prepared(update(Draft).where(Draft.product_id == bindparam("of")).values(text="taken").returning(Draft.id))
CLEAR = Prepared(delete(Draft).returning(Draft.id))


@pytest.mark.usefixtures("full")
def test_a_prepared_statement_stays_in_its_workspace(company: Company, elsewhere: Company) -> None:
    for one in (company, elsewhere):
        with one.look() as db:
            name = one.connection.external_id
            assert [row.title for row in TITLES.all(db)] == [f"of {name}"]
            assert PLACES.first(db, person=one.bob, id=theirs(one)) == (f"of {name}", "bob")
    with company.look() as db:
        assert PLACES.first(db, person=company.bob, id=theirs(elsewhere)) is None
        assert PLACES.first(db, person=elsewhere.bob, id=theirs(company)) is None


@pytest.mark.usefixtures("full")
def test_a_prepared_change_stays_in_its_workspace(company: Company, elsewhere: Company) -> None:
    with company.work() as db:
        assert RENAME.all(db, of=elsewhere.product) == []
        assert len(CLEAR.all(db)) == 1
    with elsewhere.look() as db:
        assert list(db.scalars(select(Draft.text))) == ["a\nb"]
    with company.look() as db:
        assert list(db.scalars(select(Draft.text))) == []


@pytest.mark.usefixtures("full")
def test_every_part_of_a_union_stays_in_its_workspace(company: Company, elsewhere: Company) -> None:
    for one in (company, elsewhere):
        with one.look() as db:
            assert {said for (said,) in WORDS.all(db)} == {f"of {one.connection.external_id}", "a\nb"}
    with company.work() as db:
        db.execute(delete(Draft))
    with company.look() as db:
        assert WORDS.all(db) == [(f"of {company.connection.external_id}",)]


@pytest.mark.usefixtures("full")
def test_prepared_entities_stay_in_their_workspace_and_are_followed(company: Company, elsewhere: Company) -> None:
    with company.work() as db:
        [item] = ITEMS.entities(db)
        assert item.title == f"of {company.connection.external_id}"
        item.title = "renamed"
    with company.look() as db:
        assert history.changes(db, subject=theirs(company))[0].after == {"title": "renamed"}
    with elsewhere.look() as db:
        assert list(db.scalars(select(Item.title))) == [f"of {elsewhere.connection.external_id}"]


def test_a_prepared_statement_wants_a_workspace(database: Database) -> None:
    with database.transaction(write=False, now=NOW) as db, pytest.raises(WrongWorkspace):
        ITEMS.entities(db)
    for statement in (TITLES, PLACES, WORDS):
        with database.transaction(write=False, now=NOW) as db, pytest.raises(WrongWorkspace):
            statement.first(db)


@pytest.mark.parametrize(
    "statement",
    [
        select(aliased(Item).title),
        select(select(Item.id).subquery()),
        select(select(func.count(Item.id)).scalar_subquery()),
        select(Workspace.id).where(exists().where(Item.workspace_id == Workspace.id)),
        select(Workspace.id).where(Workspace.id.in_(select(Item.workspace_id))),
        select(select(Item.id).cte()),
        union(select(Item.id), select(aliased(Item).id)),
    ],
)
def test_what_cannot_be_narrowed_cannot_be_prepared(statement: Select[Any]) -> None:
    with pytest.raises(ValueError, match="not a plain statement"):
        Prepared(statement)
