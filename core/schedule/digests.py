"""Digests: what a team, its stakeholders or one person hear regularly, composed from what changed since the last one.

A Digest is what people set up; its schedules and occurrences stand in `schedules`. What it says is a list of sections,
each a small function from a Scene to rows (`sprint_digest`, `stakeholder_digest`, `personal_digest`): an area that has
news adds a function there. Everything a section reads is narrowed to `scene.reads`, what its audience may read.

    digests.compose(db, digest, person)     the Letter or Silence that would be said at `db.now`; preview shows it with
                                            what is still settling
    digests.parts_for(db, product, person, since)   the rows of a personal digest, for a stand-up prompt to carry
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKeyConstraint, Index, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.ask import Platform
from core.chat.card import Button, Card, Part, Quote, Text, escape
from core.chat.words import counted, day_in_words
from core.product import forecast, numbers, people, presence, watching
from core.product.audience import Audience
from core.product.forecast import Forecast
from core.product.people import Directory, Product, ProductInfo, Role
from core.schedule import occurrences, schedules
from core.schedule.budget import Beyond
from core.schedule.occurrences import Kind, Occurrence
from core.schedule.recipients import Recipient, to_channel, to_person, to_place
from core.schedule.schedules import Plan
from core.schedule.unasked import LESS_OFTEN, MUTED, Letter, Said, Silence
from core.store import history
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session

SPRINT, STAKEHOLDER, PERSONAL, DRAFT = "sprint", "stakeholder", "personal", "draft"
KINDS = (SPRINT, STAKEHOLDER, PERSONAL)
LINE, SKIP = "line", "skip"
NOTE_LENGTH = 300
SETTLED = timedelta(seconds=60)  # changes later than this may still be on their way into the database
AT_ONCE = timedelta(0)  # for what is looked at and begins no new period: all that is there by now
FIRST = timedelta(days=14)  # what a first digest looks back on
MOST = 2000  # changes that one digest looks at
LETTER = "E"  # what digests are numbered by


class Digest(Stamped, Tracked):
    """place: where it is posted, by platform and id; readers: the people it goes to instead. draft: minutes before it
    goes out that its owner sees it. note and held concern the next one alone, and are nobody's history."""

    __tablename__ = "digests"
    __unremembered__ = frozenset({"note", "note_by", "held"})
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    kind: Mapped[str] = tracked(String(16))
    owner_id: Mapped[str] = tracked(String(ID_LENGTH))
    said: Mapped[str] = tracked()
    tz: Mapped[str] = tracked(String(64))
    platform: Mapped[str] = tracked(String(16))
    place: Mapped[str] = tracked()
    place_name: Mapped[str] = tracked()
    readers: Mapped[tuple[str, ...]] = tracked()
    audience: Mapped[str] = tracked(String(16))
    draft: Mapped[int] = tracked(Integer)
    empty: Mapped[str] = tracked(String(8))
    paused: Mapped[bool] = tracked()
    note: Mapped[str] = mapped_column(default="")
    note_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    held: Mapped[date | None]
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["people.workspace_id", "people.id"]),
        Index("uq_digests_number", "product_id", "number", unique=True),
    )

    @property
    def called(self) -> str:
        return {SPRINT: "Sprint digest", STAKEHOLDER: "Stakeholder digest", PERSONAL: "Personal digest"}[self.kind]


Row = tuple[str, str]
"""What a section says: a label, and what stands behind it."""


@dataclass(frozen=True)
class Scene:
    """What a section may look at: the product as it stands and what has changed in (since, until].

    aboard: it stands in a stand-up prompt, which says by itself what happened since then, what is due and who waits.
    asked: somebody wants to see it now, whole.
    """

    db: Session
    directory: Directory
    product: ProductInfo
    since: datetime
    until: datetime
    zone: ZoneInfo
    reads: tuple[Audience, ...]
    person: str = ""
    aboard: datetime | None = None
    asked: bool = False

    @property
    def today(self) -> date:
        return self.until.astimezone(self.zone).date()

    @property
    def of_team(self) -> bool:
        return Audience.TEAM in self.reads

    @cached_property
    def changes(self) -> list[history.Past]:
        """What changed in the product, the oldest first."""
        found = history.changes(self.db, product=self.product.id, since=self.since, limit=MOST)
        return [past for past in reversed(found) if self.since < past.at <= self.until]

    @cached_property
    def ahead(self) -> Forecast | None:
        """What is to be expected at the team's pace, its first day being today; None where too little is known."""
        return forecast.ahead(self.db, self.product.id, self.today, ZoneInfo(self.product.tz))

    def key(self, number: int) -> str:
        return f"{self.product.key}-{number}"

    def day(self, when: date | datetime) -> str:
        local = when.astimezone(self.zone).date() if isinstance(when, datetime) else when
        return day_in_words(local, self.today)

    def name(self, person: str | None) -> str:
        return self.directory.name(person)

    def holder(self, role: Role) -> str | None:
        return self.directory.holder(role, self.product.id, self.until)


@dataclass(frozen=True, slots=True)
class Section:
    """What a section has to say. news: whether any of it changed since the last digest."""

    rows: Sequence[Row] = ()
    parts: Sequence[Part] = ()
    news: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """A digest's own card, and whether anything in it is news. stays: what is said though nothing has changed; full:
    that is all of it."""

    card: Card
    news: bool
    stays: Sequence[Part] = ()
    full: bool = False


Composer = Callable[[Scene], Composed]
COMPOSERS: dict[str, Composer] = {}


# ---- setting up ----


def number_of(db: Session, product: str) -> int:
    return numbers.next_number(db, product, LETTER)


def of_product(db: Session, product: str) -> list[Digest]:
    return list(db.scalars(select(Digest).where(Digest.product_id == product).order_by(Digest.number)))


def find(db: Session, digest: str) -> Digest | None:
    return db.get(Digest, {"id": digest, "workspace_id": db.workspace})


def schedule(db: Session, digest: Digest) -> schedules.Next | None:
    """Let the schedules follow a digest; when it comes next. Raises NoRule."""
    schedules.drop(db, digest.id)
    plan = Plan(digest.product_id, digest.kind, digest.id, "", digest.said, digest.tz)
    found = [schedules.keep(db, replace(plan, recipient=reader)) for reader in digest.readers or ("",)]
    if digest.draft:
        shift = -timedelta(minutes=digest.draft)
        schedules.keep(db, replace(plan, kind=DRAFT, recipient=digest.owner_id, shift=shift))
    if digest.paused:
        schedules.pause(db, digest.id)
    return found[0]


def make(db: Session, **fields: object) -> Digest:
    digest = Digest(id=new_id(), note="", note_by=None, held=None, paused=False, **fields)
    db.add(digest)
    db.flush()
    return digest


def remove(db: Session, digest: Digest) -> None:
    schedules.drop(db, digest.id)
    db.delete(digest)
    db.flush()


def next_of(db: Session, digest: Digest) -> schedules.Next | None:
    """When it comes next; None while it is paused, and once it is over."""
    rows = [row for row in schedules.of_subject(db, digest.id) if row.kind == digest.kind]
    times = [schedules.Next(row.next_day, row.next_at) for row in rows if row.next_at and row.next_day]
    return min(times, key=lambda one: one.at, default=None)


# ---- composing ----


def compose(
    db: Session, digest: Digest, person: str = "", *, asked: bool = False, settled: timedelta = SETTLED
) -> Letter | Silence:
    """What would be said at this instant to its place, or to one of its readers. asked: somebody wants it now; then it
    is whole, and says so where nothing changed. settled: how old a change must be; what is AT_ONCE is told once more by
    the next one."""
    directory = people.read_directory(db, 0)
    product = directory.products[digest.product_id]
    to = recipient(db, directory, digest, person)
    if to is None:
        return Silence("nobody knows where to send it")
    reads = _reads(directory, digest, person, db.now)
    if reads is None:
        return Silence("only the team reads it")
    scene = scene_of(db, directory, product, digest, person, reads)
    scene = replace(scene, asked=asked, until=db.now - settled)
    made = COMPOSERS[digest.kind](scene)
    card = replace(made.card, body=(*note_of(directory, digest), *made.card.body))
    if not made.news and not digest.note:
        if digest.empty == SKIP and not asked:
            return Silence("nothing changed")
        card = replace(made.card, body=(nothing_since(scene), *(made.card.body if made.full else made.stays)))
    if not person:
        return Letter(to, card, digest.called.lower())
    # a stakeholder digest is not to be lost because something else came first
    beyond: Beyond = "yield" if digest.kind == PERSONAL else "wait"
    return Letter(to, card, digest.called.lower(), person, beyond=beyond, waits=True, mute="digest")


def nothing_since(scene: Scene) -> Text:
    return Text(f"Nothing has changed since {scene.day(scene.since)}.")


def scene_of(
    db: Session,
    directory: Directory,
    product: ProductInfo,
    digest: Digest,
    person: str,
    reads: tuple[Audience, ...],
    before: date | None = None,
) -> Scene:
    """before: what has changed since the last one that was said on an earlier day than this."""
    last = occurrences.last_said(db, digest.id, digest.kind, person, before)
    begun = db.get_one(Product, {"id": product.id, "workspace_id": db.workspace}).created_at
    since = (last or max(digest.created_at - FIRST, min(begun, digest.created_at))) - SETTLED
    return Scene(db, directory, product, since, db.now - SETTLED, ZoneInfo(digest.tz), reads, person)


def recipient(db: Session, directory: Directory, digest: Digest, person: str) -> Recipient | None:
    if person:
        return to_person(db, directory, person, digest.product_id)
    if digest.place:
        return to_place(db, Platform(digest.platform), digest.place, digest.place_name)
    return to_channel(db, digest.product_id)


def _reads(directory: Directory, digest: Digest, person: str, at: datetime) -> tuple[Audience, ...] | None:
    """What those who get it may read: never more than the digest is for, nor than the reader may. None where that is
    not enough for a digest of this kind."""
    audience = audience_of(digest)
    if person and audience not in directory.audience(person, digest.product_id, at).reads:
        return None
    return audience.reads


def audience_of(digest: Digest) -> Audience:
    return Audience(digest.audience)


def note_of(directory: Directory, digest: Digest) -> tuple[Part, ...]:
    """Its owner's two sentences, which stand on top."""
    return (Quote(escape(digest.note), directory.name(digest.note_by)),) if digest.note else ()


def parts_for(db: Session, product: ProductInfo, person: str, since: datetime | None) -> Sequence[Part]:
    """What a stand-up prompt carries of a personal digest, since the last prompt; nothing where they want none,
    or nothing is new."""
    for digest in of_product(db, product.id):
        if digest.kind == PERSONAL and digest.owner_id == person and not digest.paused:
            directory = people.read_directory(db, 0)
            reads = _reads(directory, digest, person, db.now)
            if reads is None:
                return ()
            scene = scene_of(db, directory, product, digest, person, reads)
            left = presence.read(db, product, [person]).left(person, db.now)
            since = since - SETTLED if since else scene.since
            made = COMPOSERS[PERSONAL](replace(scene, since=since, aboard=left))
            return made.card.body if made.news else ()
    return ()


def due(db: Session, one: Occurrence) -> Said:
    """What a digest says when its time comes."""
    digest = find(db, one.subject_id)
    if digest is None:
        return Silence("it was removed")
    if digest.held == one.day:
        return Silence("held")
    if one.recipient and (why := _absent(db, one, digest)):
        return Silence(why)
    if occurrences.is_overtaken(db, one):
        return Silence("the next one came before there was room")
    return compose(db, digest, one.recipient)


def _absent(db: Session, one: Occurrence, digest: Digest) -> str:
    """Why a person gets nothing on a day: a holiday, an absence, or a stand-up prompt that carries it."""
    directory = people.read_directory(db, 0)
    there = presence.read(db, directory.products[one.product_id], [one.recipient])
    day = there.today(one.recipient, one.due)
    if there.away(one.recipient, day):
        return "away"
    if not there.works_on(one.recipient, day):
        return there.holiday(one.recipient, day) or "no working day"
    if watching.spared(db, one.product_id, one.recipient, "digest", None, db.now):
        return MUTED
    if watching.less_often(db, one.product_id, one.recipient, db.now) and _said_last(db, one):
        return LESS_OFTEN
    if digest.kind == PERSONAL and prompted(db, one.recipient, day):
        return "it rides in the stand-up prompt"
    return ""


def _said_last(db: Session, one: Occurrence) -> bool:
    """Whether the occurrence before this one was said."""
    past = [row for row in occurrences.history(db, [one.subject_id], 40) if row.recipient == one.recipient]
    before = [row for row in past if row.kind == one.kind and row.day < one.day]
    return bool(before) and before[0].state in ("sent", "waiting")


def morning_at(db: Session, product: str, person: str, day: date) -> datetime | None:
    """When what heads somebody's day is still to come on it: the first stand-up prompt of a product, or else their
    personal digest; None where neither is."""
    rows = [row for row in schedules.of_person(db, person) if row.product_id == product and row.next_day == day]
    for kind in ("prompt", PERSONAL):
        if times := [row.next_at for row in rows if row.kind == kind and row.next_at is not None]:
            return min(times)
    return None


def prompted(db: Session, person: str, day: date) -> bool:
    """Whether a stand-up prompt comes to somebody on a day."""
    return any(
        row.kind == "prompt" and (row.next_day == day or occurrences.is_due(db, row.subject_id, "prompt", person, day))
        for row in schedules.of_person(db, person)
    )


def kept(db: Session, one: Occurrence, said: Said) -> None:
    """What was for this one alone is done with."""
    digest = find(db, one.subject_id)
    if digest is None:
        return
    if isinstance(said, Letter):
        digest.note, digest.note_by = "", None
    if digest.held is not None and digest.held <= one.day:
        digest.held = None
    db.flush()


# ---- the draft that its owner sees first ----


def _draft(db: Session, one: Occurrence) -> Said:
    digest = find(db, one.subject_id)
    if digest is None or digest.held == one.day:
        return Silence("held" if digest else "it was removed")
    directory = people.read_directory(db, 0)
    # not counted from when the draft is due: it may have waited for its owner's hours
    comes = [schedules.on(row, one.day) for row in schedules.of_subject(db, digest.id) if row.kind == digest.kind]
    goes = next((next_.at for next_ in comes if next_), db.now)
    there = presence.read(db, directory.products[one.product_id], [digest.owner_id])
    if there.next_start(digest.owner_id, db.now) >= goes:
        return Silence(f"{directory.name(digest.owner_id)} is not at work before it goes out")
    said = compose(db, digest, digest.readers[0] if digest.readers else "")
    to = to_person(db, directory, digest.owner_id, digest.product_id)
    if isinstance(said, Silence) or to is None:
        return said if isinstance(said, Silence) else Silence("nobody knows where to send it")
    # it asks its owner by name whether it may go out, and tomorrow is too late
    return Letter(to, draft_card(digest, said.card, goes), "draft", digest.owner_id, beyond="pass", waits=True)


def draft_card(digest: Digest, card: Card, goes: datetime) -> Card:
    at = goes.astimezone(ZoneInfo(digest.tz))
    where = f"#{digest.place_name}" if digest.place_name else counted(len(digest.readers), "person", "people")
    first = Text(f"This goes to {escape(where)} at {at:%H:%M}. No click means it goes on time.", subtle=True)
    buttons = (
        Button("Add two sentences", f"digest note {digest.number}", form=True),
        Button("Hold it", f"digest hold {digest.number}"),
    )
    return Card(f"Draft · {card.title}", (first, *card.body), buttons)


occurrences.register(STAKEHOLDER, Kind(due, kept))
occurrences.register(DRAFT, Kind(_draft))
