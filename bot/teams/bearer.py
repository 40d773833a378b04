"""Is this request from Teams? The bearer token of the Bot Connector, checked with its published keys.

botbuilder's own check raises IndexError for a new key, answers 500 to junk and fetches keys inside the event loop;
this one is PyJWT and an asynchronous fetch (https://learn.microsoft.com/azure/bot-service/rest-api/
bot-framework-rest-connector-authentication, 'Authenticate requests from the Bot Connector service to your bot').
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt

log = logging.getLogger(__name__)

METADATA = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ISSUER = "https://api.botframework.com"
DAY = 24 * 3600.0
LEEWAY = 300.0
"""Seconds a clock may be off."""


class Forged(Exception):
    """The token is missing, malformed, expired, for somebody else or not signed by the Bot Connector."""


class NoKeys(Exception):
    """The signing keys could not be fetched, so that nothing can be said about the token."""


@dataclass(frozen=True, slots=True)
class Key:
    key: jwt.PyJWK
    endorsements: frozenset[str]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed: the address Teams wants to be answered at, and the channels the key vouches for (none: any)."""

    service_url: str
    endorsements: frozenset[str]

    def vouches_for(self, *, channel: str, service_url: str) -> bool:
        return self.service_url == service_url and (not self.endorsements or channel in self.endorsements)


class Keys:
    """The issuer's public keys by id: fetched once a day, and for an id they lack, at most each `pause` s."""

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        *,
        metadata: str = METADATA,
        timeout: float = 5.0,
        pause: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._metadata = metadata
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._pause = pause
        self._clock = clock
        self._keys: Mapping[str, Key] = {}
        self._fetched = -DAY
        self._missed = -pause
        self._failed = -DAY
        self._turn = asyncio.Lock()

    async def find(self, key_id: str) -> Key | None:
        """The key, or None where the issuer has none by that id. Raises NoKeys where it cannot be asked."""
        asked = self._clock()
        if key_id not in self._keys or asked - self._fetched >= DAY:
            async with self._turn:
                # Who waited while a fetch failed does not wait for another one.
                if not self._keys and self._failed >= asked:
                    raise NoKeys("the keys could not be fetched just now")
                await self._refresh(key_id)
        return self._keys.get(key_id)

    async def _refresh(self, key_id: str) -> None:
        now = self._clock()
        if now - self._fetched >= DAY:
            await self._fetch(now)
        elif key_id not in self._keys and now - self._missed >= self._pause:
            self._missed = now
            await self._fetch(now)

    async def _fetch(self, now: float) -> None:
        try:
            where = await self._json(self._metadata)
            found = (await self._json(where["jwks_uri"]))["keys"]
            self._keys = {str(raw["kid"]): _key(raw) for raw in found if raw.get("kty") == "RSA" and "kid" in raw}
            self._fetched = now
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            self._failed = self._clock()
            if not self._keys:
                raise NoKeys(f"{type(error).__name__}: {error}") from error
            self._fetched = max(self._fetched, now - DAY + self._pause)
            log.warning("The Bot Connector's keys could not be refreshed: %s", error)

    async def _json(self, url: str) -> Any:
        async with self._session().get(url, timeout=self._timeout) as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None)


def _key(raw: Mapping[str, Any]) -> Key:
    return Key(jwt.PyJWK.from_dict(dict(raw), algorithm="RS256"), frozenset(map(str, raw.get("endorsements", ()))))


class Gate:
    """Lets in what the Bot Connector signed for this app."""

    def __init__(self, app_id: str, keys: Keys, *, issuer: str = ISSUER) -> None:
        self._app_id = app_id
        self._keys = keys
        self._issuer = issuer

    async def caller(self, authorization: str) -> Caller:
        """Who sent the request with this Authorization header. Raises Forged or NoKeys."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Forged("no bearer token")
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.find(key_id) if isinstance(key_id, str) else None
            if key is None:
                raise Forged("signed with a key the Bot Connector does not have")
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise Forged(f"{type(error).__name__}: {error}") from error
        return Caller(str(claims.get("serviceurl", "")), key.endorsements)
