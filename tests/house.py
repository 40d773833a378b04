"""The whole of `steward serve` in this process, between a stand-in for Slack and one for Teams, with a person at each.

What goes in is what the platforms send: signed requests to the Bolt app, activities to the CloudAdapter. What comes out
is what the stand-ins were given. Both pages keep the protocol of tests.scenario.play.Face.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
from pydantic import SecretStr

from bot.server import Server
from bot.settings import Settings
from bot.slack.roster import Roster
from core.chat.ask import Platform
from core.store.database import Database
from tests.bot.slack.support import SECRET, signed
from tests.reading import slack_buttons, slack_seen, teams_buttons, teams_seen
from tests.scenario.play import Seen, Told, Values
from tests.slack_stand_in import SlackStandIn
from tests.teams_stand_in import Connector, serving

Json = dict[str, Any]
T = TypeVar("T")

TEAM, BOT = "T1", "U0BOT"
USERS = {"ann": "U1", "bob": "U2"}
TENANT, TEAMS_BOT = "22222222-tenant", "28:steward"
PATIENCE = 30.0  # seconds for one answer, on a machine that has other things to do
WAITS = ("Working on it", "The answer is in")

_count = count(1)


@dataclass
class House:
    """server: what is being tried; slack, connector: what it talks to; `at_slack`, `at_teams`: who sits there."""

    server: Server
    url: str
    slack: SlackStandIn
    connector: Connector
    service: str
    http: aiohttp.ClientSession

    @property
    def at_slack(self) -> "SlackPage":
        return SlackPage(self)

    @property
    def at_teams(self) -> "TeamsPage":
        return TeamsPage(self)


@asynccontextmanager
async def housed(database_url: str) -> AsyncIterator[House]:
    """A server on a migrated database, ready for work; closed as SIGTERM closes it."""
    connector = Connector()
    async with SlackStandIn() as slack, serving(connector) as service, aiohttp.ClientSession() as http:
        settings = Settings(
            database_url=database_url,
            slack_bot_token=SecretStr("xoxb-1"),
            slack_signing_secret=SecretStr(SECRET),
            slack_api_url=slack.base_url,
            teams_anonymous=True,
            teams_tenant_id=TENANT,
            reconcile_seconds=0,
        )
        for number, name in enumerate(("ann", "bob"), 1):
            slack.users[f"U{number}"] = {"id": f"U{number}", "name": name, "real_name": name}
            connector.knows({"id": f"29:{name}", "aadObjectId": f"aad-{name}", "name": name, "userRole": "user"})
        with _patient():
            server = Server(settings, Database(database_url))
            application = server.application()
        async with serving(application) as url:
            await until(lambda: server.connected == {Platform.SLACK, Platform.TEAMS})
            yield House(server, url, slack, connector, service, http)


@contextmanager
def _patient() -> Iterator[None]:
    """Slack is waited for as long as it takes: on a busy machine nobody is to be a guest for being told of late."""
    usual = Roster.__init__.__kwdefaults__
    Roster.__init__.__kwdefaults__ = {**usual, "timeout": PATIENCE}
    try:
        yield
    finally:
        Roster.__init__.__kwdefaults__ = usual


async def until(found: Callable[[], T]) -> T:
    """What is found, once there is something."""
    async with asyncio.timeout(PATIENCE):
        while not (one := found()):  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.02)
        return one


class SlackPage:
    """Slash commands, mentions, direct messages, buttons and modals."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def say(self, told: Told, line: str) -> Seen:
        user, channel = USERS[told.person], self._channel(told)
        mark = self._mark()
        if told.by == "slash":
            word, _, rest = line.partition(" ")
            command, text = ("/backlog", rest) if word == "backlog" else ("/steward", line)
            answered = await self._slash(command, text, user, channel, told.place.lstrip("#"))
            return await self._next(mark) if answered is None else slack_seen(answered)
        spoken: Json = {"user": user, "channel": channel, "ts": f"{time.time():.0f}.{next(_count):06}"}
        if told.by == "direct":
            spoken |= {"type": "message", "channel_type": "im", "text": line}
        else:
            spoken |= {"type": "app_mention", "text": f"<@{BOT}> {line}"}
        await self.event(spoken)
        return await self._next(mark)

    async def press(self, told: Told, seen: Seen, label: str) -> Seen:
        button = next(one for one in slack_buttons(seen.raw["blocks"]) if one["text"]["text"] == label)
        ts = seen.raw.get("ts", "1700000000.000100")
        ephemeral = seen.raw.get("ephemeral", seen.raw.get("response_type") == "ephemeral")
        channel = self._channel(told)
        mark = self._mark()
        await self._interact(
            {
                "type": "block_actions",
                "user": {"id": USERS[told.person], "username": told.person, "team_id": TEAM},
                "team": {"id": TEAM, "domain": "acme"},
                "channel": {"id": channel, "name": told.place.lstrip("#@")},
                "container": {
                    "type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": ephemeral,
                },
                **({} if ephemeral else {"message": {"ts": ts}}),
                "trigger_id": f"trigger.{next(_count)}",
                "response_url": self._house.slack.hook_url,
                "actions": [{**button, "action_ts": f"{time.time():.0f}.{next(_count):06}"}],
            }
        )  # fmt: skip
        return await self._next(mark)

    async def fill(self, told: Told, seen: Seen, values: Values) -> Seen:
        """Submit a modal: every field as it stands, save those named."""
        view = seen.raw["view"]
        inputs = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
        assert values.keys() <= inputs.keys(), f"{values} does not fit {sorted(inputs)}"
        state = {name: {one["action_id"]: self._entered(one, values.get(name))} for name, one in inputs.items()}
        mark = self._mark()
        answer = await self._interact(
            {
                "type": "view_submission",
                "user": {"id": USERS[told.person], "username": told.person, "team_id": TEAM},
                "team": {"id": TEAM, "domain": "acme"},
                "view": {**view, "id": f"V{next(_count)}", "state": {"values": state}},
            }
        )
        if not answer:
            return await self._next(mark)
        said = json.loads(answer)
        if "errors" in said:
            return Seen("\n".join(said["errors"].values()), (), True, seen.raw)
        return slack_seen({"text": "a modal", **said["view"]})

    async def hear(self, words: str) -> None:
        await until(lambda: [one for one in self._house.slack.messages if words in one["text"]])

    async def event(self, event: Json) -> None:
        body = {
            "type": "event_callback", "team_id": TEAM, "event_id": f"Ev{next(_count)}", "event": event,
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        }  # fmt: skip
        await self._send(json.dumps(body).encode(), "application/json")

    # ---- inside ----

    def _channel(self, told: Told) -> str:
        own = f"D{USERS[told.person]}"
        return own if told.place.startswith("@") else f"C0{told.place.removeprefix('#').upper()}"

    def _entered(self, element: Json, value: str | None) -> Json:
        kind = element["type"]
        match kind:
            case "static_select":
                chosen = next((one for one in element["options"] if one["value"] == value), None)
                return {"type": kind, "selected_option": element.get("initial_option") if value is None else chosen}
            case "users_select":
                return {"type": kind, "selected_user": element.get("initial_user") if value is None else value}
            case "conversations_select" | "channels_select":
                name = kind.replace("s_select", "")
                return {"type": kind, f"selected_{name}": element.get(f"initial_{name}") if value is None else value}
            case "datepicker":
                return {"type": kind, "selected_date": element.get("initial_date") if value is None else value}
        return {"type": kind, "value": element.get("initial_value") if value is None else value or None}

    def _mark(self) -> tuple[int, int, int]:
        slack = self._house.slack
        return len(slack.messages), len(slack.hooks), len(slack.views)

    async def _next(self, mark: tuple[int, int, int]) -> Seen:
        """What is shown next, wherever it is."""
        messages, hooks, views = mark
        slack = self._house.slack

        def found() -> Seen | None:
            for one in (*slack.hooks[hooks:], *slack.messages[messages:]):
                if one.get("blocks") and not one["text"].startswith(WAITS):
                    return slack_seen(one)
            for one in slack.views[views:]:
                view = one["view"]
                shown = slack_seen({"text": view["title"]["text"], "blocks": view["blocks"]})
                fillable = any(block["type"] == "input" for block in view["blocks"])
                return Seen(f"{view['title']['text']}\n{shown.text}", shown.labels, fillable, one)
            return None

        seen = await until(found)
        assert seen is not None
        return seen

    async def _slash(self, command: str, text: str, user: str, channel: str, name: str) -> Json | None:
        form = {
            "command": command, "text": text, "team_id": TEAM, "user_id": user, "user_name": user.lower(),
            "channel_id": channel, "channel_name": name, "trigger_id": f"trigger.{next(_count)}",
            "response_url": self._house.slack.hook_url,
        }  # fmt: skip
        said = await self._send(urlencode(form).encode(), "application/x-www-form-urlencoded")
        answered: Json = json.loads(said) if said else {}
        return answered if answered.get("blocks") else None

    async def _interact(self, payload: Json) -> str:
        return await self._send(
            urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"
        )

    async def _send(self, body: bytes, kind: str) -> str:
        headers = {"Content-Type": kind, **signed(body)}
        async with self._house.http.post(f"{self._house.url}/slack/events", data=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()


class TeamsPage:
    """Mentions in posts of a channel, messages in the private chat, Action.Execute and forms in the chat."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def say(self, told: Told, line: str) -> Seen:
        mark = len(self._house.connector.posted)
        typed: Json = {"text": line, "textFormat": "plain"}
        if not told.place.startswith("@"):
            mentioned = {"mentioned": {"id": TEAMS_BOT, "name": "Steward"}, "text": "<at>Steward</at>"}
            typed = {"text": f"<at>Steward</at> {line}", "entities": [{"type": "mention", **mentioned}]}
        await self.post(self.activity(told, "message", **typed))
        return await self._next(mark)

    async def press(self, told: Told, seen: Seen, label: str) -> Seen:
        mark = len(self._house.connector.posted)
        button = next(one for one in teams_buttons(seen.raw["card"]) if one["title"] == label)
        if button["type"] == "Action.Submit":
            await self.post(self.activity(told, "message", value=button["data"], text=None))
            return await self._next(mark)
        action = {"type": button["type"], "verb": button["verb"], "data": button["data"]}
        value = {"action": action, "trigger": "manual"}
        invoked = self.activity(told, "invoke", name="adaptiveCard/action", value=value)
        said = await self.post(invoked)
        if said["type"].endswith("card.adaptive"):
            return teams_seen({**seen.raw, "text": "", "card": said["value"]})
        if said["value"].startswith(WAITS):
            return await self._next(mark)
        return Seen(said["value"])

    async def fill(self, told: Told, seen: Seen, values: Values) -> Seen:
        """Submit a form that stands in the chat: every field as it stands, save those named."""
        if not seen.form:
            seen = await self.press(told, seen, "Fill in")
        mark = len(self._house.connector.posted)
        [submit] = teams_buttons(seen.raw["card"])
        inputs = {one["id"]: one.get("value", "") for one in seen.raw["card"]["body"] if one["type"][:6] == "Input."}
        assert values.keys() <= inputs.keys(), f"{values} does not fit {sorted(inputs)}"
        await self.post(self.activity(told, "message", value={**submit["data"], **inputs, **values}, text=None))
        return await self._next(mark)

    async def hear(self, words: str) -> None:
        await until(lambda: [one for one in self._house.connector.posted if words in json.dumps(one.activity)])

    def activity(self, told: Told, kind: str, **more: Any) -> Json:
        """As Teams sends it from somebody's own chat, or from a post of a channel."""
        private = told.place.startswith("@")
        name = told.place.removeprefix("#")
        data: Json = {"tenant": {"id": TENANT}}
        if private:
            where: Json = {"id": f"a:29:{told.person}", "conversationType": "personal"}
        else:
            channel = f"19:{name}@thread.tacv2"
            data |= {"team": {"id": "19:team@thread.tacv2"}, "channel": {"id": channel, "name": name}}
            where = {"id": f"{channel};messageid=1", "conversationType": "channel", "isGroup": True}
        return {
            "type": kind, "id": f"18{next(_count):011}", "timestamp": datetime.now(UTC).isoformat(),
            "serviceUrl": self._house.service, "channelId": "msteams",
            "from": {"id": f"29:{told.person}", "aadObjectId": f"aad-{told.person}", "name": told.person},
            "recipient": {"id": TEAMS_BOT, "name": "Steward"},
            "conversation": {**where, "tenantId": TENANT}, "channelData": data, **more,
        }  # fmt: skip

    async def post(self, activity: Json) -> Any:
        async with self._house.http.post(f"{self._house.url}/api/messages", json=activity) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None

    async def _next(self, mark: int) -> Seen:
        def found() -> Seen | None:
            for one in self._house.connector.posted[mark:]:
                if one.verb == "PUT":
                    continue  # an earlier card that changes, such as the checklist, is no answer
                cards = [attachment["content"] for attachment in one.activity.get("attachments") or ()]
                card = cards[0] if cards else {"body": []}
                where = one.conversation
                return teams_seen({"text": one.activity.get("text") or "", "card": card, "conversation": where})
            return None

        seen = await until(found)
        assert seen is not None
        return seen
