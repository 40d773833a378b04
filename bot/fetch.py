"""A dropped file over HTTP: from the hosts it may come from, as large as it may be, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import aiohttp

from core.chat.ask import Attachment
from core.commands.dropped import LARGEST

SECONDS = 60.0
_PIECE = 1 << 16


async def fetched(
    file: Attachment, hosts: tuple[str, ...], headers: Mapping[str, str] | None = None, local: str = ""
) -> Attachment:
    """The file with its content, or with the trouble that there was.

    hosts  the ends of host names that it may come from, by https
    local  an origin besides, for work against a stand-in
    """
    too_large = f"{file.name} is larger than the {LARGEST // 10**6} MB that I take in a chat."
    if not _lies_with(file.url, hosts) and not (local and file.url.startswith(local)):
        return replace(file, trouble=f"{file.name} does not lie where files of this chat lie; I do not fetch it.")
    if file.size > LARGEST:
        return replace(file, trouble=too_large)
    try:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            # a redirect would carry our token elsewhere; Slack sends one to its log-in page where we may not read
            session.get(file.url, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                why = f"I may not read {file.name} (the platform answered {answer.status})."
                return replace(file, trouble=f"{why} Share it with me in our private chat.")
            held = bytearray()
            async for piece in answer.content.iter_chunked(_PIECE):
                held += piece
                if len(held) > LARGEST:
                    return replace(file, trouble=too_large)
    except (aiohttp.ClientError, TimeoutError, OSError, UnicodeError):  # the last: a host that no name may have
        return replace(file, trouble=f"{file.name} could not be fetched just now. Drop it once more.")
    return replace(file, content=bytes(held), size=len(held))


def _lies_with(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether an address is of https and of one of these hosts; what is no address lies nowhere."""
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    host = address.hostname or ""
    return address.scheme == "https" and any(host == end or host.endswith(f".{end}") for end in hosts)
