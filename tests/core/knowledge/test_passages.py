"""Passages say what their sources say, at once, whatever changed them."""

import random
from time import sleep
from typing import Any

import pytest
from sqlalchemy import select

from core.knowledge import index, passages
from core.knowledge.catching_up import catch_up
from core.knowledge.passages import Passage
from core.product import backlog, criteria, documents, merging
from core.product.audience import Audience
from core.product.items import Comment, Item
from core.store import reversal
from core.store.base import new_id
from core.store.bulk import update_many
from core.store.database import Session
from core.store.history import Fields
from tests.core.knowledge.conftest import Find, Look
from tests.databases import NOW, Company, at_once


def _as_it_was(_db: Session, _entity: str, rows: list[Fields]) -> list[Fields]:
    return rows


def test_an_item_its_criteria_and_comments_are_passages_and_go_with_it(known: Company, written: Look) -> None:
    with known.work() as db:
        said = {"description": "For the bank.", "persona": "clerk", "want": "a file"}
        [item] = backlog.add(db, known.product, ["CSV export"], **said)
        criteria.add(db, item, "One row for each line")
        backlog.comment(db, item, known.bob, "The bank needs semicolons")
    assert written() == [
        ("comment", "CSV export", "The bank needs semicolons"),
        ("criterion", "CSV export", "One row for each line"),
        ("item", "CSV export", "As clerk, want a file.\n\nFor the bank."),
    ]
    with known.work() as db:
        known.item(db, item.id).title = "Export"
    assert {title for _, title, _ in written()} == {"Export"}
    with known.work() as db:
        reversal.undo(db, known.ann, known.product, _as_it_was)
    assert {title for _, title, _ in written()} == {"CSV export"}
    with known.work() as db:
        reversal.undo(db, known.ann, known.product, _as_it_was)
    assert written() == []
    with known.work() as db:
        reversal.redo(db, known.ann, known.product, _as_it_was)
    assert len(written()) == 3


def test_what_is_gone_leaves_no_word_behind(known: Company) -> None:
    with known.work() as db:
        kept = documents.keep(db, known.product, "Notes", "A secret word", None, known.ann)
    with known.work() as db:
        db.delete(db.get_one(documents.Document, {"workspace_id": known.id, "id": kept.id}))
    with known.look() as db:
        rows = db.execute(select(Passage.text, Passage.title, Passage.terms, Passage.vector)).all()
        assert rows == [("", "", b"", None)]


def test_a_document_is_cut_by_its_headings_and_written_anew_with_its_text(known: Company, written: Look) -> None:
    with known.work() as db:
        documents.keep(
            db, known.product, "Notes", "# Limits\nArchived are left out.\n# Format\nA semicolon.", None, known.ann
        )
    assert written() == [("document", "Notes", "A semicolon."), ("document", "Notes", "Archived are left out.")]
    with known.work() as db:
        documents.keep(db, known.product, "notes", "# Format\nA comma.", Audience.PUBLIC, known.bob)
    assert written() == [("document", "Notes", "A comma.")]
    with known.look() as db:
        assert db.scalars(select(Passage.audience).where(Passage.gone.is_(False))).all() == ["public"]


def test_an_import_is_found_at_once_and_so_is_its_undo(known: Company, written: Look, find: Find) -> None:
    incoming = [
        merging.Incoming(str(n), _imported(f"Export number{n}"), None, ((f"Said of {n}", known.bob, None),))
        for n in range(2 * passages.FEW)
    ]
    with known.work(label="import") as db:
        merging.merge(db, known.product, "csv", incoming)
    assert len(written()) == 4 * passages.FEW
    assert find("number7")[0] == "Export number7"
    with known.work() as db:
        reversal.undo(db, known.ann, known.product, _as_it_was)
    assert written() == []
    assert find("number7") == []


def _imported(title: str) -> dict[str, Any]:
    return {"title": title, "description": "", "type": "story", "status": "new", "external_key": None}


def test_a_bulk_change_of_words_is_followed_and_one_of_order_writes_nothing(known: Company, find: Find) -> None:
    [one, two] = known.add("Export as CSV", "Sign in by SSO")
    assert find("SSO") == ["Sign in by SSO"]
    with known.look() as db:
        before = db.scalar(select(passages.Knowledge.version))
    with known.work() as db:
        update_many(db, Item, [(one, {"rank": "a"}, {"rank": "Zz"})])
    with known.look() as db:
        assert db.scalar(select(passages.Knowledge.version)) == before
    with known.work() as db:
        update_many(db, Item, [(two, {"title": "Sign in by SSO"}, {"title": "Sign in by magic link"})])
    assert find("SSO") == []
    assert find("magic link") == ["Sign in by magic link"]


def test_who_said_it_and_when_stays_where_only_its_heading_changes(known: Company) -> None:
    [key] = known.add("Export")
    with known.work(known.bob) as db:
        comment = backlog.comment(db, known.item(db, key), known.bob, "The bank needs semicolons")
    with known.work(known.ann) as db:
        known.item(db, key).title = "CSV export"
    with known.look() as db:
        row = db.execute(select(Passage.author_id, Passage.title).where(Passage.source_id == comment.id)).one()
        assert row == (known.bob, "CSV export")


def test_rebuilding_writes_what_is_missing_and_nothing_else(known: Company, written: Look) -> None:
    known.database.followers.clear()
    [key] = known.add("Export")
    with known.work() as db:
        db.add(Comment(id=new_id(), item_id=key, author_id=known.bob, text="Semicolons"))
    assert written() == []
    with known.work() as db:
        assert passages.rebuild(db, known.product) == 3  # the product itself, the item and its comment
    assert [text for _, _, text in written()] == ["Semicolons", "Export"]
    with known.look() as db:
        version = db.scalar(select(passages.Knowledge.version))
    with known.work() as db:
        passages.rebuild(db, known.product)
    with known.look() as db:
        assert db.scalar(select(passages.Knowledge.version)) == version


def test_two_who_write_a_products_first_passages_at_once_both_do(known: Company) -> None:
    with known.look() as db:
        assert db.scalar(select(passages.Knowledge.version)) is None

    def write() -> None:
        with known.work() as db:
            passages.next_version(db, known.product)
            sleep(0.1)  # the other one comes while this is not committed

    at_once(write, write)
    with known.look() as db:
        assert db.scalar(select(passages.Knowledge.version)) == 2


@pytest.mark.parametrize("renewed", [False, True])
def test_the_index_after_any_changes_is_the_one_read_anew(
    known: Company, find: Find, renewed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes of all kinds, followed step by step in memory, against a process that has just begun; also where what is
    dead is left out of the index from time to time."""
    monkeypatch.setattr(index, "FEW_DEAD", 2 if renewed else 1000)
    rng = random.Random(6)
    words = ["export", "bank", "file", "invoice", "archive", "login", "report", "search"]
    followed = known.database.memory
    for step in range(60):
        with known.work() as db:
            found = list(db.scalars(select(Item)))
            if not found or rng.random() < 0.4:
                backlog.add(db, known.product, [" ".join(rng.choices(words, k=3))])
            elif rng.random() < 0.5:
                rng.choice(found).title = " ".join(rng.choices(words, k=3))
            else:
                backlog.comment(db, rng.choice(found), known.bob, " ".join(rng.choices(words, k=4)))
        if rng.random() < 0.3:
            with known.work() as db:
                reversal.undo(db, known.ann, known.product, _as_it_was)
        if renewed:
            catch_up(known.database, NOW)
        asked = " ".join(rng.choices(words, k=2))
        said = find(asked, count=50)
        known.database.memory = {}
        anew = find(asked, count=50)
        known.database.memory = followed
        assert sorted(said) == sorted(anew), (step, asked)
    [kept] = followed["shelf"].indexes()
    assert (kept.dead <= index.STALE * kept.size + 2) is renewed


def test_no_search_makes_the_index_anew(known: Company, find: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes long where there is much; whoever asks does not wait for it."""
    monkeypatch.setattr(index, "FEW_DEAD", 0)
    [key] = known.add("Export")
    for n in range(9):
        with known.work() as db:
            known.item(db, key).title = f"Export {n}"
        assert find("export") == [f"Export {n}"]
    [kept] = known.database.memory["shelf"].indexes()
    assert (kept.size, kept.dead) == (9, 8)
    catch_up(known.database, NOW)
    assert (kept.size, kept.dead) == (1, 0)
    assert find("export") == ["Export 8"]
