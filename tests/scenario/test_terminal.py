"""The scenarios in a terminal, by real processes: every answer is held against what is kept beside them."""

import csv
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.store.database import Database
from tests.scenario.expected import kept
from tests.scenario.imports import BACKLOG, IMPORTS, Imports
from tests.scenario.play import FIRST, OWNER, WEEK, play, steps
from tests.scenario.state import state
from tests.scenario.terminal import terminal

FILES = {step["run"][3]: BACKLOG / step["run"][1] for step in steps(IMPORTS) if step.get("run", [""])[0] == "import"}


def _differences(steps_: list[dict[str, Any]], answers: list[Any], wanted: list[Any]) -> list[str]:
    assert len(answers) == len(wanted)
    pairs = zip(steps_, answers, wanted, strict=True)
    return [f"{step}\n  answers {got}\n  not     {want}" for step, got, want in pairs if got != want]


async def test_the_way_through_says_in_a_terminal_what_it_said_before(database_url: str, tmp_path: Path) -> None:
    async with terminal(database_url, tmp_path / "log") as face:
        await play(face)
    assert _differences(steps(), face.answers, kept("steps")) == []


async def test_the_first_ten_minutes_go_through_a_pipe_too(database_url: str, tmp_path: Path) -> None:
    async with terminal(database_url, tmp_path / "log") as face:
        await play(face, FIRST)


async def test_a_product_teams_week_goes_through_a_pipe_too(database_url: str, tmp_path: Path) -> None:
    async with terminal(database_url, tmp_path / "log") as face:
        await play(face, WEEK)


async def test_the_way_through_leaves_the_same_behind_on_every_database(
    database: Database, database_url: str, tmp_path: Path, files: Any
) -> None:
    beside = files.make(tmp_path)
    for url in (database_url, beside):
        async with terminal(url, tmp_path / "log") as face:
            await play(face)
    other = Database(beside)
    try:
        left = state(other)
    finally:
        other.close()
    assert state(database) == left
    assert [item["number"] for item in left["products"][0]["items"][:3]] == [22, 4, 1]
    assert left["roles"] == [["ann", "", "admin"], ["ann", "APP", "pm"], ["bob", "APP", "po"]]


@pytest.mark.skipif(
    not BACKLOG.is_dir() and not os.environ.get("CI"), reason="the real files of ../shared/data are not here"
)
async def test_five_real_backlogs_are_imported_worked_on_and_exported(database_url: str, tmp_path: Path) -> None:
    imports = Imports(database_url, tmp_path / "log")
    await imports.play()
    assert _differences(steps(IMPORTS), imports.answers, kept("imports")) == []
    for key, file in FILES.items():
        exported = imports.exports[key]["items"]
        ours, theirs = exported[0], exported[1:]
        assert (ours["key"], ours["title"], ours["points"], ours["type"], ours["status"], ours["assignee"]) == (
            f"{key}-{len(exported)}", "Ours and nobody else's", 8, "bug", "done", "bob"
        )  # fmt: skip
        assert [comment["text"] for comment in ours["comments"]] == ["Said in the channel"]
        assert Counter(item["title"] for item in theirs) == Counter(_titles(file))
        assert [item["key"] for item in theirs] == [f"{key}-{n}" for n in range(1, len(exported))]


@pytest.mark.skipif(
    not BACKLOG.is_dir() and not os.environ.get("CI"), reason="the real files of ../shared/data are not here"
)
async def test_a_product_owners_day_on_a_real_backlog(database_url: str, tmp_path: Path) -> None:
    day = Imports(database_url, tmp_path / "log", OWNER)
    await day.play()
    assert _differences(steps(OWNER), day.answers, kept("owner")) == []


def _titles(file: Path) -> list[str]:
    """The titles as the csv module alone reads them, with single blanks and without control characters."""

    def title(record: Mapping[str, str]) -> str:
        return " ".join("".join(filter(str.isprintable, record.get("title") or record["Summary"])).split())

    csv.field_size_limit(1 << 24)
    with file.open(encoding="utf-8-sig", newline="") as text:
        return [title(record) for record in csv.DictReader(text)]
