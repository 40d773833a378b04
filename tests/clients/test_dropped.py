"""A backlog that is dropped as a file: shown first, then imported by its button, in the real clients."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bench.process import free_port
from tests.clients.conftest import left
from tests.clients.steward import office
from tests.databases import Files
from tests.reading import slack_seen
from tests.scenario.play import Seen, Told

pytestmark = pytest.mark.clients

ANN, ASIDE = Told("ann", "#app", "slash"), Told("ann", "@steward", "direct")
JIRA = (
    "Issue id,Issue key,Summary,Issue Type,Status,Epic Link\n"
    "1,OLD-1,Billing,Epic,Open,\n"
    "2,OLD-2,Export,Story,Open,OLD-1\n"
    "3,OLD-3,,Story,Open,\n"
)
UNKNOWN = "Nr;Ticket;State\n7;Fix it;Parked\n"


@asynccontextmanager
async def kept_at(content: str) -> AsyncIterator[str]:
    """Where a file lies that a chat hands over by its address."""

    async def give(_: web.Request) -> web.Response:
        return web.Response(text=content)

    app = web.Application()
    app.router.add_get("/old.csv", give)
    runner, port = web.AppRunner(app), free_port()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/old.csv"
    finally:
        await runner.cleanup()


def titles(url: str) -> list[str]:
    return [item["title"] for item in left(url)["products"][0]["items"]]


async def test_a_file_is_dropped_looked_at_and_imported_in_slack(files: Files, tmp_path: Path) -> None:
    url = files.make(tmp_path)
    async with office(tmp_path / "office", url, slack=True) as made:
        await made.slack.say(ANN, 'setup "Acme app" key=APP')
        shown = await made.slack.attach(ASIDE, "import", "old.csv", JIRA.encode())
        assert "2 new items · nothing has been imported yet" in shown.text
        assert "line 4" in shown.text
        assert titles(url) == []
        await made.slack.press(ASIDE, shown, "Import 2 items")
        await made.slack.until(lambda event: _says(event, "old.csv is imported: 2 new items"))
        assert titles(url) == ["Billing", "Export"]
        asked = await made.slack.attach(ASIDE, "import", "new.csv", UNKNOWN.encode())
        shown = await made.slack.fill(ASIDE, asked, {"map-title": "Ticket", "map-id": "Nr", "map-status": "State"})
        assert "Parked → new (1)" in shown.text


def _says(event: dict[str, object], words: str) -> Seen | None:
    message = event.get("message")
    return slack_seen(message) if isinstance(message, dict) and words in message["text"] else None


async def test_a_file_is_dropped_looked_at_and_imported_in_teams(files: Files, tmp_path: Path) -> None:
    url = files.make(tmp_path)
    async with office(tmp_path / "office", url, teams=True) as made, kept_at(JIRA) as old, kept_at(UNKNOWN) as new:
        await made.teams.say(ANN, 'setup "Acme app" key=APP')
        await made.teams.say(ASIDE, "product use APP")
        shown = await made.teams.attach(ASIDE, "import", "old.csv", old)
        assert "2 new items · nothing has been imported yet" in shown.text
        assert "line 4" in shown.text
        assert titles(url) == []
        mark = made.teams.mark
        pressed = await made.teams.press(ASIDE, shown, "Import 2 items")
        said = "old.csv is imported: 2 new items"
        assert said in pressed.text or await made.teams.until(lambda seen: said in seen.text, mark, pressed.raw["id"])
        assert titles(url) == ["Billing", "Export"]
        asked = await made.teams.attach(ASIDE, "import", "new.csv", new)
        shown = await made.teams.fill(ASIDE, asked, {"map-title": "Ticket", "map-id": "Nr", "map-status": "State"})
        assert "Parked → new (1)" in shown.text
