"""What local-slack's routes cannot send, as requests that we sign ourselves: a repeated event, a message shortcut."""

import asyncio
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.clients.conftest import Lend, left
from tests.clients.local_slack import BOT, CHANNEL, DOMAIN, PEOPLE, SECRET, TEAM
from tests.clients.steward import Office, office
from tests.scenario.play import Seen, Told

pytestmark = pytest.mark.clients

Json = dict[str, Any]

ANN, BOB = Told("ann", "#app", "slash"), Told("bob", "#app", "mention")
ASIDE = Told("ann", "@steward", "direct")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


async def signed(made: Office, body: str, kind: str) -> int:
    """Post a body as Slack signs it; the status."""
    at = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{made.bot}/slack/events", data=body, headers=headers) as got,
    ):
        return got.status


def mention(text: str, ts: str, event_id: str) -> str:
    event = {"type": "app_mention", "user": PEOPLE["bob"], "text": f"<@{BOT}> {text}", "ts": ts, "channel": CHANNEL}
    us = {"team_id": TEAM, "user_id": BOT, "is_bot": True}
    return json.dumps(
        {"type": "event_callback", "team_id": TEAM, "event_id": event_id, "authorizations": [us], "event": event}
    )


async def test_a_repeated_event_writes_once_and_is_answered_once(lend: Lend, tmp_path: Path) -> None:
    url = lend()
    async with office(tmp_path / "office", url, slack=True) as made:
        await made.slack.say(ANN, 'setup "Acme app" key=APP')
        ts = f"{int(time.time()) - 1}.000100"  # before what local-slack, which counts whole seconds, says next
        repeats = [signed(made, mention("backlog add Only once", ts, f"Ev{n}"), JSON) for n in range(4)]
        assert await asyncio.gather(*repeats) == [200] * 4
        await made.slack.until(_says("added: Only once"))
        assert await signed(made, mention("backlog add Only once", ts, "Ev0"), JSON) == 200
        # answers to a channel leave in the order in which they were asked for: nothing of before comes after this one
        mark = made.slack.mark
        await made.slack.say(BOB, "backlog add The next")
        await made.slack.until(_says("added: The next"), mark)
        said = [message["text"] for message in await made.slack.messages() if message.get("bot_id")]
    assert [text for text in said if "added" in text] == ["APP-1 added: Only once", "APP-2 added: The next"]
    assert [item["title"] for item in left(url)["products"][0]["items"]] == ["Only once", "The next"]


async def test_a_message_is_saved_as_an_item_with_a_link_back(lend: Lend, tmp_path: Path) -> None:
    url = lend()
    async with office(tmp_path / "office", url, slack=True) as made:
        await made.slack.say(ANN, 'setup "Acme app" key=APP')
        text = "The bank wants CAMT &amp; MT940\nby the end of the month, says <@U02BOB>"
        form = await _shortcut(made, text, "1700000000.000100")
        assert "Title: The bank wants CAMT & MT940" in form.text
        assert "by the end of the month" in form.text
        added = await made.slack.fill(ANN, form, {"type": "bug"})
        assert "APP-1 added: The bank wants CAMT & MT940 · bug" in added.text
        shown = await made.slack.say(ANN, "backlog show APP-1")
    assert f"https://{DOMAIN}.slack.com/archives/{CHANNEL}/p1700000000000100" in shown.text
    [item] = left(url)["products"][0]["items"]
    assert (item["link"], item["description"].splitlines()[0]) == (True, "The bank wants CAMT & MT940")


async def test_a_message_is_saved_as_feedback_with_a_link_back(lend: Lend, tmp_path: Path) -> None:
    url = lend()
    async with office(tmp_path / "office", url, slack=True) as made:
        await made.slack.say(ANN, 'setup "Acme app" key=APP')
        await made.slack.say(ANN, "backlog add Import invoices")
        form = await _shortcut(made, "We retype every invoice, says the bank", "1700000000.000200", "save_as_feedback")
        assert "We retype every invoice, says the bank" in form.text
        saved = await made.slack.fill(ANN, form, {"customer": "North Bank", "worth": "14k"})
        assert "F-1 saved: We retype every invoice, says the bank · North Bank, 14k a year" in saved.text
        shown = await made.slack.say(ANN, "feedback show F-1")
    assert f"https://{DOMAIN}.slack.com/archives/{CHANNEL}/p1700000000000200" in shown.text


async def test_a_metric_is_recorded_from_a_file_that_is_dropped_with_the_line(lend: Lend, tmp_path: Path) -> None:
    url = lend()
    async with office(tmp_path / "office", url, slack=True) as made:
        await made.slack.say(ANN, 'setup "Acme app" key=APP')
        await made.slack.say(ANN, 'metric define tickets unit="a week" goal=25 better=down')
        rows = b"day,value\n2026-06-01,41\n2026-06-08,37\n2026-06-15,33\n"
        recorded = await made.slack.attach(ANN, "metric record tickets", "tickets.csv", rows)
        assert "tickets: 3 values recorded, 1 Jun to 15 Jun" in recorded.text
        shown = await made.slack.say(ANN, "metric show tickets")
    assert "tickets 33 a week" in shown.text


async def _shortcut(made: Office, text: str, ts: str, callback: str = "save_as_item") -> Seen:
    """'Save as …' on a message of bob's, by ann. A modal wants a trigger that local-slack has given out."""
    await made.slack.say(ANN, "help")
    mark = made.slack.mark
    payload = {
        "type": "message_action", "callback_id": callback, "trigger_id": await made.slack.trigger(),
        "team": {"id": TEAM, "domain": DOMAIN}, "channel": {"id": CHANNEL, "name": "app"}, "action_ts": ts,
        "user": {"id": PEOPLE["ann"], "username": "ann", "team_id": TEAM}, "message_ts": ts,
        "message": {"type": "message", "user": PEOPLE["bob"], "text": text, "ts": ts},
        "response_url": f"{made.slack.url}/_hooks/response/none",
    }  # fmt: skip
    assert await signed(made, urlencode({"payload": json.dumps(payload)}), FORM) == 200
    return await made.slack.answer(mark, ANN)


def _says(text: str) -> Any:
    return lambda event: True if event["t"] == "message" and text in event["message"].get("text", "") else None
