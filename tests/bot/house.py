"""The whole server, put together as `steward serve` does, between stand-ins for Slack and for Teams."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp

from bot.server import Server
from bot.settings import Settings
from bot.slack.roster import Roster
from core.chat.ask import Platform
from core.store.database import Database
from tests.bot.slack.support import SECRET, SlackVoice
from tests.bot.teams.conftest import ANN, BEN, EVE, TENANT, TeamsVoice
from tests.core.commands.talk import Beneath
from tests.slack_stand_in import SlackStandIn
from tests.teams_stand_in import Connector, serving

TOKEN = "xoxb-1-the-bots-own-token"
USERS: dict[str, dict[str, Any]] = {
    "U1": {"id": "U1", "name": "ann"},
    "U2": {"id": "U2", "name": "bob"},
    "U9": {"id": "U9", "name": "eve", "is_restricted": True},
}


@dataclass
class House:
    """slack, connector: what stands in Slack and in Teams; voice, teams: send what those send; below: the database."""

    server: Server
    slack: SlackStandIn
    voice: SlackVoice
    connector: Connector
    teams: TeamsVoice
    below: Beneath

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110 - what is waited for sets no event
                await asyncio.sleep(0.02)

    async def said(self, words: str) -> dict[str, Any]:
        """The message that says this, once it stands in Slack."""
        await self.until(lambda: any(words in one["text"] for one in self.slack.messages))
        return next(one for one in self.slack.messages if words in one["text"])


@asynccontextmanager
async def house(database: Database) -> AsyncIterator[House]:
    connector = Connector()
    connector.knows(ANN, BEN, EVE)
    async with SlackStandIn() as slack, serving(connector) as service:
        slack.users = {name: dict(user) for name, user in USERS.items()}
        settings = Settings.model_validate(
            {
                "database_url": str(database.engine.url),
                "slack_bot_token": TOKEN,
                "slack_signing_secret": SECRET,
                "slack_api_url": slack.base_url,
                "model_folder": str(Path(__file__).parent),  # none there: it would think beside us
                "teams_anonymous": True,
                "teams_tenant_id": TENANT,
            }
        )
        # a busy machine must make nobody a guest
        with patch.dict(Roster.__init__.__kwdefaults__ or {}, timeout=30.0):
            server = Server(settings, database)
            application = server.application()
        async with serving(application) as url, SlackVoice() as voice, aiohttp.ClientSession() as http:
            voice.url = f"{url}/slack/events"
            teams = TeamsVoice(f"{url}/api/messages", service, http)
            made = House(server, slack, voice, connector, teams, Beneath(database))
            await made.until(lambda: Platform.SLACK in server.connected)
            yield made
