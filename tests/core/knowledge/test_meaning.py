"""With the model that `make setup` fetches, what is meant is found whatever its words; without, the words alone."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from core.knowledge import model as models
from core.knowledge.catching_up import catch_up
from core.knowledge.model import Files, Model, WrongModel
from core.product import documents
from tests.core.knowledge.conftest import hits
from tests.databases import NOW, Company

ASKED = "How large may a download get?"


@pytest.fixture(scope="session")
def model() -> Model:
    files = models.find(Path(sys.prefix) / "model", own=False)
    assert files is not None, "run: make setup"
    return Model(files)


@pytest.fixture
def notes(known: Company) -> Company:
    with known.work() as db:
        documents.keep(db, known.product, "Export", "An exported file is cut at two gigabytes.", None, known.ann)
        documents.keep(db, known.product, "Colours", "Buttons are green and may be blue.", None, known.ann)
    return known


def test_a_vector_has_length_one_and_alike_sentences_are_near(model: Model) -> None:
    vectors = model.embed(["The export file is big.", "Exported files are large.", "Bananas are yellow."])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.6 > 0.3 > vectors[0] @ vectors[2]
    assert np.allclose(model.embed(["Exported files are large."])[0], vectors[1], atol=0.05)


def test_what_is_meant_is_found_once_it_is_embedded(notes: Company, model: Model) -> None:
    assert hits(notes, ASKED) == ()
    notes.database.memory["model"] = model
    assert catch_up(notes.database, NOW) == 2
    assert catch_up(notes.database, NOW) == 0
    assert hits(notes, ASKED)[0].title == "Export"
    assert hits(notes, ASKED, meaning=False) == ()


def test_what_is_not_embedded_yet_is_found_by_its_words(notes: Company, model: Model) -> None:
    notes.database.memory["model"] = model
    catch_up(notes.database, NOW)
    with notes.work() as db:
        documents.keep(db, notes.product, "Limits", "A download ends after ten minutes.", None, notes.ann)
    assert hits(notes, "When does a download end?")[0].title == "Limits"


class Slow(Model):
    """The model, which thinks about texts that hold a word until it is told that that is enough."""

    def __init__(self, files: Files, word: str) -> None:
        super().__init__(files)
        self.word, self.thinks, self.enough = word, Event(), Event()

    def embed(self, texts: Sequence[str]) -> Any:
        if any(self.word in text for text in texts):
            self.thinks.set()
            assert self.enough.wait(30)
        return super().embed(texts)


@contextmanager
def meanwhile(slow: Slow, work: Callable[[], object]) -> Iterator[None]:
    """While the model thinks about something that another thread has given it."""
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(work)
        try:
            assert slow.thinks.wait(30)
            yield
            assert not begun.done()
        finally:
            slow.enough.set()
        begun.result()


def test_a_search_is_answered_while_another_question_is_being_embedded(notes: Company, model: Model) -> None:
    notes.database.memory["model"] = model
    catch_up(notes.database, NOW)
    slow = notes.database.memory["model"] = Slow(model.files, "zeppelin")
    with meanwhile(slow, lambda: hits(notes, "How large is a zeppelin?")), ThreadPoolExecutor(1) as pool:
        assert pool.submit(hits, notes, ASKED).result(30)[0].title == "Export"


def test_a_search_is_answered_and_a_change_is_kept_while_passages_are_being_embedded(
    notes: Company, model: Model
) -> None:
    slow = notes.database.memory["model"] = Slow(model.files, "green")
    with meanwhile(slow, lambda: catch_up(notes.database, NOW)), ThreadPoolExecutor(1) as pool:
        assert pool.submit(hits, notes, "exported file").result(30)[0].title == "Export"
        with notes.work() as db:
            documents.keep(db, notes.product, "Colours", "Buttons are orange.", None, notes.ann)
    assert hits(notes, "Which colour has a button?")[0].text == "Buttons are orange."


def test_an_edit_is_embedded_anew(notes: Company, model: Model) -> None:
    notes.database.memory["model"] = model
    catch_up(notes.database, NOW)
    with notes.work() as db:
        documents.keep(db, notes.product, "Colours", "A downloaded file holds at most one gigabyte.", None, notes.ann)
    assert catch_up(notes.database, NOW) == 1
    assert {hit.title for hit in hits(notes, ASKED)[:2]} == {"Export", "Colours"}


def test_a_file_that_is_not_the_pinned_one_is_refused_and_words_still_search(
    notes: Company, model: Model, tmp_path: Path
) -> None:
    (tmp_path / "model.onnx").write_bytes(b"something else")
    (tmp_path / "tokenizer.json").write_bytes(model.files.tokenizer.read_bytes())
    found = models.find(tmp_path, own=False)
    assert found is not None
    with pytest.raises(WrongModel):
        _ = Model(found).mark
    notes.database.memory["model"] = Model(found)
    assert hits(notes, "green buttons")[0].title == "Colours"
    assert "model" not in notes.database.memory


def test_a_folder_of_ones_own_bears_its_own_mark(model: Model, tmp_path: Path) -> None:
    assert models.find(tmp_path, own=True) is None
    tokenizer = tmp_path / "tokenizer.json"
    tokenizer.write_bytes(model.files.tokenizer.read_bytes() + b"\n")
    assert Model(Files(model.files.model, tokenizer, own=True)).mark != model.mark
