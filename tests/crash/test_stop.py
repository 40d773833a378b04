"""SIGTERM while people talk: what is in hand is answered, and what was accepted is answered, now or after the start."""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.crash.conftest import Opened, Tell
from tests.crash.record import open_ends
from tests.crash.serving import Room, Serving
from tests.crash.slack_user import Slack, settle_in
from tests.crash.talk import Talk, check_owed, quiet, trouble
from tests.databases import BACKENDS

pytestmark = pytest.mark.crash

PEOPLE = tuple(f"U{n}" for n in range(1, 11))
SECONDS = 1.0  # of talk before the stop
HELD = (
    0.5,
    3.0,
)  # seconds that writers go on waiting after the stop, on each database; after 2 'Working on it' is said
LIMIT = 30.0  # seconds that container runtimes give


@contextmanager
def writers_held(room: Room) -> Iterator[None]:
    """Nobody can change an item while this lasts."""
    sqlite = room.kind == "sqlite"
    engine = create_engine(room.inside, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("BEGIN IMMEDIATE" if sqlite else "BEGIN"))
        if not sqlite:
            connection.execute(text("SELECT id FROM products FOR UPDATE"))
        yield
        connection.execute(text("COMMIT"))


async def all_hang(talk: Talk) -> None:
    """Returns once people wait for answers and nobody is answered any more."""
    last = time.monotonic() + 10
    before = -1
    while talk.waiting == 0 or talk.asked != before:
        assert time.monotonic() < last, "people are still being answered"
        before = talk.asked
        await asyncio.sleep(0.3)


async def stopped(room: Room, held: float, tell: Tell) -> None:
    """One stop on one database, with requests in hand and asks accepted, and the start after it."""
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    first = await Serving(room).ready()
    servers = [first]
    try:
        async with Slack() as slack:
            await settle_in(slack, first.url, room.slack, PEOPLE[1:])
            listening = [first.url]
            talk = Talk(slack, lambda: listening, rng)
            said = asyncio.gather(*(talk.of(user) for user in PEOPLE), trouble(room, rng, talk))
            await asyncio.sleep(SECONDS)
            with writers_held(room):
                await all_hang(talk)
                in_hand, talk.over = talk.waiting, True
                listening.clear()
                first.stop()
                begun = time.monotonic()
                await asyncio.sleep(held)
            await said
            assert await first.ended(LIMIT) == 0
            took = time.monotonic() - begun
        left = open_ends(room.inside)
        servers.append(await Serving(room).ready())
        await quiet(room)
        counted = await check_owed(room, talk)
    except BaseException:
        tell(f"{room.kind}: SIGTERM, seed {seed}")
        raise
    finally:
        for server in servers:
            server.end()
    tell(
        f"{room.kind}: SIGTERM with {in_hand} requests in hand, writers held for {held:g} s, ended after {took:.1f} s "
        f"with {sum(left.values())} messages unsent; {counted}, seed {seed}"
    )


async def test_a_stop_answers_what_is_in_hand_and_loses_nothing_that_was_accepted(opened: Opened, tell: Tell) -> None:
    async def one(kind: str, held: float) -> None:
        async with opened(kind) as room:
            await stopped(room, held, tell)

    await asyncio.gather(*(one(kind, held) for kind, held in zip(BACKENDS, HELD, strict=False)))
