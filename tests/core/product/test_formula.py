"""Formulas compute what arithmetic says, and let nothing else through."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.product import formula
from core.product.formula import NotAFormula

NAMES = ("mrr", "users", "cost_per_day", "ümsatz")
LEAVES = st.sampled_from(NAMES) | st.integers(0, 999).map(str) | st.sampled_from(["0.5", "12.25"])


def both(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(parts, st.sampled_from([" + ", "-", " * ", "/"]), parts).map("".join)
    return pair.map(lambda text: f"({text})") | pair | parts.map(lambda text: f"-({text})")


TEXTS = st.recursive(LEAVES, both, max_leaves=12).filter(lambda text: any(n in text for n in NAMES) and len(text) < 180)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(TEXTS, st.fixed_dictionaries(dict.fromkeys(NAMES, NUMBERS)))
@settings(max_examples=300)
def test_a_formula_is_worth_what_arithmetic_says(text: str, known: dict[str, float]) -> None:
    found = formula.read(text).value(known)
    try:
        expected = float(eval(text, {"__builtins__": {}}, known))
    except (ZeroDivisionError, OverflowError):
        expected = math.nan
    if math.isfinite(expected):
        assert found == pytest.approx(expected)
    else:
        assert found is None


@pytest.mark.parametrize(
    "text",
    [
        "", "1 + 2", "a.b", "a()", "a[0]", "a ** 2", "a // 2", "a % 2", "a if b else c", "lambda: a", "a < b", "'a'",
        "a, b", "[a]", "a; b", "a = 1", "(", "a +", "a b", "0x1f + a", "1e9 + a", "1_000 + a", "a and b", "not a", "~a",
        "__import__('os')", "a\nb", "(" * 120 + "a" + ")" * 120, "a + " * 60 + "a", "1if a else 2", "f'{a}'", "a := 2",
    ],
)  # fmt: skip
def test_whatever_is_no_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(NotAFormula) as no:
        formula.read(text)
    assert no.value.args[0]
