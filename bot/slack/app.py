"""The way in from Slack: one Bolt app, one route on the shared server.

A 200 means that the desk has what was said: Bolt's own listeners answer first and run afterwards, so that a failure
loses the event, and each waits out a 10 ms poll. Ours is a middleware behind the signature check instead: it returns
the answer itself, and what it raises becomes a 500, upon which Slack redelivers.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.desk import Desk
from bot.slack import heard
from bot.slack.elements import FORM, SAY, cut
from bot.slack.heard import SHORTCUTS, Payload
from bot.slack.message import NO_UNFURL, as_card, message
from bot.slack.modal import INPUT, NotOurs, Origin, card_view, view
from bot.slack.roster import Roster
from core.chat.card import Card, Form, Reply, Text
from core.commands.ride import Ride

COMMANDS: Mapping[str, str] = {
    "steward": "",
    "backlog": "backlog",
    "sprint": "sprint",
    "standup": "standup",
    "ask": "ask",
}
"""Slash command -> the word its text continues."""

OPEN_SECONDS = 0.9
"""How long a form may take to open."""

ALL_SECONDS = 2.7
"""A trigger lives for 3 s, as does the request; who speaks was asked first, and the desk may have taken 2 of them."""

LEAST_SECONDS = 0.15
"""With less than this left no form is tried: the answer carries the button that opens it."""

_WORKING = "Working on it. The answer follows here."
_YOU = frozenset({"you"})
_ANY = frozenset({"you", "place"})
_OPEN_AGAIN = Card("I do not know this form", (Text("It may be from before an update. Open it once more."),))
_TROUBLE = (SlackApiError, aiohttp.ClientError, TimeoutError, OSError)

_began: ContextVar[float] = ContextVar("began")
"""When the request that is being answered came in."""

log = logging.getLogger(__name__)


def build(
    desk: Desk,
    *,
    token: str,
    signing_secret: str,
    prefix: str = "",
    base_url: str | None = None,
    bot_user_id: str | None = None,
    site: str = "",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> "SlackApp":
    """The app of one workspace.

    prefix       'acme' makes the slash commands /acme-steward, /acme-backlog …
    base_url     of Slack's Web API, where it is not Slack's own
    bot_user_id  our own user; learned from events or auth.test where it is not given
    site         the workspace's address ('https://acme.slack.com/'), for links to messages; likewise learned
    """
    client = AsyncWebClient(token=token, base_url=base_url or AsyncWebClient.BASE_URL, retry_handlers=[])
    door = _Door(desk, client, commands(prefix), bot_user_id, site, clock)
    return SlackApp(door, client, signing_secret)


def commands(prefix: str = "") -> dict[str, str]:
    """'/acme-backlog' -> 'backlog', for every slash command."""
    head = f"/{prefix.strip('/-')}-" if prefix.strip("/-") else "/"
    return {f"{head}{name}": group for name, group in COMMANDS.items()}


def mount(application: web.Application, app: "SlackApp", path: str = "/slack/events") -> None:
    """Serve the app at `path`. Once the last request has ended, what it still had to say is said."""
    application.router.add_post(path, app.handle)
    application.on_cleanup.append(app.drain)


class SlackApp(AsyncApp):
    """A Bolt app with one HTTP door that nothing unsigned passes, not even to be parsed."""

    def __init__(self, door: "_Door", client: AsyncWebClient, signing_secret: str) -> None:
        super().__init__(name="steward", client=client, signing_secret=signing_secret, before_authorize=door)
        self._door = door
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._signed(body, request.headers):
            probe = len(body) < 200 and dict(parse_qsl(body.decode("ascii", "replace"))).get("ssl_check") == "1"
            return web.Response(status=200) if probe else web.json_response({"error": "invalid request"}, status=401)
        text = body.decode()
        try:
            bolt = AsyncBoltRequest(body=text, query=request.query_string, headers=request.headers)  # type: ignore[arg-type]
        except (ValueError, RecursionError, AttributeError):  # the last: JSON that is no object
            return web.json_response({"error": "this is no payload of Slack's"}, status=400)
        if not bolt.body:
            # Bolt 1.30 takes a form for empty as soon as the word "payload" stands anywhere in it.
            bolt.body = dict(parse_qsl(text, keep_blank_values=True))
        answer = await self.async_dispatch(bolt)
        kind = "application/json" if answer.body.startswith("{") else "text/plain"
        return web.Response(status=answer.status, body=answer.body.encode(), content_type=kind)

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """The SDK's check, which raises on headers that no Slack would send."""
        timestamp = headers.get("X-Slack-Request-Timestamp", "")
        signature = headers.get("X-Slack-Signature", "")
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 16 and signature.isascii()):
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False

    async def drain(self, _: web.Application | None = None) -> None:
        """Wait for the replies that are on their way."""
        await self._door.drain()


class _Door(AsyncMiddleware):
    """Every signed request: to the desk and back."""

    def __init__(
        self,
        desk: Desk,
        client: AsyncWebClient,
        groups: Mapping[str, str],
        bot: str | None,
        site: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._client = client
        self._roster = Roster(client)
        self._groups = groups
        self._bot = bot
        self._site = site
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def drain(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        _began.set(asyncio.get_running_loop().time())
        try:
            return await self._taken(req.body) or await next()
        except NotOurs as odd:
            log.warning("A modal was turned away: %s", odd)
            if req.body["type"] != "view_submission":
                return _ack()
            shown = card_view(_OPEN_AGAIN, heard.alone(req.body["user"]["id"]))
            return _ack({"response_action": "update", "view": shown})

    async def _taken(self, body: Payload) -> BoltResponse | None:
        """The answer to a request; None where Bolt has it already."""
        if "command" in body:
            return await self._slash(body)
        match body.get("type"):
            case "event_callback":
                return await self._event(body)
            case "block_actions":
                return await self._click(body)
            case "view_submission":
                return await self._submission(body)
            case "message_action" if body.get("callback_id") in SHORTCUTS:
                return await self._shortcut(body)
            case "url_verification":
                return None
            case "app_rate_limited":
                log.warning("Slack holds back events of %s: more than 30,000 an hour", body.get("team_id"))
        return _ack()

    async def _slash(self, body: Payload) -> BoltResponse:
        group = self._groups.get(body["command"])
        if group is None:
            known = ", ".join(self._groups)
            return _ack(
                {"response_type": "ephemeral", "text": f"I listen to {known}. Set the prefix of this app's commands."}
            )
        ask = await self._roster.introduce(heard.slash(body, group, self._clock()))
        ride = Ride(_ANY)
        reply = await self._desk.answer(ask, ride)
        if reply is None:
            return _ack() if ride.posted else _ack({"response_type": "ephemeral", "text": _WORKING})
        if reply.form is not None and await self._open(body, reply.form):
            return _ack()
        # A slash command works between two people as well, which Slack tells from our own chat by nothing.
        shared = reply.seen_by == "place" and not ask.place.private
        return _ack({"response_type": "in_channel" if shared else "ephemeral", **message(reply), **NO_UNFURL})

    async def _event(self, body: Payload) -> BoltResponse:
        if body["event"]["type"] in ("app_mention", "message"):
            ask = heard.message(body, await self._self(body), self._site)
            if ask is not None:
                await self._desk.accept(await self._roster.introduce(ask))
        elif body["event"]["type"] == "member_joined_channel":
            for hello in heard.joined(body, await self._self(body)):
                await self._desk.accept(await self._roster.introduce(hello))
        return _ack()

    async def _self(self, body: Payload) -> str:
        """Our own user id: as set, as the event names it, or as auth.test does, once."""
        if self._bot is None:
            named = [one["user_id"] for one in body.get("authorizations") or () if one.get("is_bot")]
            if named:
                return str(named[0])
            us = await self._client.auth_test()
            self._bot, self._site = str(us["user_id"]), self._site or us.get("url", "")
        return self._bot

    async def _click(self, body: Payload) -> BoltResponse:
        action = body["actions"][0]
        if action["action_id"] == INPUT and action.get("type") == "plain_text_input":
            ask = await self._roster.introduce(heard.typed(body))
            await self._desk.answer(ask, Ride(_YOU, unheard=True))
            return _ack()
        if action["action_id"].partition(":")[0] not in (SAY, FORM):
            return _ack()
        ask = await self._roster.introduce(heard.click(body))
        return await self._private(body, await self._desk.answer(ask, Ride(_YOU)))

    async def _shortcut(self, body: Payload) -> BoltResponse:
        ask = await self._roster.introduce(heard.shortcut(body))
        reply = await self._desk.answer(ask, Ride(_YOU))
        if reply is not None and reply.form is not None:
            reply = replace(reply, form=heard.filled(reply.form, body))
        return await self._private(body, reply)

    async def _private(self, body: Payload, reply: Reply | None) -> BoltResponse:
        """A form in a modal, anything else by the click's own address, which takes it after the 200."""
        if reply is not None and not (reply.form is not None and await self._open(body, reply.form)):
            self._later(self._show(body, reply))
        return _ack()

    async def _submission(self, body: Payload) -> BoltResponse:
        ask = await self._roster.introduce(heard.submission(body, self._clock()))
        reply = await self._desk.answer(ask, Ride(_YOU))
        if reply is None:
            return _ack()
        origin = Origin(ask.place, ask.thread, ask.link)
        inputs = {block.get("block_id") for block in body["view"].get("blocks", ())} | set(ask.values)
        errors = {name: cut(text, 2_000) for name, text in reply.errors if name in inputs}
        if errors and not reply.ok:
            return _ack({"response_action": "errors", "errors": errors})
        if reply.form is not None:
            return _ack({"response_action": "update", "view": view(reply.form, origin)})
        # A refusal goes on top of the form, so that nothing typed is lost.
        return _ack({"response_action": "update" if reply.ok else "push", "view": card_view(as_card(reply), origin)})

    async def _open(self, body: Payload, form: Form) -> bool:
        """Open a modal, on top of the one that was clicked in; False where it could not be."""
        call = self._client.views_push if body.get("view") else self._client.views_open
        left = ALL_SECONDS - (asyncio.get_running_loop().time() - _began.get())
        if left < LEAST_SECONDS:
            log.warning("A form was not opened: %.1f s are gone", ALL_SECONDS - left)
            return False
        try:
            async with asyncio.timeout(min(OPEN_SECONDS, left)):
                await call(trigger_id=body["trigger_id"], view=view(form, heard.origin(body)))
        except _TROUBLE as trouble:
            log.warning("A form could not be opened: %s", trouble)
            return False
        return True

    async def _show(self, body: Payload, reply: Reply) -> None:
        """A private answer to a click: over the ephemeral card that was clicked, else beside it."""
        origin = heard.origin(body)
        try:
            if body.get("response_url"):
                sent = await AsyncWebhookClient(body["response_url"], timeout=5, retry_handlers=[]).send_dict(
                    {**message(reply), **NO_UNFURL, **_beside(body, origin)}
                )
                if sent.status_code != 200:
                    log.warning("A private answer was not taken: %s %s", sent.status_code, sent.body)
            elif body.get("view"):
                shown = card_view(as_card(reply), origin)
                await self._client.views_update(view_id=body["view"]["id"], view=shown)
        except _TROUBLE as trouble:
            log.warning("A private answer could not be shown: %s", trouble)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _beside(body: Payload, origin: Origin) -> dict[str, Any]:
    ephemeral = bool((body.get("container") or {}).get("is_ephemeral"))
    # A lasting message with our buttons in a private chat was posted by us: there our answers may stay too.
    stays = origin.place.private and not ephemeral and body["type"] == "block_actions"
    shown: dict[str, Any] = {"response_type": "in_channel" if stays else "ephemeral", "replace_original": ephemeral}
    if origin.thread and not ephemeral:
        shown["thread_ts"] = origin.thread
    return shown


def _ack(body: dict[str, Any] | str = "") -> BoltResponse:
    return BoltResponse(status=200, body=body)
