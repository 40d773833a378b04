"""The way out to Slack: one message a delivery, and what came of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.message import message
from bot.slack.modal import USER
from core.chat.ask import Platform, Speaker
from core.schedule.delivery import Delivery, Later, Never, Outcome, Sent, Standing, Unknown

EVENT = "steward_delivery"
"""The event type of our metadata; its payload holds the delivery's key."""

SKEW = timedelta(minutes=2)
"""How far our clock and Slack's may lie apart when an earlier attempt is looked for."""

_MINUTE = timedelta(minutes=1)
_QUARTER = timedelta(minutes=15)

# What Slack says it did not do, and may do later. The second group is about our token, which somebody may mend,
# and must not count against the place.
_LATER = {
    **dict.fromkeys(("ratelimited", "rate_limited", "service_unavailable", "request_timeout"), _MINUTE),
    **dict.fromkeys(("team_added_to_org", "accesslimited", "message_limit_exceeded"), _QUARTER),
    **dict.fromkeys(("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"), _QUARTER),
    **dict.fromkeys(("missing_scope", "org_login_required", "two_factor_setup_required"), _QUARTER),
}
_UNKNOWN = frozenset({"internal_error", "fatal_error"})
_NOT_THESE_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"})
_NO_ENTRANCE = frozenset({"not_in_channel", "channel_not_found", "user_not_in_channel"})
# What Slack says where a message stands no longer, or cannot be edited (an ephemeral one): it is posted anew.
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "no_permission", "not_found"})
_CANNOT_ASK = frozenset({"missing_scope", "not_in_channel", "channel_not_found", "thread_not_found", "is_archived"})
_UNSENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_TROUBLE = (aiohttp.ClientError, TimeoutError, OSError)

Post = Callable[..., Awaitable[AsyncSlackResponse]]


class SlackSender:
    """Posts as one workspace's bot.

    timeout  seconds for one delivery; 10 less than the outbox's lease
    """

    platform = Platform.SLACK

    def __init__(self, token: str, base_url: str | None = None, timeout: int = 20) -> None:
        self._timeout = timeout
        # By default the client posts again after a dropped connection, though the first may stand there.
        self._client = AsyncWebClient(
            token=token, base_url=base_url or AsyncWebClient.BASE_URL, timeout=timeout, retry_handlers=[]
        )

    async def send(self, delivery: Delivery) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._send(delivery)
        except SlackApiError as refusal:
            return _outcome(refusal)
        except _UNSENT as trouble:
            return Later(_MINUTE, f"Slack could not be reached: {trouble}")
        except _TROUBLE as trouble:
            return Unknown(f"{type(trouble).__name__}: {trouble}")

    async def find(self, delivery: Delivery) -> str | None:
        """The `ts` under which an earlier attempt stands. An edit is simply made again.

        Raises NotImplementedError for ephemeral messages and where we may not read; ConnectionError where Slack
        could not be asked just now: then nothing is known, and it is to be asked again.
        """
        if delivery.only_for is not None and not delivery.place.private:
            raise NotImplementedError("Slack keeps no ephemeral messages")
        if delivery.replaces is not None:
            raise NotImplementedError("an edit may be made twice")
        try:
            return await self._find(delivery)
        except SlackApiError as refusal:
            if _error(refusal) in _CANNOT_ASK:
                raise NotImplementedError(_error(refusal)) from refusal
            raise ConnectionError(_error(refusal)) from refusal
        except _TROUBLE as trouble:
            raise ConnectionError(str(trouble)) from trouble

    # ---- out ----

    async def _send(self, delivery: Delivery) -> Outcome:
        shown = message(delivery.reply)
        if delivery.replaces is not None:
            edited = await self._edit(delivery, delivery.replaces, shown)
            if edited is not None:
                return edited
        if delivery.thread is not None:
            shown["thread_ts"] = delivery.thread
        only_for, place = _reader(delivery), delivery.place
        if place.external_id:
            try:
                if delivery.only_for is None or place.private:
                    return await self._post(place.external_id, delivery, shown)
                return await self._whisper(place.external_id, delivery.only_for, shown)
            except SlackApiError as refusal:
                if only_for is None or _error(refusal) not in _NO_ENTRANCE:
                    raise
            shown.pop("thread_ts", None)  # it was the place's
        if only_for is None:
            return Never("no channel is named")
        try:
            channel = await self._private_chat(only_for)
        except _TROUBLE as trouble:
            return Later(_MINUTE, f"no private chat could be opened: {trouble}")
        return await self._post(channel, delivery, shown)

    async def _edit(self, delivery: Delivery, old: Standing, shown: dict[str, Any]) -> Sent | None:
        """The earlier message, with new words; None where it stands no longer, nor one posted in its stead."""
        where = old.where or delivery.place.external_id or await self._private_chat_of(delivery)
        if await self._say_instead(where, old.ref, delivery, shown):
            return Sent(old.ref, _elsewhere(where, delivery))
        anew = await self._posted_anew(where, delivery) if delivery.attempted is not None else None
        if anew is not None and await self._say_instead(where, anew, delivery, shown):
            return Sent(anew, _elsewhere(where, delivery))
        return None

    async def _say_instead(self, where: str, ts: str, delivery: Delivery, shown: dict[str, Any]) -> bool:
        said = {name: value for name, value in shown.items() if not name.startswith("unfurl")}
        try:
            await self._plainer(self._client.chat_update, channel=where, ts=ts, metadata=_metadata(delivery), **said)
        except SlackApiError as refusal:
            if _error(refusal) not in _GONE:
                raise
            return False
        return True

    async def _posted_anew(self, where: str, delivery: Delivery) -> str | None:
        """What an earlier attempt of this edit may have posted when it found its message gone."""
        try:
            return await self._look(where, delivery)
        except SlackApiError as refusal:
            if _error(refusal) not in _CANNOT_ASK:
                raise
            return None

    async def _private_chat_of(self, delivery: Delivery) -> str:
        reader = _reader(delivery)
        return await self._private_chat(reader) if reader else ""

    async def _post(self, channel: str, delivery: Delivery, shown: dict[str, Any]) -> Sent:
        sent = await self._plainer(
            self._client.chat_postMessage, channel=channel, metadata=_metadata(delivery), **shown
        )
        return Sent(str(sent["ts"]), _elsewhere(channel, delivery))

    async def _whisper(self, channel: str, user: Speaker, shown: dict[str, Any]) -> Sent:
        seen = {name: value for name, value in shown.items() if not name.startswith("unfurl")}
        sent = await self._plainer(self._client.chat_postEphemeral, channel=channel, user=user.external_id, **seen)
        return Sent(str(sent["message_ts"]))

    async def _plainer(self, post: Post, **shown: Any) -> AsyncSlackResponse:
        """Post; where Slack does not take the blocks, once more in words alone."""
        try:
            return await post(**shown)
        except SlackApiError as refusal:
            if _error(refusal) not in _NOT_THESE_BLOCKS:
                raise
        del shown["blocks"]
        return await post(**shown)

    async def _private_chat(self, user: Speaker) -> str:
        opened = await self._client.conversations_open(users=user.external_id)
        channel: str = opened["channel"]["id"]
        return channel

    # ---- what became of it ----

    async def _find(self, delivery: Delivery) -> str | None:
        channel, reader = delivery.place.external_id, _reader(delivery)
        if channel:
            try:
                return await self._look(channel, delivery)
            except SlackApiError as refusal:
                if reader is None or _error(refusal) not in _NO_ENTRANCE:
                    raise
        if reader is None:
            return None
        return await self._look(await self._private_chat(reader), delivery, threads=False)

    async def _look(self, channel: str, delivery: Delivery, threads: bool = True) -> str | None:
        asked: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": 200}
        if delivery.attempted is not None:
            asked["oldest"] = f"{(delivery.attempted - SKEW).timestamp():.6f}"
        read: Post = self._client.conversations_history
        if delivery.thread is not None and threads:
            read = self._client.conversations_replies
            asked["ts"] = delivery.thread
        while True:
            page = await read(**asked)
            for one in page["messages"]:
                if one.get("metadata") and _marked(one["metadata"]) == delivery.mark:
                    return str(one["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
            asked["cursor"] = cursor


def _reader(delivery: Delivery) -> Speaker | None:
    """The one person who is told it in their own chat with us, where it cannot stand in its place."""
    owner = delivery.place.address.get(USER)
    return delivery.only_for or (Speaker(owner) if owner and delivery.place.private else delivery.asker)


def _metadata(delivery: Delivery) -> dict[str, Any]:
    return {"event_type": EVENT, "event_payload": {"key": delivery.mark}}


def _marked(metadata: Mapping[str, Any]) -> str:
    return str(metadata["event_payload"].get("key")) if metadata.get("event_type") == EVENT else ""


def _elsewhere(channel: str, delivery: Delivery) -> str:
    return "" if channel == delivery.place.external_id else channel


def _error(refusal: SlackApiError) -> str:
    data = getattr(refusal.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def _outcome(refusal: SlackApiError) -> Outcome:
    error = _error(refusal)
    status = getattr(refusal.response, "status_code", None)
    headers = getattr(refusal.response, "headers", None) or {}
    wait = str(headers.get("Retry-After", ""))
    if status == 429:
        return Later(timedelta(seconds=int(wait)) if wait.isdecimal() else _MINUTE, "Slack asks us to wait")
    if error in _LATER:
        return Later(_LATER[error], error)
    if not error or error in _UNKNOWN:
        return Unknown(error or f"Slack answered {status}")
    return Never(error)
