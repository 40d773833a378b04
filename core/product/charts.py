"""Charts as pictures: one look for all, readable on a dark and on a light page, on a phone, and without seeing colours.

A chart is a function from plain data to a Drawn: it says how in `draw(paint, …)`, and never touches matplotlib's global
state. Every meaning has a shape besides its colour, and every picture its words.
"""

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 3.6  # inches: 360 points on a phone, at 2.5 pixels each
DPI = 250
SMALL = 7.5  # the smallest letters: more than 10 points on a phone

# Okabe and Ito's colours, which people who see few colours can tell apart, each dark enough for the paper.
BLUE, ORANGE, GREEN, RED, SKY = "#0072B2", "#B87400", "#00785A", "#B84A00", "#56B4E9"
INK, MUTED, FAINT, PAPER = "#1B1F24", "#59636E", "#D5DAE0", "#FBFBF8"

PATCH: dict[str, Any] = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
"""What letters stand on, where lines run behind them."""

# The paper is drawn too: a see-through picture has letters that vanish on one page or the other.
_LOOK: dict[Any, Any] = {
    "text.usetex": False,
    "text.parse_math": False,  # a title such as 'Pay $5_ {and $6' is no formula
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": False,
    "font.size": SMALL,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so that a chart looks the same everywhere
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": FAINT,
    "axes.facecolor": PAPER,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "savefig.edgecolor": PAPER,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
}

_LOCK = threading.Lock()  # matplotlib's settings and font cache belong to the whole process


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart: its picture, and the same in words for who cannot see it."""

    png: bytes
    alt: str


def draw(paint: "Callable[[Figure], None]", height: float, width: float = WIDTH) -> bytes:
    """The PNG that `paint` draws, in inches; the same drawing always gives the same bytes.

    One at a time. matplotlib is imported here, since it takes as long as everything else together.
    """
    with _LOCK:
        import warnings

        import matplotlib
        from matplotlib.figure import Figure

        with matplotlib.rc_context(_LOOK), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r".*[Gg]lyph .* missing from")  # drawn as a box
            figure = Figure(figsize=(width, height), layout="constrained")
            paint(figure)
            out = io.BytesIO()
            figure.savefig(out, format="png", metadata={"Software": None})
            return out.getvalue()


_LINE = 52  # letters that a line of the title holds


def titled(figure: "Figure", name: str, what: str = "", below: str = "") -> None:
    """The title at the top left, and what it needs to be understood below it. Of a long name the end is left out,
    never `what` is said of it."""
    title = f"{fitted(name, max(_LINE - len(what), 8))}{fitted(what, _LINE - 8)}"
    figure.suptitle(
        title + (f"\n{fitted(below, _LINE)}" if below else ""), x=0.02, ha="left", fontsize=SMALL + 1.5,
    )  # fmt: skip


def fitted(text: str, length: int) -> str:
    """Text on one line that holds so many letters; newlines and control characters draw nothing."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def number(value: float) -> str:
    """1234.5 as '1,234.5': at most four digits that mean something behind it, none that do not."""
    shown = f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return shown.removesuffix(".0")


_DAYS = 62  # an axis longer than this names months


def day_axis(axes: "Axes", first: date, last: date, most: int = 5) -> None:
    """A date axis from one day to another with at most `most` ticks, at beginnings of months, weeks or days."""
    axes.set_xlim(first.toordinal(), max(last, first + timedelta(days=1)).toordinal())
    ticks = day_ticks(first, last, most)
    axes.set_xticks([tick.toordinal() for tick in ticks], [_named(tick, first, last) for tick in ticks])


def _named(tick: date, first: date, last: date) -> str:
    if (last - first).days <= _DAYS:
        return f"{tick.day} {tick:%b}"
    return f"{tick:%b %Y}" if first.year != last.year else f"{tick:%b}"


def day_ticks(first: date, last: date, most: int) -> list[date]:
    """Days worth naming: beginnings of months where two or more fit, else of weeks, else days."""
    length = (last - first).days
    if length > _DAYS:
        months = _months(first, last)
        step = next(n for n in (1, 2, 3, 6, 12, 24, 60, 120, 1200, 120_000) if len(months) <= n * most)
        return [month for month in months if (month.year * 12 + month.month - 1) % step == 0][:most] or months[:1]
    step = max(1, -(-length // most))
    step = step if step < 4 else -(-step // 7) * 7
    return [first + timedelta(days=n) for n in range(0, length + 1, step)][: most + 1]


def _months(first: date, last: date) -> list[date]:
    numbers: Sequence[int] = range(first.year * 12 + first.month - (first.day == 1), last.year * 12 + last.month)
    return [date(n // 12, n % 12 + 1, 1) for n in numbers]
