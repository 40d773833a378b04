"""A company whose passages follow its history, and ways to look at them."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from core.knowledge import passages
from core.knowledge.passages import Passage
from core.knowledge.search import Hit, search
from core.product.audience import Audience
from tests.databases import Company

Look = Callable[[], list[tuple[str, str, str]]]
Find = Callable[..., list[str]]


@pytest.fixture
def known(company: Company) -> Company:
    """The company, its history followed from its first item on."""
    company.database.followers.append(passages.follow)
    return company


@pytest.fixture
def written(known: Company) -> Look:
    """Every passage as (kind, title, text), sorted."""

    def look() -> list[tuple[str, str, str]]:
        with known.look() as db:
            rows = db.execute(select(Passage.kind, Passage.title, Passage.text).where(Passage.gone.is_(False)))
            return sorted((row.kind, row.title, row.text) for row in rows)

    return look


@pytest.fixture
def find(known: Company) -> Find:
    """The texts that a search finds, best first."""

    def look(text: str, audience: Audience = Audience.TEAM, **more: object) -> list[str]:
        return [hit.text for hit in hits(known, text, audience, **more)]

    return look


def hits(company: Company, text: str, audience: Audience = Audience.TEAM, **more: object) -> tuple[Hit, ...]:
    with company.look() as db:
        return search(db, company.product, audience, text, **more).hits  # type: ignore[arg-type]  # as search takes them
