"""Time to deliver many messages to many places, beside what a limit of one message a second and place allows.

'over HTTP' is the real worker and Slack sender against a stand-in that is a process of its own; 'virtual' is the same
outbox with a clock that is moved to the next instant at which a place is free, so that only the pacing is seen. Some
places answer 429 for a while, and its Retry-After is part of the limit. A message that came too soon voids the row.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter

import aiohttp

import migrations
from bench import paced
from bench.databases import database
from bench.options import Options
from bench.paced import Limit, shortest
from bench.report import Figures, Row
from bot.desk import FrontDesk
from bot.slack.send import SlackSender
from bot.worker import AT_ONCE, Worker
from core.chat.ask import Connection, Place, Platform
from core.chat.card import Card
from core.commands import assemble
from core.schedule import leases, outbox, pacing
from core.schedule.delivery import Came, Delivery, Later, Sent
from core.schedule.recipients import Recipient
from core.store.database import Database

SIZES = (10, 100)  # real places
VIRTUAL = 20  # times as many in virtual time
TEAM = 100  # places of one team in virtual time
EACH = 40  # messages of each place over HTTP
EACH_VIRTUAL = 5
SLOWER = 1.05  # times the shortest time possible that ours may take
PATIENCE = 5.0  # times that after which it is given up
RECONCILE = timedelta(seconds=60)
SLACK = frozenset({Platform.SLACK})
MOMENT = attrgetter("moment")


def run(options: Options) -> Iterator[Row]:
    for kind in options.databases:
        for places in tuple(options.items) or SIZES:
            for what, measure, size, each in (
                ("over HTTP", over_http, places, EACH),
                ("virtual", virtual, places * VIRTUAL, EACH_VIRTUAL),
            ):
                folder = options.folder / f"{what} {kind} {places}"
                folder.mkdir()
                with database(kind, options, folder) as url:
                    took, cpu, limit = measure(url, size, each, replace(options, folder=folder))
                wanted = size * each
                best = shortest(each)
                yield Row(
                    f"deliver {what}", kind, size, Figures(rate=wanted / took, cpu=1000 * cpu / wanted),
                    "limit of 1 a second and place", Figures(rate=wanted / best), ratio=best / took,
                    least=1 / SLOWER, errors=limit.soon + abs(wanted - limit.took),
                    note=f"{each} messages each; {took:.2f} s, limit {best:.0f} s; "
                    f"{limit.burst} 429s of the stand-in's own, {limit.soon} because one came too soon",
                )  # fmt: skip


def over_http(url: str, places: int, each: int, options: Options) -> tuple[float, float, Limit]:
    """Seconds until the last message was taken, seconds of our processor, and what the stand-in counted."""
    opened = Database(url)
    migrations.upgrade(opened.engine)
    _put(opened, places, each, datetime.now(UTC), places)
    try:
        with paced.standing(options.folder / "slack", options.generator_core) as address:
            return asyncio.run(_delivered(opened, address, places * each, PATIENCE * shortest(each)))
    finally:
        opened.close()


async def _delivered(opened: Database, address: str, wanted: int, patience: float) -> tuple[float, float, Limit]:
    sender = SlackSender("xoxb-bench", base_url=address)
    worker = Worker(opened, {Platform.SLACK: sender}, lambda: datetime.now(UTC), RECONCILE)
    desk = FrontDesk(assemble(opened), worker.put)
    begun, busy = time.time(), time.process_time()
    worker.start(desk)
    worker.put()
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(address.replace("api/", "told")) as answer:
                limit = Limit(**await answer.json())
            if limit.took >= wanted or time.time() - begun > patience:
                break
            await asyncio.sleep(0.2)
    busy = time.process_time() - busy
    await desk.close()
    await worker.close()
    return limit.last - begun, busy, limit


def virtual(url: str, places: int, each: int, _: Options) -> tuple[float, float, Limit]:
    """The same with a clock of its own; sending takes no time."""
    opened = Database(url)
    migrations.upgrade(opened.engine)
    begun = now = datetime(2026, 12, 1, 9, tzinfo=UTC)
    _put(opened, places, each, begun, TEAM)
    limit, busy = Limit(), time.process_time()
    while limit.took < places * each and now - begun < timedelta(seconds=PATIENCE * shortest(each)):
        if not _round(opened, now, limit):
            with opened.transaction(write=False, now=now) as db:
                now = pacing.next_free(db) or now + timedelta(seconds=1)
    opened.close()
    return limit.last - begun.timestamp(), time.process_time() - busy, limit


def _round(opened: Database, now: datetime, limit: Limit) -> bool:
    """What bot.worker does once; whether anything was due."""
    with opened.transaction(write=False, now=now) as db:
        if not leases.waiting(db, SLACK):
            return False
    with opened.transaction(write=True, now=now) as db:
        leased = leases.lease(db, platforms=SLACK, reconcile=RECONCILE, count=AT_ONCE)
    for moment, sent in groupby(sorted(leased, key=MOMENT), key=MOMENT):
        with opened.transaction(write=True, now=moment) as db:
            came = [Came(delivery, _taken(delivery, moment, limit), moment) for delivery in sent]
            leases.record(db, came, reconcile=RECONCILE)
    return bool(leased)


def _taken(delivery: Delivery, now: datetime, limit: Limit) -> Sent | Later:
    wait = limit.ask(delivery.place.external_id, now.timestamp())
    return Later(timedelta(seconds=wait), "too many") if wait else Sent(delivery.key)


def _put(opened: Database, places: int, each: int, now: datetime, team: int) -> None:
    with opened.transaction(write=True, now=now) as db:
        for place in range(places):
            to = Recipient(Connection(Platform.SLACK, f"T{place // team}"), Place(f"C{place}"))
            for n in range(each):
                outbox.post(db, f"{place:05} {n:03}", to, Card(f"Message {n}"))
