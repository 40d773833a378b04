"""What the Playground's page cannot do: the same activity twice, somebody else's words, and a dialog.

A repeated activity goes through the Playground's own 'custom activity'; a dialog's invokes are anonymous requests of
our own, because the Playground opens none and shows nobody what such a custom activity is answered with.
"""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.clients.conftest import Lend, left
from tests.clients.playground import CHANNEL, CHAT, Playground
from tests.clients.steward import Office, office
from tests.databases import Files
from tests.scenario.play import Told

pytestmark = pytest.mark.clients

Json = dict[str, Any]

ANN, BOB = Told("ann", "#app", "mention"), Told("bob", "#app", "mention")
ASIDE = Told("ann", "@steward", "direct")


async def test_a_repeated_activity_writes_once_and_is_answered_once(lend: Lend, tmp_path: Path) -> None:
    url = lend()
    async with office(tmp_path / "office", url, teams=True) as made:
        await made.teams.say(ANN, 'setup "Acme app" key=APP')
        mark = made.teams.mark
        once = await _typed(made.teams, "backlog add Only once")
        async with asyncio.TaskGroup() as together:
            for _ in range(4):
                together.create_task(made.teams.mock(once))
        await made.teams.until(lambda seen: "APP-1 added" in seen.text, mark)
        await made.teams.mock(once)
        await made.teams.say(BOB, "backlog add The next")
        # answers to a channel leave in the order in which they were asked for: nothing of before comes after this one
        await made.teams.until(lambda seen: "APP-2 added: The next" in seen.text, mark)
        said = [seen.text.strip() for seen in made.teams.posted(mark)]
    assert said == ["APP-1 added: Only once", "APP-2 added: The next"]
    assert [item["title"] for item in left(url)["products"][0]["items"]] == ["Only once", "The next"]


async def test_a_dialog_opens_says_what_is_wrong_and_saves_once(lend: Lend, tmp_path: Path) -> None:
    url = lend()
    async with office(tmp_path / "office", url, teams=True) as made:
        await made.teams.say(ANN, 'setup "Acme app" key=APP')
        offered = await made.teams.say(ANN, "backlog add")
        [button] = offered.raw["card"]["actions"]
        opened = await _invoke(made, "task/fetch", button["data"])
        assert opened["task"]["value"]["title"] == "Add an item"
        card = opened["task"]["value"]["card"]["content"]
        submit = card["actions"][0]["data"]
        wrong = await _invoke(made, "task/submit", {**submit, "title": "By a dialog", "points": "-1"})
        assert wrong["task"]["type"] == "continue"
        assert "points wants a number" in str(wrong["task"]["value"]["card"])
        assert "By a dialog" in str(wrong["task"]["value"]["card"])
        mark = made.teams.mark
        for _ in range(3):
            await _invoke(made, "task/submit", {**submit, "title": "By a dialog", "points": "8"}, activity="the-same")
        added = await made.teams.until(lambda seen: "APP-1 added: By a dialog · 8 pts" in seen.text, mark)
        await made.teams.say(ANN, "backlog add The next")
        assert [seen.text for seen in made.teams.posted(mark)].count(added.text) == 1
    assert [item["title"] for item in left(url)["products"][0]["items"]] == ["By a dialog", "The next"]


async def test_a_button_in_a_private_chat_puts_its_answer_in_the_cards_place(files: Files, tmp_path: Path) -> None:
    async with office(tmp_path / "office", files.make(tmp_path), teams=True) as made:
        await made.teams.say(ANN, 'setup "Acme app" key=APP')
        shown = await made.teams.say(ASIDE, "backlog add One\nTwo")
        mark = made.teams.mark
        added = await made.teams.press(ASIDE, shown, "Add 2 items")
        assert "APP-2 Two" in added.text
        assert added.raw["id"] == shown.raw["id"]
        again = await made.teams.press(ASIDE, shown, "Add 2 items")
        assert "added already" in again.text
        assert made.teams.posted(mark) == []


async def test_a_channel_is_told_nothing_that_is_for_one_person(files: Files, tmp_path: Path) -> None:
    async with office(tmp_path / "office", files.make(tmp_path), teams=True) as made:
        await made.teams.say(ANN, 'setup "Acme app" key=APP')
        await made.teams.say(ANN, "backlog add Seen by all")
        mark = made.teams.mark
        listed = await made.teams.say(ANN, "backlog list")
        assert listed.raw["conversation"] == CHAT
        assert "APP-1 Seen by all" in listed.text
        told = await made.teams.say(ANN, "backlog start APP-1")
        assert told.raw["conversation"].startswith(CHANNEL)
        assert len(made.teams.posted(mark)) == 2


async def _typed(teams: Playground, line: str) -> Json:
    text, mentions = teams.typed(line, own=True)
    return await teams.spoken("bob", CHANNEL, text, mentions)


async def _invoke(made: Office, name: str, data: Json, activity: str = "") -> Json:
    """An invoke of ann's in the channel, and its answer's body."""
    typed = await _typed(made.teams, "")
    who = {"id": "user-ann", "name": "ann", "aadObjectId": "00000000-0000-0000-0000-000000000100"}
    sent = {**typed, "type": "invoke", "name": name, "value": {"data": data}, "from": who}
    if activity:
        sent = {**sent, "id": activity, "conversation": {**sent["conversation"], "id": CHANNEL}}
    async with aiohttp.ClientSession() as http, http.post(f"{made.bot}/api/messages", json=sent) as answer:
        assert answer.status == 200, await answer.text()
        said: Json = await answer.json() if answer.content_type == "application/json" else {}
        return said
