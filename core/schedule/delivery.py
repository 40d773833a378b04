"""What leaves through the outbox, and what came of an attempt to send it: the words core and the senders share."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.chat.ask import Connection, Place, Speaker
from core.chat.card import Reply


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way out, leased to one sender.

    key       unique and stable over attempts; the platform keeps it with the message where it can (Slack metadata)
    token     this lease's name; record() wants it back
    place     where it belongs; only_for: who alone may see it there (ephemeral, or their private chat)
    thread    the platform's id of the thread it continues
    asker     who asked for it, None where nobody did: told in private where the place refuses us
    attempted when an earlier attempt began whose fate nobody knows; None on a first or a cleanly failed attempt
    """

    key: str
    token: str
    connection: Connection
    place: Place
    only_for: Speaker | None
    thread: str | None
    reply: Reply
    attempted: datetime | None = None
    asker: Speaker | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """It stands there, under the platform's id `ref`."""

    ref: str


@dataclass(frozen=True, slots=True)
class Later:
    """Certainly not sent; try again after `wait` (the platform's Retry-After, or the sender's own guess)."""

    wait: timedelta
    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was sent: a time-out, a dropped connection, a crash."""

    why: str


@dataclass(frozen=True, slots=True)
class Never:
    """The place refuses for good (left channel, blocked bot), or the message can never be sent."""

    why: str


Outcome = Sent | Later | Unknown | Never
