"""Notices: what somebody follows has changed, somebody was named in a comment, was given an item, is needed by a
blocker, or is answered.

Registered with the store's history by core.commands.assemble(). What changes within two minutes, while somebody is not
at work, or on a day whose messages are spent, is one message to them alone: a batch is an occurrence of kind `notice`
that is due when its window closes, so that it is claimed, composed once, passes the budget and stands in the outbox
like everything said unasked (`notice_cards`). The answer to what stops production is told at once. What comes while
somebody sleeps heads their next stand-up prompt or personal digest, and is a message of its own only where none is
said. What a person has muted, did themselves, or may not read is not noted; what is no longer so when the batch is
composed is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.words import day_in_words, shorten
from core.product import people, presence, questions, watching
from core.product.audience import Audience
from core.product.blockers import Blocker
from core.product.goals import Goal
from core.product.items import Item
from core.product.people import Directory, ProductInfo
from core.product.questions import Question
from core.product.roadmap import SCOPE
from core.product.roadmap import Entry as RoadmapEntry
from core.schedule import digests, occurrences
from core.schedule.schedules import OccurrenceRow
from core.store.base import ID_LENGTH, Base, Scoped, new_id
from core.store.database import Session
from core.store.history import Entry

NOTICE, BENEATH = "notice", "beneath"
WINDOW = timedelta(minutes=2)
ASSIGNMENT, BLOCKER, ANSWER, MENTION, WATCH = "assignment", "blocker", "answer", "mention", "watch"
KINDS = (ASSIGNMENT, BLOCKER, ANSWER, MENTION, WATCH)  # what says best of a thing what it is to somebody, first
NAMES_ME = frozenset({ASSIGNMENT, BLOCKER})  # which pass a day that is full
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
    """at_once: somebody cannot go on until they hear it."""

    person: str
    kind: str
    thing: Thing
    text: str
    at_once: bool = False


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
    things = things_of(db, directory.products.get(product), entries)
    if not things:
        return
    notes: list[Note] = [*_named(db, directory, entries, things), *_watched(db, directory, product, entries, things)]
    kept: dict[str, list[Note]] = {}
    for note in notes:
        if note.person != db.ledger.actor_id and wanted(db, directory, product, note):
            kept.setdefault(note.person, []).append(note)
    for person, theirs in sorted(kept.items()):
        _keep(db, directory.products[product], person, theirs)
    _beneath(db, directory.products[product], [note for note in notes if note.kind == WATCH])


def _is_news(one: Entry) -> bool:
    """Whether a change may be anybody's news; most are not, such as a new item or a move."""
    if one.entity == "comments":
        return one.before is None
    before, after = one.before or {}, one.after or {}
    if one.entity == "questions":  # that an answer still holds is none
        return bool(after.get("answered_at")) and ("answer" in after or not before.get("answered_at"))
    if one.entity == "blockers":
        return bool(after.get("needs_id"))
    if one.entity == "roadmap_moves":
        return one.before is None
    told = one.before is not None and not TOLD.get(one.entity, {}).keys().isdisjoint(after)
    return told or (one.entity == "items" and bool(after.get("assignee_id")))


MODELS: Mapping[str, type[Any]] = {
    "roadmap_entries": RoadmapEntry, "roadmap_moves": RoadmapEntry, "goals": Goal, "results": Goal,
    "questions": Question, "blockers": Blocker,
}  # fmt: skip
"""Which thing a change is about; an item, unless said."""


def things_of(db: Session, info: ProductInfo | None, entries: Iterable[Entry]) -> dict[str, Thing]:
    """What the changes are about, by its id."""
    ids: dict[type[Any], set[str]] = {}
    for one in entries:
        model = MODELS.get(one.entity, Item)
        ids.setdefault(model, set()).add(one.entity_id if model is Question else one.subject_id)
    if info is None:
        return {}
    return {
        row.id: _thing(info, row)
        for model, wanted in ids.items()
        for row in db.scalars(select(model).where(model.id.in_(wanted)))
    }


def _thing(info: ProductInfo, row: Any) -> Thing:
    match row:
        case Item():
            return Thing(row.id, f"{info.key}-{row.number}", row.title, Audience.TEAM)
        case RoadmapEntry():
            return Thing(row.id, f"R-{row.number}", row.title, Audience(row.audience))
        case Goal():
            return Thing(row.id, f"G-{row.number}", row.text, Audience(row.audience))
        case Question():
            return Thing(row.id, f"Q-{row.number}", row.text, Audience(row.audience))
        case _:
            return Thing(row.id, f"B-{row.number}", row.text, Audience.TEAM)


def _named(db: Session, directory: Directory, entries: Iterable[Entry], things: Mapping[str, Thing]) -> Iterable[Note]:
    """Who was given an item, was named in a comment, could clear a blocker, or is answered."""
    actor = directory.name(db.ledger.actor_id)
    for one in entries:
        thing, after = things.get(one.entity_id if one.entity == "questions" else one.subject_id), one.after or {}
        if thing is None:
            continue
        if one.entity == "questions":
            row = db.get_one(Question, {"id": thing.id, "workspace_id": db.workspace})
            for asker in questions.askers(db, row):
                said = f"{actor} answered: “{shorten(row.answer, 200)}”"
                yield Note(asker, ANSWER, thing, said, at_once=row.urgent)
        if one.entity == "blockers":
            yield Note(after["needs_id"], BLOCKER, thing, f"{actor} is blocked and needs you")
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
    """'ann: done, due 4 Dec', 'ann: until 24 Dec, because the bank asked'; '' where nothing of it is news."""
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
    if not said:
        return ""
    said += [
        f"because {shorten(one.after['because'], 200)}"
        for one in entries
        if one.entity == "roadmap_moves" and one.after and one.after["kind"] != SCOPE and one.after["because"]
    ]
    return f"{directory.name(db.ledger.actor_id)}: {', '.join(said)}"


def _shown(db: Session, value: Any) -> str:
    if value is None or value == "":
        return "open"
    if isinstance(value, float):
        return f"{value:g}"
    if hasattr(value, "isoformat"):
        return day_in_words(value.date() if isinstance(value, datetime) else value, db.now.date())
    return shorten(str(value), 80)


def wanted(db: Session, directory: Directory, product: str, note: Note) -> bool:
    """Whether somebody may read it, or is given it by name, and has not muted it."""
    reads = directory.audience(note.person, product, db.now).reads
    theirs = note.kind in NAMES_ME or note.thing.audience in reads
    return theirs and not watching.spared(db, product, note.person, note.kind, note.thing.name, db.now)


def _keep(db: Session, product: ProductInfo, person: str, notes: Sequence[Note]) -> None:
    if any(note.at_once for note in notes):
        batch = _begin(db, product, person, db.now)
    else:
        batch = _batch(db, product, person, any(note.kind in NAMES_ME for note in notes))
    best: dict[str, Note] = {}
    for note in sorted(notes, key=lambda one: KINDS.index(one.kind)):  # one line a thing
        best.setdefault(note.thing.id, note)
    for note in best.values():
        db.add(_row(db, product, batch, note))


def _row(db: Session, product: ProductInfo, batch: str, note: Note) -> NoticeRow:
    return NoticeRow(
        id=new_id(), product_id=product.id, batch_id=batch, person_id=note.person, kind=note.kind,
        thing=note.thing.name, thing_id=note.thing.id, text=note.text, at=db.now,
    )  # fmt: skip


def _batch(db: Session, product: ProductInfo, person: str, urgent: bool) -> str:
    """The batch that still gathers for somebody, or a new one. urgent: one that waits for another day will not do."""
    there = presence.read(db, product, [person])
    closes = db.now + WINDOW
    due = there.next_start(person, closes)
    if due > closes and (morning := digests.morning_at(db, product.id, person, there.today(person, due))):
        due = max(due, morning) + WINDOW  # it rides in that, and comes by itself where there is none after all
    if known := _gathering(db, product, NOTICE, person, due if urgent else None):
        return known
    return _begin(db, product, person, due)


def _begin(db: Session, product: ProductInfo, person: str, due: datetime) -> str:
    batch, there = new_id(), presence.read(db, product, [person])
    occurrences.plan(db, product.id, NOTICE, batch, person, due, there.today(person, due))
    return batch


def _gathering(db: Session, product: ProductInfo, kind: str, to: str, by: datetime | None = None) -> str | None:
    waits = select(OccurrenceRow.subject_id).where(
        OccurrenceRow.workspace_id == db.workspace, OccurrenceRow.kind == kind, OccurrenceRow.recipient == to,
        OccurrenceRow.product_id == product.id, OccurrenceRow.state == "due", OccurrenceRow.due > db.now,
    )  # fmt: skip
    if by is not None:
        waits = waits.where(OccurrenceRow.due <= by)
    return db.scalar(waits.order_by(OccurrenceRow.due).limit(1))


def _beneath(db: Session, product: ProductInfo, notes: Sequence[Note]) -> None:
    """What is followed is told once beneath the last stakeholder digest too, as far as its audience may read it."""
    for digest in digests.of_product(db, product.id) if notes else ():
        told = {note.thing.id: note for note in notes if note.thing.audience in Audience(digest.audience).reads}
        if digest.kind != digests.STAKEHOLDER or digest.readers or digest.paused or not told:
            continue
        if occurrences.last_standing(db, digest.id, digest.kind) is None:
            continue
        batch = _gathering(db, product, BENEATH, digest.id)
        if batch is None:
            batch, day = new_id(), db.now.astimezone(ZoneInfo(digest.tz)).date()
            occurrences.plan(db, product.id, BENEATH, batch, digest.id, db.now + WINDOW, day)
        for note in told.values():
            db.add(_row(db, product, batch, replace(note, person=digest.owner_id)))
