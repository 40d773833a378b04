"""The README says what is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme import COMMANDS, PAGES, README, written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_list_every_command_and_every_setting_as_they_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == written(text, PAGES[page]), "run: .venv/bin/python -m tests.readme"


@pytest.mark.parametrize(
    ("page", "line"),
    [(README, r"\| \*\*backlog\*\* .*\n"), (COMMANDS, r"\| `backlog add .*\n")],
    ids=["README", "commands"],
)
def test_a_command_that_a_page_does_not_know_is_noticed(page: Path, line: str) -> None:
    text = page.read_text(encoding="utf-8")
    cut = re.sub(line, "", text)
    assert cut != text
    assert written(cut, PAGES[page]) == text


def test_what_the_readme_leads_to_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    paths = [path for path in re.findall(r"\]\(([^)#]+)", text) if "://" not in path]
    assert "docs/commands.md" in paths
    assert [path for path in paths if not README.parent.joinpath(path).exists()] == []
    headings = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in re.findall(r"(?m)^#+ (.*)$", text)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


def test_the_transcripts_are_what_the_terminal_answers(tmp_path: Path) -> None:
    blocks = re.findall(r"(?:^    .*\n|^\n)+", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    shown = _undated([line for block in blocks if "    root #general> " in block for line in block.splitlines()])
    typed = [line.partition("> ")[2] for line in shown if line.startswith("root #general> ")]
    assert len(typed) >= 10
    database = f"sqlite:///{tmp_path / 'readme.db'}"
    run = subprocess.run(
        [sys.executable, "-m", "bot", "chat"],
        input="\n".join([*typed, "quit"]),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "STEWARD_DATABASE_URL": database, "LOGNAME": "root", "USER": "root", "COLUMNS": "100"},
    )
    said = _undated(run.stdout.splitlines())
    at = 0
    for line in shown:
        assert line in said[at:], line
        at = said.index(line, at) + 1


def _undated(lines: list[str]) -> list[str]:
    """The lines that say something, whatever day it is."""
    return [re.sub(r"\d+ [A-Z][a-z]{2}$", "today", line.strip()) for line in lines if line.strip()]
