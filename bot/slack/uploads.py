"""Pictures and files on their way to Slack: the upload flow that replaced files.upload.

A file is asked an address for, posted there, and completed: unshared (a picture, which a message then shows by its id)
or into a place. Slack looks it over after that, and refuses blocks that name it until it has.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from core.chat.ask import Connection
from core.chat.card import Card, File, files, pictures

LoadPicture = Callable[[Connection, str], Awaitable[bytes | None]]
"""A picture's bytes by its hash, in the workspace of a connection; None where there is none."""

KNOWN = 1_000  # pictures whose id a process remembers: shown again, they are not uploaded again


class Uploads:
    def __init__(self, client: AsyncWebClient, load: LoadPicture | None, timeout: int) -> None:
        """load: None where no pictures are kept."""
        self._client = client
        self._load = load
        self._timeout = timeout
        self._known: OrderedDict[tuple[Connection, str], str] = OrderedDict()

    async def pictures(self, connection: Connection, card: Card) -> dict[str, str]:
        """hash -> file id of the card's pictures; those that are not kept any more are left out.

        Raises SlackApiError, and aiohttp's errors: nothing was posted.
        """
        found = {}
        for picture in pictures(card):
            known = self._known.get((connection, picture.hash))
            if known is None and picture.hash and self._load is not None:
                png = await self._load(connection, picture.hash)
                if png is not None:
                    known = await self.begin(f"{picture.hash[:12]}.png", png)
                    await self._client.files_completeUploadExternal(files=[{"id": known, "title": picture.alt[:200]}])
                    self._remember((connection, picture.hash), known)
            if known is not None:
                found[picture.hash] = known
        return found

    def forget(self, connection: Connection, card: Card) -> None:
        """Slack did not take these: they are uploaded anew the next time."""
        for picture in pictures(card):
            self._known.pop((connection, picture.hash), None)

    async def begin_files(self, card: Card) -> list[tuple[File, str]]:
        """Upload the card's files without showing them anywhere yet. Raises as `pictures` does."""
        return [(file, await self.begin(file.name or "file", file.content())) for file in files(card)]

    async def share(self, begun: list[tuple[File, str]], channel: str, thread: str | None) -> None:
        """Show uploaded files in a place or a thread. Raises as `pictures` does: nobody knows whether they stand."""
        if begun:
            named: list[dict[str, str | None]] = [{"id": known, "title": file.name} for file, known in begun]
            await self._client.files_completeUploadExternal(files=named, channel_id=channel, thread_ts=thread)

    async def begin(self, name: str, content: bytes) -> str:
        """Upload; the id under which it is completed."""
        asked = await self._client.files_getUploadURLExternal(filename=name, length=len(content))
        timeout = aiohttp.ClientTimeout(total=self._timeout)
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.post(str(asked["upload_url"]), data=content) as answer,
        ):
            if answer.status != 200:
                raise aiohttp.ClientError(f"the upload of {name} was answered with {answer.status}")
        return str(asked["file_id"])

    def _remember(self, key: tuple[Connection, str], known: str) -> None:
        self._known[key] = known
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)


def names_in(messages: list[dict[str, Any]]) -> set[str]:
    """The titles of all files that messages show."""
    shown = (file for one in messages for file in one.get("files") or ())
    return {str(file.get("title") or file.get("name")) for file in shown}
