"""A Teams face behind a real aiohttp server, a desk that notes what it is asked, and a stand-in for the service."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.teams.app import Teams, build
from core.chat.ask import Ask
from core.chat.card import Card, Reply
from core.commands.ride import Ride
from tests.teams_stand_in import Connector, serving

APP, TENANT, BOT = "11111111-app", "22222222-tenant", "28:11111111-app"
ANN = {"id": "29:ann", "aadObjectId": "aad-ann", "name": "Ann Lee", "userRole": "user"}
BEN = {"id": "29:ben", "aadObjectId": "aad-ben", "name": "Ben Ode", "userRole": "user"}
EVE = {"id": "29:eve", "aadObjectId": "aad-eve", "name": "Eve Fox", "userPrincipalName": "eve_x.com#EXT#@acme.com"}
NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
ENTITY_BOT = {"type": "mention", "mentioned": {"id": BOT, "name": "Bot"}, "text": "<at>Bot</at>"}


@dataclass
class NotingDesk:
    """The other side of bot.desk.Desk: notes each ask, answers what `says` says where it may ride."""

    says: Callable[[Ask], Reply | None] = lambda ask: Reply(True, card=Card(f"You said {ask.text}"))
    answered: list[tuple[Ask, frozenset[str]]] = field(default_factory=list)
    accepted: list[Ask] = field(default_factory=list)

    async def answer(self, ask: Ask, ride: Ride) -> Reply | None:
        self.answered.append((ask, ride.allowed))
        reply = self.says(ask)
        return reply if reply and ride.settle(reply) else None

    async def accept(self, ask: Ask) -> None:
        self.accepted.append(ask)


@dataclass
class TeamsVoice:
    """Sends what Teams sends. url: where Teams posts; service: the stand-in's address, as activities name it."""

    url: str
    service: str
    http: aiohttp.ClientSession

    async def post(self, activity: Any, **headers: str) -> tuple[int, Any]:
        """The status and JSON body that Teams gets for an activity."""
        async with self.http.post(self.url, json=activity, headers=headers) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else None

    def activity(
        self, kind: str = "message", *, where: str = "personal", who: Any = ANN, **more: Any
    ) -> dict[str, Any]:
        """An activity as Teams sends it, from a personal chat, a group chat or a thread of a channel."""
        conversations = {
            "personal": {"id": "a:chat", "conversationType": "personal"},
            "groupChat": {"id": "19:group@thread.v2", "conversationType": "groupChat", "isGroup": True},
            "channel": {"id": "19:dev@thread.tacv2;messageid=17000", "conversationType": "channel", "isGroup": True},
        }
        data: dict[str, Any] = {"tenant": {"id": TENANT}}
        if where == "channel":
            data |= {"team": {"id": "19:team@thread.tacv2"}, "channel": {"id": "19:dev@thread.tacv2"}}
        return {
            "type": kind,
            "id": "1700000000001",
            "timestamp": "2026-11-03T09:30:00.500Z",
            "serviceUrl": self.service,
            "channelId": "msteams",
            "from": {"id": who["id"], "aadObjectId": who["aadObjectId"], "name": who["name"]},
            "recipient": {"id": BOT, "name": "Bot"},
            "conversation": {**conversations[where], "tenantId": TENANT},
            "channelData": data,
            **more,
        }

    def invoke(self, name: str, value: Any, **more: Any) -> dict[str, Any]:
        return self.activity("invoke", name=name, value=value, **more)

    def press(self, say: str, **more: Any) -> dict[str, Any]:
        """A press of a button, as Action.Execute sends it."""
        action = {"type": "Action.Execute", "verb": "say", "data": {"say": say}}
        return self.invoke("adaptiveCard/action", {"action": action, "trigger": "manual"}, **more)


@dataclass
class Stage(TeamsVoice):
    """One running Teams face."""

    desk: NotingDesk
    teams: Teams
    connector: Connector


@asynccontextmanager
async def staged(**settings: Any) -> AsyncIterator[Stage]:
    desk, connector = NotingDesk(), Connector()
    connector.knows(ANN, BEN, EVE)
    teams = build(desk, now=lambda: NOW, **{"tenant_id": TENANT, **settings})
    app = web.Application()
    teams.mount(app)
    async with serving(connector) as service, serving(app) as own, aiohttp.ClientSession() as http:
        try:
            yield Stage(f"{own}/api/messages", service, http, desk, teams, connector)
        finally:
            await teams.close()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged(anonymous=True) as made:
        yield made
