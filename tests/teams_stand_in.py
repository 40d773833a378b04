"""A stand-in for Microsoft's Bot Connector service: keeps what is posted, and misbehaves when told to.

In a test: `async with serving(connector := Connector()) as url`. As a process of its own:
`python -m tests.teams_stand_in PORT`, told what to do over HTTP:

    GET  /_control/posted     what was posted: [{conversation, activity_id, verb, activity, authorization}]
    POST /_control/faults     the next requests meet these, one each: [{on, status, code, retry_after, delay, drop}]
    POST /_control/members    who is known besides: [{id, aadObjectId, name, userRole}]
    POST /_control/reset      forgets all of it
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://api.botframework.com"


@dataclass
class Fault:
    """What happens to the next request. on: 'post', 'create' or 'member', '' for any of them; delay: seconds before it.
    drop: the connection ends without an answer, after the message was kept."""

    on: str = ""
    status: int = 0
    code: str = ""
    retry_after: str = ""
    delay: float = 0.0
    drop: bool = False


@dataclass
class Posted:
    conversation: str
    activity_id: str
    verb: str
    activity: dict[str, Any]
    authorization: str

    @property
    def card(self) -> dict[str, Any]:
        """The Adaptive Card it carries."""
        (attachment,) = self.activity["attachments"]
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        return attachment["content"]


@dataclass
class Connector:
    posted: list[Posted] = field(default_factory=list)
    created: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    shut: set[str] = field(default_factory=set)  # conversations, without their thread, that answer 403
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: int = 0

    def knows(self, *members: dict[str, Any]) -> None:
        """Members are found by their Teams id and by their Entra object id, as in Teams."""
        for member in members:
            self.members |= {member["id"]: member, member.get("aadObjectId", member["id"]): member}

    def app(self) -> web.Application:
        app = web.Application()
        at = "/v3/conversations"
        app.router.add_post(at, self._create)
        app.router.add_post(at + "/{conversation}/activities", self._post)
        app.router.add_post(at + "/{conversation}/activities/{activity}", self._post)
        app.router.add_put(at + "/{conversation}/activities/{activity}", self._post)
        app.router.add_get(at + "/{conversation}/members/{member}", self._member)
        app.router.add_get("/_control/posted", self._show)
        app.router.add_post("/_control/{what}", self._control)
        return app

    def _keep(self, request: web.Request, conversation: str, activity: dict[str, Any]) -> str:
        number = request.match_info.get("activity") if request.method == "PUT" else None
        number = number or f"1700000000{len(self.posted):03d}"
        header = request.headers.get("Authorization", "")
        self.posted.append(Posted(conversation, number, request.method, activity, header))
        return number

    async def _fault(self, on: str, request: web.Request, keep: Any = None) -> web.Response | None:
        self.requests += 1
        fault = next((f for f in self.faults if f.on in ("", on)), None)
        if fault is None:
            return None
        self.faults.remove(fault)
        await asyncio.sleep(fault.delay)
        if fault.drop:
            if keep:
                keep()
            assert request.transport
            request.transport.abort()
            return web.Response(status=500)
        if not fault.status:
            return None
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        body = {"error": {"code": fault.code, "message": "as told"}}
        return web.json_response(body, status=fault.status, headers=headers)

    async def _post(self, request: web.Request) -> web.Response:
        conversation, activity = request.match_info["conversation"], await request.json()
        if conversation.partition(";")[0] in self.shut:
            return _forbidden()
        refused = await self._fault("post", request, lambda: self._keep(request, conversation, activity))
        return refused or web.json_response({"id": self._keep(request, conversation, activity)}, status=201)

    async def _create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if refused := await self._fault("create", request):
            return refused
        self.created.append(asked)
        if not asked.get("isGroup"):
            (member,) = asked["members"]
            if member["id"] not in self.members:
                body = {"error": {"code": "BadSyntax", "message": "Invalid user identity"}}
                return web.json_response(body, status=400)
            return web.json_response({"id": f"a:{member['id']}"}, status=201)
        channel = asked["channelData"]["channel"]["id"]
        if channel in self.shut:
            return _forbidden()
        number = self._keep(request, channel, asked["activity"])
        return web.json_response({"id": f"{channel};messageid={number}", "activityId": number}, status=201)

    async def _member(self, request: web.Request) -> web.Response:
        if refused := await self._fault("member", request):
            return refused
        found = self.members.get(request.match_info["member"])
        if found is None:
            return web.json_response({"error": {"code": "MemberNotFoundInConversation"}}, status=404)
        return web.json_response(found)

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response([asdict(posted) for posted in self.posted])

    async def _control(self, request: web.Request) -> web.Response:
        match request.match_info["what"]:
            case "faults":
                self.faults.extend(Fault(**fault) for fault in await request.json())
            case "members":
                self.knows(*await request.json())
            case "reset":
                for kept in (self.posted, self.created, self.faults, self.members):
                    kept.clear()
            case what:
                return web.Response(status=404, text=what)
        return web.Response(status=204)


def _forbidden() -> web.Response:
    return web.json_response({"error": {"code": "BotNotInConversationRoster"}}, status=403)


@asynccontextmanager
async def serving(app: web.Application | Connector) -> AsyncIterator[str]:
    """The address of an application on a free port of this machine, while the block runs."""
    runner = web.AppRunner(app.app() if isinstance(app, Connector) else app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@dataclass
class Issuer:
    """Signs bearer tokens as the Bot Connector does, and publishes its keys from a thread; a fetch takes `delay` s."""

    url: str = ""
    key_id: str = "key-1"
    endorsements: tuple[str, ...] = ("msteams", "webchat")
    delay: float = 0.0
    fetches: int = 0
    key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))

    @property
    def metadata(self) -> str:
        return f"{self.url}/openidconfiguration"

    def rotate(self, key_id: str) -> None:
        self.key_id, self.key = key_id, generate_private_key(65537, 2048)

    def token(self, audience: str, service_url: str, *, key: RSAPrivateKey | None = None, **claims: Any) -> str:
        """A token that is right in all that `claims` does not change; kid= names another key."""
        now = int(time.time())
        key_id = claims.pop("kid", self.key_id)
        said = {"iss": ISSUER, "aud": audience, "nbf": now - 10, "exp": now + 600, "serviceurl": service_url, **claims}
        return jwt.encode(said, key or self.key, algorithm="RS256", headers={"kid": key_id})

    def published(self, path: str) -> dict[str, Any]:
        if path != "/keys":
            return {"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"}
        self.fetches += 1
        key = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**key, "kid": self.key_id, "use": "sig", "endorsements": list(self.endorsements)}]}


@contextmanager
def issuing() -> Iterator[Issuer]:
    issuer = Issuer()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(issuer.delay)
            body = json.dumps(issuer.published(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    web.run_app(Connector().app(), host="127.0.0.1", port=int(sys.argv[1]), print=None)
