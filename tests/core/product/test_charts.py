"""What every chart shares: any title, the same bytes for the same drawing, no setting of matplotlib left changed."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.product import charts
from tests.databases import at_once

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DAY = date(2026, 1, 3)
TITLES = [
    "Pay $5_ {and $6",
    r"\frac{1}{2} $\nope$",
    "日本 😀 שלום",
    "a\nb\x00c\ud800",
    "",
    "x" * 5000,
    "<!channel> & %s",
]


def line(title: str) -> "Callable[[Figure], None]":
    def paint(figure: "Figure") -> None:
        charts.titled(figure, title, title, title)
        axes = figure.subplots()
        charts.day_axis(axes, DAY, DAY + timedelta(days=30))
        axes.plot([DAY.toordinal(), DAY.toordinal() + 30], [1, 2])
        axes.text(DAY.toordinal(), 1, charts.fitted(title, 30))

    return paint


@pytest.mark.parametrize("title", TITLES)
def test_any_title_is_drawn(title: str) -> None:
    assert charts.draw(line(title), 2.0).startswith(b"\x89PNG")


def test_of_a_long_name_the_end_is_left_out_and_never_what_is_said_of_it() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    charts.titled(figure, "A product with a name that goes on and on and on", ": roadmap, 18 Nov 2026", "x" * 90)
    title, below = figure.get_suptitle().split("\n")
    assert title == "A product with a name that go…: roadmap, 18 Nov 2026"
    assert len(below) == len(title)


def test_a_picture_is_as_wide_as_a_phone_shows_sharply() -> None:
    from matplotlib.image import imread

    pixels = imread(io.BytesIO(charts.draw(line("One"), 2.0)))
    assert pixels.shape[:2] == (500, 900)
    assert (pixels[:, :, 3] == 1).all(), "a see-through picture loses its letters on one page or the other"


def test_threads_draw_the_same_bytes_and_leave_no_setting_behind() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    drawn = at_once(*[lambda: charts.draw(line("One"), 2.0)] * 4)
    assert len(set(drawn)) == 1
    assert dict(matplotlib.rcParams) == before


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [charts.BLUE, charts.ORANGE, charts.GREEN, charts.RED, charts.INK, charts.MUTED])
def test_lines_stand_out_from_the_paper(colour: str) -> None:
    """WCAG asks for 3 to 1 of what is drawn, and 4.5 to 1 of letters."""
    ratio = (luminance(charts.PAPER) + 0.05) / (luminance(colour) + 0.05)
    assert ratio >= (4.5 if colour in (charts.INK, charts.MUTED) else 3)


@given(st.dates(date(1970, 1, 1), date(8000, 1, 1)), st.integers(0, 300_000), st.integers(2, 8))
@settings(max_examples=300)
def test_an_axis_names_a_few_days_within_it(first: date, length: int, most: int) -> None:
    last = first + timedelta(days=length)
    ticks = charts.day_ticks(first, last, most)
    assert 1 <= len(ticks) <= most + 1
    assert ticks == sorted(set(ticks))
    assert all(first <= tick <= last for tick in ticks)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (29.0, "29"),
        (0.123456, "0.1235"),
        (1234.5, "1,234.5"),
        (14000.4, "14,000"),
        (-3.5, "-3.5"),
        (1000, "1,000"),
    ],
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert charts.number(value) == shown
