"""Where the asynchronous adapters meet the synchronous core, and the one protocol that a platform's sender keeps."""

from typing import Protocol

from core.chat.ask import Ask, Platform
from core.chat.card import Reply
from core.schedule.delivery import Delivery, Outcome


class Desk(Protocol):
    """What an adapter may ask of us. Replies that do not come back from here arrive through the outbox and a Sender."""

    async def answer(self, ask: Ask, *, rides: frozenset[str]) -> Reply | None:
        """Answer an ask whose reply can ride in what the adapter sends back now.

        `rides` says which replies can: a subset of {"you", "place"} (`Reply.seen_by`). None: the reply goes through
        the outbox, because it may not ride or is not ready within 2 s; then say 'Working on it' where one must speak.
        """

    async def accept(self, ask: Ask) -> None:
        """Keep an ask (ask.kept is True) and return once it is committed; its reply comes through the outbox."""

    async def fields(self, ask: Ask) -> Reply:
        """Answer a read (a form to open, a suggestion list) at once; nothing is written."""


class Sender(Protocol):
    """Posts on one platform; never raises for what the platform says, but classifies it."""

    platform: Platform

    async def send(self, delivery: Delivery) -> Outcome: ...

    async def find(self, delivery: Delivery) -> str | None:
        """The id under which an earlier attempt of this delivery stands, None where it does not stand there.

        Raises NotImplementedError where the platform cannot be asked (Teams): then it is sent again, at least once.
        """
