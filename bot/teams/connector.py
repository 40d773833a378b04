"""botbuilder's CloudAdapter on our own road to the Bot Connector.

The SDK's road blocks the event loop for each token, forgets tokens from one turn to the next, sends through a thread
that no time-out ends, and re-posts a message by itself on 429, 502, 504 and broken connections: three times, unasked.
Here a request is one attempt over one shared aiohttp session, and a token is asked for once, in a thread.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import aiohttp
import msal  # type: ignore[import-untyped]
import requests
from botbuilder.core import CloudAdapterBase
from botbuilder.integration.aiohttp import CloudAdapter
from botframework.connector import BotFrameworkConnectorConfiguration
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import (
    AuthenticateRequestResult,
    BotFrameworkAuthentication,
    ClaimsIdentity,
    ConnectorFactory,
)
from msrest.pipeline import Request, Response, SansIOHTTPPolicy
from msrest.pipeline.async_abc import AsyncHTTPSender, AsyncPipeline
from msrest.pipeline.universal import RawDeserializer
from msrest.universal_http.async_abc import AsyncClientResponse

AUDIENCE = "https://api.botframework.com"
LOGIN = "https://login.microsoftonline.com"
TOKEN_SECONDS = 10.0


class NotSent(Exception):
    """Nothing reached Teams: no token, no connection."""


class Lost(Exception):
    """The request was under way when the connection or the time ended; nobody knows what became of it."""


class Declined(Exception):
    """Teams answered, and said no. `code` is its own word for it, such as MessageWritesBlocked."""

    def __init__(self, status: int, code: str, message: str, retry_after: str) -> None:
        super().__init__(f"{status} {code} {message}".strip())
        self.status = status
        self.code = code
        self.retry_after = retry_after


# ---- the bot's own token ----

FetchToken = Callable[[], Mapping[str, Any]]


class _Session(requests.Session):
    """A session whose requests end; requests itself waits for ever."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", TOKEN_SECONDS - 2)
        return super().request(*args, **kwargs)


def secret(app_id: str, password: str, tenant_id: str, *, login: str = LOGIN) -> FetchToken:
    """A single-tenant app's token for its id and password. MSAL caches and renews it, and asks the network at once."""
    made: list[Any] = []

    def fetch() -> Mapping[str, Any]:
        if not made:
            made.append(
                msal.ConfidentialClientApplication(
                    app_id, client_credential=password, authority=f"{login}/{tenant_id}", http_client=_Session()
                )
            )
        found: Mapping[str, Any] = made[0].acquire_token_for_client(scopes=[f"{AUDIENCE}/.default"])
        return found

    return fetch


def managed_identity(app_id: str) -> FetchToken:
    """The token of the user-assigned managed identity that the app runs as."""
    client = msal.ManagedIdentityClient(msal.UserAssignedManagedIdentity(client_id=app_id), http_client=_Session())

    def fetch() -> Mapping[str, Any]:
        found: Mapping[str, Any] = client.acquire_token_for_client(resource=AUDIENCE)
        return found

    return fetch


class Tokens:
    """Asks `fetch` in a thread of its own, one at a time, so that a slow sign-in service holds up nobody else."""

    def __init__(self, fetch: FetchToken, *, timeout: float = TOKEN_SECONDS) -> None:
        self._fetch = fetch
        self._timeout = timeout
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="teams-token")

    async def bearer(self) -> str:
        """The bot's bearer token. Raises NotSent where there is none in time."""
        asked = asyncio.get_running_loop().run_in_executor(self._thread, self._fetch)
        await asyncio.wait({asked}, timeout=self._timeout)
        if not asked.done():
            asked.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise NotSent("the sign-in service did not answer in time")
        try:
            found = asked.result()
        except (OSError, ValueError, msal.ManagedIdentityError) as error:
            raise NotSent(f"the sign-in service failed: {type(error).__name__}") from error
        if "access_token" not in found:
            raise NotSent(f"the sign-in service refused: {found.get('error', 'no token')}")
        return str(found["access_token"])

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


# ---- the road ----


@dataclass(frozen=True, slots=True)
class Road:
    """What requests to the Bot Connector share. tokens: None where nobody checks them (local work)."""

    session: Callable[[], aiohttp.ClientSession]
    tokens: Tokens | None
    timeout: float


class _Answer(AsyncClientResponse):
    """An aiohttp answer, read whole, in msrest's words."""

    def __init__(self, request: Any, answer: aiohttp.ClientResponse, body: bytes) -> None:
        super().__init__(request, answer)
        self.status_code = answer.status
        self.headers = {key.lower(): value for key, value in answer.headers.items()}
        self.reason = answer.reason
        self._body = body

    def body(self) -> bytes:
        return self._body


class _Wire(AsyncHTTPSender[Any, Any]):
    """One request, one attempt."""

    def __init__(self, road: Road) -> None:
        self._road = road

    async def __aexit__(self, *_: object) -> None:
        """The session belongs to the road."""

    async def send(self, request: Request[Any], **_: Any) -> Response[Any, Any]:
        asked = request.http_request
        headers = dict(asked.headers)
        if self._road.tokens:
            headers["Authorization"] = f"Bearer {await self._road.tokens.bearer()}"
        timeout = aiohttp.ClientTimeout(total=self._road.timeout, connect=self._road.timeout / 2)
        try:
            async with self._road.session().request(
                asked.method, asked.url, data=asked.data, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSent(f"no connection: {error}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Lost(f"{type(error).__name__}: {error}") from error
        if answer.status >= 300:
            raise _declined(answer, body)
        return Response(request, _Answer(asked, answer, body))


def _declined(answer: aiohttp.ClientResponse, body: bytes) -> Declined:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    error = found.get("error", found) if isinstance(found, dict) else {}
    error = error if isinstance(error, dict) else {"message": str(error)}
    code, message = str(error.get("code", "")), str(error.get("message", ""))[:200]
    return Declined(answer.status, code, message, answer.headers.get("Retry-After", ""))


class _Connectors(ConnectorFactory):  # type: ignore[misc]
    """One connector client for each service address; there are a handful in the world."""

    def __init__(self, road: Road) -> None:
        self._road = road
        self._made: dict[str, Any] = {}

    async def create(self, service_url: str, audience: str) -> Any:
        if service_url not in self._made:
            config = BotFrameworkConnectorConfiguration(
                SansIOHTTPPolicy(),  # the SDK wants credentials; ours are put on by the wire
                service_url,
                pipeline_type=lambda _: AsyncPipeline([RawDeserializer()], _Wire(self._road)),
            )
            self._made[service_url] = ConnectorClient(None, service_url, custom_configuration=config)
        return self._made[service_url]


class _Authentication(BotFrameworkAuthentication):  # type: ignore[misc]
    """What CloudAdapter asks of an authentication; requests are checked before they come here (bearer.Gate)."""

    def __init__(self, connectors: _Connectors) -> None:
        self._connectors = connectors

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> ConnectorFactory:
        return self._connectors

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> None:
        return None

    def get_originating_audience(self) -> str:
        return AUDIENCE

    def create_bot_framework_client(self) -> Any:
        raise PermissionError("Steward calls no other bots")

    async def authenticate_request(self, activity: Any, auth_header: str) -> Any:
        raise PermissionError("a request is checked before the adapter sees it")

    async def authenticate_streaming_request(self, auth_header: str, channel_id_header: str) -> Any:
        raise PermissionError("Steward does not stream")

    async def authenticate_channel_request(self, auth_header: str) -> Any:
        raise PermissionError("Steward is no channel")


class Connector:
    """The adapter, and the way to let it see a request that the gate has let in."""

    def __init__(self, app_id: str, road: Road) -> None:
        self.app_id = app_id
        self._connectors = _Connectors(road)
        self.adapter: CloudAdapterBase = CloudAdapter(_Authentication(self._connectors))

    async def client(self, service_url: str) -> Any:
        """The SDK's connector client for an address; raises NotSent, Lost or Declined when it is used."""
        return await self._connectors.create(service_url, AUDIENCE)

    def let_in(self) -> AuthenticateRequestResult:
        result = AuthenticateRequestResult()
        result.claims_identity = self.adapter.create_claims_identity(self.app_id)
        result.audience = AUDIENCE
        result.connector_factory = self._connectors
        return result
