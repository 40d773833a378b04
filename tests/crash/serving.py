"""Real processes for these tests: Slack's stand-in and `steward serve`, started, killed, stopped and started again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.process import environment, free_port
from tests.bot.slack.support import SECRET
from tests.bot.teams.conftest import TENANT

TOLD = "stages"  # among a forked server's variables: the file into which it tells its stages
READY = 60.0  # seconds for a start on a machine that is busy with other things
RECONCILE = 1


@dataclass(frozen=True)
class Room:
    """A database, a Slack and a folder for logs.

    url     as `steward serve` opens the database; inside: as one who sees all rows
    slack   where the stand-in listens; teams: where that of Teams does, '' where nobody is met there
    """

    kind: str
    url: str
    inside: str
    slack: str
    folder: Path
    teams: str = ""

    def settings(self, port: int) -> dict[str, str]:
        teams = {"STEWARD_TEAMS_ANONYMOUS": "true", "STEWARD_TEAMS_TENANT_ID": TENANT} if self.teams else {}
        return teams | {
            "STEWARD_DATABASE_URL": self.url,
            "STEWARD_PORT": str(port),
            "STEWARD_SLACK_BOT_TOKEN": "xoxb-1",
            "STEWARD_SLACK_SIGNING_SECRET": SECRET,
            "STEWARD_SLACK_API_URL": f"{self.slack}/api/",
            "STEWARD_RECONCILE_SECONDS": str(RECONCILE),
            "STEWARD_LOG_LEVEL": "WARNING",
        }

    def stages(self, port: int) -> Path:
        """Where the server of a port tells what it is in the midst of."""
        return self.folder / f"{port}.stages"

    def log(self) -> str:
        """What all servers of this room have written."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def started(
    module: str, *arguments: str, log: Path, settings: dict[str, str], stdin: int, stdout: int | None = None
) -> "subprocess.Popen[bytes]":
    """Run a module in a session of its own, with its errors in `log`."""
    with log.open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=log.parent,
            env=environment(settings),
            stdin=stdin,
            stdout=stdout,
            stderr=errors,
            start_new_session=True,
        )


def ended(process: "subprocess.Popen[bytes]") -> None:
    """It and all that it started are gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


async def until_ready(url: str) -> None:
    """Returns once `url` answers 200. Raises TimeoutError."""
    async with asyncio.timeout(READY), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


def slack_beside(folder: Path) -> AbstractAsyncContextManager[str]:
    """Slack's stand-in as a process; yields its address."""
    return _beside("tests.slack_stand_in", "_kept", folder / "slack.err")


def teams_beside(folder: Path) -> AbstractAsyncContextManager[str]:
    """Likewise that of Teams."""
    return _beside("tests.teams_stand_in", "_control/posted", folder / "teams.err")


@asynccontextmanager
async def _beside(module: str, kept: str, log: Path) -> AsyncIterator[str]:
    port = free_port()
    process = started(module, str(port), log=log, settings={}, stdin=subprocess.DEVNULL)
    try:
        await until_ready(f"http://127.0.0.1:{port}/{kept}")
        yield f"http://127.0.0.1:{port}"
    finally:
        ended(process)


class Serving:
    """`python -m bot serve` as an operator starts it."""

    def __init__(self, room: Room) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        log = room.folder / f"{self.port}.log"
        self._process = started("bot", "serve", log=log, settings=room.settings(self.port), stdin=subprocess.DEVNULL)

    async def ready(self) -> "Serving":
        await until_ready(f"{self.url}/readyz")
        return self

    def stop(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    async def ended(self, seconds: float) -> int:
        """Its exit code. Raises TimeoutExpired."""
        return await asyncio.to_thread(self._process.wait, seconds)

    def end(self) -> None:
        ended(self._process)


class Nursery:
    """Servers that start within a moment, to be killed; each has the port of the one before it."""

    def __init__(self, room: Room) -> None:
        self._room = room
        log = room.folder / "killed.log"
        settings = room.settings(1)
        pipe = subprocess.PIPE
        self._process = started("tests.crash.nursery", log=log, settings=settings, stdin=pipe, stdout=pipe)

    async def start(self, port: int) -> int:
        """The id of a new server's process, which may not be ready yet."""
        return await asyncio.to_thread(self._start, port)

    def _start(self, port: int) -> int:
        said, heard = self._process.stdin, self._process.stdout
        assert said is not None
        assert heard is not None
        settings = self._room.settings(port) | {TOLD: str(self._room.stages(port))}
        said.write(json.dumps(settings).encode() + b"\n")
        said.flush()
        return int(heard.readline())

    def end(self) -> None:
        """No server of ours is left."""
        ended(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
