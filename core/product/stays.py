"""Sprints that a file tells of become ours, with who was in them.

They are matched by name. What a file does not say follows from its items: a sprint that has been over, or whose items
are all closed, is closed; any other is planned, since only people start a sprint. Our own export says all of it.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.chat.walltime import day_begins, day_ends
from core.product.backlog import lock
from core.product.burndown import FINISHED
from core.product.items import Item
from core.product.merging import digest
from core.product.people import ProductInfo
from core.product.sprints import (
    CARRIED,
    CLOSED,
    DONE,
    DROPPED,
    GOAL_LENGTH,
    LENGTH,
    NAME_LENGTH,
    PLANNED,
    RUNNING,
    Sprint,
    SprintItem,
    make,
    next_dates,
)
from core.store.base import new_id
from core.store.bulk import insert_many, update_many
from core.store.database import Session

SAYS_SPRINTS, SAYS_LAST = "sprints", "sprint"  # in Item.said: all of them, and the last, as their source said them


@dataclass(frozen=True, slots=True)
class Stay:
    """An item's time in a sprint, as far as a file says. starts_on to closed_at are the sprint's own.

    state   planned | running | closed; '' where the file does not say
    """

    name: str
    starts_on: date | None = None
    ends_on: date | None = None
    state: str = ""
    goal: str = ""
    started_at: datetime | None = None
    closed_at: datetime | None = None
    committed: bool = False
    carried: bool = False
    because: str = ""
    left_at: datetime | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A sprint as its file tells of it. unfinished: an open item has it as its last; finished: the last day on which
    one of its items was closed."""

    stay: Stay
    unfinished: bool = False
    finished: date | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """Which sprints an item is and was in, as its file says, the last one last. own: our own export says it."""

    item: str
    stays: tuple[Stay, ...]
    own: bool


def fitted(name: str) -> str:
    """A sprint's name as we keep it."""
    name = " ".join(name.split())
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1].rstrip() + "…"


def folded(name: str) -> str:
    return fitted(name).casefold()


def said(stays: Iterable[Stay]) -> dict[str, str]:
    """What a source says of an item's sprints, as short digests."""
    names = tuple(folded(stay.name) for stay in stays)
    return {SAYS_SPRINTS: digest(names), SAYS_LAST: digest(names[-1] if names else "")}


# ---- the sprints ----


def known(db: Session, product: str) -> dict[str, Sprint]:
    """A product's sprints by their folded names; of two of one name the later."""
    rows = db.scalars(select(Sprint).where(Sprint.product_id == product).order_by(Sprint.number))
    return {folded(sprint.name): sprint for sprint in rows}


def make_missing(db: Session, product: ProductInfo, told: Iterable[Told]) -> list[str]:
    """Make the sprints that the product has not; their names. Closed ones first, each kind in the order of its days or
    of the numbers in their names."""
    lock(db, product.id)
    there = known(db, product.id)
    zone = ZoneInfo(product.tz)
    today = db.now.astimezone(zone).date()
    fresh = [_settled(one, today) for one in told if folded(one.stay.name) not in there]
    running = any(sprint.state == RUNNING for sprint in there.values())
    made = []
    for one in sorted(fresh, key=lambda one: (one.state != CLOSED, one.starts_on or date.max, _natural(one.name))):
        first, last = _days(one) or next_dates(db, product.id, today)
        sprint = make(db, product.id, fitted(one.name), first, last, one.goal[:GOAL_LENGTH], None)
        if one.state == CLOSED:
            sprint.state = CLOSED
            sprint.started_at = one.started_at or day_begins(first, zone)
            sprint.closed_at = one.closed_at or day_ends(last, zone)
        elif one.state == RUNNING and not running:
            running = True
            sprint.state, sprint.started_at = RUNNING, one.started_at or db.now
        made.append(sprint.name)
    db.flush()
    return made


def _settled(told: Told, today: date) -> Stay:
    """A sprint's state, and the days of a closed one, where its file does not say."""
    stay = told.stay
    over = stay.ends_on < today if stay.ends_on else not told.unfinished
    state = stay.state or (CLOSED if over else PLANNED)
    if state != CLOSED or _days(stay):
        return replace(stay, state=state)
    last = min(told.finished or today, today)
    return replace(stay, state=state, starts_on=last - LENGTH, ends_on=last)


def _days(stay: Stay) -> tuple[date, date] | None:
    """First and last day, where one of them is known."""
    first, last = stay.starts_on, stay.ends_on
    if first is None and last is None:
        return None
    first = first or (last or date.max) - LENGTH
    return first, max(first, last or first + LENGTH)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """'Sprint 9' before 'Sprint 10'."""
    parts = re.split(r"(\d{1,9})", name.casefold())
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


# ---- who is in them ----


def differing(db: Session, moves: Sequence[Moved]) -> set[str]:
    """Of these items those whose sprints `place` would change, or whose source says something else than it did."""
    items = _items(db, moves)
    places = _places(db, items)
    return {move.item for move in moves if move.item in items and _differs(move, items[move.item], places)}


def _differs(move: Moved, row: Any, places: Mapping[str, Mapping[str, Any]]) -> bool:
    if move.own:
        return any(folded(stay.name) not in places.get(move.item, {}) for stay in move.stays)
    last: dict[str, str] = json.loads(row.said or "{}")
    return bool(move.stays or SAYS_SPRINTS in last) and last.get(SAYS_SPRINTS) != said(move.stays)[SAYS_SPRINTS]


def place(db: Session, product: str, moves: Sequence[Moved]) -> list[str]:
    """Put items into the sprints that are there by now; where people have moved one since, it stays as it is, and its
    id is given. What is so already is left alone."""
    lock(db, product)
    items = _items(db, moves)
    places = _places(db, items)
    moves = [m for m in moves if m.item in items and _differs(m, items[m.item], places)]
    work = _Placing(db, known(db, product))
    kept = [move.item for move in moves if not work.take(move, items[move.item], places.get(move.item, {}))]
    work.write()
    return kept


def _items(db: Session, moves: Sequence[Moved]) -> dict[str, Any]:
    wanted = select(Item.id, Item.type, Item.status, Item.said).where(Item.id.in_([move.item for move in moves]))
    return {row.id: row for row in db.execute(wanted) if row.type != "epic"}


def _places(db: Session, items: Iterable[str]) -> dict[str, dict[str, SprintItem]]:
    """By item and folded name of the sprint."""
    rows = db.execute(
        select(SprintItem, Sprint.name)
        .join(Sprint, (Sprint.workspace_id == SprintItem.workspace_id) & (Sprint.id == SprintItem.sprint_id))
        .where(SprintItem.item_id.in_(list(items)))
    )
    found: dict[str, dict[str, SprintItem]] = {}
    for place_, name in rows:
        found.setdefault(place_.item_id, {})[folded(name)] = place_
    return found


class _Placing:
    """Collects what a batch of moves comes to, and writes it at once."""

    def __init__(self, db: Session, sprints: Mapping[str, Sprint]) -> None:
        self._db = db
        self._sprints = sprints
        self._states = {name: sprint.state for name, sprint in sprints.items()}
        self._fresh: list[dict[str, Any]] = []
        self._said: list[tuple[str, dict[str, Any], dict[str, Any]]] = []

    def take(self, move: Moved, row: Any, places: Mapping[str, SprintItem]) -> bool:
        """False where people have put the item elsewhere, or taken it out, since its source spoke last."""
        last: dict[str, str] = json.loads(row.said or "{}")
        now = next((name for name, one in places.items() if self._open(name) and one.left_at is None), "")
        stays = [stay for stay in move.stays if folded(stay.name) in self._sprints]
        there = [stay for stay in stays if self._open(stay.name) and stay.left_at is None and row.status != "dropped"]
        target = folded(there[-1].name) if there else ""
        held = now != target and self._held(move, last, now)
        if now and now != target and not held:
            self._leave(places[now])
        for number, stay in enumerate(stays):
            before = not self._open(stay.name) or stay.left_at is not None
            if before or (folded(stay.name) == target and not held):
                self._enter(row, stay, places, first=number == 0, last=number == len(stays) - 1)
        if not move.own:
            after = json.dumps({**last, **said(move.stays)})
            self._said.append((row.id, {"said": row.said}, {"said": after}))
        return not held

    def _open(self, name: str) -> bool:
        return self._states[folded(name)] != CLOSED

    def _held(self, move: Moved, last: Mapping[str, str], now: str) -> bool:
        """Whether it is people's doing in which open sprint the item is ('' for none): its source said another."""
        if move.own or SAYS_LAST not in last:
            return bool(now)
        open_ = [name for name in self._sprints if self._open(name)]
        return last[SAYS_LAST] != digest(now) and (bool(now) or last[SAYS_LAST] in map(digest, open_))

    def _leave(self, there: SprintItem) -> None:
        sprint = self._db.get_one(Sprint, {"workspace_id": self._db.workspace, "id": there.sprint_id})
        if sprint.state == PLANNED:
            self._db.delete(there)
        else:
            there.left_at, there.because = self._db.now, self._db.ledger.label
        sprint.size -= 1

    def _enter(self, row: Any, stay: Stay, places: Mapping[str, SprintItem], *, first: bool, last: bool) -> None:
        """first, last: among the sprints that the item was in."""
        sprint = self._sprints[folded(stay.name)]
        there = places.get(folded(stay.name))
        if there is not None:
            if there.left_at is not None and stay.left_at is None and sprint.state != CLOSED:
                there.left_at, sprint.size = None, sprint.size + 1
            return
        outcome, committed = stay.outcome, stay.committed
        if sprint.state == CLOSED and not outcome and stay.left_at is None:
            finished = DONE if row.status in FINISHED else DROPPED if row.status == "dropped" else CARRIED
            outcome, committed = finished if last else CARRIED, committed or not stay.state
        self._fresh.append(
            {
                "id": new_id(), "sprint_id": sprint.id, "item_id": row.id, "committed": committed,
                "carried": stay.carried or not (stay.state or first), "because": stay.because,
                "left_at": stay.left_at, "outcome": outcome,
            }
        )  # fmt: skip
        sprint.size += stay.left_at is None

    def write(self) -> None:
        self._db.flush()
        insert_many(self._db, SprintItem, self._fresh, subject="item_id")
        update_many(self._db, Item, self._said)


# ---- what closed ones came to ----


def freeze(db: Session, product: str, people_days: Mapping[str, float]) -> None:
    """The numbers of closed sprints that have none yet, from what became of their items. people_days: by the sprint's
    id, how many days of people it had."""
    for sprint in unfrozen(db, product):
        rows = db.execute(
            select(SprintItem.committed, SprintItem.left_at, SprintItem.outcome, Item.points, Item.status)
            .join(Item, (Item.workspace_id == SprintItem.workspace_id) & (Item.id == SprintItem.item_id))
            .where(SprintItem.sprint_id == sprint.id)
        ).all()
        stayed = [row for row in rows if row.left_at is None and row.outcome != DROPPED]
        done = [row for row in stayed if row.outcome == DONE]
        sums = {
            "committed": [row for row in rows if row.committed],
            "added": [row for row in rows if not row.committed],
            "scope": stayed,
            "done": done,
            "accepted": [row for row in done if row.status == "accepted"],
            "carried": [row for row in stayed if row.outcome != DONE],
        }
        result = {name: _sum(some) for name, some in sums.items()}
        result["estimated"] = _sum([])
        result["removed"] = {
            of: result["scope"][of] - result["committed"][of] - result["added"][of] for of in ("points", "items")
        }
        unit = "pts" if any(row.points for row in rows) else "items"
        sprint.result = json.dumps(result | {"unit": unit, "days": people_days.get(sprint.id, 0.0)}, sort_keys=True)
    db.flush()


def _sum(rows: Sequence[Any]) -> dict[str, float]:
    return {"points": sum(row.points or 0.0 for row in rows), "items": len(rows)}


def unfrozen(db: Session, product: str) -> list[Sprint]:
    """Closed sprints whose numbers are not known yet, the latest first."""
    rows = select(Sprint).where(Sprint.product_id == product, Sprint.state == CLOSED, Sprint.result.is_(None))
    return list(db.scalars(rows.order_by(Sprint.ends_on.desc())))
