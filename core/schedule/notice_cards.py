"""What a batch of notices says: one message to one person, the head of their stand-up prompt or personal digest, or a
line beneath the stakeholder digest."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import or_, select

from core.chat.card import Button, Card, Items, Line, Part, Text
from core.chat.words import counted, shorten
from core.product import people
from core.product.audience import Audience
from core.product.blockers import Blocker
from core.product.items import Item
from core.product.people import Directory
from core.product.questions import Question
from core.schedule import digests, occurrences, question_cards
from core.schedule.notices import (
    ANSWER,
    ASSIGNMENT,
    BENEATH,
    BLOCKER,
    KINDS,
    MENTION,
    NAMES_ME,
    NOTICE,
    WATCH,
    Note,
    NoticeRow,
    Thing,
    things_of,
    wanted,
)
from core.schedule.occurrences import Kind, Occurrence
from core.schedule.recipients import to_person
from core.schedule.schedules import OccurrenceRow
from core.schedule.unasked import Letter, Said, Silence
from core.store.database import Session
from core.store.history import Entry

SHOWN = 8
TEXTS = 3  # of a thing
MUTES = {
    ASSIGNMENT: "assignments", BLOCKER: "blockers that need me", ANSWER: "answers", MENTION: "mentions",
    WATCH: "what I follow",
}  # fmt: skip
RETENTION = timedelta(days=7)
_ENTITIES = {"R": "roadmap_entries", "G": "goals", "Q": "questions", "B": "blockers"}


# ---- to one person ----


def _compose(db: Session, one: Occurrence) -> Said:
    directory = people.read_directory(db, 0)
    rows = _still_so(db, directory, _of_batches(db, [one.subject_id]))
    to = to_person(db, directory, one.recipient, one.product_id)
    if to is None:
        return Silence("nobody knows where to send it")
    if not rows:
        return Silence("it is no longer so")
    kinds = {row.kind for row in rows}
    urgent = kinds == {ANSWER} and all(_question(db, row).urgent for row in rows)
    card = (
        _answer(db, directory, rows[0])
        if kinds == {ANSWER} and len(rows) == 1
        else _card(db, rows, _reads(db, directory, rows[0]))
    )
    return Letter(
        to, card, "notices", one.recipient,
        beyond="pass" if urgent or kinds & NAMES_ME else "wait", waits=not urgent,
    )  # fmt: skip


def _answer(db: Session, directory: Directory, row: NoticeRow) -> Card:
    """One answer by itself, as whoever asked reads it."""
    question = _question(db, row)
    return question_cards.told(question_cards.scene_of(db, directory, row.product_id), question)


def _question(db: Session, row: NoticeRow) -> Question:
    return db.get_one(Question, {"id": row.thing_id, "workspace_id": db.workspace})


def _reads(db: Session, directory: Directory, row: NoticeRow) -> Collection[Audience]:
    """The audiences that whoever is told may read."""
    return directory.audience(row.person_id, row.product_id, db.now).reads


def _card(db: Session, rows: Sequence[NoticeRow], reads: Collection[Audience]) -> Card:
    lines = _lines(db, rows, reads)
    more = f", {len(lines) - SHOWN} more are in mine" if len(lines) > SHOWN else ""
    title = "One thing for you" if len(lines) == 1 else f"{counted(len(lines), 'thing')} for you{more}"
    least = max((row.kind for row in rows), key=KINDS.index)
    buttons = (Button(f"Mute {MUTES[least]}", f"mute {least}"),)
    return Card(title, (Items(tuple(lines[:SHOWN])),), buttons)


def _lines(db: Session, rows: Sequence[NoticeRow], reads: Collection[Audience]) -> list[Line]:
    """'APP-2 CSV export · ann gave it to you', a thing a line; what is most to somebody comes first. Who is given what
    only the team reads hears of it, and not what it says."""
    by_thing: dict[str, list[NoticeRow]] = {}
    for row in rows:
        by_thing.setdefault(row.thing, []).append(row)
    things = {thing.name: thing for thing in _things(db, rows).values()}
    first = sorted(by_thing.items(), key=lambda one: min(map(_weight, one[1])))
    lines = []
    for name, theirs in first:
        thing = things.get(name)
        if thing is None or thing.audience in reads:
            lines.append(Line(name, shorten(thing.title if thing else "", 80), _told(theirs)))
        else:
            lines.append(Line(name, _told(theirs), "what it says only the team reads; a lead can let you in"))
    return lines


def _weight(row: NoticeRow) -> int:
    return KINDS.index(row.kind)


def _told(rows: Sequence[NoticeRow]) -> str:
    """The latest of what is most to somebody, in the order in which it happened."""
    latest = list(reversed(rows))
    latest.sort(key=_weight)
    return " · ".join(dict.fromkeys(row.text for row in rows if row in latest[:TEXTS]))


def for_morning(db: Session, product: str, person: str) -> tuple[list[Part], tuple[str, ...]]:
    """What gathered for somebody while they slept, to head their stand-up prompt or personal digest, and the ids of it.
    A blocker that needs them stands there already."""
    batches = select(OccurrenceRow.subject_id).where(
        OccurrenceRow.workspace_id == db.workspace, OccurrenceRow.kind == NOTICE, OccurrenceRow.recipient == person,
        OccurrenceRow.product_id == product, OccurrenceRow.state == "due",
    )  # fmt: skip
    rows = _of_batches(db, list(db.scalars(batches)))
    directory = people.read_directory(db, 0)
    told = [row for row in _still_so(db, directory, rows) if row.kind != BLOCKER]
    lines = _lines(db, told, _reads(db, directory, told[0])) if told else []
    parts: list[Part] = [Text("**For you**"), Items(tuple(lines[:SHOWN]))] if lines else []
    shown = {line.key for line in lines[:SHOWN]}  # the rest comes by itself
    return parts, tuple(row.id for row in rows if row.kind == BLOCKER or row.thing in shown)


def carried(db: Session, ids: Sequence[str]) -> None:
    """They were said with something else."""
    for row in db.scalars(select(NoticeRow).where(NoticeRow.id.in_(ids))):
        db.delete(row)
    db.flush()


# ---- beneath a digest ----


def _compose_beneath(db: Session, one: Occurrence) -> Said:
    digest = digests.find(db, one.recipient)
    last = occurrences.last_standing(db, digest.id, digest.kind) if digest else None
    to = digests.recipient(db, people.read_directory(db, 0), digest, "") if digest else None
    if digest is None or last is None or to is None:
        return Silence("there is no digest to continue")
    reads = Audience(digest.audience).reads
    rows = _of_batches(db, [one.subject_id])
    things = {name for name, thing in _by_name(db, rows).items() if thing.audience in reads}
    lines = _lines(db, [row for row in rows if row.thing in things], reads)
    if not lines:
        return Silence("it is no longer so")
    return Letter(to, Card("Since then", (Items(tuple(lines[:SHOWN])),)), "what is followed", thread_of=last)


# ---- what is kept of it ----


def _of_batches(db: Session, batches: Sequence[str]) -> list[NoticeRow]:
    rows = select(NoticeRow).where(NoticeRow.batch_id.in_(batches)).order_by(NoticeRow.at, NoticeRow.id)
    return list(db.scalars(rows)) if batches else []


def _things(db: Session, rows: Sequence[NoticeRow]) -> dict[str, Thing]:
    if not rows:
        return {}
    entries = [Entry(_entity(row.thing), row.thing_id, row.thing_id, None, None) for row in rows]
    return things_of(db, people.directory_at_hand(db).products.get(rows[0].product_id), entries)


def _entity(name: str) -> str:
    return _ENTITIES.get(name.partition("-")[0], "items")


def _by_name(db: Session, rows: Sequence[NoticeRow]) -> Mapping[str, Thing]:
    return {thing.name: thing for thing in _things(db, rows).values()}


def _still_so(db: Session, directory: Directory, rows: Sequence[NoticeRow]) -> list[NoticeRow]:
    """Without what was taken back, muted or put out of sight since."""
    things = _things(db, rows)
    items = [row.thing_id for row in rows if row.kind == ASSIGNMENT]
    owners = select(Item.id, Item.assignee_id).where(Item.id.in_(items))
    owned = {row.id: row.assignee_id for row in db.execute(owners)} if items else {}
    needed = select(Blocker.id, Blocker.needs_id).where(
        Blocker.id.in_([row.thing_id for row in rows if row.kind == BLOCKER]), Blocker.cleared_at.is_(None),
        Blocker.owner_id.is_(None),
    )  # fmt: skip
    owned |= {row.id: row.needs_id for row in db.execute(needed)}
    return [
        row
        for row in rows
        if row.thing_id in things
        and (row.kind not in NAMES_ME or owned.get(row.thing_id) == row.person_id)
        and (row.kind != ANSWER or not _question(db, row).open)
        and wanted(db, directory, row.product_id, Note(row.person_id, row.kind, things[row.thing_id], row.text))
    ]


def _forget(db: Session, one: Occurrence, _said: Said) -> None:
    """A batch that was said is not kept; nor is one that nobody composed."""
    old = or_(NoticeRow.batch_id == one.subject_id, NoticeRow.at < db.now - RETENTION)
    for row in db.scalars(select(NoticeRow).where(old)):
        db.delete(row)


occurrences.register(NOTICE, Kind(_compose, _forget))
occurrences.register(BENEATH, Kind(_compose_beneath, _forget))
