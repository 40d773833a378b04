"""The terminal as a face: `steward chat --json` in a process of its own, and everything that it answers kept."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.scenario.play import Seen, Told, Values

ROOT = Path(__file__).parents[2]
BEGIN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
PATIENCE = 60.0  # seconds for one answer, on a machine that has other things to do

Json = dict[str, Any]

_ID = re.compile(r"\b[0-9a-f]{24,32}\b")
_IMPORTED = re.compile(r"\bimported \d{1,2} \w{3}(?: \d{4})? \([\w ]+\)")
_MARK = re.compile(r"\bapply=[0-9a-f]{12}\b")


def steward(url: str) -> dict[str, str]:
    """The environment for a process of ours: nothing but the database is set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    return {**kept, "STEWARD_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}


def settled(answer: Json) -> Json:
    """An answer without what differs from run to run: ids, the mark of a preview, which is made of them, and the day on
    which the command line imported. Times are said to the chat, so they stay."""
    said = _ID.sub("ID", json.dumps(answer, ensure_ascii=False))
    said = _IMPORTED.sub("imported THEN", _MARK.sub("apply=MARK", said))
    found: Json = json.loads(said)
    return found


class Terminal:
    """Each line is said a minute after the one before; `answers` keeps them all, in order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.answers: list[Json] = []

    async def say(self, told: Told, line: str, values: Mapping[str, str] | None = None) -> Seen:
        said = {
            "as": told.person,
            "in": told.place,
            **({"thread": told.thread} if told.thread else {}),
            "say": line,
            "at": self._now(),
            **({"values": values} if values else {}),
        }
        return self._seen(told, await self.ask(said))

    async def press(self, told: Told, seen: Seen, label: str) -> Seen:
        button = next(button for button in buttons(seen.raw) if button["label"] == label)
        return await self.say(told, button["say"])

    async def fill(self, told: Told, seen: Seen, values: Values) -> Seen:
        form = seen.raw["form"]
        given = {field["name"]: values.get(field["name"], field["value"]) for field in form["fields"]}
        answered = await self.say(told, form["submit"], given)
        # a form that was wrong stands there still
        return Seen(answered.text, answered.labels, True, seen.raw) if "errors" in answered.raw else answered

    async def hear(self, words: str) -> None:
        """What is posted unasked comes to a terminal by ticks, and nobody gives any here: nothing is waited for."""

    async def ask(self, said: Json) -> Json:
        """One line in, one line out."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(said).encode() + b"\n")
        await stdin.drain()
        async with asyncio.timeout(PATIENCE):
            line = await stdout.readline()
        assert line, f"the chat ended with {await self._process.wait()} instead of answering {said}"
        answer: Json = json.loads(line)
        self.answers.append(settled(answer))
        return answer

    def _now(self) -> str:
        return (BEGIN + timedelta(minutes=len(self.answers))).isoformat()

    def _seen(self, told: Told, answer: Json) -> Seen:
        if form := answer.get("form"):
            labels = [f"{field['label']}: {field['value']}" for field in form["fields"]]
            return Seen("\n".join([form["title"], *labels]), (), True, answer)
        words = [answer.get("text", ""), answer.get("refused", ""), answer.get("try", "")]
        return Seen("\n".join(words), [button["label"] for button in buttons(answer)], False, answer)


def buttons(node: Any) -> Iterable[Json]:
    """Every button in an answer, wherever it stands."""
    if isinstance(node, dict):
        if "label" in node and "say" in node:
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from buttons(one)


@asynccontextmanager
async def terminal(url: str, log: Path) -> AsyncIterator[Terminal]:
    """`steward chat --json` on a database; what it logs goes to a file."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "chat", "--json"),
            cwd=ROOT,
            env=steward(url),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=1 << 24,
        )
        try:
            yield Terminal(process)
            assert process.stdin is not None
            process.stdin.close()
            async with asyncio.timeout(PATIENCE):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
