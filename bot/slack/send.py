"""The way out to Slack: one message a delivery, and what came of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.message import NO_UNFURL, as_card, message
from bot.slack.modal import USER
from bot.slack.outcomes import (
    CANNOT_ASK,
    GONE,
    MINUTE,
    NO_ENTRANCE,
    NO_THREAD,
    NOT_THESE_BLOCKS,
    SHUT,
    TROUBLE,
    UNSENT,
    asks_to_wait,
    error_of,
    outcome,
)
from bot.slack.uploads import LoadPicture, Uploads, names_in
from core.chat.ask import Place, PlaceKind, Platform, Speaker
from core.chat.card import File, Reply, files
from core.schedule.delivery import Delivery, Later, Never, Outcome, Refuses, Sent, Standing, Unknown, set_aside

log = logging.getLogger(__name__)

EVENT = "steward_delivery"
"""The event type of our metadata; its payload holds the delivery's key."""

SKEW = timedelta(minutes=2)
"""How far our clock and Slack's may lie apart when an earlier attempt is looked for."""

READY = (0.3, 0.7, 1.5, 3.0)
"""Seconds between attempts while Slack looks over a picture that was just uploaded."""

Post = Callable[..., Awaitable[AsyncSlackResponse]]


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A delivery made ready: its message, the same with pictures in words, and what was uploaded: pictures that stand
    in the message, and files that wait to be shown."""

    delivery: Delivery
    shown: dict[str, Any]
    plain: dict[str, Any] | None
    pictures: Mapping[str, str]
    files: list[tuple[File, str]]


class SlackSender:
    """Posts as one workspace's bot.

    timeout  seconds for one delivery; 10 less than the outbox's lease
    load     gives the pictures that cards show
    """

    platform = Platform.SLACK

    def __init__(
        self, token: str, base_url: str | None = None, timeout: int = 20, load: LoadPicture | None = None
    ) -> None:
        self._timeout = timeout
        # By default the client posts again after a dropped connection, though the first may stand there.
        self._client = AsyncWebClient(
            token=token, base_url=base_url or AsyncWebClient.BASE_URL, timeout=timeout, retry_handlers=[]
        )
        self._uploads = Uploads(self._client, load, timeout)

    async def send(self, delivery: Delivery) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout):
                parcel = await self._packed(delivery)
                return parcel if isinstance(parcel, Later) else await self._send(parcel)
        except SlackApiError as refusal:
            return outcome(refusal)
        except UNSENT as trouble:
            return Later(MINUTE, f"Slack could not be reached: {trouble}")
        except TROUBLE as trouble:
            return Unknown(f"{type(trouble).__name__}: {trouble}")

    async def find(self, delivery: Delivery) -> str | None:
        """The `ts` under which an earlier attempt stands; files that did not get there with it follow now. An edit is
        simply made again.

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
            if error_of(refusal) in CANNOT_ASK:
                raise NotImplementedError(error_of(refusal)) from refusal
            raise ConnectionError(error_of(refusal)) from refusal
        except TROUBLE as trouble:
            raise ConnectionError(str(trouble)) from trouble

    # ---- made ready ----

    async def _packed(self, delivery: Delivery) -> _Parcel | Later:
        """Upload what the message shows; nothing of it stands anywhere yet. What Slack does not take, words tell."""
        card = as_card(delivery.reply)
        pictures, begun = {}, []
        try:
            pictures = await self._uploads.pictures(delivery.connection, card)
            begun = await self._uploads.begin_files(card)
        except SlackApiError as refusal:
            if asks_to_wait(refusal):
                raise
            log.warning("Slack takes no file: %s", error_of(refusal))
        except TROUBLE as trouble:
            return Later(MINUTE, f"a file could not be uploaded: {trouble!r}")
        shown = message(delivery.reply, pictures, uploaded=bool(begun))
        plain = message(delivery.reply, uploaded=bool(begun)) if pictures else None
        if begun and delivery.only_for is not None and not delivery.place.private:
            # a file cannot be shown to one person of a channel: all of it goes to their own chat
            owner = {USER: delivery.only_for.external_id}
            delivery = replace(delivery, place=Place("", PlaceKind.PRIVATE, address=owner), thread=None)
        return _Parcel(delivery, shown, plain, pictures, begun)

    # ---- out ----

    async def _send(self, parcel: _Parcel) -> Outcome:
        delivery = parcel.delivery
        if delivery.replaces is not None:
            edited = await self._edit(parcel, delivery.replaces)
            if edited is not None:
                return edited
        only_for, place = _reader(delivery), delivery.place
        if place.external_id:
            try:
                if delivery.only_for is None or place.private:
                    return await self._post(place.external_id, parcel, delivery.thread)
                return await self._whisper(place.external_id, delivery.only_for, parcel)
            except SlackApiError as refusal:
                if only_for is None or error_of(refusal) not in NO_ENTRANCE:
                    raise
                if not place.private and delivery.only_for is None:
                    parcel = _told_why(parcel, error_of(refusal))
        thread = None if place.external_id else delivery.thread  # in another place there is no such thread
        if only_for is None:
            return Never("no channel is named")
        try:
            channel = await self._private_chat(only_for)
        except TROUBLE as trouble:
            return Later(MINUTE, f"no private chat could be opened: {trouble}")
        return await self._post(channel, parcel, thread)

    async def _edit(self, parcel: _Parcel, old: Standing) -> Sent | None:
        """The earlier message, with new words; None where it stands no longer, nor one posted in its stead."""
        delivery = parcel.delivery
        where = old.where or delivery.place.external_id or await self._private_chat_of(delivery)
        if await self._say_instead(where, old.ref, parcel):
            return Sent(old.ref, _elsewhere(where, delivery))
        anew = await self._posted_anew(where, delivery) if delivery.attempted is not None else None
        if anew is not None and await self._say_instead(where, anew, parcel):
            return Sent(anew, _elsewhere(where, delivery))
        return None

    async def _say_instead(self, where: str, ts: str, parcel: _Parcel) -> bool:
        try:
            await self._plainer(
                self._client.chat_update, parcel, channel=where, ts=ts, metadata=_metadata(parcel.delivery)
            )
        except SlackApiError as refusal:
            if error_of(refusal) not in GONE:
                raise
            return False
        return True

    async def _posted_anew(self, where: str, delivery: Delivery) -> str | None:
        """What an earlier attempt of this edit may have posted when it found its message gone."""
        try:
            return await self._look(where, delivery)
        except SlackApiError as refusal:
            if error_of(refusal) not in CANNOT_ASK:
                raise
            return None

    async def _private_chat_of(self, delivery: Delivery) -> str:
        reader = _reader(delivery)
        return await self._private_chat(reader) if reader else ""

    async def _post(self, channel: str, parcel: _Parcel, thread: str | None) -> Sent:
        more: dict[str, Any] = {"thread_ts": thread} if thread is not None else {}
        sent = await self._plainer(
            self._client.chat_postMessage,
            parcel,
            channel=channel,
            metadata=_metadata(parcel.delivery),
            **NO_UNFURL,
            **more,
        )
        if parcel.files:
            try:
                await self._uploads.share(parcel.files, channel, thread)
            except SlackApiError as refusal:
                # the message stands: whether to come back for the files is all that is left to decide
                if asks_to_wait(refusal):
                    raise ConnectionError(error_of(refusal)) from refusal
                log.warning("Slack did not show a file: %s", error_of(refusal))
        return Sent(str(sent["ts"]), _elsewhere(channel, parcel.delivery))

    async def _whisper(self, channel: str, user: Speaker, parcel: _Parcel) -> Sent:
        more = {"thread_ts": parcel.delivery.thread} if parcel.delivery.thread is not None else {}
        sent = await self._plainer(
            self._client.chat_postEphemeral, parcel, channel=channel, user=user.external_id, **more
        )
        return Sent(str(sent["message_ts"]))

    async def _plainer(self, post: Post, parcel: _Parcel, **where: Any) -> AsyncSlackResponse:
        """Post; where Slack does not take the blocks, again when it may have looked the pictures over, then with the
        pictures in words, then in words alone."""
        tries: list[tuple[dict[str, Any], float]] = [(parcel.shown, 0.0)]
        if parcel.plain is not None:
            tries = [*((parcel.shown, wait) for wait in READY), (parcel.shown, 0.0), (parcel.plain, 0.0)]
        for shown, wait in tries:
            if shown is parcel.plain:
                self._uploads.forget(parcel.delivery.connection, as_card(parcel.delivery.reply))
            try:
                return await post(**where, **shown)
            except SlackApiError as refusal:
                if error_of(refusal) not in NOT_THESE_BLOCKS:
                    raise
            await asyncio.sleep(wait)
        words = {name: value for name, value in parcel.shown.items() if name != "blocks"}
        return await post(**where, **words)

    async def _private_chat(self, user: Speaker) -> str:
        opened = await self._client.conversations_open(users=user.external_id)
        channel: str = opened["channel"]["id"]
        return channel

    # ---- what became of it ----

    async def _find(self, delivery: Delivery) -> str | None:
        channel, reader = delivery.place.external_id, _reader(delivery)
        if channel:
            try:
                return await self._whole(channel, delivery, delivery.thread)
            except SlackApiError as refusal:
                if reader is None or error_of(refusal) not in NO_ENTRANCE:
                    raise
        if reader is None:
            return None
        return await self._whole(await self._private_chat(reader), delivery, None)

    async def _whole(self, channel: str, delivery: Delivery, thread: str | None) -> str | None:
        """Where the message stands, with its files."""
        ts = await self._look(channel, delivery, threads=thread is not None)
        wanted = files(as_card(delivery.reply))
        if ts is None or not wanted:
            return ts
        read: Post = self._client.conversations_replies if thread else self._client.conversations_history
        asked = {"ts": thread} if thread else {}
        page = await read(channel=channel, oldest=ts, limit=200, **asked)
        if not {file.name for file in wanted} <= names_in(page["messages"]):
            await self._uploads.share(await self._uploads.begin_files(as_card(delivery.reply)), channel, thread)
        return ts

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


def _told_why(parcel: _Parcel, error: str) -> _Parcel:
    """The same, with a line that says why it stands in the private chat."""
    delivery, channel = parcel.delivery, f"<#{parcel.delivery.place.external_id}>"
    if error in NO_THREAD:
        return _headed(
            parcel, delivery.reply, f"The thread in {channel} where this was asked takes no answer any more."
        )
    if error not in SHUT:
        return parcel
    why = Refuses(*SHUT[error])
    return _headed(parcel, set_aside(delivery.reply, why), f"I cannot write in {channel}: {why.why}. {why.mend}")


def _headed(parcel: _Parcel, reply: Reply, line: str) -> _Parcel:
    block = {"type": "context", "elements": [{"type": "mrkdwn", "text": line}]}

    def said(pictures: Mapping[str, str]) -> dict[str, Any]:
        shown = message(reply, pictures, uploaded=bool(parcel.files))
        return {**shown, "blocks": [block, *shown["blocks"]][:50]} if shown.get("blocks") else shown

    return replace(parcel, shown=said(parcel.pictures), plain=said({}) if parcel.plain else None)


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
