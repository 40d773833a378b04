"""Setting a product up by its form: the channel is picked where Slack has a picker, and asked about in Teams."""

from collections.abc import AsyncIterator

import pytest

from tests.house import TEAMS_BOT, House, housed, until
from tests.reading import teams_seen
from tests.scenario.play import Seen, Told

APP, OPS = Told("ann", "#app", "slash"), Told("ann", "#ops", "slash")
VALUES = {"name": "Acme app", "key": "APP"}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with housed(database_url) as made:
        made.slack.channels["C0OPS"] = {"id": "C0OPS", "name": "ops", "is_member": True}
        yield made


async def test_in_slack_the_form_picks_the_channel_and_proposes_this_one(house: House) -> None:
    form = await house.at_slack.say(APP, "setup")
    pickers = {block["block_id"]: block.get("element", {}) for block in form.raw["view"]["blocks"]}
    assert pickers["channel"]["type"] == "conversations_select"
    assert pickers["channel"]["initial_conversation"] == "C0APP"
    assert {pickers[role]["type"] for role in ("po", "pm", "sm")} == {"users_select"}
    await house.at_slack.fill(APP, form, {**VALUES, "channel": "C0OPS"})
    await house.at_slack.hear("Acme app is set up in #ops")
    assert "APP-1 added" in (await house.at_slack.say(OPS, "backlog add Logs")).text


async def test_in_slack_the_form_picks_a_channel_from_a_private_chat(house: House) -> None:
    form = await house.at_slack.say(Told("ann", "@steward", "slash"), "setup")
    await house.at_slack.fill(Told("ann", "@steward", "slash"), form, {**VALUES, "channel": "C0OPS"})
    await house.at_slack.hear("Acme app is set up in #ops")


async def added(house: House, told: Told) -> Seen:
    """What Teams shows after we were added to a team."""
    mark = len(house.connector.posted)
    await house.at_teams.post(house.at_teams.activity(told, "conversationUpdate", membersAdded=[{"id": TEAMS_BOT}]))
    posted = await until(lambda: house.connector.posted[mark:])
    return teams_seen({"text": "", "card": posted[0].card, "conversation": posted[0].conversation})


async def test_in_teams_it_is_asked_which_channel_the_team_works_in(house: House) -> None:
    hello = await added(house, APP)
    assert "Is this the channel where the team works?" in hello.text
    assert hello.raw["conversation"] == "19:app@thread.tacv2"
    form = await house.at_teams.press(APP, hello, "Set up here")
    assert "Channel" not in form.text
    said = await house.at_teams.fill(APP, form, VALUES)
    assert "Acme app is set up in #app" in said.text
    assert "APP-1 added" in (await house.at_teams.say(APP, "backlog add Logs")).text


async def test_in_teams_a_second_channel_may_take_what_is_there(house: House) -> None:
    await house.at_teams.say(APP, "setup Acme key=APP tz=UTC")
    await house.at_teams.say(APP, "product new Other key=OTH")
    hello = await added(house, OPS)
    assert "Is this the channel where the team works?" in hello.text
    assert "APP Acme" in hello.labels
    await house.at_teams.press(OPS, hello, "APP Acme")
    assert "APP-1 added" in (await house.at_teams.say(OPS, "backlog add Logs")).text
