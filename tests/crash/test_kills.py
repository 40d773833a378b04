"""kill -9 at random moments while people talk: what was answered is there once, what was accepted is answered once."""

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import pytest

from bench.process import free_port
from tests.crash import stages
from tests.crash.conftest import KILLS, Opened, Tell
from tests.crash.record import deadlocks
from tests.crash.serving import Nursery, Room, until_ready
from tests.crash.slack_user import Slack, settle_in
from tests.crash.talk import Talk, check_owed, quiet, trouble
from tests.databases import BACKENDS

pytestmark = pytest.mark.crash

PEOPLE = ("U1", "U2", "U3", "U4", "U5", "U6")
PATIENCE = 2.0  # seconds to wait for a server that is in a certain stage
SERVERS = {"sqlite": 1, "postgresql": 2}


class Herd:
    """The servers of one database: killed one at a time, and started again at once."""

    def __init__(self, room: Room, count: int, rng: random.Random) -> None:
        self._room = room
        self._rng = rng
        self._ports = [free_port() for _ in range(count)]
        self._pids: dict[int, int] = {}
        self._nursery = Nursery(room)

    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self._ports]

    async def start(self) -> None:
        for port in self._ports:
            self._pids[port] = await self._nursery.start(port)
        await self.ready()

    async def ready(self) -> None:
        await asyncio.gather(*(until_ready(f"{url}/readyz") for url in self.urls()))

    async def kill(self, times: int) -> None:
        """At random moments; one of five falls into the start that the kill before it made necessary."""
        for _ in range(times):
            await self.kill_one()
        await self.ready()

    async def kill_one(self, stage: str = "") -> frozenset[str]:
        """Kill one, if it can be had one that is in the midst of `stage`; what it was in the midst of."""
        if self._rng.random() < 0.8:
            await self.ready()
        await asyncio.sleep(self._rng.uniform(0, 0.6))
        port = await self._found_in(stage) or self._rng.choice(self._ports)
        os.kill(self._pids[port], signal.SIGKILL)
        await self._gone(self._pids[port])
        fell = stages.read(self._room.stages(port))
        self._room.stages(port).unlink(missing_ok=True)
        self._pids[port] = await self._nursery.start(port)
        return fell

    async def _found_in(self, stage: str) -> int | None:
        """The port of a server that is in this stage now or within PATIENCE."""
        last = time.monotonic() + PATIENCE
        while stage and time.monotonic() < last:
            for port in self._ports:
                if stage in stages.read(self._room.stages(port)):
                    return port
            await asyncio.sleep(0.001)
        return None

    async def _gone(self, pid: int) -> None:
        """Returns when a killed process has ended: until then it may still do a little."""
        while Path(f"/proc/{pid}").exists():  # noqa: ASYNC110, ASYNC240 - nothing tells of it
            await asyncio.sleep(0.001)

    def end(self) -> None:
        self._nursery.end()


async def killed(room: Room, tell: Tell) -> None:
    """KILLS kills on one database, under the eyes of PEOPLE."""
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    before = deadlocks(room.inside)
    herd = Herd(room, SERVERS[room.kind], rng)
    try:
        await herd.start()
        async with Slack() as slack:
            await settle_in(slack, herd.urls()[0], room.slack, PEOPLE[1:])
            talk = Talk(slack, herd.urls, rng)
            said = asyncio.gather(*(talk.of(user) for user in PEOPLE), trouble(room, rng, talk))
            try:
                await herd.kill(KILLS)
            finally:
                talk.over = True
                await said
        await quiet(room)
        counted = await check_owed(room, talk)
    except BaseException:
        tell(f"{room.kind}: seed {seed}")
        raise
    finally:
        herd.end()
    tell(f"{room.kind}: {KILLS} kills, {counted}, {deadlocks(room.inside) - before} deadlocks, seed {seed}")


async def test_what_was_answered_is_there_once_and_what_was_accepted_is_answered_once(
    opened: Opened, tell: Tell
) -> None:
    """Both databases at the same time, since a killed server's lease takes half a minute to run out."""

    async def one(kind: str) -> None:
        async with opened(kind) as room:
            await killed(room, tell)

    await asyncio.gather(*(one(kind) for kind in BACKENDS))
