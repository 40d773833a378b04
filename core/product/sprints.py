"""Sprints and what is in them: planned, running, closed. What they come to is reckoned in burndown, from history.

A product has at most one running sprint, and an item is in at most one sprint that is not closed. Whoever changes one
holds the product's lock.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Row, String, bindparam, func, select
from sqlalchemy.orm import Mapped

from core.product.items import Item
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session
from core.store.prepared import Prepared

PLANNED, RUNNING, CLOSED = "planned", "running", "closed"
DONE, CARRIED, DROPPED = "done", "carried", "dropped"  # what became of an item when its sprint was closed
NAME_LENGTH = 80
GOAL_LENGTH = 500
NOTE_LENGTH = 2000
LENGTH = timedelta(days=11)  # from a Monday to the Friday after next
LONGEST = timedelta(days=92)


class Sprint(Stamped, Tracked):
    """One sprint. `serves` is the number of a goal. `size` counts its items, so that an undo sees that others put some
    in. `result` is JSON, what it came to when it was closed."""

    __tablename__ = "sprints"
    __stage__ = "state"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    name: Mapped[str] = tracked()
    starts_on: Mapped[date] = tracked()
    ends_on: Mapped[date] = tracked()
    goal: Mapped[str] = tracked()
    serves: Mapped[int | None] = tracked()
    state: Mapped[str] = tracked(String(8))
    size: Mapped[int] = tracked()
    started_at: Mapped[datetime | None] = tracked()
    closed_at: Mapped[datetime | None] = tracked()
    result: Mapped[str | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("uq_sprints_number", "product_id", "number", unique=True),
    )


class SprintItem(Stamped, Tracked):
    """An item in a sprint. `committed`: it was there at the start; `carried`: the sprint before left it over;
    `left_at`: it was taken out while the sprint ran."""

    __tablename__ = "sprint_items"
    sprint_id: Mapped[str] = tracked(String(ID_LENGTH))
    item_id: Mapped[str] = tracked(String(ID_LENGTH))
    committed: Mapped[bool] = tracked()
    carried: Mapped[bool] = tracked()
    because: Mapped[str] = tracked()
    left_at: Mapped[datetime | None] = tracked()
    outcome: Mapped[str] = tracked(String(8))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "sprint_id"], ["sprints.workspace_id", "sprints.id"]),
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        Index("uq_sprint_items_pair", "workspace_id", "sprint_id", "item_id", unique=True),
        Index("ix_sprint_items_item", "workspace_id", "item_id"),
    )

    def subject(self) -> str:
        return self.item_id


class SprintNote(Stamped, Tracked):
    """What was said in a review."""

    __tablename__ = "sprint_notes"
    sprint_id: Mapped[str] = tracked(String(ID_LENGTH))
    author_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    text: Mapped[str] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "sprint_id"], ["sprints.workspace_id", "sprints.id"]),
        ForeignKeyConstraint(["workspace_id", "author_id"], ["people.workspace_id", "people.id"]),
        Index("ix_sprint_notes_sprint", "workspace_id", "sprint_id"),
    )

    def subject(self) -> str:
        return self.sprint_id


class Elsewhere(ValueError):
    """Items are in another sprint that is not closed; `args` are the sprint and the items' numbers."""


class Twice(ValueError):
    """Two sprints would run at once, or an item would be in two; `args[0]` says which in plain words."""


# ---- finding ----


def all_of(db: Session, product: str, count: int = 1000) -> list[Sprint]:
    """A product's sprints, the latest first."""
    rows = select(Sprint).where(Sprint.product_id == product).order_by(Sprint.number.desc()).limit(count)
    return list(db.scalars(rows))


def by_state(db: Session, product: str, state: str) -> Sprint | None:
    """The running sprint, the next planned one, or the one closed last."""
    rows = select(Sprint).where(Sprint.product_id == product, Sprint.state == state)
    first = Sprint.closed_at.desc() if state == CLOSED else Sprint.starts_on
    return db.scalars(rows.order_by(first, Sprint.number).limit(1)).first()


def named(db: Session, product: str, said: str) -> Sprint | None:
    """A sprint by its name or number, however its letters were typed; of two of one name the later."""
    said = " ".join(said.split()).lower()
    every = all_of(db, product)
    found = [one for one in every if one.name.lower() == said]
    digits = said.removeprefix("sprint ").removeprefix("#")
    if not found and digits.isascii() and digits.isdigit() and len(digits) < 10:
        found = [one for one in every if one.name.lower() == f"sprint {digits}"]
        found = found or [one for one in every if one.number == int(digits)]
    return found[0] if found else None


_MEMBERS = Prepared(
    select(
        SprintItem.id.label("member_id"), SprintItem.committed, SprintItem.carried, SprintItem.because,
        SprintItem.left_at, SprintItem.outcome, Item.id, Item.number, Item.title, Item.type, Item.status, Item.points,
        Item.labels, Item.assignee_id, Item.external_key, Item.rank, Item.due, Item.closed_at, Item.updated_at,
    )
    .join(Item, (Item.workspace_id == SprintItem.workspace_id) & (Item.id == SprintItem.item_id))
    .where(SprintItem.sprint_id == bindparam("sprint"))
    .order_by(Item.rank)
)  # fmt: skip


def members(db: Session, sprint: Sprint) -> list[Row[*tuple[Any, ...]]]:
    """What is, or was, in a sprint, in the order of the backlog."""
    return _MEMBERS.all(db, sprint=sprint.id)


def inside(db: Session, sprint: Sprint) -> list[Row[*tuple[Any, ...]]]:
    """What is in a sprint now."""
    return [row for row in members(db, sprint) if row.left_at is None]


_OPEN_OF = Prepared(
    select(SprintItem.item_id, Sprint.id, Sprint.name, Sprint.number, Sprint.state)
    .join(Sprint, (Sprint.workspace_id == SprintItem.workspace_id) & (Sprint.id == SprintItem.sprint_id))
    .where(
        SprintItem.item_id.in_(bindparam("items", expanding=True)),
        SprintItem.left_at.is_(None),
        Sprint.state != CLOSED,
    )
)
_PAST_OF = Prepared(
    select(Sprint.name, Sprint.number, Sprint.state, SprintItem.outcome, SprintItem.left_at)
    .join(Sprint, (Sprint.workspace_id == SprintItem.workspace_id) & (Sprint.id == SprintItem.sprint_id))
    .where(SprintItem.item_id == bindparam("item"))
    .order_by(Sprint.number)
)
_CARRIED = Prepared(
    select(SprintItem.item_id)
    .join(Item, (Item.workspace_id == SprintItem.workspace_id) & (Item.id == SprintItem.item_id))
    .where(SprintItem.sprint_id == bindparam("sprint"), SprintItem.outcome == CARRIED, Item.closed_at.is_(None))
)


def current_of(db: Session, items: Sequence[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """In which sprint that is not closed items are, by their ids."""
    return {row.item_id: row for row in _OPEN_OF.all(db, items=list(items))} if items else {}


def of_item(db: Session, item: str) -> list[Row[*tuple[Any, ...]]]:
    """The sprints that an item is or was in, the oldest first."""
    return _PAST_OF.all(db, item=item)


def carried_over(db: Session, sprint: Sprint) -> set[str]:
    """The items that a closed sprint left over and that are still open."""
    return {row.item_id for row in _CARRIED.all(db, sprint=sprint.id)}


def notes(db: Session, sprint: Sprint) -> list[SprintNote]:
    rows = select(SprintNote).where(SprintNote.sprint_id == sprint.id).order_by(SprintNote.created_at, SprintNote.id)
    return list(db.scalars(rows))


# ---- making and filling ----


def next_dates(db: Session, product: str, today: date) -> tuple[date, date]:
    """When the next sprint would be: after the last one and as long, or two weeks from the next Monday."""
    last = db.scalars(
        select(Sprint).where(Sprint.product_id == product).order_by(Sprint.ends_on.desc()).limit(1)
    ).first()
    length = last.ends_on - last.starts_on if last else LENGTH
    first = max(today, last.ends_on + timedelta(days=1)) if last else today
    if last is None and first.weekday():
        first += timedelta(days=7 - first.weekday())
    while first.weekday() > 4:
        first += timedelta(days=1)
    return first, first + length


def overlapping(db: Session, product: str, first: date, last: date, but: str = "") -> Sprint | None:
    """A sprint that is not closed and shares a day with this range."""
    rows = select(Sprint).where(
        Sprint.product_id == product, Sprint.state != CLOSED, Sprint.starts_on <= last, Sprint.ends_on >= first,
        Sprint.id != but,
    )  # fmt: skip
    return db.scalars(rows.order_by(Sprint.number).limit(1)).first()


def make(db: Session, product: str, name: str, first: date, last: date, goal: str, serves: int | None) -> Sprint:
    number = (db.scalar(select(func.max(Sprint.number)).where(Sprint.product_id == product)) or 0) + 1
    made = Sprint(
        id=new_id(), product_id=product, number=number, name=name or _next_name(db, product, number),
        starts_on=first, ends_on=last, goal=goal, serves=serves, state=PLANNED, size=0,
        started_at=None, closed_at=None, result=None,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


_COUNTED = re.compile(r"(.*?)(\d{1,3})")  # 'Sprint 8'; a year counts no sprints


def _next_name(db: Session, product: str, number: int) -> str:
    """'Sprint 9' after 'Sprint 8': one more than the latest sprint that has a number in its name."""
    names = db.scalars(
        select(Sprint.name).where(Sprint.product_id == product).order_by(Sprint.ends_on.desc(), Sprint.number.desc())
    ).all()
    last = next((found for name in names if (found := _COUNTED.fullmatch(name)) and not found[1][-1:].isdigit()), None)
    word, count = (last[1], int(last[2]) + 1) if last else ("Sprint ", number)
    taken = {name.lower() for name in names}
    while f"{word}{count}".lower() in taken:
        count += 1
    return f"{word}{count}"


def make_next(db: Session, product: str, today: date) -> Sprint:
    """The sprint that follows the last one, without a goal yet."""
    return make(db, product, "", *next_dates(db, product, today), "", None)


def put_in(
    db: Session, sprint: Sprint, items: Sequence[Item], because: str = "", carried: frozenset[str] = frozenset()
) -> list[Item]:
    """Put items into a sprint; those that were not in it already. Raises Elsewhere."""
    there = current_of(db, [item.id for item in items])
    for other in there.values():
        if other.id != sprint.id:
            raise Elsewhere(
                other, [item.number for item in items if item.id in there and there[item.id].id == other.id]
            )
    fresh = [item for item in items if item.id not in there]
    past = {
        row.item_id: row
        for row in db.scalars(
            select(SprintItem).where(
                SprintItem.sprint_id == sprint.id, SprintItem.item_id.in_([item.id for item in fresh])
            )
        )
    }
    for item in fresh:
        again = past.get(item.id)
        if again is not None:  # taken out before, and wanted once more
            again.left_at, again.because = None, because
            continue
        db.add(
            SprintItem(
                id=new_id(), sprint_id=sprint.id, item_id=item.id, committed=False, carried=item.id in carried,
                because=because, left_at=None, outcome="",
            )
        )  # fmt: skip
    sprint.size += len(fresh)
    db.flush()
    return fresh


def take_out(db: Session, sprint: Sprint, items: Sequence[Item], because: str) -> list[Item]:
    """Take items out of a sprint; those that were in it. While it runs, it is remembered that they were."""
    rows = {
        row.item_id: row
        for row in db.scalars(
            select(SprintItem).where(
                SprintItem.sprint_id == sprint.id,
                SprintItem.item_id.in_([item.id for item in items]),
                SprintItem.left_at.is_(None),
            )
        )
    }
    for row in rows.values():
        if sprint.state == PLANNED:
            db.delete(row)
        else:
            row.left_at, row.because = db.now, because
    sprint.size -= len(rows)
    db.flush()
    return [item for item in items if item.id in rows]


def start(db: Session, sprint: Sprint, today: date) -> None:
    """Freeze the commitment: what is in it now is what was promised."""
    for row in db.scalars(select(SprintItem).where(SprintItem.sprint_id == sprint.id)):
        row.committed = True
    if sprint.starts_on > today:
        sprint.starts_on = today
    sprint.state, sprint.started_at = RUNNING, db.now
    db.flush()


def close(db: Session, sprint: Sprint, result: Mapping[str, Any], into: Sprint | None) -> list[str]:
    """Close a sprint with what it came to; what is left over goes into the next one where it is planned already.
    The ids of what is left over."""
    status = {row.id: row.status for row in inside(db, sprint)}
    left = [item for item, now in status.items() if now not in ("done", "accepted", "dropped")]
    for row in db.scalars(select(SprintItem).where(SprintItem.sprint_id == sprint.id, SprintItem.left_at.is_(None))):
        row.outcome = CARRIED if row.item_id in left else DROPPED if status[row.item_id] == "dropped" else DONE
    sprint.state, sprint.closed_at = CLOSED, db.now
    sprint.result = json.dumps(dict(result), sort_keys=True)
    db.flush()
    if into is not None and left:
        items = list(db.scalars(select(Item).where(Item.id.in_(left)).order_by(Item.rank)))
        put_in(db, into, items, carried=frozenset(left))
    return left


def result_of(sprint: Sprint) -> dict[str, Any]:
    """The numbers that were frozen when a sprint was closed."""
    found: dict[str, Any] = json.loads(sprint.result or "{}")
    return found


def note(db: Session, sprint: Sprint, author: str, text: str) -> SprintNote:
    made = SprintNote(id=new_id(), sprint_id=sprint.id, author_id=author, text=text)
    db.add(made)
    db.flush()
    return made


def check_again(db: Session, product: str, places: Sequence[str]) -> None:
    """After an undo or redo, for whatever others did in between: whether only one sprint runs, and whether the items of
    these places are in only one that is not closed. Raises Twice."""
    running = db.scalars(select(Sprint.name).where(Sprint.product_id == product, Sprint.state == RUNNING)).all()
    if len(running) > 1:
        raise Twice(f"{running[0]} and {running[1]} would run at the same time")
    items = list(db.scalars(select(SprintItem.item_id).where(SprintItem.id.in_(places)))) if places else []
    if len(_OPEN_OF.all(db, items=items)) > len(set(items)):
        raise Twice("an item would be in two sprints")
