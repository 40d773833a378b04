"""Posts deliveries to Teams: one attempt each, its outcome classified."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.schema import (
    Activity,
    Attachment,
    ChannelAccount,
    ConversationAccount,
    ConversationParameters,
    ConversationReference,
)

from bot.links import Links
from bot.teams.adaptive import NOWHERE, Addresses, adaptive, fill_in, inline, refusal, sentence
from bot.teams.connector import Connector, Declined, Lost, NotSent
from bot.teams.incoming import NO_DIALOGS, THREAD
from bot.teams.roster import Roster
from core.chat.ask import Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Card, Reply, Text, escape
from core.schedule.delivery import Delivery, Later, Never, Outcome, Refuses, Sent, Standing, Unknown, set_aside

CHANNEL = "msteams"
CARD = "application/vnd.microsoft.card.adaptive"
SECONDS = 20.0
"""A send ends after this long, whatever happens."""

PAUSE = timedelta(seconds=5)
REFUSED_TOKEN_PAUSE = timedelta(minutes=1)
BUSY = frozenset({408, 409, 412, 423, 425, 429, 502, 503, 504})
"""Answers after which the same message may go out later (https://learn.microsoft.com/microsoftteams/platform/bots/
how-to/rate-limit names 412, 429, 502 and 504)."""


GONE = frozenset({404, 405, 410})
"""Answers to an edit whose message stands no longer, or was never ours to edit: it is posted anew."""


REFUSES = {
    403: Refuses(
        "Teams does not let me write there",
        "Add me to the team as an app; where the channel is moderated, its owner can let apps post.",
    ),
    404: Refuses("I am not there any more", "Add me there again as an app."),
}
"""Answers of a place that will say so to the next message too; as one would tell somebody."""

_REASONS = {
    "MessageWritesBlocked": Refuses("I was blocked there"),
    "MemberNotFoundInConversation": Refuses("Teams cannot find them"),
}


class TeamsSender:
    """Keeps bot.desk.Sender. Pacing stands in the outbox, not here."""

    platform = Platform.TEAMS

    def __init__(
        self,
        connector: Connector,
        roster: Roster,
        *,
        links: Links | None = None,
        timeout: float = SECONDS,
    ) -> None:
        self._connector = connector
        self._roster = roster
        self._links = links
        self._timeout = timeout

    async def send(self, delivery: Delivery) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._send(replace(delivery, place=_addressed(delivery)))
        except TimeoutError:
            return Unknown(f"no answer in {self._timeout:g} s")
        except Declined as error:
            said = outcome(error)
            return Never(str(error)) if _lost_thread(error, delivery) else said
        except (NotSent, Lost) as error:
            return outcome(error)

    async def _send(self, delivery: Delivery) -> Outcome:
        if delivery.replaces is not None and (edited := await self._edit(delivery, delivery.replaces)):
            return edited
        if delivery.place.private and not delivery.place.external_id:
            chat = await self._private_chat(delivery)
            return await self._post(chat, None, self._message(delivery), chat.external_id)
        if delivery.only_for and not delivery.place.private and not _opens(delivery.reply):
            return await self._privately(delivery)
        try:
            return await self._post(delivery.place, delivery.thread, self._said(delivery))
        except Declined as error:
            why = outcome(error)
            if not isinstance(why, Refuses) or delivery.asker is None or delivery.place.private:
                raise
            reply = _threadless(delivery) if _lost_thread(error, delivery) else _shut_out(delivery, why)
            if (aside := await self._aside(delivery, delivery.asker, reply)) is None:
                raise
            return aside

    async def find(self, delivery: Delivery) -> str | None:
        raise NotImplementedError("Teams cannot be asked what was posted")

    async def _privately(self, delivery: Delivery) -> Outcome:
        """To the person's own chat with us; a sentence in the place where Teams refuses that for good."""
        try:
            chat = await self._private_chat(delivery)
            return await self._post(chat, None, self._message(delivery), chat.external_id)
        except Declined as error:
            said = outcome(error)
            if not isinstance(said, Never | Refuses):
                return said
        return await self._post(delivery.place, delivery.thread, _unreachable(delivery))

    async def _aside(self, delivery: Delivery, asker: Speaker, reply: Reply) -> Outcome | None:
        """To the chat of whoever asked, as the reply cannot stand in its place; None where Teams refuses that too."""
        mine = replace(delivery, only_for=asker, reply=reply)
        try:
            chat = await self._private_chat(mine)
            return await self._post(chat, None, self._message(mine), chat.external_id)
        except Declined as error:
            if isinstance(outcome(error), Never | Refuses):
                return None
            raise

    async def _private_chat(self, delivery: Delivery) -> Place:
        address, person = delivery.place.address, delivery.only_for
        assert person is not None
        service_url, tenant = _wanted(address, "service_url"), _wanted(address, "tenant_id")
        try:
            found = self._roster.recall(tenant, person.external_id) or await self._roster.find(
                tenant, service_url, _met_in(delivery), person.external_id
            )
            chat = await self._create(
                service_url,
                ConversationParameters(
                    is_group=False,
                    bot=ChannelAccount(id=address.get("bot_id", "")),
                    members=[ChannelAccount(id=found.teams_id)],
                    tenant_id=tenant,
                    channel_data={"tenant": {"id": tenant}},
                ),
            )
        except Lost as error:
            raise NotSent(str(error)) from error  # the message itself had not set out
        own = {"conversation_id": chat.conversation.id, "user_id": found.teams_id, "user_aad": found.external_id}
        return replace(
            delivery.place, external_id=chat.conversation.id, kind=PlaceKind.PRIVATE, address={**address, **own}
        )

    async def _edit(self, delivery: Delivery, old: Standing) -> Sent | None:
        """The earlier message, with new words; None where it stands no longer."""
        place = delivery.place
        conversation = old.where or _conversation(place, delivery.thread or old.ref)
        message = self._said(delivery)
        message.id = old.ref

        async def say(context: TurnContext) -> None:
            context.activity.id = None  # as when posting: an id that the SDK made up
            await context.update_activity(message)

        reference = _reference(place, _wanted(place.address, "service_url"), conversation)
        try:
            await self._connector.adapter.continue_conversation(reference, say, self._connector.app_id)
        except Declined as error:
            if error.status not in GONE:
                raise
            return None
        return Sent(old.ref, old.where)

    async def _post(self, place: Place, thread: str | None, message: Activity, where: str = "") -> Outcome:
        """where: the conversation as the outbox is to know it, where it is not the place that was asked for."""
        service_url = _wanted(place.address, "service_url")
        if place.kind is PlaceKind.CHANNEL and thread is None:
            return Sent(await self._open_thread(place, service_url, message))
        conversation = _conversation(place, thread)
        posted: list[str] = []

        async def say(context: TurnContext) -> None:
            # The SDK would answer to the id it made up for the continuation itself.
            context.activity.id = None
            answer = await context.send_activity(message)
            posted.append(answer.id or "")

        await self._connector.adapter.continue_conversation(
            _reference(place, service_url, conversation), say, self._connector.app_id
        )
        return Sent(posted[0], where)

    async def _open_thread(self, place: Place, service_url: str, message: Activity) -> str:
        tenant = place.address.get("tenant_id", "")
        created = await self._create(
            service_url,
            ConversationParameters(
                is_group=True,
                bot=ChannelAccount(id=place.address.get("bot_id", "")),
                activity=message,
                tenant_id=tenant or None,
                channel_data={"channel": {"id": place.external_id}, "tenant": {"id": tenant}},
            ),
        )
        return str(created.id)

    async def _create(self, service_url: str, parameters: ConversationParameters) -> Any:
        """The activity that tells of the new conversation: its id, and the id of the message that opened it."""
        told: list[Any] = []

        async def note(context: TurnContext) -> None:
            told.append(context.activity)

        await self._connector.adapter.create_conversation(
            self._connector.app_id, note, parameters, CHANNEL, service_url
        )
        return told[0]

    def _said(self, delivery: Delivery) -> Activity:
        form = delivery.reply.form
        if form is None or not delivery.place.address.get(NO_DIALOGS):
            return self._message(delivery)
        attachment = Attachment(content_type=CARD, content=inline(form))
        return Activity(type="message", summary=form.title, attachments=[attachment])

    def _message(self, delivery: Delivery) -> Activity:
        reply = delivery.reply
        card = fill_in(reply.form) if reply.form else reply.card
        summary = sentence(reply) if reply.refused else card.title if card else ""
        if card is None:
            # Plain, because Teams reads text as Markdown otherwise.
            return Activity(type="message", summary=summary, text=summary, text_format="plain")
        shown = refusal(reply, card) if reply.refused else card
        drawn = adaptive(shown, addresses(self._links, delivery.connection, delivery.key))
        attachment = Attachment(content_type=CARD, content=drawn)
        return Activity(type="message", summary=summary, attachments=[attachment])


def addresses(links: Links | None, connection: Connection, key: str = "") -> Addresses:
    """Where a card's pictures are fetched, and its files, where it stands in the outbox under a key."""
    if links is None:
        return NOWHERE
    return Addresses(
        picture=lambda name: links.picture(connection, name),
        file=(lambda number, name: links.file(key, number, name)) if key else None,
    )


def _addressed(delivery: Delivery) -> Place:
    """The place with an address: what it has not of its own, another place of the same tenant lends."""
    place, via = delivery.place, delivery.via
    if place.address or via is None:
        return place
    lent = {name: via.address[name] for name in ("service_url", "tenant_id", "bot_id") if name in via.address}
    if place.external_id:
        lent["conversation_id"] = place.external_id
    return replace(place, address=lent)


def _met_in(delivery: Delivery) -> str:
    """A conversation that the person is a member of."""
    if delivery.place.private and delivery.via is not None:
        return delivery.via.external_id
    return delivery.place.external_id


def _conversation(place: Place, thread: str | None) -> str:
    """A chat has no threads; a channel has nothing else."""
    threaded = thread and place.kind is PlaceKind.CHANNEL
    return _wanted(place.address, "conversation_id") + (f"{THREAD}{thread}" if threaded else "")


def _opens(reply: Reply) -> bool:
    """Whether it is a button that opens a form: it tells nobody anything, and must stand where the form is about."""
    return reply.form is not None and not reply.refused


def _unreachable(delivery: Delivery) -> Activity:
    name = delivery.only_for.name if delivery.only_for else ""
    text = (
        f"{name or 'Somebody'}, there is an answer for you alone, but Teams does not let me write to you. "
        "Add me as an app in Teams, say hello there, and ask again."
    )
    return Activity(type="message", text=text, text_format="plain", summary=text)


def _lost_thread(error: Declined, delivery: Delivery) -> bool:
    """Whether a thread is gone, which does not mean its channel is."""
    return error.status == 404 and delivery.thread is not None


def _threadless(delivery: Delivery) -> Reply:
    """The same, with a line that says why it does not stand in its thread."""
    return _headed(delivery.reply, f"The thread in {_named(delivery.place)} where this was asked is gone.")


def _shut_out(delivery: Delivery, why: Refuses) -> Reply:
    """The same, with a line that says why it stands in the private chat."""
    line = f"I cannot write in {_named(delivery.place)}: {why.why}. {why.mend}".strip()
    return _headed(set_aside(delivery.reply, why), line)


def _named(place: Place) -> str:
    return f"#{place.name}" if place.name else "that channel"


def _headed(reply: Reply, line: str) -> Reply:
    if reply.form is not None:
        return reply
    card = reply.card or Card(sentence(reply))
    return replace(reply, card=replace(card, body=(Text(escape(line)), *card.body)))


def _reference(place: Place, service_url: str, conversation: str) -> ConversationReference:
    address = place.address
    user = (
        ChannelAccount(id=address["user_id"], aad_object_id=address.get("user_aad")) if "user_id" in address else None
    )
    return ConversationReference(
        channel_id=CHANNEL,
        service_url=service_url,
        bot=ChannelAccount(id=address.get("bot_id", "")),
        user=user,
        conversation=ConversationAccount(id=conversation, tenant_id=address.get("tenant_id")),
    )


def _wanted(address: Any, name: str) -> str:
    value = address.get(name, "")
    if not value:
        raise Declined(400, "NoAddress", f"the place has no {name}", "")
    return str(value)


# ---- outcomes ----


def outcome(error: NotSent | Lost | Declined) -> Outcome:
    """What an error on the road means for the message."""
    if isinstance(error, NotSent):
        return Later(_jittered(PAUSE), str(error))
    if isinstance(error, Lost):
        return Unknown(str(error))
    if error.status == 401:
        return Later(_jittered(REFUSED_TOKEN_PAUSE), f"Teams does not take our token: {error}")
    if error.status in BUSY:
        return Later(_jittered(_asked_to_wait(error.retry_after) or PAUSE), str(error))
    if error.status in REFUSES:
        return _REASONS.get(error.code, REFUSES[error.status])
    return Unknown(str(error)) if error.status >= 500 else Never(str(error))


def _asked_to_wait(retry_after: str) -> timedelta | None:
    """Retry-After in either of its forms: seconds, or a date."""
    if retry_after.isdecimal():
        return timedelta(seconds=int(retry_after))
    try:
        return max(parsedate_to_datetime(retry_after) - datetime.now(UTC), timedelta(0))
    except (ValueError, TypeError):
        return None


def _jittered(wait: timedelta) -> timedelta:
    """Up to a quarter more, so that replicas do not come back together; never less than was asked for."""
    return wait * random.uniform(1.0, 1.25)
