"""Addresses of ours under which a platform fetches a picture, or a person a file: signed, and good for a while.

/pictures/<hash>?key=…    a picture kept in the workspace of a connection
/files/<name>?key=…       a file that a message in the outbox hands over
"""

import asyncio
import hashlib
import mimetypes
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import web
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from core.chat.ask import Connection, Platform
from core.chat.card import File, files
from core.product import workspaces
from core.schedule import outbox
from core.store import pictures
from core.store.database import Database

T = TypeVar("T")

GOOD_FOR = timedelta(days=30)  # a chat is read again days later, and its pictures are fetched anew then


class Links:
    """Makes such addresses."""

    def __init__(self, public_url: str, secret: str) -> None:
        self._root = public_url.rstrip("/")
        self._pictures = _serializer(secret, "picture")
        self._files = _serializer(secret, "file")

    def picture(self, connection: Connection, name: str) -> str:
        key = self._pictures.dumps([connection.platform.value, connection.external_id, name])
        return f"{self._root}/pictures/{quote(name, safe='')}?key={_text(key)}"

    def file(self, delivery: str, number: int, name: str) -> str:
        """The file that stands as this one of its kind in a message of the outbox."""
        key = self._files.dumps([delivery, number])
        return f"{self._root}/files/{quote(name, safe='') or 'file'}?key={_text(key)}"

    def read_picture(self, key: str) -> tuple[Connection, str]:
        """Raises BadSignature."""
        platform, external_id, name = self._pictures.loads(key, max_age=int(GOOD_FOR.total_seconds()))
        return Connection(Platform(platform), external_id), name

    def read_file(self, key: str) -> tuple[str, int]:
        """Raises BadSignature."""
        delivery, number = self._files.loads(key, max_age=int(GOOD_FOR.total_seconds()))
        return delivery, number


def _serializer(secret: str, salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        secret, salt=f"steward.{salt}", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
    )


def _text(key: str | bytes) -> str:
    return key.decode() if isinstance(key, bytes) else key


class Kept:
    """Pictures and files as they are kept, read in a thread."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def picture(self, connection: Connection, name: str) -> bytes | None:
        """A picture, in the workspace of a connection."""
        return await asyncio.get_running_loop().run_in_executor(None, self._picture, connection, name)

    async def file(self, delivery: str, number: int) -> File | None:
        """A file that a message in the outbox hands over."""
        return await asyncio.get_running_loop().run_in_executor(None, self._file, delivery, number)

    def _picture(self, connection: Connection, name: str) -> bytes | None:
        with self._database.transaction(write=False, now=self._clock()) as db:
            try:
                workspaces.enter(db, connection)
            except workspaces.UnknownConnection:
                return None
            return pictures.load(db, name)

    def _file(self, delivery: str, number: int) -> File | None:
        with self._database.transaction(write=False, now=self._clock()) as db:
            reply = outbox.reply_of(db, delivery)
        found = files(reply.card) if reply is not None and reply.card is not None else ()
        return found[number] if 0 <= number < len(found) else None


def mount(app: web.Application, kept: Kept, links: Links) -> None:
    """Serve what is kept under the addresses that `links` makes. A key that we did not sign, or for another thing, is
    403; one that is over, or nothing there, 404."""

    async def picture(request: web.Request) -> web.Response:
        connection, name = _signed(links.read_picture, request)
        if name != request.match_info["name"]:
            raise web.HTTPForbidden
        png = await kept.picture(connection, name)
        if png is None:
            raise web.HTTPNotFound
        age = int(GOOD_FOR.total_seconds())
        headers = {"Cache-Control": f"private, max-age={age}, immutable", **_AS_SAID}
        return web.Response(body=png, content_type="image/png", headers=headers)

    async def file(request: web.Request) -> web.Response:
        found = await kept.file(*_signed(links.read_file, request))
        if found is None:
            raise web.HTTPNotFound
        name = quote(found.name.replace("\\", "/").rpartition("/")[2] or "file", safe="")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
            **_AS_SAID,
        }
        return web.Response(body=found.content(), content_type=_kind(found), headers=headers)

    app.router.add_get("/pictures/{name}", picture)
    app.router.add_get("/files/{name}", file)


_AS_SAID = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


def _signed(read: Callable[[str], T], request: web.Request) -> T:
    try:
        return read(request.query.get("key", ""))
    except SignatureExpired:
        raise web.HTTPNotFound from None
    except (BadSignature, ValueError, TypeError):
        raise web.HTTPForbidden from None


def _kind(file: File) -> str:
    """What it says of itself, where that is a type that a browser shows nothing of."""
    known = mimetypes.guess_all_extensions(file.media_type)
    return file.media_type if known and "html" not in file.media_type else "application/octet-stream"


def derived(*secrets: Any) -> str:
    """A secret of our own from those that all replicas share anyway; '' where there is none."""
    known = [secret.get_secret_value() for secret in secrets if secret is not None]
    return hashlib.sha256("\0".join(["steward links", *known]).encode()).hexdigest() if known else ""
