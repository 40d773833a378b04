"""Notices: what somebody follows has changed, somebody was named in a comment, or was given an item.

Registered with the store's history by core.commands.assemble(). What changes within two minutes, while somebody is
not at work, or on a day whose messages are spent, is one message to them alone: a batch is an occurrence of kind
`notice` that is due when its window closes, so that it is claimed, composed once, passes the budget and stands in the
outbox like everything said unasked. An assignment waits for hours, never for the budget. What a person has muted, did
themselves, or may not read is not noted; what is no longer so when the batch is composed is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKeyConstraint, Index, String, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.card import Button, Card, Items, Line
from core.chat.words import counted, day_in_words, shorten
from core.product import people, presence, watching
from core.product.audience import Audience
from core.product.goals import Goal
from core.product.items import Item
from core.product.people import Directory, ProductInfo, Role
from core.product.roadmap import Entry as RoadmapEntry
from core.schedule import budget, digests, occurrences
from core.schedule.occurrences import Kind, Letter, Occurrence, Said, Silence
from core.schedule.recipients import to_person
from core.schedule.schedules import OccurrenceRow
from core.store.base import ID_LENGTH, Base, Scoped, new_id
from core.store.database import Session
from core.store.history import Entry

NOTICE, BENEATH = "notice", "beneath"
WINDOW = timedelta(minutes=2)
ASSIGNMENT, MENTION, WATCH = "assignment", "mention", "watch"
SHOWN = 8
RETENTION = timedelta(days=7)
_NAMED = re.compile(r"(?<!\w)@([\w.+-]*\w)")

# Which things a change is about, and the columns whose change is news, as they are told.
TOLD: Mapping[str, Mapping[str, str]] = {
    "items": {"status": "{}", "title": "now called “{}”", "due": "due {}", "points": "{} points"},
    "roadmap_entries": {"status": "{}", "horizon": "now in “{}”", "ends": "until {}", "title": "now called “{}”"},
    "goals": {"closed_at": "closed", "due": "due {}", "text": "now says “{}”"},
    "results": {"value": "now at {}"},
}


class NoticeRow(Scoped, Base):
    """One line of a batch; `batch_id` is the subject of its occurrence."""

    __tablename__ = "notices"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    batch_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    kind: Mapped[str] = mapped_column(String(16))
    thing: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    text: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("ix_notices_batch", "workspace_id", "batch_id"),
        Index("ix_notices_at", "at"),
    )


@dataclass(frozen=True, slots=True)
class Thing:
    """What a change is about, and who may read it at all."""

    id: str
    name: str
    title: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class Note:
    person: str
    kind: str
    thing: Thing
    text: str


# ---- hearing ----


def listen(db: Session) -> None:
    """Note what this transaction has changed for those who want to hear of it."""
    product = db.ledger.product_id
    if product is None or db.ledger.silent or not db.ledger.undoable:
        return
    entries = [one for one in db.ledger.changes.values() if _is_news(one)]
    if not entries:
        return
    directory = people.directory_at_hand(db)
    things = _things(db, directory.products.get(product), entries)
    if not things:
        return
    notes: list[Note] = [*_named(db, directory, entries, things), *_watched(db, directory, product, entries, things)]
    kept: dict[str, list[Note]] = {}
    for note in notes:
        if note.person != db.ledger.actor_id and _wanted(db, directory, product, note):
            kept.setdefault(note.person, []).append(note)
    for person, theirs in sorted(kept.items()):
        _keep(db, directory.products[product], person, theirs)
    _beneath(db, directory.products[product], [note for note in notes if note.kind == WATCH])


def _is_news(one: Entry) -> bool:
    """Whether a change may be anybody's news; most are not, such as a new item or a move."""
    if one.entity == "comments":
        return one.before is None
    after = one.after or {}
    told = one.before is not None and not TOLD.get(one.entity, {}).keys().isdisjoint(after)
    return told or (one.entity == "items" and bool(after.get("assignee_id")))


def _things(db: Session, info: ProductInfo | None, entries: Iterable[Entry]) -> dict[str, Thing]:
    """What the changes are about, by its id."""
    ids: dict[type[Any], set[str]] = {Item: set(), RoadmapEntry: set(), Goal: set()}
    for one in entries:
        model = {"roadmap_entries": RoadmapEntry, "goals": Goal, "results": Goal}.get(one.entity, Item)
        ids[model].add(one.subject_id)
    if info is None:
        return {}
    found: dict[str, Thing] = {}
    for item in db.scalars(select(Item).where(Item.id.in_(ids[Item]))) if ids[Item] else ():
        found[item.id] = Thing(item.id, f"{info.key}-{item.number}", item.title, Audience.TEAM)
    for entry in (
        db.scalars(select(RoadmapEntry).where(RoadmapEntry.id.in_(ids[RoadmapEntry]))) if ids[RoadmapEntry] else ()
    ):
        found[entry.id] = Thing(entry.id, f"R-{entry.number}", entry.title, Audience(entry.audience))
    for goal in db.scalars(select(Goal).where(Goal.id.in_(ids[Goal]))) if ids[Goal] else ():
        found[goal.id] = Thing(goal.id, f"G-{goal.number}", goal.text, Audience(goal.audience))
    return found


def _named(db: Session, directory: Directory, entries: Iterable[Entry], things: Mapping[str, Thing]) -> Iterable[Note]:
    """Who was given an item, and who was named in a comment."""
    actor = directory.name(db.ledger.actor_id)
    for one in entries:
        thing, after = things.get(one.subject_id), one.after or {}
        if thing is None:
            continue
        if one.entity == "items" and after.get("assignee_id"):
            yield Note(after["assignee_id"], ASSIGNMENT, thing, f"{actor} gave it to you")
        if one.entity == "comments" and one.before is None:
            for name in dict.fromkeys(found.lower() for found in _NAMED.findall(after.get("text", ""))):
                if person := directory.by_name.get(name):
                    yield Note(person, MENTION, thing, f"{actor}: “{shorten(after['text'], 200)}”")


def _watched(
    db: Session, directory: Directory, product: str, entries: Sequence[Entry], things: Mapping[str, Thing]
) -> Iterable[Note]:
    """Whoever follows a thing hears what was done to it."""
    told = {key: text for key in things if (text := _told(db, directory, [e for e in entries if e.subject_id == key]))}
    if not told:
        return
    by_name = {things[key].name: key for key in told}
    for name, watchers in watching.watchers(db, product, list(by_name)).items():
        key = by_name[name]
        for person in watchers:
            yield Note(person, WATCH, things[key], told[key])


def _told(db: Session, directory: Directory, entries: Sequence[Entry]) -> str:
    """'ann: done, due 4 Dec'; '' where nothing of it is news."""
    said: list[str] = []
    for one in entries:
        if one.entity == "comments" and one.before is None:
            said.append(f"“{shorten((one.after or {}).get('text', ''), 200)}”")
        elif one.before is not None and one.after is not None:
            said += [
                form.format(_shown(db, one.after[column]))
                for column, form in TOLD.get(one.entity, {}).items()
                if column in one.after
            ]
    return f"{directory.name(db.ledger.actor_id)}: {', '.join(said)}" if said else ""


def _shown(db: Session, value: Any) -> str:
    if value is None or value == "":
        return "open"
    if isinstance(value, float):
        return f"{value:g}"
    if hasattr(value, "isoformat"):
        return day_in_words(value.date() if isinstance(value, datetime) else value, db.now.date())
    return shorten(str(value), 80)


def _wanted(db: Session, directory: Directory, product: str, note: Note) -> bool:
    """Whether somebody may read it, and has not muted it."""
    held = directory.roles(note.person, product, db.now)
    team = bool(held & {Role.MEMBER, Role.LEAD, Role.ADMIN})
    reads = (Audience.TEAM if team else Audience.STAKEHOLDERS).reads
    return note.thing.audience in reads and not watching.spared(
        db, product, note.person, note.kind, note.thing.name, db.now
    )


def _keep(db: Session, product: ProductInfo, person: str, notes: Sequence[Note]) -> None:
    batch = _batch(db, product, person, any(note.kind == ASSIGNMENT for note in notes))
    about = {ASSIGNMENT: 0, MENTION: 1, WATCH: 2}
    best: dict[str, Note] = {}
    for note in sorted(notes, key=lambda one: about[one.kind]):  # one line a thing: what names somebody says it best
        best.setdefault(note.thing.id, note)
    for note in best.values():
        db.add(_row(db, product, batch, note))


def _row(db: Session, product: ProductInfo, batch: str, note: Note) -> NoticeRow:
    return NoticeRow(
        id=new_id(), product_id=product.id, batch_id=batch, person_id=note.person, kind=note.kind,
        thing=note.thing.name, thing_id=note.thing.id, text=note.text, at=db.now,
    )  # fmt: skip


def _batch(db: Session, product: ProductInfo, person: str, urgent: bool) -> str:
    """The batch that still gathers for somebody, or a new one."""
    there = presence.read(db, product, [person])
    soon = there.next_start(person, db.now + WINDOW)
    if known := _gathering(db, product, NOTICE, person, soon if urgent else None):
        return known
    due = soon if urgent else budget.room_from(db, there, person, soon)
    return _begin(db, product, NOTICE, person, due, there.today(person, due))


def _gathering(db: Session, product: ProductInfo, kind: str, to: str, by: datetime | None = None) -> str | None:
    waits = select(OccurrenceRow.subject_id).where(
        OccurrenceRow.workspace_id == db.workspace, OccurrenceRow.kind == kind, OccurrenceRow.recipient == to,
        OccurrenceRow.product_id == product.id, OccurrenceRow.state == "due", OccurrenceRow.due > db.now,
    )  # fmt: skip
    if by is not None:
        waits = waits.where(OccurrenceRow.due <= by)
    return db.scalar(waits.order_by(OccurrenceRow.due).limit(1))


def _begin(db: Session, product: ProductInfo, kind: str, to: str, due: datetime, day: date) -> str:
    batch = new_id()
    db.add(
        OccurrenceRow(
            id=new_id(), workspace_id=db.workspace, product_id=product.id, kind=kind, subject_id=batch,
            recipient=to, day=day, due=due, state="due", why="", attempts=0,
        )
    )  # fmt: skip
    return batch


def _beneath(db: Session, product: ProductInfo, notes: Sequence[Note]) -> None:
    """What is followed is told once beneath the last stakeholder digest too, as far as its audience may read it."""
    for digest in digests.of_product(db, product.id) if notes else ():
        told = {note.thing.id: note for note in notes if note.thing.audience in Audience(digest.audience).reads}
        if digest.kind != digests.STAKEHOLDER or digest.readers or digest.paused or not told:
            continue
        if occurrences.last_standing(db, digest.id, digest.kind) is None:
            continue
        batch = _gathering(db, product, BENEATH, digest.id) or _begin(
            db, product, BENEATH, digest.id, db.now + WINDOW, db.now.astimezone(ZoneInfo(digest.tz)).date()
        )
        for note in told.values():
            db.add(_row(db, product, batch, replace(note, person=digest.owner_id)))


# ---- saying ----


def _compose(db: Session, one: Occurrence) -> Said:
    rows = list(
        db.scalars(select(NoticeRow).where(NoticeRow.batch_id == one.subject_id).order_by(NoticeRow.at, NoticeRow.id))
    )
    directory = people.read_directory(db, 0)
    rows = _still_so(db, directory, rows)
    to = to_person(db, directory, one.recipient, one.product_id)
    if to is None:
        return Silence("nobody knows where to send it")
    if not rows:
        return Silence("it is no longer so")
    by_thing: dict[str, list[NoticeRow]] = {}
    for row in rows:
        by_thing.setdefault(row.thing, []).append(row)
    titles = {thing.name: thing.title for thing in _titles(db, one.product_id, rows).values()}
    lines = tuple(
        Line(thing, shorten(titles.get(thing, ""), 80), " · ".join(dict.fromkeys(row.text for row in theirs[-3:])))
        for thing, theirs in list(by_thing.items())[:SHOWN]
    )
    names_me = any(row.kind == ASSIGNMENT for row in rows)
    more = f", {len(by_thing) - SHOWN} more are in mine" if len(by_thing) > SHOWN else ""
    title = "One thing for you" if len(by_thing) == 1 else f"{counted(len(by_thing), 'thing')} for you{more}"
    kinds = sorted({row.kind for row in rows})
    buttons = (Button("Less often", f"mute {kinds[0]}"),)
    return Letter(
        to, Card(title, (Items(lines),), buttons), "notices", person=one.recipient,
        beyond="pass" if names_me else "wait", waits=True,
    )  # fmt: skip


def _compose_beneath(db: Session, one: Occurrence) -> Said:
    digest = digests.find(db, one.recipient)
    last = occurrences.last_standing(db, digest.id, digest.kind) if digest else None
    to = digests.recipient(db, people.read_directory(db, 0), digest, "") if digest else None
    if digest is None or last is None or to is None:
        return Silence("there is no digest to continue")
    rows = list(db.scalars(select(NoticeRow).where(NoticeRow.batch_id == one.subject_id).order_by(NoticeRow.at)))
    reads = Audience(digest.audience).reads
    things = {thing.name: thing for thing in _titles(db, one.product_id, rows).values() if thing.audience in reads}
    lines = tuple(
        Line(name, shorten(thing.title, 80), " · ".join(dict.fromkeys(row.text for row in rows if row.thing == name)))
        for name, thing in things.items()
    )
    if not lines:
        return Silence("it is no longer so")
    return Letter(to, Card("Since then", (Items(lines[:SHOWN]),)), "what is followed", thread_of=last)


def _titles(db: Session, product: str, rows: Sequence[NoticeRow]) -> dict[str, Thing]:
    entity = {"R": "roadmap_entries", "G": "goals"}
    entries = [Entry(entity.get(row.thing.partition("-")[0], "items"), "", row.thing_id, None, None) for row in rows]
    return _things(db, people.directory_at_hand(db).products.get(product), entries)


def _still_so(db: Session, directory: Directory, rows: Sequence[NoticeRow]) -> list[NoticeRow]:
    """Without what was taken back, muted or put out of sight since."""
    things = _titles(db, rows[0].product_id, rows) if rows else {}
    items = [row.thing_id for row in rows if row.kind == ASSIGNMENT]
    wanted = select(Item.id, Item.assignee_id).where(Item.id.in_(items))
    owned = {row.id: row.assignee_id for row in db.execute(wanted)} if items else {}
    return [
        row
        for row in rows
        if row.thing_id in things
        and (row.kind != ASSIGNMENT or owned.get(row.thing_id) == row.person_id)
        and _wanted(db, directory, row.product_id, Note(row.person_id, row.kind, things[row.thing_id], row.text))
    ]


def _forget(db: Session, one: Occurrence, _said: Said) -> None:
    """A batch that was said is not kept; nor is one that nobody composed."""
    old = or_(NoticeRow.batch_id == one.subject_id, NoticeRow.at < db.now - RETENTION)
    for row in db.scalars(select(NoticeRow).where(old)):
        db.delete(row)


occurrences.register(NOTICE, Kind(_compose, _forget))
occurrences.register(BENEATH, Kind(_compose_beneath, _forget))
