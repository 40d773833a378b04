"""kill -9 wherever it may fall while digests come due: each occurrence is there once, and what it says stands once.

Half of the digests go to Slack, which can be asked what was posted; half to Teams, which cannot: what is posted again
there is counted and told.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import aiohttp
import pytest
from sqlalchemy import NullPool, create_engine, insert, select

from core.schedule.digests import Digest
from core.schedule.schedules import ScheduleRow
from core.store.base import new_id
from tests.bot.teams.conftest import ANN, ENTITY_BOT, TeamsVoice
from tests.crash.conftest import KILLS, Opened, Tell
from tests.crash.record import Record, read
from tests.crash.serving import Room, teams_beside
from tests.crash.slack_user import Slack, set_up, slash
from tests.crash.stages import STAGES
from tests.crash.talk import Talk, key_of, quiet, trouble
from tests.crash.test_kills import Herd
from tests.databases import BACKENDS

pytestmark = pytest.mark.crash

SERVERS = {"sqlite": 1, "postgresql": 3}
EACH = 4  # digests that come due for one kill
WITHIN = 1.0  # seconds
NEW = 'digest new sprint at="daily 00:00" tz=UTC empty=line'
PATIENCE = 150.0  # seconds until the last occurrence is composed

SENT = "SELECT count(*) AS count FROM outbox WHERE state = 'sent' AND key LIKE 'sprint:%'"
Json = dict[str, Any]


@dataclass
class Digests:
    """Copies of the one digest of a room, each in a place of its own: its id, and platform and place."""

    room: Room
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    sent: int = 0

    def come_due(self, count: int, seconds: float) -> None:
        """Make so many, due one after the other from now on."""
        digests, schedules = Digest.__table__, ScheduleRow.__table__
        engine = create_engine(self.room.inside, poolclass=NullPool)
        now = datetime.now(UTC)
        with engine.begin() as connection:
            digest = dict(connection.execute(select(digests).where(digests.c.number == 1)).mappings().one())
            due = schedules.c.subject_id == digest["id"]
            schedule = dict(connection.execute(select(schedules).where(due)).mappings().one())
            for n in range(count):
                number = 100 + len(self.places)
                platform, place = ("slack", f"C{number}") if number % 2 else ("teams", f"19:c{number}@thread.tacv2")
                copy = digest | {"id": new_id(), "number": number, "platform": platform, "place": place}
                self.places[copy["id"]] = (platform, place)
                connection.execute(insert(Digest), copy)
                at = now + timedelta(seconds=seconds * n / count)
                when = {"id": new_id(), "subject_id": copy["id"], "next_at": at, "next_day": now.date()}
                connection.execute(insert(ScheduleRow), schedule | when)

    async def one_more_sent(self) -> None:
        """Returns once another one went out than when this was called last. Killed at one stage after another, the
        oldest would else be hit again and again, and be given up at last, as it should be."""
        async with asyncio.timeout(PATIENCE):
            while self.places:
                [row] = await asyncio.to_thread(read, self.room.inside, SENT)
                if row["count"] > self.sent:
                    self.sent = row["count"]
                    return
                await asyncio.sleep(0.1)

    async def all_written(self) -> None:
        """Returns once every occurrence is written down and none waits. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while True:
                rows = await asyncio.to_thread(read, self.room.inside, "SELECT state FROM occurrences")
                if len(rows) >= len(self.places) and all(row["state"] != "due" for row in rows):
                    return
                await asyncio.sleep(0.25)

    async def check(self) -> str:
        """Each is there once and was posted; what was counted, in words."""
        rows = [
            row
            for row in read(self.room.inside, "SELECT subject_id, kind, recipient, day, state FROM occurrences")
            if row["subject_id"] in self.places
        ]
        assert Counter(row["subject_id"] for row in rows) == Counter(list(self.places)), (
            "an occurrence is lost, or twice"
        )
        states = Counter(row["state"] for row in rows)
        assert states.keys() <= {"said", "missed"}, states
        assert Record(self.room.inside).given_up() == []
        said = {row["subject_id"]: str(row["day"])[:10] for row in rows if row["state"] == "said"}
        at_slack = await self._at_slack()
        assert {key: times for key, times in at_slack.items() if times > 1} == {}, "posted more than once"
        in_slack = {f"sprint:{one}:{day}" for one, day in said.items() if self.places[one][0] == "slack"}
        assert in_slack, "nothing was said in Slack"
        assert in_slack - at_slack.keys() == set(), "said, and never posted"
        at_teams = await self._at_teams()
        in_teams = {self.places[one][1] for one in said if self.places[one][0] == "teams"}
        assert in_teams, "nothing was said in Teams"
        assert in_teams - at_teams.keys() == set(), "said, and never posted"
        posted = Counter({place: at_teams[place] for place in in_teams})
        return (
            f"{len(rows)} occurrences ({dict(states)}); Slack: {len(in_slack)} said, 0 repeated; "
            f"Teams, which cannot be asked: {len(in_teams)} said, {posted.total() - len(posted)} repeated"
        )

    async def _at_slack(self) -> Counter[str]:
        kept = (await _got(f"{self.room.slack}/_kept"))["messages"]
        return Counter(key_of(one) for one in kept if not one["ephemeral"])

    async def _at_teams(self) -> Counter[str]:
        kept = await _got(f"{self.room.teams}/_control/posted")
        return Counter(one["conversation"] for one in kept)


async def _got(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.json()


async def met_in_teams(room: Room, server: str) -> None:
    """Somebody has spoken to us in a channel of Teams, so that we know where its service listens."""
    async with aiohttp.ClientSession() as session:
        await session.post(f"{room.teams}/_control/members", json=[ANN])
        voice = TeamsVoice(f"{server}/api/messages", room.teams, session)
        spoken = voice.activity(text="<at>Bot</at> digest list", where="channel", entities=[ENTITY_BOT])
        status, _ = await voice.post(spoken)
        assert status == 200
    async with asyncio.timeout(PATIENCE):
        while not await _got(f"{room.teams}/_control/posted"):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.1)


async def trouble_in_teams(room: Room, rng: random.Random, talk: Talk) -> None:
    """Teams is slow, busy or gone now and then, also after it has taken a message."""
    faults: list[Json] = [
        {"drop": True},
        {"delay": 0.7},
        {"status": 429, "retry_after": "1"},
        {"status": 502},
    ]
    async with aiohttp.ClientSession() as session:
        while not talk.over:
            await session.post(f"{room.teams}/_control/faults", json=[{"on": "create", **rng.choice(faults)}])
            await asyncio.sleep(rng.uniform(0, 1.0))


@asynccontextmanager
async def troubled(room: Room, rng: random.Random, talk: Talk) -> AsyncIterator[None]:
    both = asyncio.gather(trouble(room, rng, talk), trouble_in_teams(room, rng, talk))
    try:
        yield
    finally:
        talk.over = True
        await both


async def killed(room: Room, tell: Tell) -> None:
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    herd = Herd(room, SERVERS[room.kind], rng)
    fell: Counter[str] = Counter()
    try:
        await herd.start()
        async with Slack() as slack:
            await set_up(slack, herd.urls()[0], room.slack)
            await met_in_teams(room, herd.urls()[0])
            await quiet(room)
            made = await slack.once(herd.urls()[0], slash("U1", NEW, command="/steward"))
            assert "Try:" not in made, made
            digests = Digests(room)
            async with troubled(room, rng, Talk(slack, herd.urls, rng)):
                for _, stage in zip(range(KILLS), cycle(STAGES), strict=False):
                    await digests.one_more_sent()
                    await asyncio.to_thread(digests.come_due, EACH, WITHIN)
                    fell.update(await herd.kill_one(stage) or ["between"])
                await herd.ready()
                await digests.all_written()
        await quiet(room)
        counted = await digests.check()
    except BaseException:
        tell(f"unasked, {room.kind}: seed {seed}")
        raise
    finally:
        herd.end()
    stages = ", ".join(f"{fell[stage]} in {stage}" for stage in STAGES)
    tell(
        f"unasked, {room.kind}: {KILLS} kills ({stages}, {fell['between']} between; some in several), "
        f"{SERVERS[room.kind]} replicas, {counted}, seed {seed}"
    )


async def test_what_comes_due_is_said_once_whoever_is_killed(opened: Opened, tell: Tell) -> None:
    async def one(kind: str) -> None:
        async with opened(kind) as room, teams_beside(room.folder) as teams:
            await killed(replace(room, teams=teams), tell)

    await asyncio.gather(*(one(kind) for kind in BACKENDS))
