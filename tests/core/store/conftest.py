import pytest
from sqlalchemy import select

from core.product import backlog
from core.product.items import Draft, Item
from core.store.base import new_id
from core.store.database import Database
from tests import databases
from tests.databases import Company


@pytest.fixture
def elsewhere(database: Database, company: Company) -> Company:
    """Another company in the same database."""
    return databases.company(database, "elsewhere")


@pytest.fixture
def full(company: Company, elsewhere: Company) -> None:
    """Both companies have an item, a comment and a draft."""
    for one in (company, elsewhere):
        [made] = one.add(f"of {one.connection.external_id}")
        with one.work() as db:
            backlog.comment(db, one.item(db, made), one.ann, "said")
            db.add(Draft(id=new_id(), product_id=one.product, text="a\nb", added=""))


def theirs(company: Company) -> str:
    """The id of a company's first item."""
    with company.look() as db:
        return str(db.scalar(select(Item.id)))
