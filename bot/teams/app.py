"""Teams in: POST /api/messages -> asks; what may ride in the response is answered there, the rest by the outbox."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web
from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.schema import Activity, ActivityTypes

from bot.desk import Desk
from bot.links import Links
from bot.teams import bearer, incoming
from bot.teams.adaptive import adaptive, fill_in, sentence, words
from bot.teams.connector import Connector, FetchToken, Road, Tokens, managed_identity, secret
from bot.teams.incoming import Scene
from bot.teams.inputs import dialog, dialog_title, opens_dialog, picked, submitted
from bot.teams.roster import Roster
from bot.teams.send import CARD, CHANNEL, SECONDS, TeamsSender, addresses
from bot.teams.text import Mention, command_line
from core.chat.ask import Ask
from core.chat.card import Form, Reply
from core.commands.ride import Ride
from core.commands.workspace.help import HELLO

log = logging.getLogger(__name__)

Json = dict[str, Any]

_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

WORKING = "Working on it."
WORKING_IN_A_CHANNEL = "Working on it. What only you may see comes in our private chat."
ANSWERED = "The answer is in this conversation."
ANSWERED_IN_PRIVATE = "The answer is in our private chat."
ANY = frozenset({"you", "place", "pictures"})
YOU = frozenset({"you"})
NOBODY: frozenset[str] = frozenset()


def build(
    desk: Desk,
    *,
    app_id: str = "",
    app_password: str = "",
    tenant_id: str = "",
    anonymous: bool = False,
    managed: bool = False,
    links: Links | None = None,
    metadata: str = bearer.METADATA,
    fetch_token: FetchToken | None = None,
    send_timeout: float = SECONDS,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> "Teams":
    """The Teams face of a desk. Nothing is fetched before the first request.

    app_id, app_password, tenant_id  a single-tenant app registration; managed: the app id is a managed identity
    anonymous    no token is wanted or sent: local work only. Raises ValueError where neither this nor an app is given
    links        make the addresses of pictures and files; None where this server cannot be reached from outside
    metadata     where the Bot Connector says which keys it signs with; fetch_token: gets the bot's own token
    now          stands in where an activity carries no time
    """
    if not anonymous and not (app_id and tenant_id and (app_password or managed)):
        raise ValueError(
            "Teams needs an app id, a tenant id and a password or a managed identity, or anonymous for local work."
        )
    sessions = _Sessions()
    tokens = None
    if not anonymous:
        fetch = fetch_token or (managed_identity(app_id) if managed else secret(app_id, app_password, tenant_id))
        tokens = Tokens(fetch)
    connector = Connector(app_id, Road(sessions.get, tokens, send_timeout))
    gate = None if anonymous else bearer.Gate(app_id, bearer.Keys(sessions.get, metadata=metadata))
    roster = Roster(connector)
    sender = TeamsSender(connector, roster, links=links, timeout=send_timeout)
    return Teams(desk, connector, roster, sender, gate, sessions, tokens, tenant_id, links, now)


class _Sessions:
    """One aiohttp session, made by the loop that first needs it."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def get(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(trust_env=True)
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class Teams:
    """`mount` it on an application; `sender` posts what leaves through the outbox."""

    def __init__(
        self,
        desk: Desk,
        connector: Connector,
        roster: Roster,
        sender: TeamsSender,
        gate: bearer.Gate | None,
        sessions: _Sessions,
        tokens: Tokens | None,
        tenant: str,
        links: Links | None,
        now: Callable[[], datetime],
    ) -> None:
        self.sender = sender
        self._desk = desk
        self._connector = connector
        self._roster = roster
        self._gate = gate
        self._sessions = sessions
        self._tokens = tokens
        self._tenant = tenant
        self._links = links
        self._now = now

    def mount(self, app: web.Application, path: str = "/api/messages") -> None:
        app.router.add_post(path, self.handle)

    async def close(self) -> None:
        """After the last request and the last send."""
        if self._tokens:
            self._tokens.close()
        await self._sessions.close()

    async def handle(self, request: web.Request) -> web.Response:
        """401 unless Teams signed it for us, 400 unless it is an activity, 503 where the keys cannot be had."""
        try:
            caller = await self._gate.caller(request.headers.get("Authorization", "")) if self._gate else None
        except bearer.Forged as error:
            log.warning("A request to Teams' address was turned away: %s", error)
            return web.Response(status=401)
        except bearer.NoKeys as error:
            log.error("The Bot Connector's keys cannot be fetched: %s", error)
            return web.Response(status=503)
        activity = await _activity(request)
        if activity is None:
            return web.Response(status=400, text="This is no Bot Framework activity.")
        if caller and not caller.vouches_for(channel=activity.channel_id, service_url=activity.service_url):
            log.warning("A request was turned away: its token is for another channel or service address")
            return web.Response(status=401)
        where = incoming.scene(activity, self._now(), self._tenant)
        if self._gate and (activity.channel_id != CHANNEL or where.tenant != self._tenant):
            log.warning("A request was turned away: channel %r, tenant %r", activity.channel_id, where.tenant)
            return web.Response(status=403)
        return await self._run(activity, where)

    async def _run(self, activity: Any, where: Scene) -> web.Response:
        async def turn(context: TurnContext) -> None:
            if context.activity.type == ActivityTypes.message:
                await self._message(context.activity, where)
            elif context.activity.type == ActivityTypes.conversation_update:
                await self._let_in(context.activity, where)
            elif context.activity.type == ActivityTypes.invoke:
                status, body = await self._invoke(context.activity, where)
                response = InvokeResponse(status=status, body=body)
                await context.send_activity(Activity(type=ActivityTypes.invoke_response, value=response))

        # The SDK's own process() answers 500 to every invoke with a body: it serialises what is JSON already.
        answered = await self._connector.adapter.process_activity(self._connector.let_in(), activity, turn)
        if answered is None or answered.body is None:
            return web.Response(status=answered.status if answered else 200)
        return web.json_response(answered.body, status=answered.status)

    # ---- messages ----

    async def _message(self, activity: Any, where: Scene) -> None:
        """A line, or a button of a card that cannot execute; kept before the 200, answered by the outbox."""
        if where.user == where.bot:
            return
        data = activity.value
        if isinstance(data, dict) and isinstance(data.get("say"), str):
            await self._desk.accept(await self._filled(where, data, kept=True))
            return
        found = incoming.mentions(activity, where.bot)
        if not where.private and not any(mention.own for mention in found):
            return
        line, named = command_line(activity.text or "", await self._known(found, where))
        await self._desk.accept(await self._ask(where, line, named=named, kept=True, files=incoming.dropped(activity)))

    async def _let_in(self, activity: Any, where: Scene) -> None:
        """We were added to a team or a chat: hello, and in a team the question which channel it works in."""
        if where.user == where.bot or not any(one.id == where.bot for one in activity.members_added or ()):
            return
        hello = await self._ask(where, HELLO, kept=True)
        day = f"{where.at:%Y-%m-%d}"  # Teams tells of it several times, once for each scope
        await self._desk.accept(replace(hello, id=f"{where.tenant}:{where.base}:let-in:{day}", thread=None))

    async def _known(self, found: list[Mention], where: Scene) -> list[Mention]:
        """The mentions by the ids we know people by; somebody Teams cannot name stays a word."""

        async def known(mention: Mention) -> Mention:
            if mention.own or not mention.external_id:
                return mention
            member = await self._roster.member(where.tenant, where.service_url, where.base, mention.external_id)
            unknown = "" if self._gate else mention.external_id
            return replace(mention, external_id=member.external_id if member else unknown)

        return list(await asyncio.gather(*map(known, found)))

    async def _ask(self, where: Scene, text: str, **more: Any) -> Ask:
        """Somebody Teams says nothing about is taken for a guest, except in local work."""
        member = await self._roster.member(where.tenant, where.service_url, where.base, where.user)
        if member:
            where = replace(
                where, user_aad=where.user_aad or member.external_id, user_name=where.user_name or member.name
            )
        guest = member.guest if member else self._gate is not None
        return incoming.ask(where, text, guest=guest, mail=member.mail if member else "", **more)

    async def _filled(self, where: Scene, data: Mapping[str, Any], *, kept: bool = False) -> Ask:
        """What a button says, with the inputs around it as values, and the names of the people picked."""
        people = picked(data)
        found = await asyncio.gather(
            *(self._roster.member(where.tenant, where.service_url, where.base, who) for who in people)
        )
        # what was typed where a client has no picker is a name to look for, and nobody to make known
        told = zip(people, found, strict=True)
        named = {who: member.name if member else "" for who, member in told if member or self._vouched(who)}
        # Teams answers a dialog's button with an invoke; as a message it comes from a client that has no dialogs.
        dialogs = not (kept and opens_dialog(data))
        return await self._ask(where, data["say"], values=submitted(data), named=named, kept=kept, dialogs=dialogs)

    def _vouched(self, who: str) -> bool:
        """Whether a picker gave it: an Entra object id, of somebody who need not be in this conversation."""
        return self._gate is None or _OBJECT_ID.fullmatch(who) is not None

    # ---- invokes ----

    async def _invoke(self, activity: Any, where: Scene) -> tuple[int, Json | None]:
        value = activity.value if isinstance(activity.value, dict) else {}
        match activity.name:
            case "adaptiveCard/action":
                return 200, await self._execute(value, where)
            case "task/fetch":
                return 200, await self._open(_data(value), where)
            case "composeExtension/fetchTask":
                return 200, await self._save(value, where)
            case "task/submit" | "composeExtension/submitAction":
                return 200, await self._submit(_data(value), where)
            case _:
                return 501, None

    async def _execute(self, value: Mapping[str, Any], where: Scene) -> Json:
        data = _data(value.get("action"))
        if not data.get("say"):
            return _card_response(400, "application/vnd.microsoft.error", {"code": "BadRequest", "message": NOT_OURS})
        asked = await self._filled(where, data)
        # In a channel the answer would take the shared card's place, for everybody.
        ride = Ride(ANY if where.private else NOBODY)
        reply = await self._desk.answer(asked, ride)
        if reply is None:
            return _said(_elsewhere(ride, private=where.private))
        if reply.refused:
            return _said(sentence(reply))
        card = fill_in(reply.form) if reply.form else reply.card
        if card is None:
            return _said(WORKING)
        return _card_response(200, CARD, adaptive(card, addresses(self._links, asked.connection)))

    async def _open(self, data: Mapping[str, Any], where: Scene) -> Json:
        if not data.get("say"):
            return _closing(NOT_OURS)
        ride = Ride(YOU)
        reply = await self._desk.answer(await self._ask(where, data["say"]), ride)
        if reply and reply.form and not reply.refused:
            return _dialog(reply.form, opened=data["say"])
        return _closing(_words(reply) if reply else _elsewhere(ride, private=where.private))

    async def _save(self, value: Mapping[str, Any], where: Scene) -> Json:
        """'Save as …' on a message: the form with the message in it, and its address in the line that submits it."""
        said = incoming.saved(value)
        if said is None:
            return _closing(NOT_OURS)
        line, known = said
        ride = Ride(YOU)
        reply = await self._desk.answer(await self._ask(where, line), ride)
        if reply and reply.form and not reply.refused:
            fields = tuple(replace(field, value=known.get(field.name, field.value)) for field in reply.form.fields)
            return _dialog(replace(reply.form, fields=fields), opened=line)
        return _closing(_words(reply) if reply else _elsewhere(ride, private=where.private))

    async def _submit(self, data: Mapping[str, Any], where: Scene) -> Json | None:
        if not data.get("say"):
            return _closing(NOT_OURS)
        asked = await self._filled(where, data)
        reply = await self._desk.answer(asked, Ride(YOU))
        if reply is None:
            return None
        if reply.refused or reply.errors:
            opened = data.get("opened")
            return await self._again(asked, reply, opened if isinstance(opened, str) else "")
        return _dialog(reply.form, opened=asked.text) if reply.form else _closing(_words(reply))

    async def _again(self, asked: Ask, reply: Reply, opened: str) -> Json:
        """The dialog once more: what was wrong where it was wrong, and what was typed.

        The form is had by the line that it answered, never by the line that submits it: that one might do something.
        """
        form = reply.form
        if form is None and opened:
            line = replace(asked, id=f"{asked.id}:again", text=opened, values={})
            again = await self._desk.answer(line, Ride(YOU))
            form = again.form if again else None
        if form is None:
            return _closing(_words(reply))
        wrong = {name: why for name, why in reply.errors if any(field.name == name for field in form.fields)}
        above = "" if reply.refused in wrong.values() else sentence(reply)
        fields = tuple(replace(field, error=wrong.get(field.name, field.error)) for field in form.fields)
        return _dialog(replace(form, fields=fields), opened=opened, values=asked.values, refused=above)


NOT_OURS = "This button is not one of mine."


def _data(value: object) -> Mapping[str, Any]:
    """The `data` of an action or a dialog: a plain dict in botbuilder 4.17, whatever its models say."""
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, dict):
        return {}
    return data if isinstance(data.get("say"), str) else {**data, "say": ""}


def _words(reply: Reply) -> str:
    return sentence(reply) if reply.refused else words(reply.card) if reply.card else WORKING


def _elsewhere(ride: Ride, *, private: bool) -> str:
    """What is said here of a reply that comes by the outbox."""
    if ride.posted is None:
        return WORKING if private else WORKING_IN_A_CHANNEL
    return ANSWERED if private or ride.posted.seen_by == "place" else ANSWERED_IN_PRIVATE


def _card_response(status: int, kind: str, value: Any) -> Json:
    return {"statusCode": status, "type": kind, "value": value}


def _said(text: str) -> Json:
    return _card_response(200, "application/vnd.microsoft.activity.message", text)


def _closing(text: str) -> Json:
    return {"task": {"type": "message", "value": text}}


def _dialog(form: Form, *, opened: str, values: Mapping[str, str] | None = None, refused: str = "") -> Json:
    card = {"contentType": CARD, "content": dialog(form, opened=opened, values=values, refused=refused)}
    info = {"title": dialog_title(form), "width": "medium", "height": "medium", "card": card}
    return {"task": {"type": "continue", "value": info}}


async def _activity(request: web.Request) -> Any | None:
    """The body as botbuilder's Activity; None where it is none, or does not say whom to answer and where."""
    try:
        body = await request.json()
        activity = Activity.deserialize(body) if isinstance(body, dict) else None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None
    whole = activity and activity.type and activity.service_url and activity.conversation and activity.conversation.id
    return activity if whole else None
