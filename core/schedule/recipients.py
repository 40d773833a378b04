"""Whom and where a message that nobody waits for goes: a person, a place, or a product's channels.

No platform is named here: what an address holds only its adapter knows, and a place whose own address is not known yet
travels with one that is (`via`), on the same connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from core.chat.ask import Ask, Connection, Place, PlaceKind, Platform, Speaker
from core.product.people import Channel, Directory, Identity, Role
from core.product.places import PlaceRow, find
from core.product.workspaces import ConnectionRow
from core.schedule import stops
from core.schedule.delivery import Delivery, place_key
from core.store.database import Session


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a message goes. only_for: the person whose private chat with us it is; via: see above."""

    connection: Connection
    place: Place
    only_for: Speaker | None = None
    via: Place | None = None


def to_person(db: Session, directory: Directory, person: str, product: str | None = None) -> Recipient | None:
    """A person's private chat with us; None where no platform knows them.

    Of several platforms the one of the product's channels is preferred (of any product's, where none is named), then
    the one where they were met last.
    """
    known = list(db.scalars(select(Identity).where(Identity.person_id == person)))
    if not known:
        return None
    at_home = {platform for (platform, _), about in directory.channels.items() if product is None or about == product}
    chosen = max(known, key=lambda one: (one.platform in at_home, one.met is not None, one.met or db.now, one.platform))
    speaker = Speaker(chosen.external_id, directory.name(person))
    met = find(db, chosen.platform, chosen.place) if chosen.place else None
    connection = _connection(db, chosen.platform, chosen.connection)
    if connection is None:
        return None
    if met is not None and met.kind == PlaceKind.PRIVATE.value:
        return Recipient(connection, met.place, speaker)
    nowhere = Place("", PlaceKind.PRIVATE, speaker.name)
    return Recipient(connection, nowhere, speaker, met.place if met else _neighbour(db, chosen.platform))


def out_of_reach(db: Session, directory: Directory, people: Sequence[str], product: str) -> list[str]:
    """Of these people those to whom we cannot write in private: no platform knows them, or theirs refuses us.

    Who was only never met counts as reachable: platforms let us write first, and where one does not, its refusal shows.
    """
    known, refusing = set(directory.identities.values()), stops.refusing(db)
    return [
        person
        for person in people
        if person not in known or (refusing and _refuses(to_person(db, directory, person, product), refusing))
    ]


def _refuses(to: Recipient | None, refusing: set[tuple[str, str]]) -> bool:
    if to is None:
        return True
    return (to.connection.platform.value, place_key(to.connection, to.place, to.only_for)) in refusing


def to_place(db: Session, platform: Platform, external_id: str, name: str = "") -> Recipient | None:
    """A channel by its platform's id; None where the workspace is not met on that platform."""
    met = find(db, platform.value, external_id)
    if met is not None:
        return Recipient(met.through, replace(met.place, name=name or met.name))
    connection = _connection(db, platform.value, None)
    if connection is None:
        return None
    return Recipient(connection, Place(external_id, name=name), via=_neighbour(db, platform.value))


def to_channels(db: Session, product: str) -> list[Recipient]:
    """All channels that are about a product, the one that was bound first at the head."""
    rows = db.scalars(select(Channel).where(Channel.product_id == product).order_by(Channel.id))
    found = [to_place(db, Platform(row.platform), row.external_id, row.name) for row in rows]
    return [one for one in found if one is not None]


def to_channel(db: Session, product: str) -> Recipient | None:
    """The first channel that is about a product; None where it has none."""
    return next(iter(to_channels(db, product)), None)


@dataclass(frozen=True, slots=True)
class Concerned:
    """Who is to hear of a place that refuses. person, product: '' where they asked for what was refused."""

    to: Recipient
    person: str = ""
    product: str = ""


def concerned(db: Session, directory: Directory, delivery: Delivery) -> Concerned | None:
    """Whom to tell that a delivery's place refuses us: who asked, else who leads the product that it is about."""
    if delivery.asker is not None:
        if delivery.place.private:
            return None  # the one who asked is the one who refuses
        nowhere = Place("", PlaceKind.PRIVATE)
        return Concerned(Recipient(delivery.connection, nowhere, delivery.asker, delivery.via or delivery.place))
    refuses = _whose(directory, delivery)
    for product in _about(directory, delivery, refuses):
        for role in (Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER, Role.SCRUM_MASTER):
            holder = directory.holder(role, product, db.now)
            to = to_person(db, directory, holder, product) if holder is not None and holder != refuses else None
            if holder is not None and to is not None:
                return Concerned(to, holder, product)
    return None


def _about(directory: Directory, delivery: Delivery, person: str | None) -> list[str]:
    """The product of the channel, or those in which the person has a role, else any."""
    bound = directory.channels.get((delivery.connection.platform.value, delivery.place.external_id))
    if bound is not None:
        return [bound]
    theirs = {grant.product_id for grant in directory.grants if grant.person_id == person}
    return [product for product in directory.products if product in theirs] or list(directory.products)


def _whose(directory: Directory, delivery: Delivery) -> str | None:
    """The person whose private chat it was to go to."""
    if not delivery.place.private or delivery.only_for is None:
        return None
    return directory.person(delivery.connection.platform, delivery.only_for)


def here(ask: Ask) -> Recipient:
    """The place where something was said, for everybody there."""
    return Recipient(ask.connection, ask.place)


def _connection(db: Session, platform: str, known: str | None) -> Connection | None:
    """The team or tenant they were met through, else the workspace's first on this platform."""
    if known is not None:
        return Connection(Platform(platform), known)
    first = db.scalar(
        select(ConnectionRow.external_id)
        .where(ConnectionRow.workspace_id == db.workspace, ConnectionRow.platform == platform)
        .order_by(ConnectionRow.created_at, ConnectionRow.external_id)
        .limit(1)
    )
    return None if first is None else Connection(Platform(platform), first)


def _neighbour(db: Session, platform: str) -> Place | None:
    """The channel of a platform that was met last, or any other place there."""
    row = db.scalar(
        select(PlaceRow)
        .where(PlaceRow.platform == platform)
        .order_by((PlaceRow.kind == PlaceKind.CHANNEL.value).desc(), PlaceRow.met.desc(), PlaceRow.external_id)
        .limit(1)
    )
    return row.place if row else None
