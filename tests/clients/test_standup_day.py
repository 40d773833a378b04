"""A stand-up day in both clients, by the wall clock: asked, answered in a form, told in the channel, and a digest.

`SCREENS=folder make clients` keeps the pictures.
"""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from core.product.presence import is_working_day
from tests.clients.browser import chromium, pictures
from tests.clients.installed import BROWSERS
from tests.clients.local_slack import PATIENCE, LocalSlack
from tests.clients.playground import CHANNEL
from tests.clients.steward import office
from tests.databases import Files
from tests.reading import slack_seen
from tests.scenario.play import Face, Seen, Told

pytestmark = pytest.mark.clients

A_MINUTE = 60 + PATIENCE
LATE_COMMITS = 62.0  # seconds: what a digest tells of ends a minute before it

ANN, ANN_ALONE = Told("ann", "#app", "slash"), Told("ann", "@steward", "direct")
BOB_ALONE = Told("bob", "@steward", "direct")
ANSWER = {"yesterday": "imports", "today": "the audit log", "blockers": "No staging key"}


def _at_work(now: datetime) -> tuple[str, str]:
    """A zone in which it is about noon, and a country whose people work on this day."""
    zone = f"Etc/GMT{now.hour - 12:+d}"
    today = now.astimezone(ZoneInfo(zone)).date()
    return zone, next(land for land in ("DE", "NP", "IR", "IL", "US") if is_working_day(land, today))


async def _begin(face: Face) -> datetime:
    """A sprint with its digest, and a stand-up in the next minutes; when the sprint was changed last."""
    zone, country = _at_work(datetime.now(UTC))
    await face.say(ANN, f'setup "Acme app" key=APP tz={zone}')
    for person in ("ann", "bob"):
        await face.say(Told(person, "#app", "mention"), f"team hours me 00:00-23:59 tz={zone} country={country}")
    await face.say(ANN, "backlog add Audit log points=5")
    await face.say(ANN, "sprint new Spring goal=Export")
    await face.say(ANN, "backlog add CSV export points=3")
    await face.say(ANN, "sprint add APP-1 APP-2")
    await face.say(ANN, "sprint start")
    await face.say(ANN, "digest new sprint")
    await face.say(ANN, "backlog done APP-2")
    changed = datetime.now(UTC)
    # the minute after next, so that it is still to come when it is said
    soon = datetime.now(ZoneInfo(zone)) + timedelta(seconds=75)
    line = f"standup new Daily at={soon:%H:%M} days=mon-sun with=@ann,@bob"
    assert "begins today" in (await face.say(ANN, line)).text
    return changed


async def _settled(changed: datetime) -> None:
    await asyncio.sleep(max(0.0, LATE_COMMITS - (datetime.now(UTC) - changed).total_seconds()))


async def _posted(slack: LocalSlack, words: str, *, again: bool = False, patience: float = PATIENCE) -> Seen:
    """What we post with these words, or write in the place of something."""

    def fits(event: dict[str, Any]) -> Seen | None:
        message = event.get("message") if event["t"] == ("message_update" if again else "message") else None
        return slack_seen(message) if message and message.get("bot_id") and words in message["text"] else None

    return await slack.until(fits, patience=patience)


async def test_a_stand_up_day_in_slack(files: Files, tmp_path: Path) -> None:
    async with office(tmp_path / "office", files.make(tmp_path), slack=True) as made:
        slack, screens = made.slack, pictures(tmp_path)
        changed = await _begin(slack)
        await _posted(slack, "bob. Daily stand-up is open.", patience=A_MINUTE)
        prompt = await _posted(slack, "ann. Daily stand-up is open.")
        form = await slack.press(ANN_ALONE, prompt, "Answer")
        await slack.fill(ANN_ALONE, form, ANSWER)
        post = await _posted(slack, "1 of 2 answered")
        assert "No staging key" in post.text
        await slack.say(BOB_ALONE, "I write the tests")
        again = await _posted(slack, "2 of 2 answered", again=True)
        assert again.raw["ts"] == post.raw["ts"], "the one post is written anew where it stands"
        for answer in ("the audit log", "I write the tests"):
            assert (await _posted(slack, answer)).raw["thread_ts"] == post.raw["ts"], "answers stand beneath it"
        await _settled(changed)
        await slack.say(ANN, "digest now")
        digest = await _posted(slack, "Spring · day 1")
        assert "image" in {block["type"] for block in digest.raw["blocks"]}, digest
        if not any(map(shutil.which, BROWSERS)):
            return  # there is no page to look at, and what it is told was read above
        async with chromium(tmp_path / "chromium") as page:
            await page.open(slack.url)
            await page.shows("2 of 2 answered")
            await page.click("Close")  # the thanks for the answer
            await page.picture(screens / "slack-standup.png")


async def test_a_stand_up_day_in_teams(files: Files, tmp_path: Path) -> None:
    url = files.make(tmp_path)
    async with office(tmp_path / "office", url, teams=True) as made, chromium(tmp_path / "chromium") as page:
        teams, screens = made.teams, pictures(tmp_path)
        await page.open(teams.url)  # it shows what comes from now on
        await page.shows("conversationUpdate 200")

        async def posted(words: str, *, again: str = "", patience: float = PATIENCE) -> Seen:
            """What we post with these words, or write in the place of the message `again`."""
            return await teams.until(lambda seen: words in seen.text, pressed=again, patience=patience)

        changed = await _begin(teams)
        await posted("bob. Daily stand-up is open.", patience=A_MINUTE)
        prompt = await posted("ann. Daily stand-up is open.")
        form = await teams.press(ANN_ALONE, prompt, "Answer")
        await teams.fill(ANN_ALONE, form, ANSWER)
        post = await posted("1 of 2 answered")
        assert "No staging key" in post.text
        await teams.say(BOB_ALONE, "I write the tests")
        again = await posted("2 of 2 answered", again=post.raw["id"])
        assert again.raw["id"] == post.raw["id"], "the one post is written anew where it stands"
        for answer in ("ann\nDone imports\nToday the audit log", "bob\nToday I write the tests"):
            beneath = (await posted(answer)).raw["conversation"]
            assert beneath == f"{CHANNEL};messageid={post.raw['id']}", "answers stand beneath it"
        await _settled(changed)
        await teams.say(ANN, "digest now")
        digest = await posted("Spring · day 1")
        [picture] = [part["url"] for part in digest.raw["card"]["body"] if part["type"] == "Image"]
        async with aiohttp.ClientSession() as http, http.get(picture.replace("https:", "http:")) as got:
            assert (got.status, got.content_type) == (200, "image/png")
        await page.shows("Your answer is in the thread in the channel")
        await page.picture(screens / "teams-prompt.png")
        await page.click("app", "*")
        await page.shows("2 of 2 answered")
        await page.scroll_to("2 of 2 answered")
        await page.picture(screens / "teams-standup.png")
