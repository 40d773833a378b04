"""Pictures are kept once, each in its workspace, also when a transaction that only reads draws them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.store import pictures
from core.store.database import Database
from core.store.pictures import PictureRow
from tests import databases
from tests.databases import NOW, Company, at_once

PNG = b"\x89PNG one"


def count(company: Company) -> int:
    with company.look() as db:
        return db.scalar(select(func.count()).select_from(PictureRow)) or 0


def test_a_picture_is_found_by_its_hash_and_kept_once(company: Company) -> None:
    with company.work() as db:
        name = pictures.keep(db, PNG)
        assert pictures.keep(db, PNG) == name
        assert pictures.load(db, name) == PNG
    with company.look() as db:
        assert pictures.load(db, name) == PNG
        assert pictures.load(db, "none") is None
    assert count(company) == 1


def test_who_only_reads_may_draw_and_it_is_kept_when_that_ends_well(company: Company) -> None:
    with company.look() as db:
        name = pictures.keep(db, PNG)
        pictures.keep(db, b"other")
    with company.look() as db:
        assert pictures.load(db, name) == PNG
    assert count(company) == 2


def test_what_a_failed_reading_drew_is_not_kept(company: Company) -> None:
    def draws_and_fails() -> None:
        with company.look() as db:
            pictures.keep(db, PNG)
            raise KeyError

    with pytest.raises(KeyError):
        draws_and_fails()
    assert count(company) == 0


def test_two_who_draw_the_same_at_the_same_moment_keep_it_once(company: Company) -> None:
    def draws() -> str:
        with company.look() as db:
            return pictures.keep(db, PNG)

    assert len(set(at_once(*[draws] * 4))) == 1
    assert count(company) == 1


def test_a_picture_of_another_company_is_not_found(database: Database, company: Company) -> None:
    other = databases.company(database, "elsewhere")
    with company.work() as db:
        name = pictures.keep(db, PNG)
    with other.look() as db:
        assert pictures.load(db, name) is None


def test_what_nobody_shows_any_more_goes_and_what_is_shown_again_stays(company: Company) -> None:
    day = timedelta(days=1)
    with company.work() as db:
        old, shown = pictures.keep(db, b"old"), pictures.keep(db, b"shown")
    with company.look(now=NOW + 60 * day) as db:
        assert pictures.keep(db, b"shown") == shown
    with company.look(now=NOW + 91 * day) as db:
        new = pictures.keep(db, b"new")
    with company.look() as db:
        assert [pictures.load(db, name) for name in (old, shown, new)] == [None, b"shown", b"new"]
