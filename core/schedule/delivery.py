"""What leaves through the outbox, and what came of an attempt to send it: the words core and the senders share."""

from dataclasses import KW_ONLY, dataclass, replace
from datetime import datetime, timedelta

from core.chat.ask import Connection, Place, Speaker
from core.chat.card import Items, Line, Part, Reply


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a message stands: the platform's id of it, and of the conversation ('' where that is the place)."""

    ref: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way out, leased to one sender.

    key       unique and stable over attempts
    token     this lease's name; record() wants it back
    place     where it belongs; only_for: who alone may see it there (ephemeral, or their private chat)
    thread    the platform's id of the thread it continues
    first     the key of the first of those that replace each other
    replaces  the message it is put in the place of; None where there is none (any more): then it is posted
    via       another place of this connection, whose address leads there while the place's own is not known
    asker     who asked for it, None where nobody did: told in private where the place refuses us
    moment    when its place is free: not to be sent before, and at most pacing.LEAD ahead
    until     when the lease runs out, and with it the hold on its place: not to be sent from then on
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
    replaces: Standing | None = None
    first: str | None = None
    via: Place | None = None
    _: KW_ONLY
    moment: datetime
    until: datetime

    @property
    def mark(self) -> str:
        """The key that the platform keeps with the message where it can (Slack metadata): its own, or that of the
        first of those that replace each other."""
        return self.first or self.key


def place_key(connection: Connection, place: Place, person: Speaker | None) -> str:
    """What is paced, and may refuse, as one: a channel, or a person's chat with us, be its own id known or not.

    Never a team alone, whose pace is another's.
    """
    name = place.external_id or (f"@{person.external_id}" if person else "?")
    return f"{connection.external_id}:{name}"


@dataclass(frozen=True, slots=True)
class Sent:
    """It stands there, under the platform's id `ref`, in the conversation `where` ('' where that is the place)."""

    ref: str
    where: str = ""


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
    """The message can never be sent."""

    why: str


@dataclass(frozen=True, slots=True)
class Refuses:
    """The place refuses for good (left channel, blocked bot). why: as one would tell somebody: 'I am not in it'; mend:
    what somebody does about it, as a sentence, '' where nobody can."""

    why: str
    mend: str = ""


Outcome = Sent | Later | Unknown | Never | Refuses


@dataclass(frozen=True, slots=True)
class Came:
    """What came of an attempt, and when: the pace of its place counts from then."""

    delivery: Delivery
    outcome: Outcome
    answered: datetime


CHANNEL = "Channel"
MAY_POST = Line("✓", CHANNEL, "I can post here")
"""What a checklist says of the channel it stands in, as long as it does."""


def barred(why: Refuses) -> Line:
    """The same where the channel refuses us: what is in the way, and what to do."""
    return Line("○", CHANNEL, " ".join(filter(None, (f"{why.why}.", why.mend, "Then say setup there."))))


def set_aside(reply: Reply, why: Refuses) -> Reply:
    """A reply as it is read in private because its channel refuses us: it does not say that we can post there."""
    if reply.card is None:
        return reply
    return replace(reply, card=replace(reply.card, body=tuple(_barred(part, why) for part in reply.card.body)))


def _barred(part: Part, why: Refuses) -> Part:
    if not isinstance(part, Items) or MAY_POST not in part.rows:
        return part
    return replace(part, rows=tuple(barred(why) if row == MAY_POST else row for row in part.rows))
