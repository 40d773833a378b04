"""How a metric goes, in words and as a chart."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.chat import figures
from core.chat.words import counted, day_in_words
from core.product import charts
from core.product.charts import Drawn
from core.product.metrics import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_POINTS = 400  # more would lie on top of each other
_MARKED = 12  # values that are few enough to mark each


def change(before: float, after: float, better: str, unit: str = "", since: str = "") -> str:
    """'up 2 %, better', 'down 3 since 5 Oct, worse', 'unchanged'."""
    when = f" since {since}" if since else ""
    if before == after:
        return f"unchanged{when}"
    up = after > before
    verdict = "better" if up == (better == "up") else "worse"
    return f"{'up' if up else 'down'} {figures.shown(abs(after - before), unit)}{when}, {verdict}"


def distance(value: float, goal: float, better: str, unit: str = "") -> str:
    """'2 % to go', 'reached', 'reached, 3 beyond it'."""
    beyond = value - goal if better == "up" else goal - value
    if beyond < 0:
        return f"{figures.shown(-beyond, unit)} to go"
    return f"reached, {figures.shown(beyond, unit)} beyond it" if beyond else "reached"


def chart(name: str, values: Sequence[Value], unit: str, goal: float | None, better: str, today: date) -> Drawn:
    """A metric over time, its latest value named, its goal as a dashed line. values: one or more, the oldest first."""
    shown = values[-MOST_POINTS:]

    def paint(figure: "Figure") -> None:
        charts.titled(figure, name, f", {unit}" if unit else "")
        _paint(figure.subplots(), shown, unit, goal)

    return Drawn(charts.draw(paint, 2.1), _words(name, shown, unit, goal, better, today))


def _paint(axes: "Axes", values: Sequence[Value], unit: str, goal: float | None) -> None:
    days, heights = [one.day.toordinal() for one in values], [one.value for one in values]
    axes.plot(days, heights, color=charts.BLUE, marker="o" if len(days) <= _MARKED else "", markersize=3, clip_on=False)
    first, last = values[0].day, values[-1].day
    room = max(timedelta(days=1), (last - first) * 0.16)  # for the last value's name
    charts.day_axis(axes, first - (last - first) * 0.02, last + room, most=4)
    axes.plot(days[-1:], heights[-1:], color=charts.BLUE, marker="o", markersize=5, clip_on=False, zorder=4)
    axes.annotate(
        figures.shown(heights[-1]), (days[-1], heights[-1]), xytext=(5, 0), textcoords="offset points", va="center",
        color=charts.INK, fontsize=charts.SMALL + 1, zorder=3, bbox=charts.PATCH,
    )  # fmt: skip
    _frame(axes, heights, goal)
    if goal is not None:
        axes.axhline(goal, color=charts.GREEN, linestyle=(0, (4, 2)), linewidth=1.2)
        axes.annotate(
            f"goal {figures.shown(goal, unit)}", (0, goal), xycoords=("axes fraction", "data"), xytext=(2, 2),
            textcoords="offset points", va="bottom", color=charts.GREEN,
        )  # fmt: skip


def _frame(axes: "Axes", heights: Sequence[float], goal: float | None) -> None:
    """Everything within the frame, with some room; a line that is flat stays in the middle."""
    low, high = min([*heights, *([] if goal is None else [goal])]), max([*heights, *([] if goal is None else [goal])])
    room = (high - low) * 0.18 or abs(high) * 0.1 or 1.0
    axes.set_ylim(low - room, high + room)
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.set_major_formatter(lambda height, _: charts.number(height))


def _words(name: str, values: Sequence[Value], unit: str, goal: float | None, better: str, today: date) -> str:
    first, last = values[0], values[-1]
    said = f"{name}: {figures.shown(last.value, unit)} on {day_in_words(last.day, today)}"
    if len(values) > 1:
        said += f", from {figures.shown(first.value, unit)} on {day_in_words(first.day, today)}"
        said += f" ({counted(len(values), 'value')}, {change(first.value, last.value, better, unit)})"
    if goal is not None:
        said += f"; goal {figures.shown(goal, unit)}, {distance(last.value, goal, better, unit)}"
    return said
