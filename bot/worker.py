"""What happens without anybody asking: deliveries leave, asks that a crash left behind are taken up, old rows go.

APScheduler only ticks a few in-memory interval jobs; all state is in the database, so any number of replicas may run.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import unasked
from bot.desk import FrontDesk, Sender
from bot.knowing import IN_TURN
from core.chat.ask import Ask, Platform
from core.commands.dispatch import LEFT_BEHIND
from core.knowledge.catching_up import catch_up
from core.product import items, workspaces
from core.schedule import budget, leases, occurrences, outbox, pacing
from core.schedule.delivery import Came, Delivery, Later, Outcome, Refuses, Sent
from core.schedule.pacing import LEAD
from core.store import asks, jobs
from core.store.database import Database, Session

log = logging.getLogger("steward")

T = TypeVar("T")

DUE_EVERY = 1  # seconds
DELIVER_EVERY = 1
RESUME_EVERY = 5
EMBED_EVERY = 2
PRUNE_EVERY = 3600
ENDLESS = 120  # seconds after which a round is told to be at work still
GRACE = 3600  # seconds a late tick still counts; APScheduler's own is one
THREADS = 2
AT_ONCE = 200  # messages under way
TOGETHER = 50  # of them leased in one transaction
SOON = LEAD.total_seconds() / 2  # places that become free in the meantime are looked through together
LOOK_FOR = 20.0  # seconds that a look for an earlier attempt may take


class Worker:
    """Ticks; and delivers at once when somebody says that something was put."""

    def __init__(
        self,
        database: Database,
        senders: Mapping[Platform, Sender],
        clock: Callable[[], datetime],
        reconcile: timedelta,
    ) -> None:
        self._database = database
        self._senders = senders  # filled while the server is put together
        self._clock = clock
        self._reconcile = reconcile
        self._pool = ThreadPoolExecutor(THREADS, "later")
        self._scheduler = AsyncIOScheduler(
            # the second is a tick that finds the first at work still, and ends at once: see _round
            job_defaults={"coalesce": True, "misfire_grace_time": GRACE, "max_instances": 2},
            timezone="UTC",
        )
        self._delivering: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._came: list[Came] = []  # and not recorded yet
        self._recording = asyncio.Lock()
        self._rounds: set[asyncio.Task[Any]] = set()
        self._begun: dict[str, float] = {}  # jobs that are at work, and since when, by the loop's clock
        self._again = False
        self._full = False  # more may be due than there was room for
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = False
        self._ticking = False

    def start(self, desk: FrontDesk) -> None:
        self._desk = desk
        jobs = (
            (self._due, DUE_EVERY), (self._tick, DELIVER_EVERY), (self._resume, RESUME_EVERY),
            (self._embed, EMBED_EVERY),
            (self._prune, PRUNE_EVERY),
        )  # fmt: skip
        for job, seconds in jobs:
            self._scheduler.add_job(partial(self._round, job), "interval", seconds=seconds, name=job.__name__)
        self._scheduler.start()
        self._ticking = True

    def put(self) -> None:
        """Something may wait in the outbox: deliver it now rather than at the next tick."""
        if self._delivering is not None and not self._delivering.done():
            self._again = True
        elif not self._stopping:
            self._delivering = asyncio.get_running_loop().create_task(self._deliver())
            self._delivering.add_done_callback(_tell)

    async def _tick(self) -> None:
        self.put()

    async def _round(self, job: Callable[[], Awaitable[None]]) -> None:
        """One tick of a job, known to `close`. A job that is at work still, after an import say, is left alone: that is
        no trouble, but one that does not come to its end is told."""
        name, now = job.__name__.lstrip("_"), asyncio.get_running_loop().time()
        if name in self._begun:
            if now - self._begun[name] > ENDLESS:
                log.warning("%s has not ended for %d s", name, ENDLESS)
                self._begun[name] = now  # told again after as long
            return
        task = asyncio.current_task()
        assert task is not None
        self._rounds.add(task)
        task.add_done_callback(self._rounds.discard)
        self._begun[name] = now
        try:
            await job()
        finally:
            del self._begun[name]

    def stop_ticking(self) -> None:
        """Begin nothing new; what is put is still delivered."""
        if self._ticking:
            self._ticking = False
            self._scheduler.pause()

    async def close(self) -> None:
        """What is under way is finished and recorded. Closing again does nothing."""
        if self._stopping:
            return
        self.stop_ticking()
        # APScheduler's shutdown cancels the jobs it is in the midst of and reports each as an error
        if self._rounds:
            await asyncio.wait(self._rounds)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._delivering is not None:
            await asyncio.wait({self._delivering})
        await self._deliver()
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
        if self._sending:
            await asyncio.wait(self._sending)
        self._pool.shutdown(wait=True)

    # ---- what is due ----

    async def _due(self) -> None:
        """Compose what is due; it leaves at once."""
        while self._ticking and await self._in_thread(lambda: unasked.step(self._database, self._clock)):
            self.put()

    # ---- deliveries ----

    async def _deliver(self) -> None:
        platforms = frozenset(self._senders)
        while platforms:
            self._again = False
            due, free = await self._in_thread(lambda: self._lease(platforms))
            for delivery in due:  # each by itself: one place that hangs holds up no other
                sending = asyncio.get_running_loop().create_task(self._send(delivery))
                self._sending.add(sending)
                sending.add_done_callback(self._sent)
            if not due:
                self._come_back(free)
                if not self._again:
                    return

    def _come_back(self, seconds: float | None) -> None:
        """Look again when the first place is free: a tick would lose part of each interval."""
        loop = asyncio.get_running_loop()
        if seconds is None or not self._ticking:
            return
        if self._timer is not None:
            if self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        self.put()

    def _until_free(self, db: Session) -> float | None:
        free = pacing.next_free(db)
        return None if free is None else max(SOON, (free - db.now).total_seconds())

    def _sent(self, sending: "asyncio.Task[None]") -> None:
        self._sending.discard(sending)
        _tell(sending)
        if self._full and not self._stopping:
            self._full = False
            self._come_back(SOON)

    def _lease(self, platforms: frozenset[Platform]) -> tuple[list[Delivery], float | None]:
        """What is due, or seconds until something may be."""
        room = AT_ONCE - len(self._sending)
        self._full = room <= 0
        if self._full:
            return [], None
        with self._database.transaction(write=False, now=self._clock()) as db:
            if not leases.waiting(db, platforms):
                return [], self._until_free(db)
        with self._database.transaction(write=True, now=self._clock()) as db:
            due = leases.lease(db, platforms=platforms, reconcile=self._reconcile, count=min(room, TOGETHER))
            return due, None if due else self._until_free(db)

    async def _send(self, delivery: Delivery) -> None:
        outcome = await self._outcome(delivery)
        self._came.append(Came(delivery, outcome, self._clock()))
        if not isinstance(outcome, Sent):
            log.warning("delivery %s: %s", delivery.key, outcome)
        async with self._recording:  # what comes while one is being recorded is recorded together
            came, self._came = self._came, []
            if came:
                self._come_back(await self._in_thread(lambda: self._record(came)))

    def _record(self, came: list[Came]) -> float | None:
        """Write down what came of some attempts; seconds until a place is free."""
        refused = [[one] for one in came if isinstance(one.outcome, Refuses)]  # each is told of in its own workspace
        others = [one for one in came if not isinstance(one.outcome, Refuses)]
        free = None
        for together in filter(None, (others, *refused)):
            with self._database.transaction(write=True, now=self._clock()) as db:
                leases.record(db, together, reconcile=self._reconcile)
                free = self._until_free(db)
        return free

    async def _outcome(self, delivery: Delivery) -> Outcome:
        """Send once: an attempt of unknown fate is looked for first, where the platform can be asked."""
        sender = self._senders[delivery.connection.platform]
        if delivery.attempted is not None:
            try:
                async with asyncio.timeout(LOOK_FOR):
                    found = await sender.find(delivery)
            except NotImplementedError:
                found = None
            except (OSError, TimeoutError) as error:
                return Later(self._reconcile, f"could not be looked for: {error!r}")
            if found is not None:
                return Sent(found)
        await asyncio.sleep((delivery.moment - self._clock()).total_seconds())
        if self._clock() >= delivery.until:  # from then on it is somebody else's
            return Later(timedelta(0), "the lease ran out before sending")
        return await sender.send(delivery)

    # ---- asks and old rows ----

    async def _resume(self) -> None:
        for ask in await self._in_thread(self._accepted):
            self._desk.resume(ask)
        for key in await self._in_thread(lambda: self._desk.left_behind(self._senders, self._clock())):
            self._desk.carry_on(key)

    def _accepted(self) -> list[Ask]:
        now = self._clock()
        with self._database.transaction(write=False, now=now) as db:
            return asks.accepted(db, now - LEFT_BEHIND, 100)

    async def _embed(self) -> None:
        await self._in_thread(lambda: catch_up(self._database, self._clock(), IN_TURN))

    async def _prune(self) -> None:
        gone = await self._in_thread(self._prune_now)
        if any(gone):
            log.info("forgot %d asks and %d messages", *gone)

    def _prune_now(self) -> tuple[int, int]:
        with self._database.transaction(write=True, now=self._clock()) as db:
            jobs.prune(db)
            occurrences.prune(db)
            budget.prune(db)
            gone = asks.prune(db), outbox.prune(db)
            homes = workspaces.all_of(db)
        for home in homes:
            with self._database.transaction(write=True, now=self._clock()) as db:
                db.enter(home)
                items.prune_drafts(db)
        return gone

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _tell(work: "asyncio.Task[None]") -> None:
    """A round that failed (the database was away) is told; the next tick tries again, and leases run out."""
    if not work.cancelled() and (error := work.exception()) is not None:
        log.error("deliveries stopped: %r", error)
