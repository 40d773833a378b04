"""People who talk to Steward on every road while its processes come and go, and what they are owed at the end."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.slack.send import EVENT
from tests.crash.record import Record, check_whole, open_ends
from tests.crash.serving import Room
from tests.crash.slack_user import WORKING, Request, Slack, message, slash

CHANNELS = 60  # a channel takes about one message a second
PAUSE = 0.15  # seconds at most between two things that one person says
QUIET = 150.0  # seconds until nothing waits any more; the lease of a killed process runs for 30
NOWHERE = 9_000_000  # numbers from here on are no items

Json = dict[str, Any]


@dataclass
class Talk:
    """What was said and answered.

    added      the title of each item that a slash command asked for: its request and its answer
    mentioned  likewise of mentions and direct messages, which get a 200 at once and their answer later
    whispered  the number of an item that is none: the answer is for the asker alone
    """

    slack: Slack
    servers: Callable[[], Sequence[str]]
    rng: random.Random
    added: dict[str, tuple[Request, str]] = field(default_factory=dict)
    mentioned: dict[str, Request] = field(default_factory=dict)
    whispered: dict[int, Request] = field(default_factory=dict)
    over: bool = False
    waiting: int = 0  # for an answer, at this moment
    asked: int = 0
    _titles: int = 0

    async def of(self, user: str) -> None:
        """One person says one thing after the other until it is over."""
        while not self.over:
            await self._say(user)
            await asyncio.sleep(self.rng.uniform(0, PAUSE))

    async def _say(self, user: str) -> None:
        self._titles += 1
        number, title = self._titles, f"title{self._titles}"
        [road] = self.rng.choices(["slash", "mention", "direct", "whisper"], [5, 3, 1, 1])
        channel = f"D{user}" if road == "direct" else f"C{self.rng.randint(1, CHANNELS)}"
        match road:
            case "slash":
                asked = slash(user, f"add {title}")
                self.added[title] = asked, await self._ask(asked)
            case "whisper":
                asked = message(user, f"backlog show APP-{NOWHERE + number}", channel)
                await self._ask(asked)
                self.whispered[NOWHERE + number] = asked
            case _:
                asked = message(user, f"backlog add {title}", channel)
                await self._ask(asked)
                self.mentioned[title] = asked

    async def _ask(self, request: Request) -> str:
        self.asked += 1
        self.waiting += 1
        try:
            return await self.slack.until_answered(self.servers, request)
        finally:
            self.waiting -= 1


async def trouble(room: Room, rng: random.Random, talk: Talk) -> None:
    """Slack is slow, busy or gone now and then, also after it has taken a message."""
    faults = [
        {"method": "chat.postMessage", "drop": "after"},
        {"method": "chat.postMessage", "drop": "before"},
        {"method": "chat.postMessage", "slow": 0.7},
        {"method": "chat.postMessage", "retry_after": 1},
        {"method": "chat.postMessage", "status": 502},
        {"method": "chat.postEphemeral", "drop": "before"},
        {"method": "conversations.history", "drop": "before"},
    ]
    async with aiohttp.ClientSession() as session:
        while not talk.over:
            async with session.post(f"{room.slack}/_fail", json=rng.choice(faults)) as answer:
                answer.raise_for_status()
            await asyncio.sleep(rng.uniform(0, 0.5))


async def quiet(room: Room) -> None:
    """Returns once every ask is done and every message has left. Raises AssertionError after QUIET."""
    last = time.monotonic() + QUIET
    while ends := await asyncio.to_thread(open_ends, room.inside):
        assert time.monotonic() < last, f"{room.kind}: after {QUIET:.0f} s there still are {ends}"
        await asyncio.sleep(0.25)


async def check_owed(room: Room, talk: Talk) -> str:
    """Everything that was answered or accepted is there once; what was counted, in words."""
    record = Record(room.inside)
    check_whole(record)
    assert record.given_up() == []
    wanted = Counter([*talk.added, *talk.mentioned])
    assert record.titles == wanted
    numbers = {item["title"]: item["number"] for item in record.items.values()}
    async with aiohttp.ClientSession() as session, session.get(f"{room.slack}/_kept") as answer:
        kept: list[Json] = (await answer.json())["messages"]
    posted = Counter(key_of(one) for one in kept if not one["ephemeral"])
    assert {key: times for key, times in posted.items() if times > 1} == {}, "answered more than once"
    assert [title for title, asked in talk.mentioned.items() if not posted[asked.key]] == [], "never answered"
    late = 0
    for title, (asked, said) in talk.added.items():
        late += said == WORKING
        assert said == f"APP-{numbers[title]} added: {title}" or (said == WORKING and posted[asked.key])
    whispers = Counter(
        int(found[1]) for one in kept if one["ephemeral"] and (found := re.match(r"APP-(\d+) is not in", one["text"]))
    )
    assert whispers.keys() == talk.whispered.keys()
    return (
        f"{talk.asked} asks ({len(talk.added)} slash commands, {late} of them answered later; {len(talk.mentioned)} "
        f"mentions and direct messages; {len(talk.whispered)} answered to the asker alone), "
        f"{talk.slack.cut} requests cut off and sent again, {len(record.items)} items, "
        f"{whispers.total() - len(whispers)} private answers repeated"
    )


def key_of(posted: Json) -> str:
    metadata = posted["metadata"]
    assert metadata["event_type"] == EVENT
    return str(metadata["event_payload"]["key"])
