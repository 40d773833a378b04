"""The whole server between Slack and Teams: what people see of an answer that does not come in the response."""

from collections.abc import AsyncIterator

import pytest

from bot.teams.app import ANSWERED, ANSWERED_IN_PRIVATE
from core.store.database import Database
from tests.bot.house import House, house

THREAD = "19:dev@thread.tacv2;messageid=17000"


@pytest.fixture
async def served(database: Database) -> AsyncIterator[House]:
    async with house(database) as made:
        yield made


async def test_who_sets_up_is_answered_by_the_checklist_alone(served: House) -> None:
    answer = await served.voice.slash("/steward", 'setup "Acme app" key=APP')
    assert (answer.status, answer.text) == (200, "")
    checklist = await served.said("Acme app is set up")
    assert (checklist["channel"], checklist["ephemeral"]) == ("C1", False)


async def test_who_lets_it_into_a_channel_is_welcomed_in_private_too(served: House) -> None:
    joined = {"type": "member_joined_channel", "user": "U0BOT", "channel": "C1", "inviter": "U1", "event_ts": "1.2"}
    await served.voice.event(joined)
    await served.until(lambda: {one["channel"] for one in served.slack.messages} == {"C1", "DU1"})


async def test_in_a_teams_channel_a_button_says_where_its_answer_is(served: House) -> None:
    for line, seen in (('setup "Acme app" key=APP', ANSWERED), ("backlog list", ANSWERED_IN_PRIVATE)):
        status, said = await served.teams.post(served.teams.press(line, where="channel", id=line))
        assert (status, said["value"]) == (200, seen)
    await served.until(lambda: {one.conversation for one in served.connector.posted} == {THREAD, "a:29:ann"})
