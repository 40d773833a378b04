"""People, the identities they are met by, their roles, and the Directory that is read once a version."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.ask import Ask, Place, Platform, Speaker
from core.product.audience import Audience
from core.product.workspaces import DIRECTORY, outdate
from core.store.base import ID_LENGTH, Base, Scoped, Stamped, Tracked, new_id, tracked
from core.store.database import Session


class Role(StrEnum):
    """Who may. Values are the words people type."""

    VIEWER = "viewer"
    MEMBER = "member"
    LEAD = "lead"  # never given: held by whoever is one of the three below
    PRODUCT_OWNER = "po"
    PRODUCT_MANAGER = "pm"
    SCRUM_MASTER = "sm"
    ADMIN = "admin"

    @property
    def called(self) -> str:
        return _TITLES.get(self, self.value)


_TITLES = {
    Role.PRODUCT_OWNER: "product owner",
    Role.PRODUCT_MANAGER: "product manager",
    Role.SCRUM_MASTER: "scrum master",
}
LEADS = frozenset({Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER, Role.SCRUM_MASTER})
SINGLE = frozenset({Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER})  # a product has one of each


class Person(Stamped, Tracked):
    __tablename__ = "people"
    name: Mapped[str] = tracked()
    tz: Mapped[str | None] = tracked()


class Identity(Scoped, Base):
    """One person as one platform knows them; through which team or tenant, where and when they were met last."""

    __tablename__ = "identities"
    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    name: Mapped[str | None]  # as the platform gave it last; a person of several has one of these
    mail: Mapped[str | None]  # a mark of the e-mail address, where the platform gives one: see Speaker
    connection: Mapped[str | None]
    place: Mapped[str | None]
    met: Mapped[datetime | None]
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),)


class RoleRow(Tracked):
    """A role in one product, or in the whole workspace (admin). A stand-in's begins at `since` (None: when it was
    given) and ends at `until`."""

    __tablename__ = "roles"
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    product_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    role: Mapped[str] = tracked(String(16))
    until: Mapped[datetime | None] = tracked()
    since: Mapped[datetime | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("ix_roles_product", "workspace_id", "product_id"),
    )


class Product(Stamped, Tracked):
    """A product: its key begins its items' names; `counter` is the last number given; `asked`: whether somebody has
    asked a question here."""

    __tablename__ = "products"
    __unremembered__ = frozenset({"counter", "asked"})
    key: Mapped[str] = tracked(String(10))
    name: Mapped[str] = tracked()
    tz: Mapped[str] = tracked()
    vision: Mapped[str] = tracked()
    strategy: Mapped[str] = tracked(default="")
    counter: Mapped[int]
    asked: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (Index("uq_products_key", "workspace_id", "key", unique=True),)


class Channel(Tracked):
    """Which product a place is about."""

    __tablename__ = "channels"
    platform: Mapped[str] = tracked(String(16))
    external_id: Mapped[str] = tracked()
    name: Mapped[str] = tracked()
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("uq_channels_place", "workspace_id", "platform", "external_id", unique=True),
    )


@dataclass(frozen=True, slots=True)
class ProductInfo:
    id: str
    key: str
    name: str
    tz: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    person_id: str
    product_id: str | None
    role: Role
    until: datetime | None
    since: datetime | None = None

    def counts(self, at: datetime) -> bool:
        """Whether the role is held at an instant."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Directory:
    """A workspace's people, roles, products and channels, as they stood at `version`."""

    workspace: str
    version: int
    names: dict[str, str]
    identities: dict[tuple[str, str], str]
    products: dict[str, ProductInfo]
    channels: dict[tuple[str, str], str]
    grants: tuple[Grant, ...]
    called: dict[tuple[str, str], str] = field(default_factory=dict)  # identity -> the name its platform gave
    by_name: dict[str, str] = field(default_factory=dict)
    namesakes: frozenset[str] = frozenset()  # names that several people have, and that therefore name nobody

    def person(self, platform: Platform, speaker: Speaker) -> str | None:
        return self.identities.get((platform.value, speaker.external_id))

    def knows_as(self, platform: Platform, speaker: Speaker) -> str:
        """The name that a platform gave somebody last."""
        key = (platform.value, speaker.external_id)
        return self.called.get(key) or self.names[self.identities[key]]

    def product_by_key(self, key: str) -> ProductInfo | None:
        return next((p for p in self.products.values() if p.key.lower() == key.lower()), None)

    def product_of(self, platform: Platform, place: Place) -> ProductInfo | None:
        """The product a place is about: told so, or the workspace's only one."""
        bound = self.channels.get((platform.value, place.external_id))
        if bound is not None:
            return self.products[bound]
        return next(iter(self.products.values())) if len(self.products) == 1 else None

    def roles(self, person: str, product: str | None, at: datetime) -> frozenset[Role]:
        """The roles given to a person that count in a product at an instant; LEAD with any of the three leads."""
        given = {
            g.role for g in self.grants if g.person_id == person and g.product_id in (None, product) and g.counts(at)
        }
        return frozenset(given | {Role.LEAD, Role.MEMBER} if given & LEADS else given)

    def audience(self, person: str, product: str, at: datetime) -> Audience:
        """The circle of a product that somebody whom the company knows belongs to."""
        inside = self.roles(person, product, at) & {Role.MEMBER, Role.ADMIN}
        return Audience.TEAM if inside else Audience.STAKEHOLDERS

    def holder(self, role: Role, product: str, at: datetime) -> str | None:
        """Who acts in a role now: the stand-in while there is one, else who holds it."""
        held = [g for g in self.grants if g.role is role and g.product_id == product and g.counts(at)]
        held.sort(key=lambda g: g.until is None)
        return held[0].person_id if held else None

    def name(self, person: str | None) -> str:
        return self.names.get(person, "somebody") if person else "somebody"

    def has_admin(self) -> bool:
        return any(g.role is Role.ADMIN for g in self.grants)


def directory_at_hand(db: Session) -> Directory:
    """For those who hear of changes: the Directory that the ask began with, or anew where it has changed meanwhile."""
    known: Directory | None = db.at_hand.get(DIRECTORY)
    return read_directory(db, 0) if known is None else known


def read_directory(db: Session, version: int) -> Directory:
    """Read the workspace's Directory; five small reads."""
    names = {row.id: row.name for row in db.execute(select(Person.id, Person.name).order_by(Person.id))}
    identities: dict[tuple[str, str], str] = {}
    known_as: dict[tuple[str, str], str] = {}
    for row in db.execute(select(Identity.platform, Identity.external_id, Identity.person_id, Identity.name)):
        identities[row.platform, row.external_id] = row.person_id
        if row.name:
            known_as[row.platform, row.external_id] = row.name
    products = {
        row.id: ProductInfo(row.id, row.key, row.name, row.tz, row.asked)
        for row in db.execute(
            select(Product.id, Product.key, Product.name, Product.tz, Product.asked).order_by(Product.key)
        )
    }
    channels = {
        (row.platform, row.external_id): row.product_id
        for row in db.execute(select(Channel.platform, Channel.external_id, Channel.product_id))
    }
    grants = tuple(
        Grant(row.person_id, row.product_id, Role(row.role), row.until, row.since)
        for row in db.execute(select(RoleRow.person_id, RoleRow.product_id, RoleRow.role, RoleRow.until, RoleRow.since))
    )
    called: dict[str, set[str]] = {}
    for person, name in (*names.items(), *((identities[key], name) for key, name in known_as.items())):
        called.setdefault(name.lower(), set()).add(person)
    return Directory(
        db.workspace, version, names, identities, products, channels, grants,
        called=known_as,
        by_name={name: min(people) for name, people in called.items() if len(people) == 1},
        namesakes=frozenset(name for name, people in called.items() if len(people) > 1),
    )  # fmt: skip


def meet(db: Session, platform: Platform, speakers: Iterable[Speaker]) -> None:
    """Make people known who speak, or are spoken of, for the first time. Known ones learn a better name."""
    outdate(db)  # first, since it locks: who is met twice at once is one person
    for speaker in speakers:
        known = db.get(
            Identity,
            {"workspace_id": db.workspace, "platform": platform.value, "external_id": speaker.external_id},
        )
        if known is None:
            _identify(db, platform, speaker)
        elif speaker.name:
            _rename(db, known, speaker.name)
        if known is not None and speaker.mail:
            known.mail = speaker.mail
        db.flush()


def _identify(db: Session, platform: Platform, speaker: Speaker) -> None:
    """A person, or one whom another platform knows by the same e-mail address."""
    name = speaker.name or speaker.external_id
    person = _of_mail(db, platform, speaker)
    if person is None:
        made = Person(id=new_id(), name=name, tz=None)
        db.add(made)
        db.flush()
        person = made.id
    db.add(
        Identity(
            platform=platform.value, external_id=speaker.external_id, person_id=person, name=name,
            mail=speaker.mail or None,
        )
    )  # fmt: skip


def _of_mail(db: Session, platform: Platform, speaker: Speaker) -> str | None:
    """Whom one other platform alone knows by this address. Guests bring their addresses from elsewhere."""
    if not speaker.mail or speaker.guest:
        return None
    found = set(
        db.scalars(select(Identity.person_id).where(Identity.mail == speaker.mail, Identity.platform != platform.value))
    )
    here = set(db.scalars(select(Identity.person_id).where(Identity.platform == platform.value)))
    return found.pop() if len(found) == 1 and not found & here else None


def _rename(db: Session, identity: Identity, name: str) -> None:
    """A better name of this platform's is the person's, unless another platform calls them what they are called."""
    before, identity.name = identity.name, name
    person = db.get_one(Person, {"workspace_id": db.workspace, "id": identity.person_id})
    if person.name != name and before in (None, person.name):
        person.name = name


def grant(
    db: Session, person: str, product: str | None, role: Role, until: datetime | None, since: datetime | None = None
) -> None:
    """Give a role. Product owner and manager pass from one person to the next, who then is a member; a stand-in leaves
    the holder theirs, and keeps what they had themselves. A stand-in's role may begin later, `since`."""
    outdate(db)  # first, since it locks: of two who grant at once, the second sees what the first did
    plain = (Role.VIEWER, Role.MEMBER)
    rows = list(db.scalars(select(RoleRow).where(RoleRow.product_id == product)))
    ended = []
    for row in rows:
        theirs = row.person_id == person
        if _apart(row, since, until):
            continue
        if role in plain:  # a plain role ends what was led
            ends = theirs
        else:
            passes = role in SINGLE and (until is None or row.until is not None)
            ends = (row.role == role and (theirs or passes)) or (theirs and row.role in plain and until is None)
        if ends:
            ended.append(row)
            db.delete(row)
    made = [(person, role, until, since)]
    kept = {row.person_id for row in rows if row not in ended}
    for row in ended:
        if row.person_id != person and row.until is None and row.person_id not in kept:
            made.append((row.person_id, Role.MEMBER, None, None))
    for who, what, end, begin in made:
        db.add(RoleRow(id=new_id(), person_id=who, product_id=product, role=what.value, until=end, since=begin))
    db.flush()


def _apart(row: RoleRow, since: datetime | None, until: datetime | None) -> bool:
    """Whether somebody stands in at another time than the one a role is now given for."""
    if row.until is None or until is None:
        return False
    return (since is not None and row.until <= since) or (row.since is not None and row.since >= until)


def member_by_writing(ask: Ask, directory: Directory) -> bool:
    """Who writes in a product's channel is a member; in a terminal everybody does."""
    platform = ask.connection.platform
    if ask.speaker.guest or ask.place.private:
        return False
    return platform is Platform.TERMINAL or (platform.value, ask.place.external_id) in directory.channels
