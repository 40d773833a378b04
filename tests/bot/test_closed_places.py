"""A channel in which we may not write: whoever sets something up there is told so, and what to do, on each platform."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.product.presence import is_working_day
from tests.house import TEAMS_BOT, House, housed, until
from tests.scenario.play import Told
from tests.teams_stand_in import Fault

HERE = Told("ann", "#app", "slash")
SETUP = 'setup "Acme app" key=APP tz=UTC'
SET_UPS = (SETUP, "standup new", 'digest new sprint at="weekdays 09:00"')
SLACK = {
    "not_in_channel": "I am not in that channel. Invite me there with /invite.",
    "channel_not_found": "I cannot see that channel. Invite me there with /invite.",
    "is_archived": "the channel is archived. Unarchive it, or take another.",
    "restricted_action": "only some people may post in that channel. Whoever manages the channel can let me post there",
}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with housed(database_url) as made:
        yield made


def in_private(house: House, user: str = "DU1") -> list[Any]:
    return [one for one in house.slack.messages if one["channel"] == user]


@pytest.mark.parametrize("error", SLACK)
@pytest.mark.parametrize("line", SET_UPS)
async def test_in_slack_the_answer_comes_in_private_and_says_what_to_do(house: House, line: str, error: str) -> None:
    if line != SETUP:
        await house.at_slack.say(HERE, SETUP)
    house.slack.shut["C0APP"] = error
    seen = await house.at_slack.say(HERE, line)
    assert f"I cannot write in <#C0APP>: {SLACK[error]}" in seen.raw["blocks"][0]["elements"][0]["text"]
    assert len(in_private(house)) == 1
    assert ("is set up" if line == SETUP else "09:") in seen.text  # what was done is told all the same
    if line == SETUP:
        assert "Then say setup there." in seen.text
        assert "I can post here" not in seen.text


async def test_in_slack_the_checklist_comes_to_the_channel_once_it_is_open(house: House) -> None:
    house.slack.shut["C0APP"] = "not_in_channel"
    await house.at_slack.say(HERE, SETUP)
    await house.at_slack.say(HERE, "product vision Noon is early enough")
    mine = await until(lambda: [one for one in in_private(house) if "Noon is early" in json.dumps(one["blocks"])])
    assert "I could not write there when you set this up. Let me in. Then say setup there." in json.dumps(mine)
    del house.slack.shut["C0APP"]
    seen = await house.at_slack.say(HERE, SETUP)
    assert "I can post here" in seen.text
    assert seen.raw["channel"] == "C0APP"
    await until(lambda: "I could not write there" not in json.dumps(in_private(house)))


async def test_in_slack_another_channel_that_is_closed_is_named_at_once(house: House) -> None:
    await house.at_slack.say(HERE, SETUP)
    house.slack.channels = {"C0OPS": {"id": "C0OPS", "name": "ops", "is_member": False}}
    for line in ("standup new in=<#C0OPS|ops>", f"{SETUP} channel=<#C0OPS|ops>"):
        seen = await house.at_slack.say(HERE, line)
        assert "I cannot write in #ops yet: I am not in that channel. Invite me there with /invite." in seen.text
    house.slack.channels["C0OPS"]["is_member"] = True
    seen = await house.at_slack.say(HERE, "standup new at=10:00 in=<#C0OPS|ops>")
    assert "I cannot" not in seen.text


async def test_in_slack_a_hello_that_may_not_be_said_reaches_who_invited(house: House) -> None:
    house.slack.shut["C0APP"] = "restricted_action"
    await house.at_slack.event(
        {"type": "member_joined_channel", "user": "U0BOT", "channel": "C0APP", "inviter": "U1", "team": "T1"}
    )
    await until(lambda: len(in_private(house)) == 2)
    assert "Whoever manages the channel can let me post there" in json.dumps(in_private(house))


async def test_in_slack_what_comes_unasked_is_told_of_once_and_goes_on_after_an_invitation(house: House) -> None:
    await house.at_slack.say(HERE, SETUP)
    country = next(one for one in ("DE", "EG", "IR") if is_working_day(one, datetime.now(UTC).date()))
    await house.at_slack.say(HERE, f"team hours me 00:00-23:59 tz=UTC country={country}")  # they are told at any hour
    await house.at_slack.say(HERE, "digest new sprint")
    house.slack.shut["C0APP"] = "not_in_channel"
    await house.at_slack.say(HERE, "digest now 1")
    told = await until(lambda: [one for one in in_private(house) if "I cannot write" in json.dumps(one["blocks"])])
    assert "Invite me there with /invite." in json.dumps(told[0]["blocks"])
    before = len(house.slack.messages)
    del house.slack.shut["C0APP"]
    await house.at_slack.event(
        {"type": "member_joined_channel", "user": "U0BOT", "channel": "C0APP", "inviter": "U1", "team": "T1"}
    )
    await until(lambda: "Nothing has changed since" in json.dumps(house.slack.messages[before:]))


TEAMS_CHANNEL = "19:app@thread.tacv2"
IN_TEAMS = "#app: Teams does not let me write there"


def told_in_teams(house: House) -> list[str]:
    """What ann reads in her own chat."""
    mine = [one.activity for one in house.connector.posted if one.conversation == "a:29:ann"]
    return [json.dumps(activity) for activity in mine]


@pytest.mark.parametrize("line", SET_UPS)
async def test_in_teams_the_answer_comes_in_private_and_says_what_to_do(house: House, line: str) -> None:
    if line != SETUP:
        await house.at_teams.say(HERE, SETUP)
    house.connector.shut.add(TEAMS_CHANNEL)
    await house.at_teams.say(HERE, line)
    told = await until(lambda: [one for one in told_in_teams(house) if IN_TEAMS in one])
    assert "Add me to the team as an app" in told[0]
    assert "I can post here" not in told[0]
    assert not [one for one in house.connector.posted[1:] if one.conversation.startswith(TEAMS_CHANNEL)]


async def test_in_teams_a_hello_that_may_not_be_said_reaches_who_added_us(house: House) -> None:
    house.connector.shut.add(TEAMS_CHANNEL)
    await house.at_teams.post(house.at_teams.activity(HERE, "conversationUpdate", membersAdded=[{"id": TEAMS_BOT}]))
    told = await until(lambda: told_in_teams(house))
    assert IN_TEAMS in told[0]
    assert "Is this the channel where the team works?" in told[0]


# ---- a thread that is gone ----


async def test_in_slack_an_answer_to_a_thread_that_is_gone_reaches_the_asker(house: House) -> None:
    await house.at_slack.say(HERE, SETUP)
    house.slack.shut["C0APP"] = "thread_not_found"
    told = Told("ann", "#app", "mention", thread="1700000000.000100")
    seen = await house.at_slack.say(told, "backlog add Logs")
    assert "APP-1 added" in seen.text
    assert "The thread in <#C0APP> where this was asked takes no answer any more." in json.dumps(in_private(house))


async def test_in_teams_an_answer_to_a_thread_that_is_gone_reaches_the_asker(house: House) -> None:
    await house.at_teams.say(HERE, SETUP)
    await house.at_teams.say(HERE, "backlog add First")
    await house.at_teams.hear("its first items are there")  # the checklist has been changed, and nothing else is due
    house.connector.faults.append(Fault("post", 404, "ConversationNotFound"))
    seen = await house.at_teams.say(HERE, "backlog add Logs")
    assert "The thread in #app where this was asked is gone." in seen.text
    assert "APP-2 added" in seen.text
    assert seen.raw["conversation"] == "a:29:ann"
    seen = await house.at_teams.say(HERE, "backlog add More")  # the channel itself is not taken to be closed
    assert seen.raw["conversation"].startswith(TEAMS_CHANNEL)
