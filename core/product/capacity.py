"""How much of each person a product has in a sprint, and the room that makes: what the team got done before, for the
days that people are there now. Nobody's own output is known here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import Mapped

from core.product import presence
from core.product.people import Directory, ProductInfo, Role
from core.store.base import ID_LENGTH, Tracked, new_id, tracked
from core.store.database import Session

ASSUMED = 0.5  # points a person a working day, 5 in two weeks, until a sprint has been closed
REMEMBERED = 3  # sprints that the room is reckoned from
STEERING = frozenset({Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER})


class Capacity(Tracked):
    """What a lead said of one person: a share of their days in percent, or points a sprint; one of the two."""

    __tablename__ = "capacities"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    percent: Mapped[float | None] = tracked()
    points: Mapped[float | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("uq_capacities_pair", "workspace_id", "product_id", "person_id", unique=True),
    )


@dataclass(frozen=True, slots=True)
class Share:
    """One person in one range of days. `days`: working days there are for them; `present`: those on which they are
    there; `percent`: of these, how much is for this product; `points`: what a lead said they take on."""

    person: str
    days: int
    present: int
    percent: float
    points: float | None

    @property
    def weighed(self) -> float:
        """Days for this product."""
        return self.present * self.percent / 100

    @property
    def promised(self) -> float:
        """The points that were said, less absences."""
        return (self.points or 0.0) * self.present / self.days if self.days else 0.0


@dataclass(frozen=True, slots=True)
class Room:
    """What fits. `past`: what was done in the sprints it is reckoned from; `usual`: how many days of people these had;
    `present`: how many there are now; `said`: the points of people of whom a lead said points."""

    size: float
    past: tuple[float, ...]
    usual: float
    present: float
    said: float
    assumed: bool


def say(db: Session, product: str, person: str, percent: float | None, points: float | None) -> None:
    row = db.scalar(select(Capacity).where(Capacity.product_id == product, Capacity.person_id == person))
    if row is None:
        db.add(Capacity(id=new_id(), product_id=product, person_id=person, percent=percent, points=points))
    else:
        row.percent, row.points = percent, points
    db.flush()


def said(db: Session, product: str) -> dict[str, tuple[float | None, float | None]]:
    """Percent and points by person, of whom something was said."""
    rows = db.execute(
        select(Capacity.person_id, Capacity.percent, Capacity.points).where(Capacity.product_id == product)
    )
    return {row.person_id: (row.percent, row.points) for row in rows}


def team(directory: Directory, product: str, at: datetime, told: Mapping[str, object]) -> list[str]:
    """Who takes on work: members and scrum masters, and owners and managers of whom a capacity was said; where that is
    nobody, owners and managers too. Somebody at 0 % is left out by that."""
    steering: list[str] = []
    working: list[str] = []
    for person in directory.names:
        roles = directory.roles(person, product, at)
        if not roles & {Role.MEMBER, Role.LEAD}:
            continue
        only = roles & STEERING and Role.SCRUM_MASTER not in roles
        (steering if only and person not in told else working).append(person)
    return working or steering


def shares(db: Session, product: ProductInfo, people: Sequence[str], first: date, last: date) -> list[Share]:
    """Everybody's share of a range of days, both included."""
    told = said(db, product.id)
    there = presence.read(db, product, people, since=first)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found = []
    for person in people:
        percent, points = told.get(person, (None, None))
        country = there.country_of(person)
        working = sum(presence.is_working_day(country, day) for day in days)
        present = len(there.present_days(person, first, last))
        found.append(Share(person, working, present, 100.0 if percent is None else percent, points))
    return found


def working_days(product: ProductInfo, first: date, last: date) -> list[date]:
    """The days of a range on which people of the product's country work; its first where there is none."""
    country = presence.country_of_zone(product.tz)
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in every if presence.is_working_day(country, day)] or [first]


def room(team: Sequence[Share], past: Sequence[tuple[float, float]]) -> Room:
    """past: what was done, and the days of people there were, in each sprint that was closed, the latest last."""
    said = sum(share.promised for share in team if share.points is not None)
    present = sum(share.weighed for share in team if share.points is None)
    known = [(done, days) for done, days in past if days > 0][-REMEMBERED:]
    usual = sum(days for _, days in known) / len(known) if known else 0.0
    rate = sum(done for done, _ in known) / sum(days for _, days in known) if known else ASSUMED
    size = rate * present + said
    return Room(size, tuple(done for done, _ in known), usual, present, said, not known and present > 0)


def is_behind(product: ProductInfo, first: date, last: date, done: float, total: float, day: date) -> bool:
    """Whether work from one day to another is more than a day and a half behind an even pace on the morning of a day,
    or its time is over."""
    if done >= total:
        return False
    every = working_days(product, first, last)
    behind = total * sum(one < day for one in every) / len(every) - done
    return day > last or behind > total / len(every) * 1.5
