"""When will it be done? Monte Carlo on the team's own finished items; no estimates, and nobody's single output.

The record is how many items were finished on each of the last days, whole weeks of them. A run draws weeks from the
record as they were, since what happens on the days of one week hangs together. Two things the record does not tell make
its spread wide enough:

- a few weeks tell only roughly how fast the team is: each run takes the pace that the mean of as many weeks drawn anew
  has (the bootstrap of the mean);
- no team keeps its pace: from week to week it drifts by 5 %, so that in a year it may well have halved or doubled.

`bench forecast` tries this on a real record; docs/decisions tell what was tried besides.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select

from core.chat.walltime import day_begins
from core.product.items import Item
from core.store.database import Session
from core.store.prepared import Prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

RECORD = 60  # days that are looked back
SLOW = 180  # days that are looked back where 60 hold too few items
ENOUGH = 30  # items that make 60 days enough
LEAST = 10  # finished items, below which nothing is forecast
LEAST_WEEKS = 3  # weeks since the first of them
RUNS = 4000
WEEKS = 156  # what is not done in three years is not forecast
DRIFT = 0.05
SURE = (50, 85, 95)

_FINISHED = Prepared(
    select(Item.closed_at).where(
        Item.product_id == bindparam("product"),
        Item.closed_at >= bindparam("since"),
        Item.closed_at < bindparam("until"),
        Item.status.in_(("done", "accepted")),
        Item.type != "epic",
    )
)
_BEFORE = Prepared(
    select(func.count().label("place")).where(
        Item.product_id == bindparam("product"), Item.closed_at.is_(None), Item.type != "epic",
        Item.rank <= bindparam("rank"),
    )
)  # fmt: skip
_ROWS = select(Item.id, Item.rank, Item.type).where(Item.closed_at.is_(None))
_OPEN = Prepared(_ROWS.where(Item.id.in_(bindparam("items", expanding=True))))
_OPEN_WITHIN = Prepared(_ROWS.where(Item.epic_id.in_(bindparam("epics", expanding=True))))


@dataclass(frozen=True, slots=True)
class Record:
    """Items finished a day, the last day last; what the team's record is worth.

    days     counts of whole weeks, so that every week begins on the same weekday as the first day forecast
    """

    days: tuple[int, ...]

    @property
    def finished(self) -> int:
        return sum(self.days)

    @property
    def weeks(self) -> int:
        """Weeks since the first item was finished."""
        first = next((n for n, count in enumerate(self.days) if count), len(self.days))
        return -(-(len(self.days) - first) // 7)

    @property
    def enough(self) -> bool:
        return self.finished >= LEAST and self.weeks >= LEAST_WEEKS


def whole_weeks(days: Sequence[int]) -> Record:
    """A record without its oldest days, which make no whole week, and without the weeks before the beginning."""
    first = next((n for n, count in enumerate(days) if count), len(days))
    begun = max(-(-(len(days) - first) // 7), 1) * 7
    kept = list(days[max(len(days) - begun, len(days) % 7) :])
    return Record(tuple(kept[len(kept) % 7 :]))


def record(db: Session, product: str, today: date, tz: ZoneInfo) -> Record:
    """What was finished before today, day by day."""
    since, until = day_begins(today - timedelta(days=SLOW), tz), day_begins(today, tz)
    rows = _FINISHED.all(db, product=product, since=since, until=until)
    counts = [0] * SLOW
    for row in rows:
        ago = (today - row.closed_at.astimezone(tz).date()).days
        if 1 <= ago <= SLOW:
            counts[SLOW - ago] += 1
    short = counts[SLOW - RECORD :]
    return whole_weeks(short if sum(short) >= ENOUGH else counts)


@dataclass(frozen=True, slots=True)
class Forecast:
    """All runs of one record; the same record gives the same answers. `day` counts from 1, the first day forecast."""

    totals: "NDArray[Any]"  # runs × weeks: how many items are done at a week's end
    weeks: "NDArray[Any]"  # runs × weeks: which week of the record was drawn
    pace: "NDArray[Any]"  # runs × weeks: how much faster it goes than in that week
    shapes: "NDArray[Any]"  # weeks of the record × 7: how many are done at each day's end

    def days(self, items: int, sure: Sequence[int] = SURE) -> list[int | None]:
        """In how many days so many items are done, for each percentage; None beyond the horizon."""
        import numpy as np

        if items <= 0:
            return [0 for _ in sure]
        reached = self.totals >= items - 1e-9
        week = reached.argmax(axis=1)
        runs = np.arange(len(week))
        before = np.where(week > 0, self.totals[runs, week - 1], 0.0)
        within = before[:, None] + self.shapes[self.weeks[runs, week]] * self.pace[runs, week][:, None]
        day = week * 7 + (within < items - 1e-9).sum(axis=1) + 1
        day = np.where(reached.any(axis=1), day, np.iinfo(np.int64).max)
        day.sort()
        found = [int(day[_at(len(day), percent)]) for percent in sure]
        return [one if one <= WEEKS * 7 else None for one in found]

    def items(self, days: int, sure: Sequence[int] = SURE) -> list[int]:
        """How many items are done in so many days, for each percentage."""
        import numpy as np

        if days <= 0:
            return [0 for _ in sure]
        week, rest = divmod(min(days, WEEKS * 7), 7)
        done = self.totals[:, week - 1] if week else np.zeros(len(self.totals))
        if rest:
            done = done + self.shapes[self.weeks[:, week], rest - 1] * self.pace[:, week]
        done = np.sort(done)[::-1]
        return [int(done[_at(len(done), percent)] + 1e-9) for percent in sure]


def day_of(days: int, today: date) -> date:
    """The day on which so many days, from today on, are over."""
    return today + timedelta(days=max(0, days - 1))


def _at(runs: int, percent: int) -> int:
    """The place, among sorted runs, of the first that so many per cent reach."""
    return -(-runs * percent // 100) - 1


def ahead(db: Session, product: str, today: date, tz: ZoneInfo) -> Forecast | None:
    """What the team's record makes of the future; None where it tells too little."""
    found = record(db, product, today, tz)
    return simulate(found) if found.enough else None


def simulate(record: Record, runs: int = RUNS) -> Forecast:
    """Run the future of a record many times."""
    import numpy as np

    seed = hashlib.blake2s(repr(record.days).encode(), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(seed))
    by_week = np.array(record.days, float).reshape(-1, 7)
    known = len(by_week)
    sums = by_week.sum(axis=1)
    level = sums[rng.integers(0, known, (runs, known))].mean(axis=1) / sums.mean()
    drift = np.exp(np.cumsum(rng.normal(0.0, DRIFT, (runs, WEEKS)), axis=1))
    weeks = rng.integers(0, known, (runs, WEEKS))
    pace = level[:, None] * drift
    return Forecast(np.cumsum(sums[weeks] * pace, axis=1), weeks, pace, by_week.cumsum(axis=1))


# ---- what stands before something in the order ----


@dataclass(frozen=True, slots=True)
class Ahead:
    """How many items there are to finish until something is done: `own` of its own, `place` with those above them."""

    own: int
    place: int


def until_item(db: Session, product: str, rank: str) -> Ahead:
    return Ahead(1, int(_BEFORE.scalar(db, product=product, rank=rank)))


def until_all(db: Session, product: str, items: Sequence[str]) -> Ahead:
    """Until every open one of some items, and of what belongs to them where they are epics, is done: the place of the
    last of them in the order."""
    ranks: dict[str, str] = {}
    seen: set[str] = set()
    rows = _OPEN.all(db, items=list(items)) if items else []
    while rows:
        ranks |= {row.id: row.rank for row in rows if row.type != "epic"}
        epics = [row.id for row in rows if row.type == "epic" and row.id not in seen]
        seen.update(epics)
        rows = _OPEN_WITHIN.all(db, epics=epics) if epics else []
    if not ranks:
        return Ahead(0, 0)
    return Ahead(len(ranks), until_item(db, product, max(ranks.values())).place)
