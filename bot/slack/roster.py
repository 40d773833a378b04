"""Who somebody is: the name behind a user id, and whether they are a guest. Events and pickers hold ids alone."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.outcomes import SHUT, asks_to_wait, error_of
from core.chat.ask import Ask, marked

log = logging.getLogger(__name__)

CHANNELS = 5  # of one ask that are looked at

# What Slack says where there is nobody to tell of: then they are taken for no guest. Where the app may not ask
# (missing_scope) everybody is taken for one, since what is meant for the team would reach a guest otherwise.
_NEVER_TOLD = frozenset({"unknown_method", "method_not_supported_for_channel_type", "user_not_found"})


@dataclass(frozen=True, slots=True)
class Member:
    """name: the handle that slash commands and clicks carry too; '' where Slack did not say."""

    name: str
    guest: bool
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """name: '' where not everybody may know it, or Slack did not say. bar: what keeps us from writing there, and what
    to do about it; '' where nothing does."""

    name: str = ""
    bar: str = ""


class Roster:
    """Users, asked of Slack (users.info) and remembered `keep` seconds; `sulk` seconds where it does not say, and that
    will not pass at once.

    timeout  seconds for one answer: a request to us must be answered within 3, and the desk may take 2
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        timeout: float = 0.5,
        keep: float = 3600.0,
        sulk: float = 60.0,
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._timeout = timeout
        self._keep = keep
        self._sulk = sulk
        self._most = most
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Member]] = OrderedDict()

    async def introduce(self, ask: Ask) -> Ask:
        """The ask with everybody's name, its speaker as a guest where they are one, and what bars us from the channels
        that it names."""
        strangers = [who for who, name in ask.mentions.items() if not name]
        (speaker, *others), channels = await asyncio.gather(
            asyncio.gather(*map(self.member, (ask.speaker.external_id, *strangers))),
            asyncio.gather(*map(self.channel, list(ask.channels)[:CHANNELS])),
        )
        named = {who: member.name for who, member in zip(strangers, others, strict=True)}
        return replace(
            ask,
            speaker=replace(ask.speaker, name=speaker.name or ask.speaker.name, guest=speaker.guest, mail=speaker.mail),
            mentions={**ask.mentions, **named},
            channels={key: said or found.name for key, said, found in _beside(ask, channels)},
            shut={key: found.bar for key, _, found in _beside(ask, channels) if found.bar},
        )

    async def channel(self, channel: str) -> Channel:
        """What Slack says of a channel. It is asked each time: an invitation changes it."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._client.conversations_info(channel=channel)
        except SlackApiError as refusal:
            return Channel(bar=_barred(error_of(refusal)))
        except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
            log.warning("Slack did not say what %s is: %r", channel, trouble)
            return Channel()
        known = answer.get("channel") or {}
        name = "" if known.get("is_private") else str(known.get("name") or "")
        if known.get("is_archived"):
            return Channel(name, _barred("is_archived"))
        return Channel(name, "" if known.get("is_member", True) else _barred("not_in_channel"))

    async def member(self, user: str) -> Member:
        """Who a user id stands for. Whom Slack does not tell of just now is who they were; one of whom it never told
        is a guest for this once, and is asked about again with their next line."""
        until, known = self._known.get(user, (0.0, None))
        if known is not None and self._clock() < until:
            return known
        found, keep = await self._ask(user, known)
        if keep:
            self._known[user] = (self._clock() + keep, found)
            self._known.move_to_end(user)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return found

    async def _ask(self, user: str, known: Member | None) -> tuple[Member, float]:
        """What Slack says of somebody, or who they are without it; and for how many seconds that holds."""
        at_worst = known or Member("", guest=True)
        briefly = self._sulk if known else 0.0
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._client.users_info(user=user)
        except SlackApiError as refusal:
            why = error_of(refusal)
            log.warning("Slack does not say who %s is: %s", user, why)
            if why in _NEVER_TOLD:
                return replace(at_worst, guest=False), self._keep
            lasts = asks_to_wait(refusal) or why == "missing_scope"
            return at_worst, self._sulk if lasts else briefly
        except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
            log.warning("Slack did not say who %s is: %r", user, trouble)
            return at_worst, briefly
        return _member(answer.get("user") or {}), self._keep


def _beside(ask: Ask, found: Sequence[Channel]) -> Iterator[tuple[str, str, Channel]]:
    """The channels that an ask names: id, the name it gave, and what was found of it."""
    for number, (key, name) in enumerate(ask.channels.items()):
        yield key, name, found[number] if number < len(found) else Channel()


def _barred(error: str) -> str:
    why, mend = SHUT.get(error, ("", ""))
    return f"{why}. {mend}" if why else ""


def _member(user: Mapping[str, Any]) -> Member:
    """Slack's user object (docs.slack.dev/reference/objects/user-object); strangers come by Slack Connect."""
    guest = any(user.get(mark) for mark in ("is_restricted", "is_ultra_restricted", "is_stranger"))
    address = (user.get("profile") or {}).get("email")  # only with the scope users:read.email
    return Member(str(user.get("name") or ""), guest, marked(str(address or "")))
