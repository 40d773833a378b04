"""A Slack that signs what it sends, and a desk that keeps what it is asked."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.slack.app import SlackApp, mount
from core.chat.ask import Ask
from core.chat.card import Card, Reply
from core.commands.ride import Ride

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
DONE = Reply(True, "place", Card("Done"))


@dataclass
class BookDesk:
    """The far side of the Desk protocol: it writes down what it is asked, and says what the test gave it."""

    says: Reply | None = DONE
    answered: list[tuple[Ask, frozenset[str]]] = field(default_factory=list)
    accepted: list[Ask] = field(default_factory=list)
    broken: Exception | None = None

    async def answer(self, ask: Ask, ride: Ride) -> Reply | None:
        self._break()
        self.answered.append((ask, ride.allowed))
        return self.says if self.says is not None and ride.settle(self.says) else None

    async def accept(self, ask: Ask) -> None:
        self._break()
        self.accepted.append(ask)

    def _break(self) -> None:
        if self.broken is not None:
            raise self.broken


@dataclass
class Answer:
    status: int
    text: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.text))


class SlackVoice:
    """Sends signed requests, as Slack does. url: where the app listens."""

    def __init__(self) -> None:
        self.url = ""
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def send(self, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> Answer:
        assert self._session is not None
        sent = {"Content-Type": kind, **signed(body), **(headers or {})}
        async with self._session.post(self.url, data=body, headers=sent) as response:
            return Answer(response.status, await response.text())

    async def event(self, event: dict[str, Any], headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
        body = {
            "type": "event_callback",
            "team_id": "T1",
            "event_id": f"Ev{time.time_ns()}",
            "authorizations": [{"team_id": "T1", "user_id": "U0BOT", "is_bot": True}],
            "event": event,
            **more,
        }
        return await self.send(json.dumps(body).encode(), "application/json", headers)

    async def slash(self, command: str, text: str, **more: str) -> Answer:
        form = {
            "command": command,
            "text": text,
            "team_id": "T1",
            "user_id": "U1",
            "user_name": "ann",
            "channel_id": "C1",
            "channel_name": "app",
            "trigger_id": "13345224609.738474920.8088930838d88f008e0",
            "response_url": "https://hooks.slack.invalid/commands/1",
            **more,
        }
        return await self.send(urlencode(form).encode(), "application/x-www-form-urlencoded")

    async def interact(self, payload: dict[str, Any]) -> Answer:
        form = {"payload": json.dumps({"user": {"id": "U1", "username": "ann", "team_id": "T1"}, **payload})}
        return await self.send(urlencode(form).encode(), "application/x-www-form-urlencoded")


class SlackSide(SlackVoice):
    """Serves the app on a real port besides."""

    def __init__(self, app: SlackApp) -> None:
        super().__init__()
        self._app = app
        application = web.Application()
        mount(application, app)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/slack/events"
        return await super().__aenter__()

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        await self.stop()

    async def settle(self) -> None:
        """Until every answer that goes out after its 200 is there."""
        await self._app.drain()

    async def stop(self) -> None:
        """What SIGTERM does to the server."""
        await self._runner.cleanup()


def signed(body: bytes, timestamp: str | None = None) -> dict[str, str]:
    timestamp = timestamp or str(int(time.time()))
    base = b"v0:" + timestamp.encode() + b":" + body
    digest = hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}
