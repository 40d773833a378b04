"""The burndown of a sprint as a picture and in words."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.chat.walltime import day_ends
from core.product import charts
from core.product.burndown import Course
from core.product.charts import BLUE, INK, MUTED, ORANGE, Drawn
from core.product.sprints import Sprint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT = 2.5
MARKS = 6  # scope changes that are written beside the line; the others are only drawn


def ideal(committed: float, working: Sequence[date]) -> list[tuple[date, float]]:
    """An even pace: what would remain at the end of each day, from the commitment to nothing; level on days off."""
    first, last = working[0], working[-1]
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [(day, committed * (1 - sum(one <= day for one in working) / len(working))) for day in every]


def by_day(course: Course, working: Sequence[date], until: datetime, tz: ZoneInfo) -> list[tuple[date, float]]:
    """What remained at the end of each day; of today what remains now."""
    last = min(max(until.astimezone(tz).date(), working[0]), max(working[-1], working[0]))
    found = []
    for n in range((last - working[0]).days + 1):
        day = working[0] + timedelta(days=n)
        ends = day_ends(day, tz) - timedelta(microseconds=1)
        found.append((day, course.at(min(ends, until)).remaining.of(course.unit)))
    return found


def burndown(sprint: Sprint, course: Course, working: Sequence[date], until: datetime, tz: ZoneInfo) -> Drawn:
    """What remains, day by day, beside an even pace; where the scope changed there is a mark with by how much."""
    unit = course.unit
    pace = ideal(course.committed.of(unit), working)
    real = by_day(course, working, until, tz)
    changes: dict[date, float] = {}
    for change in course.changes:
        day = change.at.astimezone(tz).date()
        changes[day] = changes.get(day, 0.0) + change.by.of(unit)
    changes = {day: by for day, by in changes.items() if by and working[0] <= day <= real[-1][0]}
    return Drawn(
        _picture(
            sprint.name, sprint.goal, unit, course.committed.of(unit), tuple(pace), tuple(real),
            tuple(sorted(changes.items())),
        ),
        _words(sprint, course, real, changes),
    )  # fmt: skip


def _words(sprint: Sprint, course: Course, real: Sequence[tuple[date, float]], changes: dict[date, float]) -> str:
    unit = course.unit
    said = [
        f"Burndown of {sprint.name}: {charts.number(course.committed.of(unit))} {unit} committed, "
        f"{charts.number(real[-1][1])} remain on {real[-1][0].day} {real[-1][0]:%b}, to be done by "
        f"{sprint.ends_on.day} {sprint.ends_on:%b}."
    ]
    said += [f"Scope {by:+g} on {day.day} {day:%b}." for day, by in sorted(changes.items())[:MARKS]]
    said.append("By day: " + ", ".join(charts.number(value) for _, value in real[-15:]) + ".")
    return " ".join(said)


@lru_cache(maxsize=32)
def _picture(
    name: str,
    goal: str,
    unit: str,
    committed: float,
    pace: tuple[tuple[date, float], ...],
    real: tuple[tuple[date, float], ...],
    changes: tuple[tuple[date, float], ...],
) -> bytes:
    """Kept for a while: a stand-up's post is changed with every answer, and the course of its sprint hardly ever is."""

    def paint(figure: "Figure") -> None:
        charts.titled(figure, name, f": what remains, in {unit}", goal)
        axes = figure.subplots()
        eve = pace[0][0] - timedelta(days=1)  # the evening before the first day
        days = [eve.toordinal(), *(day.toordinal() for day, _ in pace)]
        axes.plot(
            days,
            [committed, *(value for _, value in pace)],
            color=MUTED,
            linestyle=(0, (4, 3)),
            linewidth=1.1,
            label="even pace",
        )
        steps = [eve.toordinal(), *(day.toordinal() for day, _ in real)]
        axes.plot(
            steps,
            [committed, *(value for _, value in real)],
            color=BLUE,
            marker="o",
            markersize=2.6,
            label="remains",
            clip_on=False,
        )
        remaining = dict(real)
        for n, (day, by) in enumerate(changes):
            axes.plot(
                [day.toordinal()], [remaining[day]], marker="D", markersize=5, color=ORANGE, linestyle="none",
                label="scope changed" if n == 0 else None,
            )  # fmt: skip
            if n < MARKS:
                axes.annotate(
                    f"{by:+g}", (day.toordinal(), remaining[day]), xytext=(0, 6), textcoords="offset points",
                    ha="center", color=ORANGE, fontsize=charts.SMALL, bbox=charts.PATCH, zorder=3,
                )  # fmt: skip
        last, value = real[-1]
        axes.annotate(
            charts.number(value), (last.toordinal(), value), xytext=(5, -2), textcoords="offset points", color=INK,
            fontsize=charts.SMALL + 1, fontweight="bold",
        )  # fmt: skip
        charts.day_axis(axes, eve, pace[-1][0] + timedelta(days=1))
        axes.set_ylim(0, 1.15 * max([committed, 1.0, *(value for _, value in real)]))
        axes.legend(
            loc="lower left", ncols=3, bbox_to_anchor=(-0.02, 1.0), borderpad=0, handlelength=2.2, columnspacing=1.2
        )

    return charts.draw(paint, HEIGHT)
