"""The roadmap: entries by horizon or date, the items behind them, milestones, and what became of each promise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, bindparam, case, select
from sqlalchemy.orm import Mapped

from core.product import numbers
from core.product.audience import Audience
from core.product.items import Item
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session
from core.store.prepared import Prepared

TITLE_LENGTH = 255
HORIZONS = ("now", "next", "later")
OPEN, SHIPPED, DROPPED = "open", "shipped", "dropped"

DATE, HORIZON, SCOPE, DROP, SHIP = "date", "horizon", "scope", "drop", "ship"


class NoSuchEntry(LookupError):
    """`args[0]` is the number that was named."""


class NoSuchMilestone(LookupError):
    """`args` are the number that was named and how many there are."""


class Entry(Stamped, Tracked):
    """Something promised, or thought of. `ended_at` is when it was shipped or dropped."""

    __tablename__ = "roadmap_entries"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    title: Mapped[str] = tracked()
    horizon: Mapped[str] = tracked(String(8))
    starts: Mapped[date | None] = tracked()
    ends: Mapped[date | None] = tracked()
    audience: Mapped[str] = tracked(String(16))
    goal_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    status: Mapped[str] = tracked(String(8))
    ended_at: Mapped[datetime | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "goal_id"], ["goals.workspace_id", "goals.id"]),
        Index("uq_roadmap_entries_number", "product_id", "number", unique=True),
    )


class EntryLink(Tracked):
    """An item that an entry consists of."""

    __tablename__ = "roadmap_links"
    entry_id: Mapped[str] = tracked(String(ID_LENGTH))
    item_id: Mapped[str] = tracked(String(ID_LENGTH))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "entry_id"], ["roadmap_entries.workspace_id", "roadmap_entries.id"]),
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        Index("uq_roadmap_links_pair", "entry_id", "item_id", unique=True),
        Index("ix_roadmap_links_item", "item_id"),
    )

    def subject(self) -> str:
        return self.entry_id


class Move(Stamped, Tracked):
    """A promise that was changed, and why: its date, its horizon, its scope, or all of it. `days`: how much later it
    ends than was said before, where both are dates."""

    __tablename__ = "roadmap_moves"
    entry_id: Mapped[str] = tracked(String(ID_LENGTH))
    kind: Mapped[str] = tracked(String(8))
    was: Mapped[str] = tracked()
    becomes: Mapped[str] = tracked()
    days: Mapped[int | None] = tracked()
    because: Mapped[str] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "entry_id"], ["roadmap_entries.workspace_id", "roadmap_entries.id"]),
        Index("ix_roadmap_moves_entry", "entry_id", "created_at"),
    )

    def subject(self) -> str:
        return self.entry_id

    @property
    def slip(self) -> bool:
        """Whether it comes later than was said."""
        if self.kind == HORIZON:
            return HORIZONS.index(self.becomes) > HORIZONS.index(self.was)
        return self.kind == DATE and (self.days or 0) > 0


class Milestone(Stamped, Tracked):
    """A step or deliverable on the way to an entry."""

    __tablename__ = "milestones"
    entry_id: Mapped[str] = tracked(String(ID_LENGTH))
    position: Mapped[int] = tracked()
    text: Mapped[str] = tracked()
    day: Mapped[date] = tracked()
    owner_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    done_at: Mapped[datetime | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "entry_id"], ["roadmap_entries.workspace_id", "roadmap_entries.id"]),
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["people.workspace_id", "people.id"]),
        Index("ix_milestones_entry", "entry_id", "position"),
    )

    def subject(self) -> str:
        return self.entry_id


# ---- entries ----


def add(
    db: Session,
    product: str,
    title: str,
    *,
    horizon: str,
    audience: Audience,
    starts: date | None = None,
    ends: date | None = None,
    goal_id: str | None = None,
) -> Entry:
    number = numbers.next_number(db, product, numbers.ROADMAP)
    entry = Entry(
        id=new_id(), product_id=product, number=number, title=title, horizon=horizon, starts=starts, ends=ends,
        audience=audience.value, goal_id=goal_id, status=OPEN, ended_at=None,
    )  # fmt: skip
    db.add(entry)
    db.flush()
    return entry


def find(db: Session, product: str, number: int, reads: Sequence[Audience] = tuple(Audience)) -> Entry:
    """An entry by its number. Raises NoSuchEntry, also where the audience may not read it."""
    found = db.scalar(select(Entry).where(Entry.product_id == product, Entry.number == number))
    if found is None or found.audience not in reads:
        raise NoSuchEntry(number)
    return found


# What is nearest first: by horizon, then what is dated, then in the order it was thought of.
_ORDER = (
    case({name: at for at, name in enumerate(HORIZONS)}, value=Entry.horizon, else_=len(HORIZONS)),
    Entry.ends.is_(None), Entry.ends, Entry.number,
)  # fmt: skip


def listed(db: Session, product: str, reads: Sequence[Audience], *, count: int = 1000, offset: int = 0) -> list[Entry]:
    """A product's open entries that an audience may read, the nearest first."""
    wanted = select(Entry).where(
        Entry.product_id == product, Entry.status == OPEN, Entry.audience.in_([a.value for a in reads])
    )
    return list(db.scalars(wanted.order_by(*_ORDER).limit(count).offset(offset)))


def ended(
    db: Session, product: str, reads: Sequence[Audience], status: str, since: datetime, until: datetime | None = None
) -> list[Entry]:
    """What was shipped or dropped after an instant, and up to another, the latest first."""
    wanted = select(Entry).where(
        Entry.product_id == product, Entry.status == status, Entry.ended_at > since,
        Entry.ended_at <= (until or db.now), Entry.audience.in_([a.value for a in reads]),
    )  # fmt: skip
    return list(db.scalars(wanted.order_by(Entry.ended_at.desc(), Entry.number)))


def serving(db: Session, goal: str, reads: Sequence[Audience]) -> list[Entry]:
    """The open entries that serve a goal."""
    wanted = select(Entry).where(
        Entry.goal_id == goal, Entry.status == OPEN, Entry.audience.in_([a.value for a in reads])
    )
    return list(db.scalars(wanted.order_by(*_ORDER)))


# ---- what became of a promise ----


def moved(db: Session, entry: Entry, kind: str, was: str, becomes: str, because: str, days: int | None = None) -> Move:
    move = Move(id=new_id(), entry_id=entry.id, kind=kind, was=was, becomes=becomes, days=days, because=because)
    db.add(move)
    db.flush()
    return move


def moves(
    db: Session, entries: Sequence[str], since: datetime | None = None, until: datetime | None = None
) -> list[Move]:
    """How entries were moved, or after an instant, and up to another, the latest first."""
    wanted = select(Move).where(Move.entry_id.in_(entries)).order_by(Move.created_at.desc(), Move.id.desc())
    wanted = wanted if since is None else wanted.where(Move.created_at > since)
    wanted = wanted if until is None else wanted.where(Move.created_at <= until)
    return list(db.scalars(wanted)) if entries else []


# ---- the items behind them ----


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the items that an entry consists of, dropped ones left out: how many are done, and in points."""

    done: int
    of: int
    points_done: float
    points: float

    @property
    def part(self) -> float | None:
        """From 0 to 1; None where there is nothing to count."""
        return self.done / self.of if self.of else None


NOTHING = Progress(0, 0, 0.0, 0.0)

_LINKED = Prepared(
    select(EntryLink.entry_id, Item.id, Item.type, Item.status, Item.points)
    .join(Item, (Item.workspace_id == EntryLink.workspace_id) & (Item.id == EntryLink.item_id))
    .where(EntryLink.entry_id.in_(bindparam("ids", expanding=True)))
)
_INSIDE = Prepared(
    select(Item.epic_id, Item.id, Item.type, Item.status, Item.points).where(
        Item.epic_id.in_(bindparam("ids", expanding=True))
    )
)
_CHUNK = 500
DONE = ("done", "accepted")


def progress(db: Session, entries: Sequence[str]) -> dict[str, Progress]:
    """Each entry's progress."""
    return {entry: counted(rows) for entry, rows in parts(db, entries).items()}


def parts(db: Session, entries: Sequence[str]) -> dict[str, list[Any]]:
    """The items that count for each entry, dropped ones left out. An epic stands for the items within it, and for
    itself where it has none yet; an item that is reached twice counts once."""
    seen: dict[str, Any] = {}
    within: dict[str, set[str]] = {}  # an item -> the entries that it is part of
    split: set[str] = set()  # epics that have items
    for row in _all(db, _LINKED, entries):
        seen[row.id] = row
        within.setdefault(row.id, set()).add(row.entry_id)
    reached = list(seen)
    while epics := [item for item in reached if seen[item].type == "epic"]:
        reached = []
        for row in _all(db, _INSIDE, epics):
            split.add(row.epic_id)
            known = within.setdefault(row.id, set())
            if not within[row.epic_id] <= known:
                known |= within[row.epic_id]
                seen[row.id] = row
                reached.append(row.id)
    found: dict[str, list[Any]] = {entry: [] for entry in entries}
    for item, row in seen.items():
        if item not in split and row.status != "dropped":
            for entry in within[item]:
                found[entry].append(row)
    return found


def _all(db: Session, statement: Prepared, ids: Sequence[str]) -> list[Any]:
    """Its rows for many ids, some at a time: databases take a few thousand values in one statement."""
    starts = range(0, len(ids), _CHUNK)
    return [row for start in starts for row in statement.all(db, ids=ids[start : start + _CHUNK])]


def counted(rows: Sequence[Any]) -> Progress:
    """What items add up to."""
    done = [row for row in rows if row.status in DONE]
    return Progress(len(done), len(rows), _points(done), _points(rows))


def _points(rows: Sequence[Any]) -> float:
    return sum(row.points or 0.0 for row in rows)


def items_of(db: Session, entry: str) -> list[Any]:
    """The items linked to an entry, those still open first: id, number, title, type, status, points, benefit."""
    return _ITEMS.all(db, entry=entry)


_ITEMS = Prepared(
    select(Item.id, Item.number, Item.title, Item.type, Item.status, Item.points, Item.benefit, Item.closed_at)
    .join(EntryLink, (Item.workspace_id == EntryLink.workspace_id) & (Item.id == EntryLink.item_id))
    .where(EntryLink.entry_id == bindparam("entry"))
    .order_by(Item.closed_at.is_not(None), Item.rank)
)


def link(db: Session, entry: Entry, items: Sequence[Item]) -> list[Item]:
    """Let items belong to an entry; those that did not yet."""
    known = set(db.scalars(select(EntryLink.item_id).where(EntryLink.entry_id == entry.id)))
    fresh = [item for item in dict.fromkeys(items) if item.id not in known]
    db.add_all(EntryLink(id=new_id(), entry_id=entry.id, item_id=item.id) for item in fresh)
    db.flush()
    return fresh


def unlink(db: Session, entry: Entry, items: Sequence[Item]) -> list[Item]:
    """Let items no longer belong to an entry; those that did."""
    by_id = {item.id: item for item in items}
    rows = db.scalars(select(EntryLink).where(EntryLink.entry_id == entry.id, EntryLink.item_id.in_(by_id)))
    gone = []
    for row in rows:
        gone.append(by_id[row.item_id])
        db.delete(row)
    db.flush()
    return gone


def entries_of(db: Session, items: Sequence[str], reads: Sequence[Audience]) -> list[Entry]:
    """The entries that any of some items belongs to (an item and the epics above it, say), the nearest first."""
    wanted = (
        select(Entry)
        .join(EntryLink, (EntryLink.workspace_id == Entry.workspace_id) & (EntryLink.entry_id == Entry.id))
        .where(EntryLink.item_id.in_(items), Entry.audience.in_([a.value for a in reads]))
        .order_by(*_ORDER)
    )
    return list(dict.fromkeys(db.scalars(wanted))) if items else []


# ---- milestones ----


def add_milestone(db: Session, entry: Entry, text: str, day: date, owner: str | None) -> Milestone:
    position = max((one.position for one in milestones(db, [entry.id])), default=0) + 1
    made = Milestone(
        id=new_id(), entry_id=entry.id, position=position, text=text, day=day, owner_id=owner, done_at=None
    )
    db.add(made)
    db.flush()
    return made


def milestones(db: Session, entries: Sequence[str]) -> list[Milestone]:
    """The milestones of entries, in the order of their days."""
    wanted = select(Milestone).where(Milestone.entry_id.in_(entries))
    return list(db.scalars(wanted.order_by(Milestone.day, Milestone.position))) if entries else []


def milestone(db: Session, entry: Entry, number: int) -> Milestone:
    """A milestone by its place in that order, from 1. Raises NoSuchMilestone."""
    all_ = milestones(db, [entry.id])
    if not 1 <= number <= len(all_):
        raise NoSuchMilestone(number, len(all_))
    return all_[number - 1]


def late_milestones(db: Session, product: str, today: date, reads: Sequence[Audience]) -> list[tuple[Milestone, Entry]]:
    """What is past its day and not done, of open entries, the oldest first."""
    rows = db.execute(
        select(Milestone, Entry)
        .join(Entry, (Entry.workspace_id == Milestone.workspace_id) & (Entry.id == Milestone.entry_id))
        .where(
            Entry.product_id == product, Entry.status == OPEN, Milestone.done_at.is_(None), Milestone.day < today,
            Entry.audience.in_([a.value for a in reads]),
        )
        .order_by(Milestone.day, Milestone.position)
    )  # fmt: skip
    return [(row[0], row[1]) for row in rows]
