"""The assistant on an empty database."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.commands import assemble
from core.commands.dispatch import Steward
from core.store.database import Database
from tests.databases import Files


@pytest.fixture
def steward(files: Files, tmp_path: Path) -> Iterator[Steward]:
    """On SQLite alone: what a terminal shows is the same on every database."""
    with closing(Database(files.make(tmp_path))) as made:
        yield assemble(made)
