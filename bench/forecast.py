"""The forecast on a real record: whether its dates hold, how sure it may be, and how long it takes."""

import csv
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path
from statistics import median

from bench.options import Options
from bench.report import Figures, Row
from core.product import forecast

STEP = 14  # days between two starts
SIZES = (10, 20, 40)
CURVE = (50, 60, 70, 80, 85, 90, 95)
LEAST, MOST = 0.80, 0.90  # of the windows should hold their 85 % date
ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Window:
    """A start: the record before it, and after how many days so many items were done."""

    record: forecast.Record
    took: dict[int, int]


def finished(path: Path) -> list[date]:
    """The days on which issues of a Jira export were resolved, in order."""
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", newline="") as file:
        said = [row["Resolved"] for row in csv.DictReader(file)]
    return sorted(datetime.strptime(f"{one} +0000", "%d/%b/%y %H:%M %z").date() for one in said if one)


def windows(days: list[date]) -> list[Window]:
    """A start every fortnight, each with 60 days of history behind it."""
    counts = [0] * ((days[-1] - days[0]).days + 1)
    for day in days:
        counts[(day - days[0]).days] += 1
    found = []
    for start in range(forecast.RECORD, len(counts), STEP):
        record = forecast.whole_weeks(counts[start - forecast.RECORD : start])
        done = list(accumulate(counts[start:]))
        took = {size: next(n for n, sum_ in enumerate(done, 1) if sum_ >= size) for size in SIZES if done[-1] >= size}
        if record.enough:
            found.append(Window(record, took))
    return found


def held(some: list[Window], size: int, sure: int) -> tuple[int, int]:
    """In how many windows the date that was `sure` held, of how many."""
    known = [window for window in some if size in window.took]
    ok = 0
    for window in known:
        [days] = dates(window.record, size, (sure,))
        ok += days is None or window.took[size] <= days
    return ok, len(known)


_runs: dict[tuple[int, ...], forecast.Forecast] = {}


def dates(record: forecast.Record, size: int, sure: tuple[int, ...]) -> list[int | None]:
    if record.days not in _runs:
        _runs[record.days] = forecast.simulate(record)
    return _runs[record.days].days(size, sure)


def data() -> Path:
    return Path(os.environ.get("STEWARD_BENCH_DATA", "../shared/data/backlog/issues_hadoop.csv"))


def run(options: Options) -> Iterator[Row]:
    path = data()
    if path.exists():
        some = windows(finished(path))
        for size in SIZES:
            ok, count = held(some, size, 85)
            share = ok / count
            curve = ", ".join(f"{sure} % {100 * held(some, size, sure)[0] / count:.0f}" for sure in CURVE)
            half = len(some) // 2
            parts = [held(part, size, 85) for part in (some[:half], some[half:])]
            halves = " and ".join(f"{100 * ok_ / of:.0f} %" for ok_, of in parts)
            note = f"{ok} of {count} windows; halves of the record {halves}; held by what was promised: {curve}"
            inside = 1.0 if LEAST <= share <= MOST else 0.0
            yield Row(
                f"85 % date holds, {size} items",
                "",
                None,
                Figures(rate=share),
                "80–90 %",
                Figures(),
                inside,
                1.0,
                note=note,
            )
    yield from timed(options)


def timed(options: Options) -> Iterator[Row]:
    """How long a forecast takes, by how much was finished a day."""
    for a_day in options.items or (1, 100):
        record = forecast.whole_weeks([a_day * (n % 7 < 5) for n in range(forecast.RECORD)])
        forecast.simulate(record).days(40)
        taken = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            runs = forecast.simulate(record)
            runs.days(40)
            runs.items(30)
            taken.append(1000 * (time.perf_counter() - begun))
        yield Row("forecast", "", a_day, Figures(rate=1000 / median(taken), p50=median(taken), p99=max(taken)))
