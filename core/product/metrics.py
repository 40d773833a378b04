"""Metrics: what is measured, one value a day each, or computed from others by a formula."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, bindparam, select
from sqlalchemy.orm import Mapped

from core.chat import weekdays
from core.product import formula
from core.product.audience import Audience
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session
from core.store.prepared import Prepared

NAME_LENGTH = 80
BETTER = ("up", "down")


class NoSuchMetric(LookupError):
    """`args[0]` is what was named."""


class Circle(ValueError):
    """A formula that would need its own value; `args[0]` is the name by which it does."""


class Metric(Stamped, Tracked):
    """`slug` is the name as formulas spell it, one of each in a product. `ask_id` is who is asked for a value, and
    `every` when."""

    __tablename__ = "metrics"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    name: Mapped[str] = tracked()
    slug: Mapped[str] = tracked()
    unit: Mapped[str] = tracked()
    goal: Mapped[float | None] = tracked()
    better: Mapped[str] = tracked(String(4))
    formula: Mapped[str] = tracked()
    audience: Mapped[str] = tracked(String(16))
    ask_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    every: Mapped[str] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "ask_id"], ["people.workspace_id", "people.id"]),
        Index("uq_metrics_slug", "product_id", "slug", unique=True),
    )


class Measurement(Stamped, Tracked):
    """What a metric was on a day; a second value of the day replaces the first."""

    __tablename__ = "measurements"
    metric_id: Mapped[str] = tracked(String(ID_LENGTH))
    day: Mapped[date] = tracked()
    value: Mapped[float] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "metric_id"], ["metrics.workspace_id", "metrics.id"]),
        Index("uq_measurements_day", "metric_id", "day", unique=True),
    )

    def subject(self) -> str:
        return self.metric_id


@dataclass(frozen=True, slots=True)
class Value:
    day: date
    value: float


def slug(name: str) -> str:
    """'Weekly active users' as formulas spell it: weekly_active_users."""
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")


def of(db: Session, product: str, reads: Sequence[Audience]) -> list[Metric]:
    """A product's metrics that an audience may read, by name."""
    wanted = select(Metric).where(Metric.product_id == product, Metric.audience.in_([a.value for a in reads]))
    return list(db.scalars(wanted.order_by(Metric.slug)))


def find(db: Session, product: str, name: str, reads: Sequence[Audience] = tuple(Audience)) -> Metric:
    """A metric by its name. Raises NoSuchMetric, also where the audience may not read it."""
    found = db.scalar(select(Metric).where(Metric.product_id == product, Metric.slug == slug(name)))
    if found is None or found.audience not in reads:
        raise NoSuchMetric(name)
    return found


def define(db: Session, product: str, name: str, slug: str, fields: Mapping[str, Any]) -> Metric:
    made = Metric(id=new_id(), product_id=product, name=name, slug=slug, **fields)
    db.add(made)
    db.flush()
    return made


def measured(db: Session, metric: Metric) -> bool:
    """Whether any value was recorded."""
    return db.scalar(select(Measurement.id).where(Measurement.metric_id == metric.id).limit(1)) is not None


def record(db: Session, metric: Metric, day: date, value: float) -> float | None:
    """Keep a day's value; the one it replaces, None where there was none."""
    known = db.scalar(select(Measurement).where(Measurement.metric_id == metric.id, Measurement.day == day))
    before = known.value if known else None
    if known is None:
        db.add(Measurement(id=new_id(), metric_id=metric.id, day=day, value=value))
    else:
        known.value = value
    db.flush()
    return before


_SERIES = Prepared(
    select(Measurement.day, Measurement.value)
    .where(Measurement.metric_id == bindparam("metric"), Measurement.day <= bindparam("until"))
    .order_by(Measurement.day.desc())
    .limit(bindparam("count"))
)
MOST = 5000  # values that are read of one metric: a daily one's last 13 years


def series(db: Session, metric: Metric, until: date, count: int = MOST) -> list[Value]:
    """A metric's latest values up to a day, the oldest first. A formula has one for each day on which any of its parts
    has, taking the others as they were last."""
    if not metric.formula:
        rows = _SERIES.all(db, metric=metric.id, until=until, count=count)
        return [Value(row.day, row.value) for row in reversed(rows)]
    read = formula.read(metric.formula)
    parts: dict[str, list[Value]] = {}
    for name in read.names:
        part = db.scalar(select(Metric).where(Metric.product_id == metric.product_id, Metric.slug == name))
        if part is None:  # an undo took it away
            return []
        parts[name] = series(db, part, until, count)
    return _computed(read, parts)[-count:]


def _computed(read: formula.Formula, parts: dict[str, list[Value]]) -> list[Value]:
    changes = sorted((one.day, name, one.value) for name, values in parts.items() for one in values)
    known: dict[str, float] = {}
    found: dict[date, Value] = {}
    for day, name, value in changes:
        known[name] = value
        found.pop(day, None)  # until every part of the day is known
        if len(known) == len(parts) and (result := read.value(known)) is not None:
            found[day] = Value(day, result)
    return list(found.values())


def latest(db: Session, metric: Metric, until: date) -> Value | None:
    found = series(db, metric, until, MOST if metric.formula else 1)
    return found[-1] if found else None


# ---- who is asked ----


def asked(db: Session, product: str | None = None, person: str | None = None) -> list[Metric]:
    """The metrics that somebody is asked for, by name; of one product and person where they are said."""
    rows = select(Metric).where(Metric.ask_id.is_not(None), Metric.every != "", Metric.formula == "")
    if product is not None:
        rows = rows.where(Metric.product_id == product)
    if person is not None:
        rows = rows.where(Metric.ask_id == person)
    return list(db.scalars(rows.order_by(Metric.slug)))


def wanted(db: Session, product: str, person: str, today: date) -> list[Metric]:
    """Those for which somebody was to be asked by today, and whose value is not recorded since."""
    return [metric for metric in asked(db, product, person) if _is_wanted(db, metric, today)]


def _is_wanted(db: Session, metric: Metric, today: date) -> bool:
    """A value of the day of asking answers, or of its week or month; nobody was asked before the metric was made."""
    day = last_asked(metric.every, today)
    if day < metric.created_at.date():
        return False
    begins = day if metric.every in ("day", "weekday", "month") else day - timedelta(days=day.weekday())
    last = latest(db, metric, today)
    return last is None or last.day < begins


def last_asked(every: str, today: date) -> date:
    """The last day up to today on which a metric is asked for."""
    match every:
        case "day":
            return today
        case "weekday":
            return today - timedelta(days=max(today.weekday() - 4, 0))
        case "month":
            return today.replace(day=1)
    return today - timedelta(days=(today.weekday() - weekday(every)) % 7)


def weekday(every: str) -> int:
    """On which day of a week it is asked for, 0 for Monday. every: such a day, or 'week', which begins with it."""
    return 0 if every == "week" else weekdays.number(every)


# ---- formulas ----


def check_formula(db: Session, product: str, own: str, text: str) -> None:
    """Whether a metric called `own` (its slug) may be computed so. Raises NotAFormula, NoSuchMetric and Circle."""
    ahead, seen = list(formula.read(text).names), set()
    known = {one.slug: one.formula for one in of(db, product, tuple(Audience))}
    while ahead:
        name = ahead.pop()
        if name == own:
            raise Circle(name)
        if name not in known:
            raise NoSuchMetric(name)
        if known[name] and name not in seen:
            seen.add(name)
            ahead += formula.read(known[name]).names
