"""The roadmap as a picture: what is promised for when, how far it is, and what slipped, understood at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.chat.words import counted, day_in_words
from core.product import charts
from core.product.charts import Drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 14  # entries; more would not be read
_TITLE = 52  # letters of an entry's own line
_BACK, _AHEAD = timedelta(days=120), timedelta(days=540)  # what lies outside is cut off
_TOP, _ROW, _HEAD, _BAR = 0.35, 1.0, 0.72, 0.34  # heights, in rows: of the edge, an entry, a heading, a bar


@dataclass(frozen=True, slots=True)
class Bar:
    """An entry as it is drawn. `slipped`: days it ends later (or, below 0, earlier) than was said not long ago.
    milestones: each one's day, and whether it is done."""

    title: str
    horizon: str
    starts: date | None
    ends: date | None
    done: int = 0
    of: int = 0
    slipped: int = 0
    milestones: Sequence[tuple[date, bool]] = ()

    @property
    def dated(self) -> bool:
        return self.starts is not None or self.ends is not None


def chart(product: str, bars: Sequence[Bar], today: date) -> Drawn:
    """bars: the nearest first; those past MOST are counted and not drawn."""
    shown, more = list(bars[:MOST]), max(0, len(bars) - MOST)
    rows = _rows(shown, more)
    height = 0.62 + 0.33 * (rows[-1][0] + _ROW + _TOP)

    def paint(figure: "Figure") -> None:
        charts.titled(figure, product, f": roadmap, {day_in_words(today, date(1, 1, 1))}", _legend(shown))
        _paint(figure.subplots(), rows, shown, today)

    return Drawn(charts.draw(paint, height), _words(product, shown, more, today))


Row = tuple[float, str, Bar | None]
"""Where it stands from the top, a heading or a note, and the bar where it is one."""


def _rows(bars: Sequence[Bar], more: int) -> list[Row]:
    rows: list[Row] = []
    at, before = 0.0, ""
    for bar in bars:
        if bar.horizon != before:
            rows.append((at, bar.horizon.capitalize(), None))
            at, before = at + _HEAD, bar.horizon
        rows.append((at, "", bar))
        at += _ROW if bar.dated else _HEAD
    if more:
        rows.append((at, f"and {'more' if more == 1 else f'{more} or more'} besides these", None))
    return rows


def _window(bars: Sequence[Bar], today: date) -> tuple[date, date]:
    days = [day for bar in bars for day in (bar.starts, bar.ends, *(day for day, _ in bar.milestones)) if day]
    near = [min(max(day, today - _BACK), today + _AHEAD) for day in days]
    first, last = min([today, *near]), max([today + timedelta(days=28), *near])
    room = (last - first) * 0.04
    return first - room, last + room


def _paint(axes: "Axes", rows: Sequence[Row], bars: Sequence[Bar], today: date) -> None:
    first, last = _window(bars, today)
    charts.day_axis(axes, first, last, most=5)
    axes.xaxis.tick_top()
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.set_yticks([])
    axes.set_ylim(rows[-1][0] + _ROW, -_TOP)
    axes.spines[["bottom"]].set_visible(False)
    left = first.toordinal() + (last - first).days * 0.012
    axes.axvline(today.toordinal(), color=charts.INK, linewidth=0.9, zorder=1)
    for at, heading, bar in rows:
        if bar is None:
            axes.text(left, at + 0.42, heading, va="center", color=charts.MUTED, fontweight="bold", bbox=charts.PATCH)
        else:
            _paint_bar(axes, at, bar, (first, last), today, left)
    axes.annotate("today", (today.toordinal(), -_TOP), xytext=(3, -3), textcoords="offset points", va="top",
                  color=charts.INK)  # fmt: skip


def _paint_bar(axes: "Axes", at: float, bar: Bar, window: tuple[date, date], today: date, left: float) -> None:
    first, last = window
    width = (last - first).days
    note = _note(bar, today)
    title = charts.fitted(bar.title, _TITLE) if bar.dated or not note else f"{charts.fitted(bar.title, 36)} · {note}"
    axes.text(left, at + 0.3, title, va="center", color=charts.INK, zorder=4, bbox=charts.PATCH)
    if not bar.dated:
        return
    begin = min(max(bar.starts or min(today, bar.ends or today), first), last)
    end = min(max(bar.ends or last, first), last)
    length = max((end - begin).days, width * 0.012)
    late = bar.ends is not None and bar.ends < today
    colour = charts.RED if late else charts.BLUE
    y = at + 0.52
    whole = bar.starts is not None and bar.ends is not None
    axes.barh(y, length, _BAR, begin.toordinal(), align="edge", color=charts.FAINT, edgecolor=colour, linewidth=0.7,
              linestyle="-" if whole else (0, (3, 2)), zorder=2)  # fmt: skip
    if bar.done and bar.of:
        axes.barh(y, length * bar.done / bar.of, _BAR, begin.toordinal(), align="edge", color=colour, zorder=3)
    if bar.slipped > 0 and bar.ends is not None:
        was = max(begin, bar.ends - timedelta(days=bar.slipped))
        if was < end:
            axes.barh(y, (end - was).days, _BAR, was.toordinal(), align="edge", facecolor="none",
                      edgecolor=charts.ORANGE, hatch="//////", linewidth=0.7, zorder=3)  # fmt: skip
    for day, done in bar.milestones:
        if first <= day <= last:
            axes.plot([day.toordinal()], [y + _BAR / 2], marker="D", markersize=4, zorder=5, color=charts.INK,
                      markerfacecolor=charts.INK if done else charts.PAPER)  # fmt: skip
    right = begin.toordinal() + length
    inside = right + width * 0.3 < last.toordinal()
    if not note:
        return
    axes.annotate(
        note, (right if inside else begin.toordinal(), y + _BAR / 2), xytext=(3 if inside else -3, 0),
        textcoords="offset points", ha="left" if inside else "right", va="center", color=charts.MUTED, zorder=4,
        fontsize=charts.SMALL - 0.5, bbox=charts.PATCH,
    )  # fmt: skip


def _legend(bars: Sequence[Bar]) -> str:
    """What the shapes mean, of those that are there."""
    parts = [
        "filled: done" if any(bar.done and bar.dated for bar in bars) else "",
        "hatched: slipped" if any(bar.slipped > 0 for bar in bars) else "",
        "◆ milestone" if any(bar.milestones for bar in bars) else "",
    ]
    return " · ".join(part for part in parts if part)


def _note(bar: Bar, today: date) -> str:
    """What is written beside a bar."""
    parts = [f"{bar.done} of {bar.of}" if bar.of else ""]
    if bar.ends is not None and bar.ends < today:
        parts.append("late")
    elif bar.slipped > 0:
        parts.append(f"+{counted(bar.slipped, 'day')}")
    return ", ".join(part for part in parts if part)


def _words(product: str, bars: Sequence[Bar], more: int, today: date) -> str:
    said = [f"Roadmap of {product} on {day_in_words(today, today)}"]
    for horizon in dict.fromkeys(bar.horizon for bar in bars):
        told = "; ".join(_told(bar, today) for bar in bars if bar.horizon == horizon)
        said.append(f"{horizon.capitalize()}: {told}")
    return ". ".join(said) + (f". And {more} or more besides." if more else ".")


def _told(bar: Bar, today: date) -> str:
    days = ""
    if bar.starts and bar.ends:
        days = f"{day_in_words(bar.starts, today)} to {day_in_words(bar.ends, today)}"
    elif bar.ends:
        days = f"by {day_in_words(bar.ends, today)}"
    elif bar.starts:
        days = f"from {day_in_words(bar.starts, today)}"
    parts = [
        bar.title,
        days,
        f"{bar.done} of {counted(bar.of, 'item')} done" if bar.of else "",
        f"late by {counted((today - bar.ends).days, 'day')}" if bar.ends and bar.ends < today else "",
        f"{counted(bar.slipped, 'day')} later than said before" if bar.slipped > 0 else "",
    ]
    return ", ".join(part for part in parts if part)
