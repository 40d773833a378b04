"""Goals and their key results: each result runs from a number to another, typed in or filled by a metric."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import Mapped

from core.product import metrics, numbers
from core.product.audience import Audience
from core.product.metrics import Metric
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session

TEXT_LENGTH = 255


class NoSuchGoal(LookupError):
    """`args[0]` is the number that was named."""


class NoSuchResult(LookupError):
    """`args` are the goal's number, the result's, and how many there are."""


class Goal(Stamped, Tracked):
    __tablename__ = "goals"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    text: Mapped[str] = tracked()
    due: Mapped[date | None] = tracked()
    audience: Mapped[str] = tracked(String(16))
    closed_at: Mapped[datetime | None] = tracked()
    because: Mapped[str] = tracked()  # why it was closed
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("uq_goals_number", "product_id", "number", unique=True),
    )


class Result(Stamped, Tracked):
    """A key result: `value` is what was typed last, None before; where `metric_id` is set, the metric's latest counts.
    `note` is what was said with the value."""

    __tablename__ = "results"
    goal_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    text: Mapped[str] = tracked()
    start: Mapped[float] = tracked()
    target: Mapped[float] = tracked()
    value: Mapped[float | None] = tracked()
    metric_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    note: Mapped[str] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "goal_id"], ["goals.workspace_id", "goals.id"]),
        ForeignKeyConstraint(["workspace_id", "metric_id"], ["metrics.workspace_id", "metrics.id"]),
        Index("uq_results_number", "goal_id", "number", unique=True),
    )

    def subject(self) -> str:
        return self.goal_id


@dataclass(frozen=True, slots=True)
class Standing:
    """A key result as it stands: `value` is None where nothing is known yet."""

    result: Result
    value: float | None
    measured: date | None = None  # the metric's day

    @property
    def progress(self) -> float:
        """From 0 to 1, straight from start to target in either direction; a value on the wrong side of the start is no
        progress, and one beyond the target is all of it."""
        if self.value is None:
            return 0.0
        return min(1.0, max(0.0, self.raw))

    @property
    def raw(self) -> float:
        """The same without limits: below 0 it has become worse than at the start, above 1 it is beyond the target."""
        whole = self.result.target - self.result.start
        if whole == 0 or self.value is None:
            return 0.0
        return (self.value - self.result.start) / whole


def progress(standings: Sequence[Standing]) -> float | None:
    """A goal's progress: the mean of its results'; None where it has none."""
    return sum(one.progress for one in standings) / len(standings) if standings else None


def add(db: Session, product: str, text: str, due: date | None, audience: Audience) -> Goal:
    number = numbers.next_number(db, product, numbers.GOAL)
    goal = Goal(
        id=new_id(), product_id=product, number=number, text=text, due=due, audience=audience.value, closed_at=None,
        because="",
    )  # fmt: skip
    db.add(goal)
    db.flush()
    return goal


def add_result(db: Session, goal: Goal, text: str, start: float, target: float, metric: Metric | None) -> Result:
    number = max((one.number for one in results(db, [goal.id])), default=0) + 1
    made = Result(
        id=new_id(), goal_id=goal.id, number=number, text=text, start=start, target=target, value=None,
        metric_id=metric.id if metric else None, note="",
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def of(db: Session, product: str, reads: Sequence[Audience], *, closed: bool = False) -> list[Goal]:
    """A product's open goals that an audience may read, in their order; or the closed ones, the latest first."""
    wanted = select(Goal).where(Goal.product_id == product, Goal.audience.in_([a.value for a in reads]))
    if closed:
        return list(db.scalars(wanted.where(Goal.closed_at.is_not(None)).order_by(Goal.closed_at.desc())))
    return list(db.scalars(wanted.where(Goal.closed_at.is_(None)).order_by(Goal.number)))


def find(db: Session, product: str, number: int, reads: Sequence[Audience] = tuple(Audience)) -> Goal:
    """A goal by its number. Raises NoSuchGoal, also where the audience may not read it."""
    found = db.scalar(select(Goal).where(Goal.product_id == product, Goal.number == number))
    if found is None or found.audience not in reads:
        raise NoSuchGoal(number)
    return found


def by_ids(db: Session, ids: Iterable[str], reads: Sequence[Audience] = tuple(Audience)) -> dict[str, Goal]:
    """Goals by their ids, those that an audience may read."""
    wanted = select(Goal).where(Goal.id.in_(set(ids)), Goal.audience.in_([a.value for a in reads]))
    return {goal.id: goal for goal in db.scalars(wanted)}


def results(db: Session, goals: Sequence[str]) -> list[Result]:
    """The key results of goals, in their order."""
    wanted = select(Result).where(Result.goal_id.in_(goals)).order_by(Result.goal_id, Result.number)
    return list(db.scalars(wanted)) if goals else []


def result(db: Session, goal: Goal, number: int) -> Result:
    """A key result by its number. Raises NoSuchResult."""
    found = db.scalar(select(Result).where(Result.goal_id == goal.id, Result.number == number))
    if found is None:
        raise NoSuchResult(goal.number, number, len(results(db, [goal.id])))
    return found


def standings(db: Session, goals: Sequence[Goal], today: date) -> dict[str, list[Standing]]:
    """How the key results of goals stand, by the goal's id; those of a closed goal as they stood when it was closed."""
    ends = {goal.id: min(goal.closed_at.date(), today) if goal.closed_at else today for goal in goals}
    found: dict[str, list[Standing]] = {goal.id: [] for goal in goals}
    rows = results(db, list(ends))
    filled = {row.metric_id for row in rows if row.metric_id}
    by_id = {one.id: one for one in db.scalars(select(Metric).where(Metric.id.in_(filled)))} if filled else {}
    for row in rows:
        if row.metric_id is None:
            found[row.goal_id].append(Standing(row, row.value))
            continue
        last = metrics.latest(db, by_id[row.metric_id], ends[row.goal_id])
        found[row.goal_id].append(Standing(row, last.value if last else None, last.day if last else None))
    return found
