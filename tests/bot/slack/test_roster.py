"""Who somebody is: names that events and pickers do not carry, guests, and what happens when Slack does not say."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.app import build
from bot.slack.roster import Member, Roster
from core.chat.ask import Speaker
from tests.bot.slack.support import SECRET, BookDesk, SlackSide
from tests.slack_stand_in import SlackStandIn

ANN = {"id": "U1", "name": "ann", "real_name": "Ann Lee"}
BOB = {"id": "U2", "name": "bob"}
STRANGER = Member("", guest=True)
MENTION = {
    "type": "app_mention", "user": "U1", "text": "<@U0BOT> backlog assign 1 <@U2>", "ts": "1700000000.000100",
    "channel": "C1",
}  # fmt: skip


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn() as stand_in:
        stand_in.users = {"U1": ANN, "U2": BOB}
        yield stand_in


def roster(slack: SlackStandIn, clock: Clock) -> Roster:
    client = AsyncWebClient(token="xoxb-1", base_url=slack.base_url, retry_handlers=[])
    return Roster(client, timeout=0.5, keep=3600, sulk=60, most=2, clock=clock)


async def test_an_event_names_who_speaks_and_whom_they_mention(slack: SlackStandIn) -> None:
    desk = BookDesk()
    async with SlackSide(build(desk, token="xoxb-1", signing_secret=SECRET, base_url=slack.base_url)) as side:
        assert (await side.event(MENTION)).status == 200
        await side.slash("/backlog", "list")
    assert desk.accepted[0].speaker == Speaker("U1", "ann")
    assert desk.accepted[0].mentions == {"U2": "bob"}
    assert desk.answered[0][0].speaker == Speaker("U1", "ann")
    assert slack.calls.count("users.info") == 2


@pytest.mark.parametrize("mark", ["is_restricted", "is_ultra_restricted", "is_stranger"])
async def test_a_guest_speaks_as_a_guest(slack: SlackStandIn, mark: str) -> None:
    slack.users["U1"] = {**ANN, mark: True}
    desk = BookDesk()
    async with SlackSide(build(desk, token="xoxb-1", signing_secret=SECRET, base_url=slack.base_url)) as side:
        await side.slash("/backlog", "list")
    assert desk.answered[0][0].speaker == Speaker("U1", "ann", guest=True)


async def test_somebody_is_asked_about_once_an_hour(slack: SlackStandIn) -> None:
    clock = Clock()
    asked = roster(slack, clock)
    for _ in range(3):
        assert await asked.member("U1") == Member("ann", guest=False)
    assert slack.calls == ["users.info"]
    slack.users["U1"] = {**ANN, "name": "anna"}
    clock.now = 3601
    assert await asked.member("U1") == Member("anna", guest=False)


@pytest.mark.parametrize("fault", [{"slow": 2.0}, {"error": "internal_error"}])
async def test_a_newcomer_whom_slack_does_not_tell_of_just_now_is_a_guest_for_one_line_only(
    slack: SlackStandIn, fault: dict[str, object]
) -> None:
    desk = BookDesk()
    slack.fail("users.info", **fault)
    async with SlackSide(build(desk, token="xoxb-1", signing_secret=SECRET, base_url=slack.base_url)) as side:
        await side.slash("/backlog", "list")
        await side.slash("/backlog", "list")
    assert [ask.speaker.guest for ask, _ in desk.answered] == [True, False]


async def test_where_slack_asks_to_wait_nobody_is_asked_about_for_a_minute(slack: SlackStandIn) -> None:
    clock = Clock()
    asked = roster(slack, clock)
    slack.fail("users.info", retry_after=5)
    assert await asked.member("U1") == STRANGER
    assert await asked.member("U1") == STRANGER
    assert slack.calls == ["users.info"]
    clock.now = 61
    assert await asked.member("U1") == Member("ann", guest=False)


async def test_who_was_known_stays_who_they_were_while_slack_does_not_tell(slack: SlackStandIn) -> None:
    clock = Clock()
    asked = roster(slack, clock)
    await asked.member("U1")
    clock.now = 3601
    slack.fail("users.info", error="fatal_error")
    for _ in range(2):
        assert await asked.member("U1") == Member("ann", guest=False)
    assert len(slack.calls) == 2


async def test_without_the_scope_everybody_is_taken_for_a_guest_until_it_is_given(slack: SlackStandIn) -> None:
    clock = Clock()
    asked = roster(slack, clock)
    slack.fail("users.info", error="missing_scope")
    assert await asked.member("U1") == Member("", guest=True)
    clock.now = 61
    assert await asked.member("U1") == Member("ann", guest=False)


async def test_a_method_that_is_not_there_makes_nobody_a_guest(slack: SlackStandIn) -> None:
    slack.fail("users.info", error="unknown_method")
    assert await roster(slack, Clock()).member("U1") == Member("", guest=False)


async def test_only_the_latest_are_remembered(slack: SlackStandIn) -> None:
    slack.users["U3"] = {"name": "cleo"}
    asked = roster(slack, Clock())
    for user in ("U1", "U2", "U3", "U3", "U1"):
        await asked.member(user)
    assert len(slack.calls) == 4
