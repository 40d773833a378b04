"""The README says what is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.readme import README, written


def test_the_readme_lists_every_command_and_every_setting_as_they_are() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == written(text), "run: .venv/bin/python -m tests.readme"


def test_a_command_that_the_readme_does_not_know_is_noticed() -> None:
    text = README.read_text(encoding="utf-8")
    cut = re.sub(r"\| `backlog add .*\n", "", text)
    assert cut != text
    assert written(cut) == text


def test_the_transcript_is_what_the_terminal_answers(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    block = re.search(r"(?:^    .*\n|^\n)+", text[text.index("    root #general>") :], flags=re.MULTILINE)
    assert block is not None
    transcript = [line.strip() for line in block[0].splitlines() if line.strip()]
    typed = [line.partition("> ")[2] for line in transcript if line.startswith("root #general> ")]
    assert len(typed) >= 5
    database = f"sqlite:///{tmp_path / 'readme.db'}"
    run = subprocess.run(
        [sys.executable, "-m", "bot", "chat"],
        input="\n".join([*typed, "quit"]),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "STEWARD_DATABASE_URL": database, "LOGNAME": "root", "USER": "root", "COLUMNS": "100"},
    )
    said = [line.strip() for line in run.stdout.splitlines()]
    at = 0
    for line in transcript:
        assert line in said[at:], line
        at = said.index(line, at) + 1
