"""What somebody says to Steward, whatever it was said with: a typed line, a button, a submitted form."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Platform(StrEnum):
    TERMINAL = "terminal"
    SLACK = "slack"
    TEAMS = "teams"


class PlaceKind(StrEnum):
    CHANNEL = "channel"
    GROUP = "group"  # a chat of several people that is no channel
    PRIVATE = "private"  # one person and the bot


@dataclass(frozen=True, slots=True)
class Connection:
    """One Slack team, Teams tenant or terminal; the store maps it to a workspace."""

    platform: Platform
    external_id: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, in the platform's own words. `name` is a handle without '@'; '' where the platform did not say.
    `mail` is `marked(address)` of an e-mail address that the platform vouches for: enough to know it again."""

    external_id: str
    name: str = ""
    guest: bool = False
    mail: str = ""


def marked(address: str) -> str:
    """A mark by which an e-mail address is known again, and that does not tell it; '' of none."""
    return hashlib.sha256(f"steward {address.strip().lower()}".encode()).hexdigest() if "@" in address else ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was said. `address`: what the adapter needs to post there later, plain strings, never an SDK object."""

    external_id: str
    kind: PlaceKind = PlaceKind.CHANNEL
    name: str = ""
    address: Mapping[str, str] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        return self.kind is PlaceKind.PRIVATE


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with what was said.

    url      where its adapter fetches it, behind the answer; '' where the content is there already
    content  None until it is fetched; never kept with the ask
    trouble  why it could not be had, in one plain sentence
    """

    name: str
    url: str = ""
    size: int = 0
    content: bytes | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing said, stable under redelivery by `id`.

    text      the command line; mentions are `@<external id>`, channels `#<external id>`, entities already undone
    values    a submitted form's fields by name; they fill the options of the command that `text` names
    mentions  external id -> the name the platform gave with it ('' where it gave none); likewise `channels`
    shut      of these channels those in which we cannot write: why, and what to do about it, in words
    thread    the platform's id of the thread it was said in; None outside threads
    at        when it was said; aware
    kept      True where the platform hands it over only once (an event): stored before it is answered
    link      a permanent address of the message that was said or clicked, '' where there is none
    unsigned  True for what nobody may find the author of: it is kept under a key that leads to nobody
    files     what was dropped together with it
    about     the key of the product that a button was about, which its chat may not be; '' where the place says it
    """

    id: str
    connection: Connection
    speaker: Speaker
    place: Place
    text: str
    at: datetime
    values: Mapping[str, Any] = field(default_factory=dict)
    mentions: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    shut: Mapping[str, str] = field(default_factory=dict)
    thread: str | None = None
    kept: bool = False
    link: str = ""
    unsigned: bool = False
    files: tuple[Attachment, ...] = ()
    about: str = ""
