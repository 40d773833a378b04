"""Who is there when: working hours, each person's own zone and holidays, and absences.

`read(db, product)` gives a Presence: two small reads for everybody at once, after which every question is answered
from memory.

    there = presence.read(db, product)
    there.zone(person)                    their own zone, the product's unless said
    there.hours(person)                   Hours(start, end) in wall time; 09:00-17:30 unless said
    there.away(person, day)               the Absence that covers a local day, None where they are there
    there.holiday(person, day)            the name of a public holiday of theirs, '' on other days
    there.works_on(person, day)           a working day of their country, neither a holiday nor away
    there.next_start(person, instant)     the next instant in their hours: at once where they are at work
    there.ends(person, instant)           when the hours that hold an instant end, None outside of them
    there.left(person, instant)           when their last hours before that day ended
    there.present_days(person, first, last)   the days of a range on which they work

A person's holidays are those of the country they named, else of the country of the product's zone; a product in UTC has
no country and no holidays. Days are local dates of the person asked about.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import Mapped

from core.chat import walltime
from core.product.people import Person, ProductInfo
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session

LOOK_BACK = timedelta(days=60)  # absences that ended longer ago are not read unless asked for
LONGEST = timedelta(days=366)  # of one absence
FAR = 400  # days that are looked ahead for somebody's next working day
_HOURS = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2}))?\s*([ap]m)?\s*(?:-|–|—|to|until)\s*(\d{1,2})(?:[:.h](\d{2}))?\s*([ap]m)?"
)
_COUNTRY = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z0-9]{1,3}))?")


class HoursRow(Stamped, Tracked):
    """What one person said about their day; None for what is the default. Their zone stands in `people`."""

    __tablename__ = "hours"
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    start: Mapped[str] = tracked(String(5))  # 09:00, as history tells it
    end: Mapped[str] = tracked(String(5))  # at or before `start`: on the next day
    country: Mapped[str | None] = tracked(String(8))  # DE, or DE-BY
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("uq_hours_person", "workspace_id", "person_id", unique=True),
    )


class AbsenceRow(Stamped, Tracked):
    """Days, both included, on which one person is away."""

    __tablename__ = "absences"
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    first: Mapped[date] = tracked()
    last: Mapped[date] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("ix_absences_person", "workspace_id", "person_id", "last"),
    )


@dataclass(frozen=True, slots=True)
class Hours:
    """A working day in wall time; one that ends at or before its start ends on the next day."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}"


DEFAULT = Hours(time(9), time(17, 30))


@dataclass(frozen=True, slots=True)
class Absence:
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Presence:
    """What is known of everybody; see the module."""

    tz: ZoneInfo
    country: str
    zones: Mapping[str, ZoneInfo]
    told: Mapping[str, Hours]
    countries: Mapping[str, str]
    absences: Mapping[str, tuple[Absence, ...]]

    def zone(self, person: str) -> ZoneInfo:
        return self.zones.get(person, self.tz)

    def hours(self, person: str) -> Hours:
        return self.told.get(person, DEFAULT)

    def country_of(self, person: str) -> str:
        return self.countries.get(person, self.country)

    def today(self, person: str, instant: datetime) -> date:
        return instant.astimezone(self.zone(person)).date()

    def away(self, person: str, day: date) -> Absence | None:
        """The absence that covers a day; of several that touch, one that reaches as far as they do together."""
        covers = [one for one in self.absences.get(person, ()) if one.first <= day <= one.last]
        if not covers:
            return None
        last = max(one.last for one in covers)
        for one in self.absences[person]:  # in order of their first days
            if one.first <= last + timedelta(days=1) and one.last > last and one.first > day:
                last = one.last
        return Absence(min(one.first for one in covers), last)

    def holiday(self, person: str, day: date) -> str:
        return _days_off(self.country_of(person), day.year).get(day, "")

    def works_on(self, person: str, day: date) -> bool:
        return is_working_day(self.country_of(person), day) and self.away(person, day) is None

    def window(self, person: str, day: date) -> tuple[datetime, datetime]:
        """When their hours of a day begin and end."""
        hours, zone = self.hours(person), self.zone(person)
        over = timedelta(days=1) if hours.end <= hours.start else timedelta(0)
        return walltime.instant(day, hours.start, zone), walltime.instant(day + over, hours.end, zone)

    def next_start(self, person: str, instant: datetime) -> datetime:
        """The next instant in their hours; of somebody away for longer than a year, the next hours of all."""
        today = self.today(person, instant)
        for step in range(-1, FAR):
            day = today + timedelta(days=step)
            begins, ends = self.window(person, day)
            if ends > instant and begins < ends and self.works_on(person, day):
                return max(begins, instant.astimezone(UTC))
        return max(self.window(person, today)[0], instant.astimezone(UTC))

    def ends(self, person: str, instant: datetime) -> datetime | None:
        today = self.today(person, instant)
        for day in (today - timedelta(days=1), today):
            begins, ends = self.window(person, day)
            if begins <= instant < ends and self.works_on(person, day):
                return ends
        return None

    def left(self, person: str, instant: datetime) -> datetime:
        """The end of their last working hours before the day of an instant, at most a week ago."""
        today = self.today(person, instant)
        for back in range(1, 8):
            day = today - timedelta(days=back)
            if self.works_on(person, day):
                return self.window(person, day)[1]
        return instant - timedelta(days=7)

    def present_days(self, person: str, first: date, last: date) -> list[date]:
        days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
        return [day for day in days if self.works_on(person, day)]


# ---- reading ----


def read(
    db: Session, product: ProductInfo | None, people: Sequence[str] | None = None, since: date | None = None
) -> Presence:
    """Everybody's presence, or that of some people, as seen in a product.

    since: absences that ended before are not read; two months back unless said.
    """
    own = select(Person.id, Person.tz).where(Person.tz.is_not(None))
    hours = select(HoursRow.person_id, HoursRow.start, HoursRow.end, HoursRow.country)
    since = since or (db.now - LOOK_BACK).date()
    gone = select(AbsenceRow.person_id, AbsenceRow.first, AbsenceRow.last).where(AbsenceRow.last >= since)
    if people is not None:
        own, hours = own.where(Person.id.in_(people)), hours.where(HoursRow.person_id.in_(people))
        gone = gone.where(AbsenceRow.person_id.in_(people))
    told = db.execute(hours).all()
    absences: dict[str, tuple[Absence, ...]] = {}
    for row in db.execute(gone.order_by(AbsenceRow.first, AbsenceRow.last)):
        absences[row.person_id] = (*absences.get(row.person_id, ()), Absence(row.first, row.last))
    tz = product.tz if product else "UTC"
    return Presence(
        ZoneInfo(tz),
        country_of_zone(tz),
        {row.id: ZoneInfo(row.tz) for row in db.execute(own) if row.tz},
        {row.person_id: Hours(time.fromisoformat(row.start), time.fromisoformat(row.end)) for row in told},
        {row.person_id: row.country for row in told if row.country},
        absences,
    )


# ---- changing ----


def set_hours(db: Session, person: str, hours: Hours | None, tz: str | None, country: str | None) -> None:
    """Write down what is given; None leaves what stands."""
    row = db.scalar(select(HoursRow).where(HoursRow.person_id == person))
    if row is None:
        row = HoursRow(
            id=new_id(), person_id=person, start=f"{DEFAULT.start:%H:%M}", end=f"{DEFAULT.end:%H:%M}", country=None
        )
        db.add(row)
    if hours is not None:
        row.start, row.end = f"{hours.start:%H:%M}", f"{hours.end:%H:%M}"
    if country is not None:
        row.country = country
    if tz is not None:
        db.get_one(Person, {"workspace_id": db.workspace, "id": person}).tz = tz
    db.flush()


def add_absence(db: Session, person: str, first: date, last: date) -> None:
    """Somebody is away from one day to another; what overlaps becomes one absence."""
    rows = db.scalars(
        select(AbsenceRow).where(AbsenceRow.person_id == person, AbsenceRow.last >= first, AbsenceRow.first <= last)
    )
    found = list(rows)
    for row in found:
        first, last = min(first, row.first), max(last, row.last)
    kept = found[0] if found else AbsenceRow(id=new_id(), person_id=person, first=first, last=last)
    kept.first, kept.last = first, last
    db.add(kept)
    for row in found[1:]:
        db.delete(row)
    db.flush()


def end_absences(db: Session, person: str, today: date) -> int:
    """Somebody is there from today on: what lies ahead is taken off, what began ends yesterday; how many changed."""
    rows = list(db.scalars(select(AbsenceRow).where(AbsenceRow.person_id == person, AbsenceRow.last >= today)))
    for row in rows:
        if row.first >= today:
            db.delete(row)
        else:
            row.last = today - timedelta(days=1)
    db.flush()
    return len(rows)


# ---- as people type it ----


def hours_said(text: str) -> Hours | None:
    """'09:00-17:30', '9-17', '9am to 5.30pm'; None where it is no span of hours."""
    found = _HOURS.fullmatch(" ".join(text.lower().split()))
    if not found:
        return None
    start, end = _clock(*found.groups()[:3]), _clock(*found.groups()[3:])
    return Hours(start, end) if start is not None and end is not None and start != end else None


def _clock(hour: str, minute: str | None, half: str | None) -> time | None:
    midnight = hour == "24" and not half and not int(minute or 0)  # as the end of a day
    return walltime.of_day("0" if midnight else hour, minute, half)


def country_said(text: str) -> str | None:
    """'in' -> 'IN', 'de-by' -> 'DE-BY'; None where no holidays of such a country are known."""
    found = _COUNTRY.fullmatch(text.strip())
    if not found:
        return None
    country, part = found[1].upper(), (found[2] or "").upper()
    known = _countries()
    if country == "UK":
        country = "GB"
    if country not in known or (part and part not in known[country]):
        return None
    return f"{country}-{part}" if part else country


def country_named(name: str) -> str | None:
    """'India' -> 'IN'; None where no country is called so."""
    return next((code for code, called in _names().items() if called.lower() == name.strip().lower()), None)


def country_name(country: str) -> str:
    """'IN' -> 'India', 'DE-BY' -> 'Germany (BY)'."""
    code, _, part = country.partition("-")
    return _names().get(code, code) + (f" ({part})" if part else "")


@cache
def _countries() -> dict[str, list[str]]:
    from holidays import list_supported_countries  # imported late: it costs a tenth of a second

    return list_supported_countries(include_aliases=False)


@cache
def _names() -> dict[str, str]:
    """Countries by their ISO codes."""
    return dict(_rows("iso3166.tab"))


@cache
def _zones() -> dict[str, str]:
    """Which country a zone lies in; Europe/Kiev is where Europe/Kyiv is."""
    named = {zone: code for code, _, zone, *_ in _rows("zone.tab")}
    links = (line.split() for line in _file("tzdata.zi").splitlines() if line.startswith("L "))
    return {alias: named[zone] for _, zone, alias in links if zone in named} | named


def _rows(table: str) -> Iterable[list[str]]:
    return [line.split("\t") for line in _file(table).splitlines() if line and not line.startswith("#")]


def _file(name: str) -> str:
    return (files("tzdata") / "zoneinfo" / name).read_text("utf-8")


def country_of_zone(tz: str) -> str:
    """The country a zone lies in, '' for UTC and the like."""
    return _zones().get(tz, "")


# ---- working days of a country ----


def is_working_day(country: str, day: date) -> bool:
    """Neither a weekend nor a public holiday there; '' has Saturdays and Sundays only."""
    if not country:
        return day.weekday() < 5
    return day not in _idle(country, day.year)


@lru_cache(maxsize=512)
def _idle(country: str, year: int) -> frozenset[date]:
    known = _calendar(country)
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    if known is None:
        return frozenset(day for day in days if day.weekday() >= 5)
    return frozenset(day for day in days if day.year == year and not known.is_working_day(day))


@lru_cache(maxsize=512)
def _days_off(country: str, year: int) -> dict[date, str]:
    known = _calendar(country)
    if known is None:
        return {}
    first = date(year, 1, 1)
    found = ((first + timedelta(days=n)) for n in range(366))
    return {day: str(known[day]) for day in found if day.year == year and day in known}


def _calendar(country: str) -> Any:
    """The library's own calendar; None for a country it does not know."""
    from holidays import country_holidays, list_supported_countries

    code, _, part = country.partition("-")
    if not code or code not in list_supported_countries():
        return None
    return country_holidays(code, subdiv=part or None, language="en_US")
