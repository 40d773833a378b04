"""Undo and history can speak of everything that is remembered."""

from core.commands.telling import KINDS
from core.store.history import models


def test_every_kind_of_thing_that_is_remembered_has_its_words() -> None:
    assert set(models()) == set(KINDS), "say how it is spoken of: core.commands.telling.tell()"
