"""The five real backlogs of ../shared/data through `steward import`, the chat and `steward export`."""

import asyncio
import hashlib
import json
import re
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.scenario.play import Seen, Told, spoken, steps
from tests.scenario.terminal import PATIENCE, ROOT, Terminal, settled, steward, terminal

IMPORTS = Path(__file__).parent / "imports.jsonl"
BACKLOG = ROOT.parent / "shared" / "data" / "backlog"

Json = dict[str, Any]

# what the wall clock says has microseconds, what is in the files has none
_NOW = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


class Imports:
    """Plays the steps; `answers` has one for each, `exports` the documents by product, whole."""

    def __init__(self, url: str, log: Path, path: Path = IMPORTS) -> None:
        self._url = url
        self._path = path
        self._log = log
        self.answers: list[Json] = []
        self.exports: dict[str, Json] = {}

    async def play(self) -> None:
        async with AsyncExitStack() as stack:
            chat: Terminal | None = None
            told, seen = Told("", "", ""), Seen("")
            for step in steps(self._path):
                # one chat between two runs: nothing is kept but what is in the database
                if "run" in step:
                    await stack.aclose()
                    chat = None
                    answer = await self._run(step["run"])
                else:
                    if chat is None:
                        chat = await stack.enter_async_context(terminal(self._url, self._log))
                    if "press" in step:
                        seen = await chat.press(told, seen, step["press"])
                    elif "fill" in step:
                        seen = await chat.fill(told, seen, step["fill"])
                    else:
                        told = spoken(step)
                        seen = await chat.say(told, step["say"])
                    answer = settled(seen.raw)
                self.answers.append(_digest(answer) if step.get("theirs") else answer)

    async def _run(self, words: list[str]) -> Json:
        status, out, errors = await run(self._url, words)
        with self._log.open("ab") as log:
            log.write(errors)
        if words[0] == "export" and not status:
            self.exports[words[2]] = json.loads(out)
        said = "" if not status else errors.decode()
        return {"exit": status, "out": _NOW.sub("NOW", out.decode()), **({"errors": said} if said else {})}


async def run(url: str, words: list[str]) -> tuple[int | None, bytes, bytes]:
    """`steward …` on a database, files taken from the real backlogs: exit status, standard output and error."""
    arguments = [str(BACKLOG / word) if word.endswith(".csv") else word for word in words]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=ROOT,
        env=steward(url),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out, errors


def _digest(answer: Json) -> Json:
    """Enough to notice any change of an answer whose words are not ours to keep."""
    text = json.dumps(answer, ensure_ascii=False, sort_keys=True)
    return {"characters": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
