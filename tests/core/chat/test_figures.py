"""Figures as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat import figures


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1,200", (1200, "")), ("1 200", (1200, "")), ("1'200.5", (1200.5, "")), ("1,5", (1.5, "")), ("38 %", (38, "")),
        ("38%", (38, "")), ("€14k", (14000, "EUR")), ("29 EUR", (29, "EUR")), ("$1,234.50", (1234.5, "USD")),
        ("-3", (-3, "")), ("−3.5", (-3.5, "")), ("1.2m", (1.2e6, "")), ("2bn", (2e9, "")),
        ("", None), ("abc", None), ("1,20,0", None), ("1e5", None), ("nan", None), ("9" * 20, None), ("1 2", None),
        ("3 apples", None), ("--3", None), ("٣", (3, "")),
    ],
)  # fmt: skip
def test_a_figure_is_read_as_it_is_meant(typed: str, meant: tuple[float, str] | None) -> None:
    assert figures.amount(typed) == meant


@given(st.integers(-(10**12), 10**12) | st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 2)))
def test_what_is_shown_reads_back_as_nearly_the_same(value: float) -> None:
    back = figures.read(figures.shown(value))
    assert back is not None
    assert back == pytest.approx(value, rel=1e-3, abs=1e-2)


@given(st.text(max_size=30))
def test_any_text_is_a_figure_or_none(text: str) -> None:
    found = figures.read(text)
    assert found is None or abs(found) < figures.LARGEST


@pytest.mark.parametrize(("part", "said"), [(0, "0 %"), (0.001, "1 %"), (0.5, "50 %"), (0.999, "99 %"), (1, "100 %")])
def test_a_percentage_never_says_all_before_it_is(part: float, said: str) -> None:
    assert figures.percent(part) == said
