"""[Show here] in Teams: a list comes in one's own chat, and goes from there to the channel it was asked for in."""

from tests.house import housed, until
from tests.scenario.play import Told

APP, OWN = Told("ann", "#app", "slash"), Told("ann", "@steward", "slash")


async def test_a_list_goes_from_ones_own_chat_to_the_channel(database_url: str) -> None:
    async with housed(database_url) as house:
        await house.at_teams.say(APP, "setup Acme key=APP tz=UTC")
        await house.at_teams.say(APP, "backlog add Logs")
        listed = await house.at_teams.say(APP, "backlog list")
        assert listed.raw["conversation"].startswith("a:")
        mark = len(house.connector.posted)
        kept = await house.at_teams.press(OWN, listed, "Show here")
        assert "Logs" in kept.text
        assert "Shown in" in kept.text
        [shown] = await until(lambda: house.connector.posted[mark:])
        assert shown.conversation.startswith("19:app@thread.tacv2")
        assert "Logs" in str(shown.card)
