"""Many people at once, two processes over one PostgreSQL, one process over SQLite: nothing is lost or doubled."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from bot.slack.message import message as as_message
from core.chat.card import REPLY
from core.product.ranking import LONGEST
from tests.crash.conftest import SECONDS, Opened, Tell
from tests.crash.record import Change, Record, check_whole, deadlocks
from tests.crash.serving import Room, Serving
from tests.crash.slack_user import WORKING, Request, Slack, settle_in, slash

pytestmark = pytest.mark.crash

PEOPLE = ("U1", "U2", "U3", "U4")  # U1 is the product owner, U2 stands in for them, the others are members
CONNECTIONS = 3  # of each person
TWINS = 50
ACTS = {"add": 25, "move": 30, "edit": 25, "undo": 12, "redo": 8}
PLAIN = re.compile(
    r"There is nothing of yours to (un|re)do|Nothing was \w+( back)?: .*\bsince|Only the product owner\b"
    r"|APP-\d+ is not in App|An item cannot move beside itself"
)


class Crowd:
    """What people say at the same time, and what they were told."""

    def __init__(self, slack: Slack, servers: Sequence[str], seed: int) -> None:
        self._slack = slack
        self._servers = servers
        self._rng = random.Random(seed)
        self._numbers = [1]  # of items that were there once
        self._points = 0
        self._titles = 0
        self.said: list[tuple[str, str, Request, str]] = []  # who, their line, the request, its answer

    async def talk(self, user: str, server: str, until: float) -> None:
        while time.monotonic() < until:
            line = self._line()
            group = line.split()[0] in ("undo", "redo")
            request = slash(user, line, command="/steward" if group else "/backlog")
            answer = await self._slack.once(server, request)
            self.said.append((user, line, request, answer))
            if found := re.match(r"APP-(\d+) added", answer):
                self._numbers.append(int(found[1]))

    def _line(self) -> str:
        rng = self._rng
        [act] = rng.choices(list(ACTS), list(ACTS.values()))
        few = self._numbers[:6] + self._numbers[-6:]  # so that people meet
        one, other = rng.choice(few), rng.choice(few)
        match act:
            case "add":
                self._titles += 1
                return f"add title{self._titles}"
            case "move":
                where = rng.choice(["top", "bottom", f"above APP-{other}", f"below APP-{other}"])
                return f"move APP-{one} {where}"
            case "edit":
                self._points += 1  # never the same twice, so that each edit is found again
                return f"edit APP-{one} points={self._points}"
        return act


@asynccontextmanager
async def serving(room: Room, count: int) -> AsyncIterator[list[Serving]]:
    """`count` servers that started at the same moment, on a database that none of them knew before."""
    servers = [Serving(room) for _ in range(count)]
    try:
        await asyncio.gather(*(server.ready() for server in servers))
        yield servers
        for server in servers:
            server.stop()
        assert [await server.ended(30) for server in servers] == [0] * count
    finally:
        for server in servers:
            server.end()


async def race(room: Room, count: int, seconds: float, tell: Tell) -> None:
    """People talk for so long through `count` servers; then everything they were told must be so."""
    seed = random.randrange(10**6)
    before = deadlocks(room.inside)
    async with serving(room, count) as servers, Slack() as slack:
        urls = [server.url for server in servers]
        await settle_in(slack, urls[0], room.slack, PEOPLE[1:], stand_in="U2")
        await slack.once(urls[0], slash("U1", "add first"))
        crowd = Crowd(slack, urls, seed)
        until = time.monotonic() + seconds
        spread = [(user, urls[n % count]) for n in range(CONNECTIONS) for user in PEOPLE]
        await asyncio.gather(*(crowd.talk(user, url, until) for user, url in spread))
    record = Record(room.inside)
    check_whole(record)
    late = check_told(record, crowd)
    check_log(room)
    told = Counter(line.split()[0] for _, line, _, _ in crowd.said)
    tell(
        f"{room.kind}, {count} process{'es' if count > 1 else ''}, {len(spread)} connections, {seconds:g} s: "
        f"{len(crowd.said)} asks ({', '.join(f'{n} {act}' for act, n in told.items())}), {late} answered later, "
        f"{len(record.changes)} changes, {len(record.items)} items, {deadlocks(room.inside) - before} deadlocks, "
        f"longest order key {longest_key(record.changes)}, seed {seed}"
    )


def check_told(record: Record, crowd: Crowd) -> int:
    """Everybody was told what is so, and nobody 'Something went wrong'; how many were told later than at once."""
    kept = record.replies()
    late = 0
    net, adds, edits = Counter({"first": 1}), Counter({"u1": 1}), {}
    for user, line, request, answer in crowd.said:
        reply = kept.get(request.key)
        if reply is None:  # a refusal: nothing was written, so nothing is kept
            late += answer == WORKING
            assert answer == WORKING or PLAIN.match(answer.split("\n")[0]), f"{line}: {answer!r}"
            continue
        shown = as_message(REPLY.validate_python(reply))["text"]
        late += answer == WORKING
        assert answer in (shown, WORKING), f"{line}: told {answer!r}, kept {shown!r}"
        if not reply["ok"]:
            assert PLAIN.match(reply["refused"]), f"{line}: {reply['refused']}"
            continue
        if line.startswith("add"):
            assert shown.endswith(f"added: {line[4:]}"), shown
            net[line[4:]] += 1
            adds[user.lower()] += 1
        elif line.startswith("edit"):
            edits[float(line.partition("points=")[2])] = (user.lower(), re.search(r"APP-(\d+)", line)[1])
        elif found := re.search(r"APP-\d+ (\w+): (removed|is back)", shown):
            net[found[1]] += 1 if found[2] == "is back" else -1
    check_sums(record, net, adds, edits)
    return late


def check_sums(record: Record, net: Counter[str], adds: Counter[str], edits: dict[float, tuple[str, str]]) -> None:
    """What was added, less what was taken back, is there; each edit that was told of is in the history once."""
    assert {title: 1 for title, times in net.items() if times} == dict(record.titles)
    work = [change for change in record.changes if change.kind == "work"]
    assert Counter(change.actor for change in work if change.label == "backlog add") == adds
    numbers = {change.item: str(change.after["number"]) for change in work if change.before is None and change.after}
    remembered = {
        change.after["points"]: (change.actor, numbers[change.item])
        for change in work
        if change.label == "backlog edit" and change.after
    }
    assert remembered == edits
    assert longest_key(record.changes) <= LONGEST, "the order was made anew, which history does not follow"


def longest_key(changes: list[Change]) -> int:
    return max(len(change.after["rank"]) for change in changes if change.after and "rank" in change.after)


def check_log(room: Room) -> None:
    """Nothing was retried in vain, and nothing was logged as a fault."""
    assert [line for line in room.log().splitlines() if "ref " in line or "Traceback" in line] == []


@pytest.mark.usefixtures("needs_server")
async def test_two_processes_on_one_postgresql_lose_and_double_nothing(opened: Opened, tell: Tell) -> None:
    async with opened("postgresql") as room:
        await race(room, 2, SECONDS, tell)


async def test_one_process_on_sqlite_loses_and_doubles_nothing(opened: Opened, tell: Tell) -> None:
    async with opened("sqlite") as room:
        await race(room, 1, SECONDS / 2, tell)


@pytest.mark.usefixtures("needs_server")
async def test_identical_asks_at_once_on_two_processes_write_once_and_get_the_same_reply(
    opened: Opened, tell: Tell
) -> None:
    async with opened("postgresql") as room:
        async with serving(room, 2) as servers, Slack() as slack:
            urls = [server.url for server in servers]
            await settle_in(slack, urls[0], room.slack, ())
            for n in range(TWINS):
                asked = slash("U1", f"add twin{n}")
                one, other = await asyncio.gather(*(slack.once(url, asked) for url in urls))
                assert one == other
                assert one.endswith(f" added: twin{n}")
        record = Record(room.inside)
        check_whole(record)
        check_log(room)
        assert record.titles == Counter(f"twin{n}" for n in range(TWINS))
    tell(f"postgresql: {TWINS} asks, each at once on two processes: {len(record.items)} items, equal replies")
