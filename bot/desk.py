"""Where the asynchronous adapters meet the synchronous core, and the one protocol that a platform's sender keeps."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from core.chat.ask import Ask, Attachment, Platform
from core.chat.card import Reply
from core.commands.dispatch import Steward
from core.commands.ride import Ride
from core.schedule.delivery import Delivery, Outcome
from core.store import asks

log = logging.getLogger("steward")

DEADLINE = 2.0  # seconds: Slack wants its answer within 3, a Teams message extension within 5
THREADS = 2


class Desk(Protocol):
    """What an adapter may ask of us. Replies that do not come back from here arrive through the outbox and a Sender."""

    async def answer(self, ask: Ask, ride: Ride) -> Reply | None:
        """Answer an ask whose reply can ride in what the adapter sends back now.

        None: the reply goes through the outbox, because it may not ride or is not ready within 2 s. What is there
        already is `ride.posted`; where that is None too, the adapter says 'Working on it'.
        """

    async def accept(self, ask: Ask) -> None:
        """Keep an ask (ask.kept is True) and return once it is committed; its reply comes through the outbox."""


class Sender(Protocol):
    """Posts on one platform; never raises for what the platform says, but classifies it."""

    platform: Platform

    async def send(self, delivery: Delivery) -> Outcome: ...

    async def find(self, delivery: Delivery) -> str | None:
        """The id under which an earlier attempt of this delivery stands, None where it does not stand there.

        Raises NotImplementedError where the platform cannot be asked (Teams): then it is sent again, at least once.
        """


Fetch = Callable[[Attachment], Awaitable[Attachment]]
"""Gives a file with its content, or with the trouble that there was; never raises for either."""


class FrontDesk:
    """The Desk over the real core: its threads, its deadline, and the work that outlives a request."""

    def __init__(self, steward: Steward, put: Callable[[], None], *, deadline: float = DEADLINE) -> None:
        """put: called after something may have been put into the outbox."""
        self._steward = steward
        self._put = put
        self._deadline = deadline
        self._pool = ThreadPoolExecutor(THREADS, "ask")
        self._jobs = ThreadPoolExecutor(THREADS, "job")
        self._loop: asyncio.AbstractEventLoop | None = None
        steward.begun = self._begun
        self._behind: set[asyncio.Future[Any]] = set()
        self._in_hand: set[str] = set()
        self.fetchers: dict[Platform, Fetch] = {}  # how a dropped file is had, filled while the server is put together

    async def answer(self, ask: Ask, ride: Ride) -> Reply | None:
        self._loop = asyncio.get_running_loop()
        work = self._loop.run_in_executor(self._pool, self._steward.answer, ask, ride)
        # wait, never wait_for: that drops the result of a thread which goes on writing
        done, _ = await asyncio.wait({work}, timeout=self._deadline)
        if not done and ride.give_up():
            self._go_on(work)
            return None
        reply = await work
        if reply is None:
            self._put()
        return reply

    async def accept(self, ask: Ask) -> None:
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(self._pool, self._steward.accept, ask):
            self.resume(ask)

    def resume(self, ask: Ask) -> None:
        """Work on an accepted ask, behind the request; one that is in hand already is left alone."""
        key = asks.key(ask)
        if key in self._in_hand:
            return
        self._in_hand.add(key)
        self._loop = asyncio.get_running_loop()
        work: asyncio.Future[Any] = self._loop.create_task(self._work(ask))
        work.add_done_callback(lambda _: self._in_hand.discard(key))
        self._go_on(work)

    async def _work(self, ask: Ask) -> None:
        fetch = self.fetchers.get(ask.connection.platform)
        if ask.files and fetch is not None:
            ask = replace(ask, files=tuple([await fetch(file) for file in ask.files[:1]]) + ask.files[1:])
        await asyncio.get_running_loop().run_in_executor(self._pool, self._steward.work, ask)

    # ---- what asks leave behind ----

    def left_behind(self, platforms: Iterable[Platform], now: datetime) -> list[str]:
        """The keys of jobs that a crash left behind."""
        return self._steward.resume(platforms, now)

    def _begun(self, key: str) -> None:
        """Told by the thread that worked on the ask."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.carry_on, key)

    def carry_on(self, key: str) -> None:
        """Carry a job out, behind everything else; one that is in hand already is left alone."""
        key_in_hand = f"job {key}"
        if key_in_hand in self._in_hand or self._steward.stopping.is_set():
            return
        self._in_hand.add(key_in_hand)
        work = asyncio.get_running_loop().run_in_executor(self._jobs, self._steward.carry_out, key, _clock)
        work.add_done_callback(lambda _: self._in_hand.discard(key_in_hand))
        self._go_on(work)

    def _go_on(self, work: "asyncio.Future[Any]") -> None:
        self._behind.add(work)
        work.add_done_callback(self._finished)

    def _finished(self, work: "asyncio.Future[Any]") -> None:
        self._behind.discard(work)
        if not work.cancelled() and (error := work.exception()) is not None:
            # the ask stays accepted in the database; the worker takes it up again
            log.error("an accepted ask was not finished: %r", error)
        self._put()

    async def close(self) -> None:
        """Finish what was taken on; nothing new is taken. Jobs stop at their next step, and wait for whoever comes."""
        self._steward.stopping.set()
        while self._behind:
            await asyncio.wait(self._behind)
        self._pool.shutdown(wait=True)
        self._jobs.shutdown(wait=True)


def _clock() -> datetime:
    return datetime.now(UTC)
