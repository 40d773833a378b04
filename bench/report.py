"""What a measurement says, and how it is laid out: one row a thing measured, beside its peer, against its bar."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from rich import box
from rich.console import Console
from rich.table import Table

WIDTH = 190  # columns, whatever the terminal has: a cut number is worse than a wrapped line


@dataclass(frozen=True, slots=True)
class Figures:
    """rate: things a second; p50, p95, p99: milliseconds for one; cpu: the server's milliseconds of processor for one;
    rss: megabytes the server holds.
    """

    rate: float | None = None
    p50: float | None = None
    p99: float | None = None
    cpu: float | None = None
    rss: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A bar, and the margin by which it is kept: 1 just holds, below 1 is short of it."""

    name: str
    value: float
    bar: float
    margin: float


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured.

    ratio       how fast ours is as a part of the peer's speed: 1 is as fast, 0.5 takes twice the time
    least       bar: the smallest ratio, or the smallest rate where there is no peer
    growth      time for one at this size over the time at the smallest size; most: the bar, on the largest size
    within      bar: the most milliseconds that 95 of 100 may take; such a row's growth is told without a bar
    errors      wrong answers; a row with any is void, whatever it measured
    """

    what: str
    database: str
    items: int | None
    ours: Figures
    peer_name: str = ""
    peer: Figures | None = None
    ratio: float | None = None
    least: float | None = None
    growth: float | None = None
    most: float | None = None
    within: float | None = None
    errors: int = 0
    note: str = ""

    @property
    def title(self) -> str:
        return " ".join(part for part in (self.what, self.database, f"{self.items:,}" if self.items else "") if part)

    @property
    def checks(self) -> tuple[Check, ...]:
        found = []
        value = self.ratio if self.peer else self.ours.rate
        if self.least is not None and value is not None:
            found.append(Check("speed", value, self.least, value / self.least))
        if self.most is not None and self.growth is not None:
            found.append(Check("growth", self.growth, self.most, self.most / self.growth))
        if self.within is not None and self.ours.p95:
            found.append(Check("p95", self.ours.p95, self.within, self.within / self.ours.p95))
        return tuple(found)

    @property
    def margin(self) -> float | None:
        """The smallest margin of its bars; 0 where the row is void, None where it has no bar."""
        if self.errors:
            return 0.0
        return min((check.margin for check in self.checks), default=None)

    @property
    def verdict(self) -> str:
        if self.errors:
            return f"void, {self.errors} errors"
        if self.margin is None:
            return ""
        return "holds" if self.margin >= 1 else "falls short"


def middle(figures: Sequence[Figures]) -> Figures:
    """The median of each figure over several rounds; what some round lacks is left out."""

    def of(name: str) -> float | None:
        values = [value for value in (getattr(one, name) for one in figures) if value is not None]
        return median(values) if values else None

    return Figures(of("rate"), of("p50"), of("p99"), of("cpu"), of("rss"), of("p95"))


def grown(rows: Iterable[Row], most: float) -> list[Row]:
    """The same rows with the growth of each from the smallest size of its kind; the largest bears the bar `most`.

    Where there is a peer the times are taken as multiples of the peer's beside them, so that a machine which became
    busier between two sizes does not pass for growth.
    """

    def cost(row: Row) -> float | None:
        speed = row.ratio if row.peer else row.ours.rate
        return 1 / speed if speed else None

    rows = list(rows)
    kinds: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row.items is not None:
            kinds.setdefault((row.what, row.database, row.peer_name), []).append(row)
    out = []
    for row in rows:
        kin = sorted(kinds.get((row.what, row.database, row.peer_name), []), key=lambda one: one.items or 0)
        first = cost(kin[0]) if kin else None
        here = cost(row)
        if len(kin) > 1 and row is not kin[0] and first and here:
            barred = row is kin[-1] and row.within is None
            row = replace(row, growth=here / first, most=most if barred else None)
        out.append(row)
    return out


def worst(rows: Iterable[Row]) -> Row | None:
    barred = [row for row in rows if row.margin is not None]
    return min(barred, key=lambda row: row.margin or 0, default=None)


def number(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(rows: Iterable[Row], title: str) -> Table:
    out = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, collapse_padding=True)
    for name in ("what", "database"):
        out.add_column(name, no_wrap=True)
    for name in ("size", "a second", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "RSS MB"):
        out.add_column(name, justify="right", no_wrap=True)
    out.add_column("beside", no_wrap=True)
    for name in ("a second", "p50 ms", "p99 ms", "CPU ms", "ratio", "bar", "growth", "bar"):
        out.add_column(name, justify="right", no_wrap=True)
    out.add_column("verdict", no_wrap=True)
    for row in rows:
        ours, peer = row.ours, row.peer or Figures()
        size = f"{row.items:,}" if row.items is not None else ""
        measured = (number(value) for value in (ours.rate, ours.p50, ours.p95, ours.p99, ours.cpu, ours.rss))
        beside = (number(value) for value in (peer.rate, peer.p50, peer.p99, peer.cpu, row.ratio))
        bars = (
            f"≥ {number(row.least)}" if row.least else f"p95 ≤ {number(row.within)}" if row.within else "",
            number(row.growth),
            f"≤ {number(row.most)}" if row.most else "",
        )
        out.add_row(row.what, row.database, size, *measured, row.peer_name, *beside, *bars, row.verdict)
    return out


def show(rows: Sequence[Row], about: str) -> None:
    """Print all rows and, where there are bars, the one closest to its bar or furthest below it once more."""
    console = Console(width=WIDTH)
    console.print(table(rows, about))
    for row in rows:
        if row.note:
            console.print(f"  {row.title}: {row.note}", markup=False, highlight=False)
    last = worst(rows)
    if last:
        console.print(table([last], f"The worst row: {last.margin:.2f} of its bar"))


def save(rows: Sequence[Row], about: str, path: Path) -> None:
    """Write everything measured as JSON: {"about": …, "rows": [a Row with its "margin" and "verdict"]}."""
    data = [asdict(row) | {"margin": row.margin, "verdict": row.verdict} for row in rows]
    path.write_text(json.dumps({"about": about, "rows": data}, indent=1) + "\n", encoding="utf-8")
