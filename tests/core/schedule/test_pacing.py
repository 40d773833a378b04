"""A platform's limit is kept whatever the machine does: replicas that lease late, send late and write down later still.

Time is a queue of acts, each a transaction at its own instant, on a platform that counts what came too soon.
"""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random

import pytest

from bench.paced import Limit
from core.schedule import leases, outbox
from core.schedule.delivery import Came, Delivery, Later, Sent
from core.schedule.outbox import LEASE
from core.store.database import Database
from tests.core.schedule.test_outbox import ALL, message
from tests.databases import NOW

PLACES, EACH = 6, 6
REPLICAS = 3
RECONCILE = timedelta(seconds=60)

Act = Callable[[datetime], None]


class Machine:
    """A few replicas; each step of theirs takes up to `slow` seconds longer than it should."""

    def __init__(self, database: Database, slow: float, rng: Random) -> None:
        self._database = database
        self._slow = slow
        self._rng = rng
        self._queue: list[tuple[datetime, int, Act]] = []
        self._count = count()
        self.limit = Limit()
        self.taken: list[str] = []

    def _late(self) -> timedelta:
        return timedelta(seconds=self._rng.uniform(0, self._slow))

    def _then(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._queue, (at, next(self._count), act))

    def run(self, until: datetime) -> None:
        for replica in range(REPLICAS):
            self._then(NOW + timedelta(milliseconds=30 * replica), self._look)
        while self._queue and self._queue[0][0] < until:
            at, _, act = heapq.heappop(self._queue)
            act(at)

    def _look(self, at: datetime) -> None:
        with self._database.transaction(write=True, now=at) as db:
            leased = leases.lease(db, platforms=ALL, reconcile=RECONCILE)
        for delivery in leased:
            self._then(max(delivery.moment, at + self._late()), lambda at, one=delivery: self._send(one, at))  # type: ignore[misc]
        self._then(at + timedelta(milliseconds=200) + self._late(), self._look)

    def _send(self, delivery: Delivery, at: datetime) -> None:
        assert at < delivery.until
        wait = self.limit.ask(delivery.place.external_id, at.timestamp())
        if not wait:
            self.taken.append(delivery.key)
        outcome = Later(timedelta(seconds=wait), "too many") if wait else Sent("1")
        answered = at + self._late() / 4
        self._then(answered + self._late(), lambda at: self._record(delivery, outcome, answered, at))

    def _record(self, delivery: Delivery, outcome: Later | Sent, answered: datetime, at: datetime) -> None:
        with self._database.transaction(write=True, now=at) as db:
            assert leases.record(db, [Came(delivery, outcome, answered)], reconcile=RECONCILE)


@pytest.mark.parametrize("slow", [0.0, 0.3, 3.0, 8.0])
def test_nothing_comes_too_soon_or_twice_or_out_of_order_on_a_machine_of_any_speed(
    database: Database, slow: float
) -> None:
    assert timedelta(seconds=3 * slow) < LEASE
    with database.transaction(write=True, now=NOW) as db:
        for place in range(PLACES):
            for n in range(EACH):
                outbox.put(db, f"C{place} {n}", message(f"C{place}"))
    machine = Machine(database, slow, Random(7))
    machine.run(NOW + timedelta(seconds=EACH * 5 + EACH * 5 * slow))
    assert machine.limit.soon == 0
    for place in range(PLACES):
        taken = [key for key in machine.taken if key.startswith(f"C{place} ")]
        assert taken == [f"C{place} {n}" for n in range(EACH)]
