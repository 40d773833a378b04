"""The first ten minutes as each platform shows them. `python -m tests.transcripts` writes them; a test holds them.

scenario/first.jsonl is played in a terminal, in Slack and in Teams, and what stood there is written down: in
docs/first-lines.md, and the terminal's in README.md.
"""

import asyncio
import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent

import migrations
from bot.console import Chat, Screen
from bot.lines import TERMINAL
from core.chat.card import Field
from core.commands import assemble
from core.store.database import Database
from tests.databases import NOW
from tests.house import housed
from tests.reading import slack_lines, teams_lines
from tests.scenario.play import FIRST, Face, Seen, Told, Values, play, steps

README = Path(__file__).parent.parent / "README.md"
PAGE = README.parent / "docs" / "first-lines.md"
LOOKS = ("backlog ready", "backlog list")
"""What is said only to look at what has come of it."""


def typed() -> int:
    """How many lines the start takes; a pasted block is one, clicks are none."""
    return sum("say" in step and not step["say"].startswith(LOOKS) for step in steps(FIRST))


class Noted:
    """A face whose every act is written down as it reads there."""

    def __init__(self, face: Face, shown: Callable[[Seen], str], line: Callable[[Told, str], str]) -> None:
        """shown: a message as it reads there. line: what is typed there to say something."""
        self._face = face
        self._shown = shown
        self._line = line
        self.lines: list[str] = []

    async def say(self, told: Told, line: str) -> Seen:
        return self._note(f"{told.person}: {self._line(told, line)}", await self._face.say(told, line))

    async def press(self, told: Told, seen: Seen, label: str) -> Seen:
        return self._note(f"{told.person} presses [{label}]", await self._face.press(told, seen, label))

    async def fill(self, told: Told, seen: Seen, values: Values) -> Seen:
        raise NotImplementedError("the first ten minutes want no form")

    async def hear(self, words: str) -> None:
        await self._face.hear(words)

    def _note(self, said: str, seen: Seen) -> Seen:
        self.lines += [said.replace("\n", "\n     "), indent(self._shown(seen), "  "), ""]
        return seen


async def in_slack(url: str) -> str:
    async with housed(url) as house:
        page = Noted(house.at_slack, _shown_in_slack, _typed_in_slack)
        await play(page, FIRST)
    return _block(page.lines)


def _shown_in_slack(seen: Seen) -> str:
    message = seen.raw
    alone = message.get("ephemeral", message.get("response_type") == "ephemeral")
    return _whose(slack_lines(message["blocks"]), alone=alone)


def _typed_in_slack(told: Told, line: str) -> str:
    if told.by == "mention":
        return f"@Steward {line}"
    return f"/{line}" if line.startswith("backlog ") else f"/steward {line}"


async def in_teams(url: str) -> str:
    async with housed(url) as house:
        page = Noted(house.at_teams, _shown_in_teams, lambda _, line: f"@Steward {line}")
        await play(page, FIRST)
    return _block(page.lines)


def _shown_in_teams(seen: Seen) -> str:
    return _whose(teams_lines(seen.raw), alone=seen.raw["conversation"].startswith("a:"))


def _whose(shown: str, *, alone: bool) -> str:
    return f"(only ann sees this)\n{shown}" if alone else shown


class Typist:
    """A hand in the terminal: what is typed or pasted stands behind its prompt, and a press is a button's number."""

    live = False

    def __init__(self, console: Screen, out: StringIO) -> None:
        self._console = console
        self._out = out
        self._steps = steps(FIRST)

    def line(self, prompt: str) -> str:
        if not self._steps:
            raise EOFError
        step = self._steps.pop(0)
        said = str(step["say"]) if "say" in step else self._number(step["press"])
        self._console.print(f"{prompt}{said}", soft_wrap=True)
        return said

    def field(self, field: Field, prompt: str, value: str, words: tuple[str, ...]) -> str:
        raise NotImplementedError("the first ten minutes want no form")

    def _number(self, label: str) -> str:
        found = re.findall(rf"\[(\d+)\] {re.escape(label)}", self._out.getvalue())
        assert found, f"no button {label!r} in {self._out.getvalue()}"
        return str(found[-1])


async def in_terminal(url: str) -> str:
    """As `steward chat` draws it, eighty columns wide."""
    out = StringIO()
    console = Screen(plain=True, file=out, width=80)
    database = Database(url)
    steward = assemble(database)
    steward.connect(TERMINAL, NOW)
    Chat(steward, lambda: NOW, console, Typist(console, out), {}, "ann").run()
    database.close()
    _, _, said = out.getvalue().partition("\n\n")  # behind the greeting
    return _block(said.splitlines())


def _block(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines()).strip("\n")


PLACES = {"terminal": in_terminal, "slack": in_slack, "teams": in_teams}


def written(path: Path, transcripts: dict[str, str]) -> str:
    """A page's text with the transcripts that it has places for as they should be."""
    text = path.read_text(encoding="utf-8")
    for name, transcript in transcripts.items():
        block = f"<!-- first lines: {name} -->\n\n{indent(transcript, '    ')}\n\n<!-- /first lines -->"
        text = re.sub(
            rf"<!-- first lines: {name} -->.*?<!-- /first lines -->", lambda _, b=block: b, text, flags=re.DOTALL
        )
    return text


async def main(folder: Path) -> None:
    transcripts = {}
    for name, shown in PLACES.items():
        url = f"sqlite:///{folder / name}.db"
        database = Database(url)
        migrations.upgrade(database.engine)
        database.close()
        transcripts[name] = await shown(url)
    for path in (README, PAGE):
        path.write_text(written(path, transcripts), encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        asyncio.run(main(Path(temporary)))
