"""kill -9 at random moments while digests come due: each occurrence is there once, and what it says is posted once."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from sqlalchemy import NullPool, create_engine, insert, select

from core.schedule.digests import Digest
from core.schedule.schedules import ScheduleRow
from core.store.base import new_id
from tests.crash.conftest import KILLS, Opened, Tell
from tests.crash.record import Record, read
from tests.crash.serving import Room
from tests.crash.slack_user import Slack, set_up, slash
from tests.crash.talk import Talk, key_of, quiet, trouble
from tests.crash.test_kills import Herd
from tests.databases import BACKENDS

pytestmark = pytest.mark.crash

SERVERS = {"sqlite": 1, "postgresql": 3}
EACH = 3  # digests that come due for one kill
NEW = 'digest new sprint at="daily 00:00" tz=UTC empty=line'
PATIENCE = 90.0


def many(inside: str, count: int, seconds: float) -> set[str]:
    """Copies of the one digest, each in a place of its own, due one after the other; their ids."""
    digests, schedules = Digest.__table__, ScheduleRow.__table__
    engine = create_engine(inside, poolclass=NullPool)
    now = datetime.now(UTC)
    with engine.begin() as connection:
        digest = dict(connection.execute(select(digests)).mappings().one())
        schedule = dict(connection.execute(select(schedules).where(schedules.c.kind == "sprint")).mappings().one())
        copies = [digest | {"id": new_id(), "number": 100 + n, "place": f"C{100 + n}"} for n in range(count)]
        connection.execute(insert(Digest), copies)
        due = [
            {
                "id": new_id(),
                "subject_id": copy["id"],
                "next_at": now + timedelta(seconds=seconds * n / count),
                "next_day": now.date(),
            }
            for n, copy in enumerate(copies)
        ]
        connection.execute(insert(ScheduleRow), [schedule | one for one in due])
    return {copy["id"] for copy in copies}


async def all_written(room: Room, count: int) -> None:
    """Returns once every occurrence is written down and none waits. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = await asyncio.to_thread(read, room.inside, "SELECT state FROM occurrences")
            if len(rows) >= count and all(row["state"] != "due" for row in rows):
                return
            await asyncio.sleep(0.25)


async def check_said(room: Room, subjects: set[str]) -> str:
    rows = [
        row
        for row in read(room.inside, "SELECT subject_id, kind, recipient, day, state FROM occurrences")
        if row["subject_id"] in subjects
    ]
    assert Counter(row["subject_id"] for row in rows) == Counter(subjects), "an occurrence is lost, or there twice"
    states = Counter(row["state"] for row in rows)
    assert states.keys() <= {"said", "missed"}, states
    assert Record(room.inside).given_up() == []
    async with aiohttp.ClientSession() as session, session.get(f"{room.slack}/_kept") as answer:
        kept = (await answer.json())["messages"]
    posted = Counter(key_of(one) for one in kept if not one["ephemeral"])
    assert {key: times for key, times in posted.items() if times > 1} == {}, "posted more than once"
    said = {f"sprint:{row['subject_id']}:{str(row['day'])[:10]}" for row in rows if row["state"] == "said"}
    assert said, "nothing was said"
    assert said - posted.keys() == set(), "said, and never posted"
    return f"{len(rows)} occurrences ({dict(states)}), {len(posted)} posts, 0 repeated in Slack"


async def killed(room: Room, tell: Tell) -> None:
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    herd = Herd(room, SERVERS[room.kind], rng)
    try:
        await herd.start()
        async with Slack() as slack:
            await set_up(slack, herd.urls()[0], room.slack)
            await quiet(room)
            made = await slack.once(herd.urls()[0], slash("U1", NEW, command="/steward"))
            assert "Try:" not in made, made
            subjects = await asyncio.to_thread(many, room.inside, EACH * KILLS, KILLS * 1.0)
            talk = Talk(slack, herd.urls, rng)
            troubled = asyncio.create_task(trouble(room, rng, talk))
            try:
                await herd.kill(KILLS)
                await all_written(room, len(subjects))
            finally:
                talk.over = True
                await troubled
        await quiet(room)
        counted = await check_said(room, subjects)
    except BaseException:
        tell(f"unasked, {room.kind}: seed {seed}")
        raise
    finally:
        herd.end()
    tell(f"unasked, {room.kind}: {KILLS} kills, {SERVERS[room.kind]} replicas, {counted}, seed {seed}")


async def test_what_comes_due_is_said_once_whoever_is_killed(opened: Opened, tell: Tell) -> None:
    async def one(kind: str) -> None:
        async with opened(kind) as room:
            await killed(room, tell)

    await asyncio.gather(*(one(kind) for kind in BACKENDS))
