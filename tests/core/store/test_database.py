"""One commit at the edge, no lost update, instants that keep their zone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from core.product import backlog
from core.product.items import Comment, Item
from core.product.people import Product
from core.store.base import new_id
from core.store.database import Database, StoreError
from core.store.history import Operation
from tests.databases import NOW, Company, at_once

WRITERS, TIMES = 6, 50


def test_concurrent_writers_that_read_first_lose_nothing(company: Company) -> None:
    """The sqlite3 driver's own BEGIN kept 50 of 300 in a trial, without an error."""

    def increment() -> None:
        for _ in range(TIMES):
            with company.work() as db:
                backlog.lock(db, company.product)
                found = db.scalars(select(Product).where(Product.id == company.product)).one()
                found.vision = str(int(found.vision or 0) + 1)

    at_once(*[increment] * WRITERS)
    with company.look() as db:
        assert db.scalar(select(Product.vision)) == str(WRITERS * TIMES)


def test_concurrent_adds_number_every_item_once(company: Company) -> None:
    at_once(*[lambda: [company.add("a", "b") for _ in range(10)]] * 4)
    with company.look() as db:
        numbers = list(db.scalars(select(Item.number).order_by(Item.rank)))
    assert numbers == list(range(1, 81))


def test_an_exception_rolls_everything_back(company: Company) -> None:
    def fail() -> None:
        with company.work() as db:
            backlog.add(db, company.product, ["never"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Item)) == 0
        assert db.scalar(select(func.count()).select_from(Operation)) == 0
        assert db.scalar(select(Product.counter)) == 0


def test_a_transaction_that_reads_cannot_write(company: Company) -> None:
    """It would change something that history never hears of."""
    [made] = company.add("as it was")
    with pytest.raises(StoreError), company.look() as db:
        company.item(db, made).title = "changed"
    with company.look() as db:
        assert company.item(db, made).title == "as it was"


def test_foreign_keys_hold(company: Company) -> None:
    with pytest.raises(IntegrityError), company.work() as db:
        db.add(Comment(id=new_id(), item_id="nowhere", author_id=company.ann, text="lost"))


def test_a_foreign_key_does_not_reach_into_another_workspace(company: Company, elsewhere: Company) -> None:
    [theirs] = elsewhere.add("theirs")
    with pytest.raises(IntegrityError), company.work() as db:
        db.add(Comment(id=new_id(), item_id=theirs, author_id=company.ann, text="over the fence"))


@pytest.mark.parametrize("hours", [-11, 0, 5.5, 14])
def test_an_instant_comes_back_as_the_same_instant_in_utc(company: Company, hours: float) -> None:
    at = datetime(2026, 3, 29, 1, 30, 0, 123456, timezone(timedelta(hours=hours)))
    [made] = company.add("timed", closed_at=at)
    with company.look() as db:
        found = db.scalars(select(Item.closed_at).where(Item.id == made)).one()
    assert found == at
    assert found is not None
    assert found.utcoffset() == timedelta(0)


def test_instants_compare_across_zones(company: Company) -> None:
    early, late = NOW, NOW + timedelta(minutes=1)
    company.add("early", closed_at=early.astimezone(timezone(timedelta(hours=9))))
    company.add("late", closed_at=late.astimezone(timezone(timedelta(hours=-9))))
    with company.look() as db:
        assert list(db.scalars(select(Item.title).order_by(Item.closed_at))) == ["early", "late"]
        assert list(db.scalars(select(Item.title).where(Item.closed_at > early))) == ["late"]


def test_a_time_without_a_zone_is_refused(company: Company) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        company.add("naive", closed_at=datetime(2026, 12, 1, 9, 0))  # noqa: DTZ001


def test_rows_are_stamped_with_the_now_of_their_ask(company: Company) -> None:
    [made] = company.add("stamped")
    later = NOW + timedelta(hours=1)
    with company.work(now=later) as db:
        company.item(db, made).title = "changed"
    with company.look() as db:
        found = company.item(db, made)
        assert (found.created_at, found.updated_at) == (NOW, later)


def test_a_transaction_brings_its_own_zone_and_time_outs(database: Database) -> None:
    """Not the connection: a pooler hands the same one to others."""
    if database.sqlite:
        pytest.skip("SQLite has no time-outs of a statement")
    with database.transaction(write=False, now=NOW) as db:
        db.enter("w")
        assert db.connection().scalar(text("SHOW timezone")) == "UTC"
        assert db.connection().scalar(text("SHOW statement_timeout")) == "30s"
        assert db.connection().scalar(text("SHOW idle_in_transaction_session_timeout")) == "30s"


def test_every_sqlite_connection_has_its_pragmas(database: Database) -> None:
    if not database.sqlite:
        pytest.skip("SQLite alone has pragmas")
    first, second = database.engine.connect(), database.engine.connect()
    for connection in (first, second):
        said = {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("foreign_keys", "journal_mode")}
        assert said == {"foreign_keys": 1, "journal_mode": "wal"}
        connection.close()


def test_ids_differ_between_processes_and_follow_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert {len(made) for made in ids} == {26}


def test_now_is_the_asks_and_not_the_clocks(company: Company) -> None:
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    with company.work(now=long_ago) as db:
        backlog.add(db, company.product, ["old"])
    with company.look() as db:
        assert db.scalar(select(Operation.at)) == long_ago
