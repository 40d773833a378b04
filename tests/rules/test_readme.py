"""The README says what is so."""

import re

from core.commands.registry import REGISTRY
from tests.readme import README, written


def test_the_readme_lists_every_command_and_every_setting_as_they_are() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == written(text), "run: .venv/bin/python -m tests.readme"


def test_a_command_that_the_readme_does_not_know_is_noticed() -> None:
    text = README.read_text(encoding="utf-8")
    cut = re.sub(r"\| `backlog add .*\n", "", text)
    assert cut != text
    assert written(cut) == text


def test_the_transcript_uses_commands_that_exist() -> None:
    text = README.read_text(encoding="utf-8")
    said = re.findall(r"^[a-z]+ #[a-z]+> (.+)$", text, flags=re.MULTILINE)
    assert len(said) >= 5
    for line in said:
        words = tuple(line.split()[:2])
        assert words in REGISTRY.commands or words[:1] in REGISTRY.commands, line
