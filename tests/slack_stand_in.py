"""The other side: enough of Slack's Web API to keep what is posted there and to misbehave on demand.

In a test: `async with SlackStandIn() as slack`, then `slack.base_url`, `slack.messages`, `slack.fail(…)`.
As a process: `python -m tests.slack_stand_in PORT`; everything kept is at GET /_kept, faults go to POST /_fail.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

Json = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """How one call goes wrong.

    error   answered with ok false; retry_after: answered with 429; slow: seconds until it is answered
    drop    'before' it is kept or 'after': the connection goes away without an answer
    """

    error: str = ""
    retry_after: int | None = None
    slow: float = 0.0
    drop: str = ""
    status: int = 200


class SlackStandIn:
    """Keeps messages, views and replies to response_urls in memory, in the order they came."""

    def __init__(self, page: int = 100) -> None:
        self.page = page
        self.messages: list[Json] = []
        self.views: list[Json] = []
        self.hooks: list[Json] = []
        self.calls: list[str] = []
        self.users: dict[str, Json] = {}
        self.channels: dict[str, Json] = {}
        self.shut: dict[str, str] = {}  # channel -> what Slack says to who posts there
        self.files: dict[str, Json] = {}
        self.dropped: dict[str, bytes] = {}  # what people drop: GET /dropped/NAME
        self.answers: list[Json] = []
        self.sockets = 0
        self.mute = False  # a socket answers no ping
        self.closed = False  # no socket is given
        self._open: web.WebSocketResponse | None = None
        self._envelopes = 0
        self.looks_over = 0  # how many messages that show a new file are refused before it may be shown
        self.base_url = ""
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._last = 0.0
        self._runner: web.AppRunner | None = None

    def fail(self, method: str, **fault: Any) -> None:
        """The next call of `method` ('chat.postMessage', 'hook') goes wrong; several are taken in turn."""
        self._faults[method].append(Fault(**fault))

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/api/{method}", self._api)
        application.router.add_post("/hook/{name}", self._hook)
        application.router.add_post("/upload/{file}", self._upload)
        application.router.add_get("/dropped/{file}", self._dropped)
        application.router.add_get("/socket", self._socket)
        application.router.add_get("/_kept", self._kept)
        application.router.add_post("/_fail", self._fail)
        return application

    async def __aenter__(self) -> "SlackStandIn":
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def hook_url(self) -> str:
        return self.base_url.replace("/api/", "/hook/one")

    # ---- routes ----

    async def _kept(self, _: web.Request) -> web.Response:
        return web.json_response({"messages": self.messages, "views": self.views, "hooks": self.hooks})

    async def _fail(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.fail(asked.pop("method"), **asked)
        return web.Response()

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        fault = self._faults["hook"].popleft() if self._faults["hook"] else Fault()
        await asyncio.sleep(fault.slow)
        if fault.status == 200:
            self.hooks.append(await request.json())
        return web.Response(text="ok" if fault.status == 200 else "expired_url", status=fault.status)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=not self.mute)
        await socket.prepare(request)
        self.sockets += 1
        self._open = socket
        await socket.send_json({"type": "hello"})
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.answers.append(json.loads(message.data))
        return socket

    async def envelope(self, kind: str, payload: Json | None) -> None:
        """Send one envelope down the socket that was opened last; its id is its kind and a number."""
        assert self._open is not None
        self._envelopes += 1
        await self._open.send_json({"type": kind, "envelope_id": f"{kind} {self._envelopes}", "payload": payload})

    def _apps_connections_open(self, _: Json) -> Json:
        if self.closed:
            return {"ok": False, "error": "invalid_auth"}
        return {"url": self.base_url.replace("http", "ws").replace("/api/", "/socket")}

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        self.files[request.match_info["file"]] |= {"content": await request.read()}
        return web.Response(text="OK")

    async def _dropped(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.dropped[request.match_info["file"]])

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        fault = self._faults[method].popleft() if self._faults[method] else Fault()
        if fault.drop == "before":
            return _hang_up(request)
        if fault.retry_after is not None:
            headers = {"Retry-After": str(fault.retry_after)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        if fault.status != 200:
            return web.Response(status=fault.status, text="<html>upstream</html>", content_type="text/html")
        if fault.error:
            return web.json_response({"ok": False, "error": fault.error})
        known = getattr(self, f"_{method.replace('.', '_')}", None)
        answer = known(await _arguments(request)) if known else {"ok": False, "error": "unknown_method"}
        if fault.drop == "after":
            return _hang_up(request)
        await asyncio.sleep(fault.slow)
        return web.json_response({"ok": True, **answer})

    # ---- methods ----

    def _auth_test(self, _: Json) -> Json:
        return {
            "user_id": "U0BOT",
            "bot_id": "B0BOT",
            "team_id": "T1",
            "url": "https://acme.slack.com/",
            "user": "steward",
        }

    def _users_info(self, asked: Json) -> Json:
        known = self.users.get(asked["user"])
        return {"user": known} if known else {"ok": False, "error": "user_not_found"}

    def _chat_postMessage(self, asked: Json) -> Json:
        return self._shut(asked) or self._unready(asked) or self._keep({**asked, "ephemeral": False})

    def _chat_postEphemeral(self, asked: Json) -> Json:
        return self._unready(asked) or {"message_ts": self._keep({**asked, "ephemeral": True})["ts"]}

    def _shut(self, asked: Json) -> Json | None:
        error = self.shut.get(asked["channel"])
        return {"ok": False, "error": error} if error else None

    def _unready(self, asked: Json) -> Json | None:
        shown = [block["slack_file"]["id"] for block in asked.get("blocks") or () if "slack_file" in block]
        for file in shown:
            known = self.files.get(file, {})
            if not known.get("complete") or known["unready"] > 0:
                known["unready"] = known.get("unready", 1) - 1
                return {"ok": False, "error": "invalid_blocks"}
        return None

    def _files_getUploadURLExternal(self, asked: Json) -> Json:
        file = f"F{len(self.files) + 10_000_000}"
        self.files[file] = {"name": asked["filename"], "length": int(asked["length"]), "unready": self.looks_over}
        return {"file_id": file, "upload_url": self.base_url.replace("/api/", f"/upload/{file}")}

    def _files_completeUploadExternal(self, asked: Json) -> Json:
        named = json.loads(asked["files"])
        for one in named:
            assert len(self.files[one["id"]]["content"]) == self.files[one["id"]]["length"]
            self.files[one["id"]] |= {"complete": True, "title": one["title"]}
        if asked.get("channel_id"):
            told = {name: asked[name] for name in ("thread_ts",) if asked.get(name)}
            self._keep({"channel": asked["channel_id"], "files": named, "text": "", "ephemeral": False, **told})
        return {"files": named}

    def _chat_update(self, asked: Json) -> Json:
        if refused := self._unready(asked):
            return refused
        here = (one for one in self.messages if (one["channel"], one["ts"]) == (asked["channel"], asked["ts"]))
        found = next((one for one in here if not one["ephemeral"]), None)
        if found is None:
            return {"ok": False, "error": "message_not_found"}
        found |= {**asked, "edits": found.get("edits", 0) + 1}
        return {"channel": found["channel"], "ts": found["ts"]}

    def _conversations_open(self, asked: Json) -> Json:
        return {"channel": {"id": f"D{asked['users']}"}}

    def _conversations_info(self, asked: Json) -> Json:
        """Every channel is one that we are in, unless it is said otherwise."""
        return {"channel": self.channels.get(asked["channel"], {"id": asked["channel"], "is_member": True})}

    def _conversations_history(self, asked: Json) -> Json:
        return self._read(asked, [one for one in self.messages if not one.get("thread_ts")])

    def _conversations_replies(self, asked: Json) -> Json:
        thread = asked["ts"]
        return self._read(asked, [one for one in self.messages if thread in (one.get("thread_ts"), one["ts"])])

    def _views_open(self, asked: Json) -> Json:
        self.views.append({"how": "open", **asked})
        return {"view": {**asked["view"], "id": f"V{len(self.views)}"}}

    def _views_push(self, asked: Json) -> Json:
        self.views.append({"how": "push", **asked})
        return {"view": {**asked["view"], "id": f"V{len(self.views)}"}}

    def _views_update(self, asked: Json) -> Json:
        self.views.append({"how": "update", **asked})
        return {"view": asked["view"]}

    def _keep(self, message: Json) -> Json:
        self._last = max(time.time(), self._last + 0.000_001)
        kept = {**message, "ts": f"{self._last:.6f}"}
        self.messages.append(kept)
        return {"channel": kept["channel"], "ts": kept["ts"], "message": kept}

    def _read(self, asked: Json, among: list[Json]) -> Json:
        """Newest first, a page at a time; metadata only where it is asked for."""
        oldest = float(asked.get("oldest") or 0)
        found = [
            one
            for one in reversed(among)
            if one["channel"] == asked["channel"] and not one["ephemeral"] and float(one["ts"]) > oldest
        ]
        first = int(asked.get("cursor") or 0)
        last = first + min(self.page, int(asked.get("limit") or 100))
        with_metadata = str(asked.get("include_all_metadata", "")).lower() in ("1", "true")
        page = [one if with_metadata else {**one, "metadata": {}} for one in found[first:last]]
        return {"messages": page, "response_metadata": {"next_cursor": str(last) if last < len(found) else ""}}


async def _arguments(request: web.Request) -> Json:
    asked: Json = dict(request.query)
    if request.content_type == "application/json":
        asked |= await request.json()
    else:
        asked |= dict(await request.post())
    for name in ("blocks", "metadata", "view"):
        if isinstance(asked.get(name), str):
            asked[name] = json.loads(asked[name])
    return asked


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


if __name__ == "__main__":
    web.run_app(SlackStandIn().application(), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
