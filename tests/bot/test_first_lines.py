"""The first ten minutes on each platform, as README.md and docs/first-lines.md show them."""

import pytest

from tests.transcripts import PAGE, PLACES, README, typed, written


@pytest.mark.parametrize("place", PLACES)
async def test_the_first_lines_read_as_they_are_shown(place: str, database_url: str) -> None:
    shown = {place: await PLACES[place](database_url)}
    pages = {path: path.read_text("utf-8") for path in (README, PAGE)}
    assert sum(f"<!-- first lines: {place} -->" in page for page in pages.values()) == 1
    for path, page in pages.items():
        assert page == written(path, shown), "run: .venv/bin/python -m tests.transcripts"


def test_the_start_takes_at_most_six_typed_lines() -> None:
    assert typed() <= 6
