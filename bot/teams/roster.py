"""Who somebody is: Teams' own ids for one person, and whether they are a guest of the organisation.

A message names people by an id that holds for one bot only (29:…), a people picker by the Entra object id.
We know people by the Entra object id, where they have one: it outlives a new registration of the bot.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.teams.connector import Connector, Declined, Lost, NotSent
from core.chat.ask import marked

log = logging.getLogger(__name__)

_GUESTS = frozenset({"guest", "anonymous"})


@dataclass(frozen=True, slots=True)
class Member:
    """external_id: how we know them; teams_id: what Teams wants to be told to write to them (29:…)."""

    external_id: str
    teams_id: str
    name: str
    guest: bool
    mail: str = ""


class Roster:
    """Members of conversations, asked of Teams and remembered `keep` seconds, a failure `sulk` seconds."""

    def __init__(
        self,
        connector: Connector,
        *,
        timeout: float = 1.5,
        keep: float = 3600.0,
        sulk: float = 60.0,
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connector = connector
        self._timeout = timeout
        self._keep = keep
        self._sulk = sulk
        self._most = most
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[float, Member | None]] = OrderedDict()

    async def member(self, tenant: str, service_url: str, conversation: str, who: str) -> Member | None:
        """The member of a conversation by either id; the last known where Teams does not say now, else None."""
        until, known = self._known.get((tenant, who), (0.0, None))
        if self._clock() < until:
            return known
        try:
            return await self.find(tenant, service_url, conversation, who)
        except (NotSent, Lost, Declined) as error:
            log.warning("Teams did not say who %s is: %s", who, error)
            self._remember((tenant, who), self._sulk, known)
            return known

    def recall(self, tenant: str, who: str) -> Member | None:
        """The member by either id, where Teams has said within `keep` who it is."""
        until, known = self._known.get((tenant, who), (0.0, None))
        return known if self._clock() < until else None

    async def find(self, tenant: str, service_url: str, conversation: str, who: str) -> Member:
        """The member, asked of Teams now. Raises NotSent, Lost or Declined."""
        client = await self._connector.client(service_url)
        try:
            async with asyncio.timeout(self._timeout):
                found = _member(await client.conversations.get_conversation_member(conversation, who))
        except TimeoutError as error:
            raise Lost("no answer in time") from error
        for name in {who, found.external_id, found.teams_id}:
            self._remember((tenant, name), self._keep, found)
        return found

    def _remember(self, key: tuple[str, str], seconds: float, member: Member | None) -> None:
        self._known[key] = (self._clock() + seconds, member)
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)


def _member(account: Any) -> Member:
    if account is None or not account.id:
        raise Lost("an answer without a member")
    more = account.additional_properties or {}
    guest = (
        str(more.get("userRole", "")).lower() in _GUESTS or "#ext#" in str(more.get("userPrincipalName", "")).lower()
    )
    # The object id stands under an older name in some answers.
    external_id = account.aad_object_id or more.get("objectId") or account.id
    return Member(str(external_id), account.id, account.name or "", guest, marked(str(more.get("email") or "")))
