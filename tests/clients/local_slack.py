"""local-slack 0.1.8 as a face: what its page can do, by the routes and the socket that its page uses.

Its page keeps no account of an input's first value and has no number or people inputs, so that what Slack itself would
submit is put together here; it is sent as the page sends it. Block kinds that it cannot draw are read all the same.
"""

import asyncio
import html
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp

from bench.process import running, wait_ready
from tests.clients.installed import LOCAL_SLACK, room
from tests.reading import slack_buttons, slack_labels, slack_seen, slack_words
from tests.scenario.play import Seen, Told, Values

TEAM, DOMAIN = "T01ACME", "acme"
BOT, TOKEN, SECRET = "U0STEWARD", "xoxb-local", "a-secret-of-local-slack"
CHANNEL = "C01APP"
PEOPLE = {"ann": "U01ANN", "bob": "U02BOB", "cleo": "U03CLEO", "olga": "U04OLGA", "ravi": "U05RAVI"}
PATIENCE = 60.0  # seconds for one answer, on a machine that does much else

Json = dict[str, Any]
Fits = Callable[[Json], Seen | None]


def configuration(bot_url: str) -> Json:
    """Its file is YAML, of which JSON is a part."""
    app = {
        "appId": "A01APP", "botUserId": BOT, "botName": "steward", "botToken": TOKEN, "appToken": "xapp-local",
        "signingSecret": SECRET, "mode": "events", "requestUrl": f"{bot_url}/slack/events",
    }  # fmt: skip
    users = [{"id": user, "name": name, "real_name": name.title()} for name, user in PEOPLE.items()]
    channels = [{"id": CHANNEL, "name": "app", "members": [*PEOPLE.values(), BOT]}]
    workspace = {"name": "Acme", "domain": DOMAIN, "teamId": TEAM}
    return {"workspace": workspace, "app": app, "users": users, "channels": channels}


def settings(url: str) -> dict[str, str]:
    """What `steward serve` is told about it."""
    return {
        "STEWARD_SLACK_BOT_TOKEN": TOKEN,
        "STEWARD_SLACK_SIGNING_SECRET": SECRET,
        "STEWARD_SLACK_API_URL": f"{url}/api/",
    }


class LocalSlack:
    """A person at the page, or several: each act names who it is."""

    def __init__(self, url: str, http: aiohttp.ClientSession, page: aiohttp.ClientWebSocketResponse) -> None:
        self.url = url
        self._http = http
        self._page = page
        self._events: list[Json] = []
        self._news = asyncio.Condition()
        self._threads: dict[str, str] = {}
        self._heard = 0

    # ---- the face ----

    async def say(self, told: Told, line: str) -> Seen:
        if told.by == "slash":
            word, _, rest = line.partition(" ")
            command, text = ("/backlog", rest) if word == "backlog" else ("/steward", line)
            return await self._do(
                told, "command", {"channel": CHANNEL, "user": PEOPLE[told.person], "command": command, "text": text}
            )
        text = self._typed(line)
        if told.by == "mention":
            text = f"<@{BOT}> {text}"
        channel = PEOPLE[told.person] if told.by == "direct" else CHANNEL
        body = {"channel": channel, "user": PEOPLE[told.person], "text": text}
        if told.thread:
            body["thread_ts"] = await self._thread(told)
        return await self._do(told, "message", body)

    async def attach(self, told: Told, line: str, name: str, content: bytes) -> Seen:
        """Drop a file where it is told, with a line beside it, as the page uploads it."""
        aside = told.by == "direct"
        where, text = (PEOPLE[told.person], line) if aside else (CHANNEL, f"<@{BOT}> {line}")
        mark = self.mark
        form = aiohttp.FormData({"channel": where, "user": PEOPLE[told.person], "text": text})
        form.add_field("file", content, filename=name, content_type="text/csv")
        async with self._http.post(f"{self.url}/_control/upload", data=form) as answer:
            done = await answer.json()
            assert done["ok"], f"local-slack did not take {name}: {done}"
        return await self.answer(mark, told)

    async def press(self, told: Told, seen: Seen, label: str) -> Seen:
        message = seen.raw
        button = next(button for button in slack_buttons(message["blocks"]) if button["text"]["text"] == label)
        action = {name: button.get(name) for name in ("type", "action_id", "block_id", "value", "text")}
        where = {"channel": message["channel"], "messageTs": message["ts"], "user": PEOPLE[told.person]}
        return await self._do(told, "interact", {**where, "action": action}, message["ts"])

    async def fill(self, told: Told, seen: Seen, values: Values) -> Seen:
        if not seen.form:
            seen = await self.press(told, seen, "Fill in")
        inputs = {block["block_id"]: block["element"] for block in seen.raw["blocks"] if block["type"] == "input"}
        state = {name: {one["action_id"]: _entered(one, values.get(name))} for name, one in inputs.items()}
        assert values.keys() <= state.keys(), f"{values} does not fit {sorted(state)}"
        mark = len(self._events)
        await self._page.send_json({"t": "view_submit", "user": PEOPLE[told.person], "values": state})
        return await self.answer(mark, told, seen)

    async def hear(self, words: str) -> None:
        def fits(event: Json) -> Seen | None:
            message = event["message"] if event["t"].startswith("message") and "message" in event else {}
            return slack_seen(message) if message.get("bot_id") and words in message["text"] else None

        mark, self._heard = self._heard, self.mark
        await self.until(fits, mark)

    def below(self, seen: Seen) -> str:
        """The name of the thread that hangs on a message, for `Told`."""
        name: str = seen.raw["ts"]
        self._threads[name] = name
        return name

    # ---- what it has ----

    async def messages(self, channel: str = CHANNEL) -> list[Json]:
        """Everything posted in a channel, oldest first."""
        async with self._http.get(f"{self.url}/_control/messages/{channel}") as answer:
            found: list[Json] = (await answer.json())["messages"]
            return found

    async def trigger(self) -> str:
        """The trigger of the last slash command, which opens a modal within half an hour."""
        async with self._http.get(f"{self.url}/_control/log") as answer:
            sent = [one["detail"] for one in (await answer.json())["log"] if one["kind"] == "slash_commands"]
        found: list[str] = [parse_qs(body)["trigger_id"][0] for body in sent if "trigger_id=" in (body or "")]
        return found[-1]

    async def until(self, fits: Fits, mark: int = 0, patience: float = PATIENCE) -> Seen:
        """The first thing after `mark` that fits, now or soon."""
        async with asyncio.timeout(patience), self._news:
            while True:
                for event in self._events[mark:]:
                    if (seen := fits(event)) is not None:
                        return seen
                await self._news.wait()

    @property
    def mark(self) -> int:
        return len(self._events)

    # ---- inside ----

    async def _thread(self, told: Told) -> str:
        """The message that a thread hangs on; who first speaks in it has said something in the channel before."""
        assert told.thread
        if told.thread not in self._threads:
            body = {"channel": CHANNEL, "user": PEOPLE[told.person], "text": "Something to talk about"}
            async with self._http.post(f"{self.url}/_control/message", json=body) as answer:
                self._threads[told.thread] = (await answer.json())["message"]["ts"]
        return self._threads[told.thread]

    def _typed(self, line: str) -> str:
        """As Slack's own client would send what was typed."""
        text = html.escape(line, quote=False)
        for name, user in PEOPLE.items():
            text = text.replace(f"@{name}", f"<@{user}>")
        return text

    async def _do(self, told: Told, route: str, body: Json, pressed: str = "") -> Seen:
        mark = self.mark
        if route == "command":
            body["text"] = self._typed(body["text"])
        async with self._http.post(f"{self.url}/_control/{route}", json=body) as answer:
            done = await answer.json()
            assert done["ok"], f"local-slack did not take {route} {body}: {done}"
        return await self.answer(mark, told, pressed=pressed)

    async def answer(self, mark: int, told: Told, form: Seen | None = None, pressed: str = "") -> Seen:
        """What is shown next. An earlier message that changes is an answer only to whom it was pressed by."""
        before = {event["message"]["ts"] for event in self._events[:mark] if event["t"] == "message"} - {pressed}

        def fits(event: Json) -> Seen | None:
            aside = event["t"] == "message_update" and event["message"]["ts"] in before
            return None if aside else _shown(event, PEOPLE[told.person], form)

        try:
            return await self.until(fits, mark)
        except TimeoutError:
            raise AssertionError(f"no answer to {told}; since then {self._events[mark:]}") from None

    async def listen(self) -> None:
        """Take what the page is told, until it is closed."""
        async for message in self._page:
            async with self._news:
                self._events.append(json.loads(message.data))
                self._news.notify_all()


def _shown(event: Json, user: str, form: Seen | None) -> Seen | None:
    """What an event of the page shows to a user: our message, our form, or what is wrong in the form."""
    match event["t"]:
        case "message" | "message_update":
            message = event["message"]
            waits = message["text"].startswith("Working on it")
            if message.get("bot_id") and message.get("ephemeral_to", user) == user and not waits:
                return slack_seen(message)
        case "view" if event["stack"]:
            view = event["stack"][-1]
            fillable = any(block["type"] == "input" for block in view["blocks"])
            return Seen(
                f"{view['title']['text']}\n{slack_words(view['blocks'])}", slack_labels(view["blocks"]), fillable, view
            )
        case "view_errors" if form is not None:
            return Seen("\n".join(event["errors"].values()), (), True, form.raw)
    return None


def _entered(element: Mapping[str, Any], value: str | None) -> Json:
    """The state of an input: what was entered, else what stood in it."""
    kind = element["type"]
    match kind:
        case "plain_text_input" | "number_input":
            return {"type": kind, "value": element.get("initial_value") if value is None else value or None}
        case "static_select":
            chosen = next((one for one in element["options"] if one["value"] == value), None)
            return {"type": kind, "selected_option": element.get("initial_option") if value is None else chosen}
        case "users_select":
            picked = PEOPLE.get((value or "").removeprefix("@"))
            return {"type": kind, "selected_user": element.get("initial_user") if value is None else picked}
        case "conversations_select":
            first = element.get("initial_conversation")
            return {"type": kind, "selected_conversation": first if value is None else value or None}
        case "datepicker":
            return {"type": kind, "selected_date": element.get("initial_date") if value is None else value or None}
        case _:
            raise AssertionError(f"no form of the scenario has a {kind}")


@asynccontextmanager
async def serving(folder: Path, port: int, bot_url: str) -> AsyncIterator[str]:
    """local-slack as a process; yields its address."""
    room(folder, config_yaml=json.dumps(configuration(bot_url)))
    command = [str(LOCAL_SLACK), "--config", "config.yaml", "--port", str(port), "--base-host", "127.0.0.1"]
    with running(command, folder=folder) as process:
        url = f"http://127.0.0.1:{port}"
        await asyncio.to_thread(wait_ready, process, f"{url}/_control/state", folder)
        yield url


@asynccontextmanager
async def sitting_at(url: str) -> AsyncIterator[LocalSlack]:
    """Somebody at the page; yields a LocalSlack."""
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}/ui") as page:
        slack = LocalSlack(url, http, page)
        listening = asyncio.create_task(slack.listen())
        try:
            yield slack
        finally:
            await page.close()
            await listening
