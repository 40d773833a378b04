"""What a sprint comes to, reckoned from history alone: commitment, scope changes, what is done.

Nothing is counted up on the way, so that what is undone, reopened or estimated anew is right by itself. At any moment
what is done and what remains make up the scope, and the scope is the commitment and all changes of it since.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select

from core.product.items import Item
from core.product.sprints import CLOSED, PLANNED, RUNNING, Sprint, SprintItem, result_of
from core.store import history
from core.store.database import Session
from core.store.history import Past

FINISHED = frozenset({"done", "accepted"})
ADDED, REMOVED, ESTIMATED = "added", "removed", "estimated anew"


@dataclass(frozen=True, slots=True)
class Sum:
    """So many points, and so many items."""

    points: float = 0.0
    items: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.points + other.points, self.items + other.items)

    def __sub__(self, other: "Sum") -> "Sum":
        return Sum(self.points - other.points, self.items - other.items)

    def of(self, unit: str) -> float:
        return self.points if unit == "pts" else float(self.items)


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """What came in, went out or was estimated anew while the sprint ran: how much, who, and why."""

    at: datetime
    item_id: str
    kind: str
    by: Sum
    actor_id: str | None
    because: str


@dataclass(frozen=True, slots=True)
class Moment:
    """From this instant on."""

    at: datetime
    scope: Sum
    done: Sum

    @property
    def remaining(self) -> Sum:
        return self.scope - self.done


@dataclass(frozen=True, slots=True)
class Course:
    """A sprint from its start: the first moment is the commitment, the last is now, or the close. followed: false where
    only both are known, since the sprint came with an import."""

    committed: Sum
    moments: tuple[Moment, ...]
    changes: tuple[ScopeChange, ...]
    accepted: Sum
    followed: bool = True

    @property
    def last(self) -> Moment:
        return self.moments[-1]

    @property
    def unit(self) -> str:
        """Points, or items where nothing has any."""
        return "pts" if any(moment.scope.points for moment in self.moments) else "items"

    def sum(self, *kinds: str) -> Sum:
        return sum((change.by for change in self.changes if change.kind in kinds), Sum())

    def at(self, instant: datetime) -> Moment:
        """How it stood at an instant."""
        found = self.moments[0]
        for moment in self.moments:
            if moment.at > instant:
                break
            found = moment
        return found

    def result(self) -> dict[str, Any]:
        """The numbers that closing freezes."""
        sums = {
            "committed": self.committed, "added": self.sum(ADDED), "removed": self.sum(REMOVED),
            "estimated": self.sum(ESTIMATED), "scope": self.last.scope, "done": self.last.done,
            "accepted": self.accepted, "carried": self.last.remaining,
        }  # fmt: skip
        return {name: {"points": one.points, "items": one.items} for name, one in sums.items()}


def course(db: Session, sprint: Sprint) -> Course | None:
    """How a sprint went, from history; None where it has not begun."""
    if sprint.started_at is None:
        return None
    items = list(db.scalars(select(SprintItem.item_id).where(SprintItem.sprint_id == sprint.id)))
    return reckon(sprint.id, history.story(db, [*items, sprint.id])) or _unfollowed(sprint)


def _unfollowed(sprint: Sprint) -> Course | None:
    """A sprint that was over when it came here."""
    found = {name: Sum(one["points"], one["items"]) for name, one in result_of(sprint).items() if isinstance(one, dict)}
    if not found or sprint.started_at is None or sprint.closed_at is None:
        return None
    begun = Moment(sprint.started_at, found["committed"], Sum())
    ended = Moment(sprint.closed_at, found["scope"], found["done"])
    return Course(found["committed"], (begun, ended), (), found["accepted"], followed=False)


@dataclass(slots=True)
class _Reckoning:
    """The state of a sprint while history is told."""

    sprint: str
    points: dict[str, float | None] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)  # the id of an item's place in this sprint -> the item
    inside: set[str] = field(default_factory=set)
    because: dict[str, str] = field(default_factory=dict)

    def weigh(self, items: Iterable[str]) -> Sum:
        found = list(items)
        return Sum(sum(self.points.get(item) or 0.0 for item in found), len(found))

    def scope(self) -> set[str]:
        return {item for item in self.inside if self.status.get(item) != "dropped"}

    def moment(self, at: datetime) -> Moment:
        scope = self.scope()
        return Moment(at, self.weigh(scope), self.weigh(one for one in scope if self.status.get(one) in FINISHED))

    def accepted(self) -> Sum:
        return self.weigh(item for item in self.scope() if self.status.get(item) == "accepted")

    def hear(self, operation: Sequence[Past]) -> list[ScopeChange]:
        """Take in what one operation changed; what of it changed the scope."""
        scope, points = self.scope(), dict(self.points)
        touched = [item for past in operation if (item := self.tell(past))]
        after = self.scope()
        at, actor = operation[0].at, operation[0].actor_id
        found = []
        for item in dict.fromkeys(touched):
            was, now = points.get(item) or 0.0, self.points.get(item) or 0.0
            if item in after and item not in scope:
                kind, by = ADDED, Sum(now, 1)
            elif item in scope and item not in after:
                kind, by = REMOVED, Sum(-was, -1)
            elif item in after and was != now:
                kind, by = ESTIMATED, Sum(now - was, 0)
            else:
                continue
            found.append(ScopeChange(at, item, kind, by, actor, self.because.get(item, "")))
        return found

    def tell(self, past: Past) -> str | None:
        """Take one change in; the id of the item it is about, None where it is about none."""
        fields = past.after or {}
        if past.entity == Item.__tablename__:
            if "points" in fields:
                self.points[past.entity_id] = fields["points"]
            if "status" in fields:
                self.status[past.entity_id] = fields["status"]
            return past.entity_id
        if past.entity == SprintItem.__tablename__:
            return self._pair(past)
        return None

    def _pair(self, past: Past) -> str | None:
        whole = past.after if past.before is None else past.before if past.after is None else {}
        if whole and whole.get("sprint_id") == self.sprint:
            self.pairs[past.entity_id] = whole["item_id"]
        item = self.pairs.get(past.entity_id)
        if item is None:
            return None
        after = past.after
        if after is None or after.get("left_at") is not None:
            self.inside.discard(item)
        elif past.before is None or "left_at" in after:
            self.inside.add(item)
        if after and "because" in after:
            self.because[item] = after["because"]
        return item


def reckon(sprint: str, story: Sequence[Past]) -> Course | None:
    """A sprint's course from the changes of its items, of their places in it, and of itself, in order. None where it
    never began, or its beginning was taken back."""
    now = _Reckoning(sprint)
    moments: list[Moment] = []
    changes: list[ScopeChange] = []
    ended: tuple[int, int, Sum] | None = None  # how many moments and changes there were at the close, what was accepted
    for _, group in groupby(story, key=lambda past: past.operation_id):
        operation = list(group)
        found = now.hear(operation)
        state = _state(sprint, operation)
        if moments:
            moments.append(now.moment(operation[0].at))
            _remember(changes, found, operation[0].kind)
        if state == RUNNING and ended is None:
            moments, changes = [now.moment(operation[0].at)], []
        elif state == PLANNED:
            moments, changes = [], []
        ended = _ended(state, ended, (len(moments), len(changes), now.accepted()))
    if not moments:
        return None
    kept, told, accepted = ended or (len(moments), len(changes), now.accepted())
    return Course(moments[0].scope, tuple(moments[:kept]), tuple(changes[:told]), accepted)


def _remember(changes: list[ScopeChange], fresh: Sequence[ScopeChange], kind: str) -> None:
    """A change of scope that was taken back is none: it goes, with what took it back."""
    for one in fresh:
        before = next((c for c in reversed(changes) if c.item_id == one.item_id and c.by + one.by == Sum()), None)
        if kind == history.UNDO and before is not None:
            changes.remove(before)
        else:
            changes.append(one)


def _state(sprint: str, operation: Sequence[Past]) -> str | None:
    """The state that an operation brings a sprint into, None where it leaves it in its own."""
    told = [past.after for past in operation if past.entity_id == sprint and past.after is not None]
    return next((after["state"] for after in told if "state" in after), None)


def _ended(
    state: str | None, before: tuple[int, int, Sum] | None, here: tuple[int, int, Sum]
) -> tuple[int, int, Sum] | None:
    if state == CLOSED:
        return here
    return None if state is not None else before
