"""Socket Mode: the same door as over HTTP; a socket that falls silent is given up for a new one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.slack.app import build
from bot.slack.socket import Socket
from core.chat.card import Card, Reply
from tests.bot.slack.support import BookDesk
from tests.slack_stand_in import SlackStandIn

MENTION = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "authorizations": [{"user_id": "U0BOT", "is_bot": True}],
    "event": {"type": "app_mention", "user": "U1", "text": "<@U0BOT> backlog list", "channel": "C1", "ts": "1699.5"},
}
SLASH = {
    "command": "/backlog",
    "text": "list",
    "trigger_id": "t1",
    "team_id": "T1",
    "user_id": "U1",
    "user_name": "ann",
    "channel_id": "C1",
    "channel_name": "app",
}


@asynccontextmanager
async def listening(slack: SlackStandIn, desk: BookDesk, **settings: Any) -> AsyncIterator[Socket]:
    app = build(desk, token="xoxb-1", signing_secret="s", base_url=slack.base_url)
    socket = Socket(app, "xapp-1", slack.base_url, **{"ping_every": 0.2, "again": (0.0, 0.01), **settings})
    running = asyncio.create_task(socket.run())
    try:
        yield socket
    finally:
        running.cancel()
        await asyncio.wait({running})


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.01)


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn() as stand_in:
        yield stand_in


async def test_what_is_heard_goes_through_the_same_door_and_the_answer_rides(slack: SlackStandIn) -> None:
    desk = BookDesk(says=Reply(ok=True, seen_by="place", card=Card("APP-1 added")))
    async with listening(slack, desk) as socket:
        await until(lambda: socket.ready)
        await slack.envelope("events_api", MENTION)
        await slack.envelope("slash_commands", SLASH)
        await until(lambda: len(slack.answers) == 2)
    assert [ask.text for ask in desk.accepted] == ["backlog list"]
    answers = {one["envelope_id"]: one.get("payload") for one in slack.answers}
    assert answers["events_api 1"] is None
    assert answers["slash_commands 2"]["response_type"] == "in_channel"
    assert answers["slash_commands 2"]["text"] == "APP-1 added"


async def test_an_event_that_could_not_be_kept_is_not_answered_so_that_it_comes_again(
    slack: SlackStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    desk = BookDesk(broken=OSError("the database is away"))
    async with listening(slack, desk) as socket:
        await until(lambda: socket.ready)
        await slack.envelope("events_api", MENTION)
        await until(lambda: "was not answered" in caplog.text)
        desk.broken = None
        await slack.envelope("events_api", MENTION)
        await until(lambda: slack.answers)
    assert [one["envelope_id"] for one in slack.answers] == ["events_api 2"]


async def test_a_silent_socket_is_given_up_for_a_new_one_and_unready_meanwhile(slack: SlackStandIn) -> None:
    slack.mute = True
    desk = BookDesk()
    async with listening(slack, desk) as socket:
        await until(lambda: socket.ready)
        slack.closed = True  # no new one is given at first
        await until(lambda: not socket.ready)
        slack.mute = slack.closed = False
        await until(lambda: socket.ready)
        assert slack.sockets >= 2
        await slack.envelope("events_api", MENTION)
        await until(lambda: desk.accepted)


async def test_a_socket_that_slack_ends_is_followed_by_another(slack: SlackStandIn) -> None:
    async with listening(slack, BookDesk()) as socket:
        await until(lambda: socket.ready)
        await slack.envelope("disconnect", None)
        await until(lambda: slack.sockets == 2 and socket.ready)


async def test_a_token_that_is_refused_is_tried_again_and_never_ready(slack: SlackStandIn) -> None:
    slack.closed = True
    async with listening(slack, BookDesk()) as socket:
        await until(lambda: slack.calls.count("apps.connections.open") >= 3)
        assert not socket.ready
