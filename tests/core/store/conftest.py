import pytest

from core.store.database import Database
from tests import databases
from tests.databases import Company


@pytest.fixture
def elsewhere(database: Database, company: Company) -> Company:
    """Another company in the same database."""
    return databases.company(database, "elsewhere")
