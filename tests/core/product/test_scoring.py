"""Scores: the published formulas, and nothing where a part of them is missing."""

from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.product import scoring


@dataclass
class Parts:
    reach: float | None = None
    impact: float | None = None
    confidence: float | None = None
    effort: float | None = None
    value: float | None = None
    urgency: float | None = None
    risk: float | None = None
    points: float | None = None


number = st.floats(0, 1e6, allow_nan=False).map(lambda n: round(n, 3))
some = number | st.none()
all_parts = st.builds(Parts, some, some, some, some, some, some, some, some)


@pytest.mark.parametrize(
    ("by", "parts", "expected", "said"),
    [
        ("rice", Parts(reach=500, impact=2, confidence=80, effort=4), 200, "500 × 2 × 80 % / 4"),
        ("rice", Parts(reach=0, impact=2, confidence=80, effort=4), 0, "0 × 2 × 80 % / 4"),
        ("wsjf", Parts(value=8, urgency=5, risk=3, effort=2), 8, "(8 + 5 + 3) / 2"),
        ("value", Parts(value=8, effort=2, points=5), 4, "8 / 2"),
        ("value", Parts(value=8, points=5), 1.6, "8 / 5"),
        ("value", Parts(value=1234567.5, points=0.5), 2469135, "1234567.5 / 0.5"),
    ],
)
def test_the_formulas_as_published(by: str, parts: Parts, expected: float, said: str) -> None:
    assert scoring.score(parts, by) == pytest.approx(expected)
    assert scoring.formula(parts, by) == said


@given(all_parts)
def test_a_score_is_what_exact_fractions_give_and_none_where_a_part_is_missing(parts: Parts) -> None:
    def exact(name: str) -> Fraction | None:
        found = getattr(parts, name)
        return None if found is None else Fraction(found)

    effort, points = exact("effort"), exact("points")
    rice = [exact(name) for name in ("reach", "impact", "confidence")]
    delay = [exact(name) for name in ("value", "urgency", "risk")]
    size = effort if effort else points
    expected = {
        "rice": rice[0] * rice[1] * rice[2] / 100 / effort if effort and None not in rice else None,  # type: ignore[operator]
        "wsjf": sum(delay, Fraction(0)) / effort if effort and None not in delay else None,  # type: ignore[arg-type]
        "value": delay[0] / size if size and delay[0] is not None else None,
    }
    for by, exactly in expected.items():
        found = scoring.score(parts, by)
        assert (found is None) is (exactly is None), by
        assert found is None or found == pytest.approx(float(exactly or 0))


@pytest.mark.parametrize("by", ["rice", "wsjf", "value"])
def test_no_effort_is_no_score(by: str) -> None:
    full = {"reach": 1.0, "impact": 1.0, "confidence": 1.0, "value": 1.0, "urgency": 1.0, "risk": 1.0}
    assert scoring.score(Parts(**full, effort=1), by) is not None
    assert scoring.score(Parts(**full, effort=0), by) is None
    assert scoring.score(Parts(**full, effort=None), by) is None


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (0, "0"), (0.00001, "less than 0.001"), (0.001, "0.001"), (0.0456, "0.046"), (0.5, "0.5"), (1, "1"),
        (2.25, "2.2"), (266.666, "266.7"), (1080, "1,080"), (1333333.33, "1,333,333.3"),
    ],
)  # fmt: skip
def test_a_score_is_shown_short(score: float, said: str) -> None:
    assert scoring.shown(score) == said
