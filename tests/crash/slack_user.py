"""People in Slack, as Slack tells of them: signed slash commands and events, sent again where Slack would."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

import aiohttp

from tests.bot.slack.support import signed

TEAM = "T1"
PATIENCE = 20.0  # seconds for an answer; Slack's own three are too few for a machine that is busy with other things
WORKING = "Working on it. The answer follows here."
LOST = (aiohttp.ClientError, TimeoutError, OSError)

_count = count(1)


@dataclass(frozen=True)
class Request:
    """One thing said, as bytes that can be sent again. `key` names its reply in the outbox and its ask in the store."""

    key: str
    body: bytes
    kind: str
    command: str = ""


def slash(user: str, text: str, *, command: str = "/backlog", channel: str = "C1", trigger: str = "") -> Request:
    trigger = trigger or f"trigger.{next(_count)}"
    form = {
        "command": command,
        "text": text,
        "team_id": TEAM,
        "user_id": user,
        "user_name": user.lower(),
        "channel_id": channel,
        "channel_name": "directmessage" if channel.startswith("D") else channel.lower(),
        "trigger_id": trigger,
        "response_url": "https://hooks.slack.invalid/commands/1",
    }
    return Request(f"slack:{TEAM}:{trigger}", urlencode(form).encode(), "application/x-www-form-urlencoded", command)


def message(user: str, text: str, channel: str) -> Request:
    """A mention in a channel (C…), or a direct message (D…)."""
    ts = f"{time.time():.0f}.{next(_count):06}"
    private = channel.startswith("D")
    body = {
        "type": "event_callback",
        "team_id": TEAM,
        "event_id": f"Ev{ts}",
        "authorizations": [{"team_id": TEAM, "user_id": "U0BOT", "is_bot": True}],
        "event": {
            "type": "message" if private else "app_mention",
            "user": user,
            "text": text if private else f"<@U0BOT> {text}",
            "channel": channel,
            "ts": ts,
            **({"channel_type": "im"} if private else {}),
        },
    }
    return Request(f"slack:{TEAM}:{TEAM}:{channel}:{ts}", json.dumps(body).encode(), "application/json")


class Slack:
    """Slack's side of the wire. A connection for each request: none is reused that the server has just closed."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0), timeout=aiohttp.ClientTimeout(total=PATIENCE)
        )
        self.cut = 0  # requests that a server took and did not answer

    async def __aenter__(self) -> "Slack":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def once(self, server: str, request: Request, headers: dict[str, str] | None = None) -> str:
        """What a request is answered with: the text a person sees, '' for an event. Raises LOST, also for a 500."""
        sent = {"Content-Type": request.kind, **signed(request.body), **(headers or {})}
        async with self._session.post(f"{server}/slack/events", data=request.body, headers=sent) as answer:
            answer.raise_for_status()
            said = await answer.text()
        return str(json.loads(said)["text"]) if said else ""

    async def until_answered(self, servers: Callable[[], Sequence[str]], request: Request) -> str:
        """Send until somebody answers, now to one server, now to another; with Slack's header from the second on."""
        for attempt in count():
            among = servers()
            assert among, "a request was not answered, and nobody is left to send it to again"
            headers = {"X-Slack-Retry-Num": str(attempt)} if attempt else None
            try:
                return await self.once(among[next(_count) % len(among)], request, headers)
            except aiohttp.ClientConnectorError:
                pass  # nobody listens: it is just being started
            except LOST:
                self.cut += 1
            await asyncio.sleep(0.05)
        raise AssertionError


async def set_up(slack: Slack, server: str, stand_in_url: str) -> None:
    """U1 sets product APP up in C1; returns once the checklist stands there, be it the answer or what follows one."""
    said = await slack.once(server, slash("U1", "setup App key=APP tz=UTC", command="/steward"))
    if said and said != WORKING:
        assert "is set up" in said, said
        return
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE):
        while True:
            async with session.get(f"{stand_in_url}/_kept") as answer:
                if any("is set up" in one["text"] for one in (await answer.json())["messages"]):
                    return
            await asyncio.sleep(0.1)


async def settle_in(slack: Slack, server: str, stand_in_url: str, members: Sequence[str], stand_in: str = "") -> None:
    """U1 sets product APP up in C1 and lets the others in; `stand_in` is a product owner for a while."""
    await set_up(slack, server, stand_in_url)
    said = [
        await slack.once(server, slash("U1", f"team role <@{user}|{user.lower()}> {role}", command="/steward"))
        for user in members
        for role in ["po until=2099-12-31" if user == stand_in else "member"]
    ]
    assert [one for one in said if " is " not in one or "Try:" in one] == []
