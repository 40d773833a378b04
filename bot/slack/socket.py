"""The way in from Slack without an address of one's own: Socket Mode, into the same door as /slack/events.

A socket may stay open and say nothing more; so each is pinged, and one that does not answer is given up for a new one.
Meanwhile this process is not ready. Any of an app's sockets may get any envelope, so that nothing is kept here; one
that is not answered comes again, and is known by the id of its ask.
"""

import asyncio
import json
import logging
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.app import SlackApp

log = logging.getLogger(__name__)

ENVELOPES = frozenset({"events_api", "slash_commands", "interactive"})
PING_EVERY = 10.0
"""Seconds of silence after which a sign of life is asked for; half as long again is waited for it."""
AGAIN = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a socket is opened again, the longer the oftener it failed in a row."""
OPEN = 10.0


class Socket:
    """One socket after another. ready: Slack has said hello on one that answers."""

    def __init__(
        self,
        app: SlackApp,
        app_token: str,
        base_url: str | None = None,
        *,
        ping_every: float = PING_EVERY,
        again: tuple[float, ...] = AGAIN,
    ) -> None:
        self._app = app
        self._client = AsyncWebClient(base_url=base_url or AsyncWebClient.BASE_URL, retry_handlers=[])
        self._token = app_token
        self._ping_every = ping_every
        self._again = again
        self._tasks: set[asyncio.Task[None]] = set()
        self.ready = False

    async def run(self) -> None:
        """Hold a socket until cancelled; what was heard by then is answered."""
        failed = 0
        try:
            while True:
                try:
                    await self._hold()
                    failed = 0
                except SlackApiError as refusal:
                    log.error("Slack opens no socket: %s; see STEWARD_SLACK_APP_TOKEN", refusal.response.get("error"))
                    failed += 1
                except (aiohttp.ClientError, OSError, TimeoutError) as trouble:
                    log.warning("Slack's socket is lost: %r", trouble)
                    failed = 0 if self.ready else failed + 1
                finally:
                    self.ready = False
                await asyncio.sleep(self._again[min(failed, len(self._again) - 1)] if failed else 0)
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def _hold(self) -> None:
        """One socket from its opening to its end. Slack ends each after some hours, and says so before."""
        async with asyncio.timeout(OPEN):
            opened = await self._client.apps_connections_open(app_token=self._token)
        async with (
            aiohttp.ClientSession(trust_env=True) as session,
            session.ws_connect(str(opened["url"]), heartbeat=self._ping_every) as socket,
        ):
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                envelope = json.loads(message.data)
                if envelope.get("type") == "hello":
                    self.ready = True
                elif envelope.get("type") == "disconnect":
                    return
                elif envelope.get("type") in ENVELOPES:
                    self._later(socket, envelope)
            if error := socket.exception():
                raise ConnectionError(f"{error!r}")

    def _later(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(socket, envelope))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # unanswered: Slack sends it again
            log.error("an envelope was not answered: %r", error)

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        """Through the same door as a request, and answered when the door has answered."""
        heard = AsyncBoltRequest(mode="socket_mode", body=envelope["payload"])
        answer = await self._app.async_dispatch(heard)
        if answer.status != 200:
            raise ConnectionError(f"the door answered {answer.status}")
        said: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if answer.body:
            said["payload"] = json.loads(answer.body) if answer.body.startswith("{") else {"text": answer.body}
        await socket.send_json(said)
