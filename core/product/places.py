"""Places as they were last met: what an adapter needs to post there unasked. And where each person was last met.

Noted beside the asks that are kept, once a day or when an address has changed; no reader waits for it. Days, not
instants: what somebody said anonymously must not be told by the moment at which they were met.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime

from pydantic import TypeAdapter
from sqlalchemy import String, event
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.ask import Ask, Connection, Place, PlaceKind, Platform
from core.product.people import Identity
from core.store.base import Base, Scoped
from core.store.database import Session

ADDRESS: TypeAdapter[Mapping[str, str]] = TypeAdapter(Mapping[str, str])


NOTED = 10_000  # meetings


class PlaceRow(Scoped, Base):
    """A channel, a group, or a person's private chat with us, in its platform's own plain words."""

    __tablename__ = "places"
    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    connection: Mapped[str]  # the team or tenant it was met through
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str]
    address: Mapped[str]
    met: Mapped[datetime]

    @property
    def place(self) -> Place:
        return Place(self.external_id, PlaceKind(self.kind), self.name, ADDRESS.validate_json(self.address))

    @property
    def through(self) -> Connection:
        return Connection(Platform(self.platform), self.connection)


def find(db: Session, platform: str, external_id: str) -> PlaceRow | None:
    key = {"workspace_id": db.workspace, "platform": platform, "external_id": external_id}
    return db.get(PlaceRow, key)


class Meetings:
    """What a process remembers to have noted, so that most asks note nothing."""

    def __init__(self) -> None:
        self._noted: dict[tuple[Connection, str, str], tuple[Place, date]] = {}

    def note(self, db: Session, ask: Ask) -> None:
        """Note where somebody was met: once a day, or when the address is another. In the transaction of the ask; what
        is rolled back is noted the next time."""
        meeting, now = (ask.connection, ask.place.external_id, ask.speaker.external_id), (ask.place, ask.at.date())
        if not db.workspace or self._noted.get(meeting) == now:
            return
        note(db, ask)
        event.listen(db, "after_commit", lambda _: self._remember(meeting, now), once=True)

    def _remember(self, meeting: tuple[Connection, str, str], now: tuple[Place, date]) -> None:
        if len(self._noted) >= NOTED:
            self._noted.clear()
        self._noted[meeting] = now


def note(db: Session, ask: Ask) -> None:
    """Remember the place of an ask, and that its speaker was met there; a private chat is preferred to a channel."""
    remember(db, ask.connection, ask.place)
    platform = ask.connection.platform.value
    who = {"workspace_id": db.workspace, "platform": platform, "external_id": ask.speaker.external_id}
    identity = db.get(Identity, who)
    if identity is None:
        return
    identity.connection, identity.met = ask.connection.external_id, db.day
    known = find(db, platform, identity.place) if identity.place else None
    if ask.place.private or known is None or known.kind != PlaceKind.PRIVATE.value:
        identity.place = ask.place.external_id


def remember(db: Session, connection: Connection, place: Place) -> None:
    """Remember a place: when the bot was added there, or somebody spoke."""
    if not place.external_id:
        return
    row = find(db, connection.platform.value, place.external_id)
    address = json.dumps(dict(place.address), sort_keys=True)
    if row is None:
        row = PlaceRow(
            platform=connection.platform.value, external_id=place.external_id, connection="", kind="", name="",
            address="", met=db.day,
        )  # fmt: skip
        db.add(row)
    row.connection, row.kind, row.address, row.met = connection.external_id, place.kind.value, address, db.day
    row.name = place.name or row.name
    db.flush()
