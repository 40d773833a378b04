"""The Microsoft 365 Agents Playground 0.2.28 as a face: what its page can do, by the routes that its page uses.

Its page is one person's, ann. What others type goes as a custom activity, which is a thing of the Playground's own
('Mock an activity'); what they press goes by the page's routes. The page does nothing on a button that opens a
dialog; here it is submitted like any other, as clients without dialogs do, and the form comes inline.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bench.process import running, wait_ready
from tests.clients.installed import PLAYGROUND, room
from tests.reading import teams_buttons, teams_seen
from tests.scenario.play import Seen, Told, Values

TENANT = "00000000-0000-0000-0000-000000000001"
BOT = {"id": "bot-steward", "name": "Steward"}
NAMES = ("ann", "bob", "cleo", "dora", "olga", "ravi")  # it wants five besides the one at the page
TEAM, CHANNEL, CHAT = "team-acme", "channel-app", "chat-ann"
PATIENCE = 60.0  # seconds for one answer, on a machine that does much else
LINK_SECRET = "0123456789abcdef0123456789abcdef"

Json = dict[str, Any]


def _user(number: int, name: str) -> Json:
    address = f"{name}@example.com"
    return {
        "id": f"user-{name}", "name": name, "userPrincipleName": address, "email": address, "givenName": name.title(),
        "surname": "Example", "aadObjectId": f"00000000-0000-0000-0000-0000000001{number:02}",
    }  # fmt: skip


USERS = {name: _user(number, name) for number, name in enumerate(NAMES)}


def configuration() -> Json:
    """Its file is YAML, of which JSON is a part."""
    ann, *others = USERS.values()
    channels = [{"id": CHANNEL, "name": "app"}]
    team = {"id": TEAM, "name": "Acme", "aadGroupId": "00000000-0000-0000-0000-000000000200", "channels": channels}
    return {
        "version": "0.1.0", "tenantId": TENANT, "bot": BOT, "currentUser": ann, "users": others, "team": team,
        "personalChat": {"id": CHAT}, "groupChat": {"id": "chat-group", "name": "Group"},
    }  # fmt: skip


def settings(bot_url: str) -> dict[str, str]:
    """What `steward serve` is told about it: it signs nothing. Pictures have addresses as behind a proxy with TLS."""
    return {
        "STEWARD_TEAMS_ANONYMOUS": "true", "STEWARD_TEAMS_TENANT_ID": TENANT,
        "STEWARD_PUBLIC_URL": bot_url.replace("http:", "https:"), "STEWARD_LINK_SECRET": LINK_SECRET,
    }  # fmt: skip


class Playground:
    """ann at the page, and bob beside her."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http
        self._events: list[Json] = []
        self._news = asyncio.Condition()
        self._chats = {"ann": CHAT}
        self._threads: dict[str, str] = {}
        self._heard = 0

    # ---- the face ----

    async def say(self, told: Told, line: str) -> Seen:
        """In the channel a mention, in a post of its own or in a thread, whatever `by` says: Teams has no other way."""
        place = CHANNEL if told.place.startswith("#") else await self._chat(told.person)
        text, mentions = self.typed(line, own=place == CHANNEL)
        body = {"type": "message", "text": text, "textFormat": "plain", "from": {"id": USERS[told.person]["id"]}}
        mark = self.mark
        if told.thread:
            said = await self.spoken(told.person, place, text, mentions)
            thread = self._threads.setdefault(told.thread, said["conversation"]["id"])
            await self.mock({**said, "conversation": {**said["conversation"], "id": thread}})
        elif told.person == "ann":
            await self.post(f"_conversation/v1/conversations/{place}/messages", {**body, "mentions": mentions})
        else:
            await self.mock(await self.spoken(told.person, place, text, mentions))
        return await self.answer(mark, told)

    async def attach(self, told: Told, line: str, name: str, url: str) -> Seen:
        """What Teams sends where somebody drops a file into their own chat; the page itself takes none. url: where its
        content is fetched, as from OneDrive."""
        kind = "application/vnd.microsoft.teams.file.download.info"
        file = {"contentType": kind, "name": name, "content": {"downloadUrl": url, "uniqueId": name}}
        said = await self.spoken(told.person, await self._chat(told.person), line, [])
        mark = self.mark
        await self.mock({**said, "attachments": [file]})
        return await self.answer(mark, told)

    async def press(self, told: Told, seen: Seen, label: str) -> Seen:
        button = next(button for button in teams_buttons(seen.raw["card"]) if button["title"] == label)
        mark = self.mark
        if button["type"] == "Action.Submit":
            return await self._submit(told, seen, button["data"], mark)
        value = {"action": {"type": button["type"], "verb": button["verb"], "data": button["data"]}}
        sent = {"name": "adaptiveCard/action", "value": value, **self._where(told, seen)}
        answered = await self.post("_conversation/v1/invoke", sent)
        if answered["type"].endswith("card.adaptive"):
            return teams_seen({**seen.raw, "card": answered["value"]})
        if answered["value"].startswith(("Working on it", "The answer is in")):
            return await self.answer(mark, told)
        return Seen(answered["value"])

    async def fill(self, told: Told, seen: Seen, values: Values) -> Seen:
        if not seen.form:
            seen = await self.press(told, seen, "Fill in")
        submit = next(teams_buttons(seen.raw["card"]))  # behind it there may be [Keep as a draft]
        inputs = {one["id"]: one.get("value", "") for one in seen.raw["card"]["body"] if one["type"][:6] == "Input."}
        assert values.keys() <= inputs.keys(), f"{values} does not fit {sorted(inputs)}"
        given = {name: self._picked(value) for name, value in values.items()}
        answered = await self._submit(told, seen, {**submit["data"], **inputs, **given}, self.mark)
        # a form that was wrong stands there still
        return Seen(answered.text, (), True, seen.raw) if _refused(answered) else answered

    async def hear(self, words: str) -> None:
        mark, self._heard = self._heard, self.mark
        await self.until(lambda seen: words in seen.text, mark)

    # ---- what it has ----

    async def post(self, route: str, body: Json) -> Any:
        async with self._http.post(f"{self.url}/{route}", json=body) as answer:
            said = await answer.text()
            assert answer.status in (200, 201), f"the Playground answers {route} with {answer.status} {said}: {body}"
            return json.loads(said) if said else None

    async def mock(self, activity: Json) -> None:
        """Have the Playground send an activity as it stands."""
        await self.post("_internal/v1/customActivities", activity)

    async def spoken(self, person: str, place: str, text: str, mentions: list[Json]) -> Json:
        """What Teams would send where somebody types: in the channel, in a new post that stands in the page too."""
        conversation, number = place, uuid.uuid4().hex
        kind: Json = {"conversationType": "personal"}
        data: Json = {"tenant": {"id": TENANT}}
        if place == CHANNEL:
            kind = {"conversationType": "channel", "isGroup": True}
            data |= {"team": {"id": TEAM}, "channel": {"id": CHANNEL}}
            body = {"type": "message", "text": text, "textFormat": "plain", "from": {"id": USERS["ann"]["id"]}}
            made = await self.post(f"_conversation/v1/conversations/{place}/messages", body)
            conversation, number = made["postConversationId"], made["messageId"]
        user = USERS[person]
        return {
            "type": "message", "id": number, "timestamp": datetime.now(UTC).isoformat(), "channelId": "msteams",
            "serviceUrl": f"{self.url}/_connector", "recipient": BOT, "text": text, "textFormat": "plain",
            "from": {"id": user["id"], "aadObjectId": user["aadObjectId"], "name": person},
            "conversation": {"id": conversation, "tenantId": TENANT, **kind}, "channelData": data,
            "entities": [{"type": "mention", **mention} for mention in mentions],
        }  # fmt: skip

    @property
    def mark(self) -> int:
        return len(self._events)

    def posted(self, mark: int = 0, pressed: str = "") -> list[Seen]:
        """Everything that we posted since `mark`; an earlier message that changes counts where it was `pressed`."""
        before = {event["id"] for event in self._events[:mark]} - {pressed}
        return [teams_seen(event) for event in self._events[mark:] if event["id"] not in before]

    async def answer(self, mark: int, told: Told, pressed: str = "") -> Seen:
        """What we post next, in the channel or in the person's own chat."""
        try:
            return await self.until(lambda seen: True, mark, pressed)
        except TimeoutError:
            raise AssertionError(f"no answer to {told}") from None

    async def until(
        self, fits: Callable[[Seen], bool], mark: int = 0, pressed: str = "", *, patience: float = PATIENCE
    ) -> Seen:
        """The first of what we posted after `mark` that fits, now or soon."""
        async with asyncio.timeout(patience), self._news:
            while True:
                for seen in self.posted(mark, pressed):
                    if fits(seen):
                        return seen
                await self._news.wait()

    # ---- inside ----

    async def _chat(self, person: str) -> str:
        """Somebody's own chat with the bot; for all but ann it is opened as a bot opens it."""
        if person not in self._chats:
            body = {"isGroup": False, "bot": BOT, "members": [{"id": USERS[person]["id"]}], "tenantId": TENANT}
            self._chats[person] = (await self.post("_connector/v3/conversations", body))["id"]
        return self._chats[person]

    def typed(self, line: str, *, own: bool) -> tuple[str, list[Json]]:
        """The line with its mentions, as Teams sends them."""
        people = [BOT] if own else []
        text = f"<at>{BOT['name']}</at> {line}" if own else line
        for name, user in USERS.items():
            if f"@{name}" in text:
                text = text.replace(f"@{name}", f"<at>{name}</at>")
                people.append(user)
        named = [{"mentioned": {"id": p["id"], "name": p["name"]}, "text": f"<at>{p['name']}</at>"} for p in people]
        return text, named

    def _picked(self, value: str) -> str:
        user = USERS.get(value.removeprefix("@")) if value.startswith("@") else None
        return user["aadObjectId"] if user else value

    def _where(self, told: Told, seen: Seen) -> Json:
        conversation = {"id": seen.raw["conversation"]}
        return {"from": {"id": USERS[told.person]["id"]}, "conversation": conversation, "replyToId": seen.raw["id"]}

    async def _submit(self, told: Told, seen: Seen, data: Json, mark: int) -> Seen:
        await self.post("_conversation/v1/submit", {"value": data, **self._where(told, seen)})
        return await self.answer(mark, told, seen.raw["id"])

    async def listen(self, stream: aiohttp.ClientWebSocketResponse, read: Callable[[Json], Json | None]) -> None:
        """Take what the page is told, until it is closed."""
        async for message in stream:
            if (event := read(json.loads(message.data))) is not None:
                async with self._news:
                    self._events.append(event)
                    self._news.notify_all()

    def from_stream(self, event: Json) -> Json | None:
        """A message that the page shows, or one that it shows anew."""
        if event["action"] not in ("createMessage", "updateMessage"):
            return None
        message = event["message"]
        return {"id": message["messageId"], "conversation": event["actionConversationId"], **_content(message)}

    def from_log(self, event: Json) -> Json | None:
        """The page shows no chat but ann's: what we write to others stands in its log of requests."""
        log = event.get("log") or {}
        if log.get("activityName") != "message" or log.get("from") != "User Application":
            return None
        chat = log.get("conversationId") or CHAT
        if chat == CHAT or chat.startswith(CHANNEL):
            return None
        said, taken = log["request"]["body"], log["response"]
        assert taken["statusCode"] == 201, f"the Playground did not take {said}: {taken}"
        return {"id": taken["body"]["id"], "conversation": chat, **_content(said)}


def _content(message: Json) -> Json:
    cards = [attachment["content"] for attachment in message.get("attachments") or ()]
    return {"text": message.get("text") or "", "card": cards[0] if cards else {"body": []}}


def _refused(seen: Seen) -> bool:
    """A refusal is a sentence, and nothing on a card says what was done."""
    return not seen.raw["card"]["body"]


@asynccontextmanager
async def serving(folder: Path, port: int, bot_url: str) -> AsyncIterator[str]:
    """The Playground as a process; yields its address."""
    room(folder, _m365agentsplayground_yml=json.dumps(configuration()))
    command = ["node", str(PLAYGROUND), "start", "-e", f"{bot_url}/api/messages", "-c", "msteams", "-p", str(port)]
    alone = ["env", "TEAMSAPPTESTER_BROWSER=none", *command, "--disable-telemetry"]
    with running(alone, folder=folder) as process:
        url = f"http://127.0.0.1:{port}"
        await asyncio.to_thread(wait_ready, process, f"{url}/_internal/v1/config", folder)
        yield url


@asynccontextmanager
async def sitting_at(url: str) -> AsyncIterator[Playground]:
    """ann at the page, the app installed for her; yields a Playground."""
    async with aiohttp.ClientSession() as http:
        page = Playground(url, http)
        stream = await http.ws_connect(f"{url}/_ws_conversation/v1/conversations/stream")
        log = await http.ws_connect(f"{url}/_ws/log/stream")
        listening = [
            asyncio.create_task(page.listen(stream, page.from_stream)),
            asyncio.create_task(page.listen(log, page.from_log)),
        ]
        try:
            await page.post(f"_debug/conversation/{CHAT}/installation", {})
            await page.until(lambda seen: "Hello, I am Steward" in seen.text)
            yield page
        finally:
            await stream.close()
            await log.close()
            await asyncio.gather(*listening)
