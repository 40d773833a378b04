"""Arithmetic over other metrics, such as 'mrr / customers': a syntax tree that we walk, never evaluated as code."""

import ast
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import add, mul, neg, pos, sub, truediv

LENGTH = 200
_WORDS = re.compile(r"(?:\d+(?:\.\d+)?(?![\w.])|[^\W\d]\w*|[-+*/()]|[ \t])*")
_TWO: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: add, ast.Sub: sub, ast.Mult: mul, ast.Div: truediv,
}  # fmt: skip
_ONE: dict[type[ast.unaryop], Callable[[float], float]] = {ast.UAdd: pos, ast.USub: neg}


class NotAFormula(ValueError):
    """It is no arithmetic of names and numbers; `args[0]` says what is wrong, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Formula:
    """names: the metrics it is made of, in the order they stand in it."""

    names: tuple[str, ...]
    _tree: ast.expr

    def value(self, known: Mapping[str, float]) -> float | None:
        """Its value; None where that is no number (something divided by zero)."""
        try:
            found = _value(self._tree, known)
        except (ZeroDivisionError, OverflowError):
            return None
        return found if math.isfinite(found) else None


def read(text: str) -> Formula:
    """Raises NotAFormula."""
    if len(text) > LENGTH:
        raise NotAFormula(f"is longer than {LENGTH} characters")
    if not _WORDS.fullmatch(text) or "**" in text or "//" in text:
        raise NotAFormula("may hold names of metrics, numbers, + - * / and parentheses")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as no:
        raise NotAFormula("cannot be read; it looks like mrr / customers") from no
    names = tuple(dict.fromkeys(_names(tree)))
    if not names:
        raise NotAFormula("names no metric")
    return Formula(names, tree)


def _names(tree: ast.expr) -> list[str]:
    """Every name; whatever is no arithmetic is refused here, so that `_value` meets nothing else."""
    match tree:
        case ast.BinOp(left=left, right=right, op=op) if type(op) in _TWO:
            return _names(left) + _names(right)
        case ast.UnaryOp(operand=operand, op=one) if type(one) in _ONE:
            return _names(operand)
        case ast.Name(id=name):
            return [name.lower()]
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return []
        case _:
            raise NotAFormula("may hold names of metrics, numbers, + - * / and parentheses")


def _value(tree: ast.expr, known: Mapping[str, float]) -> float:
    match tree:
        case ast.BinOp(left=left, right=right, op=op):
            return _TWO[type(op)](_value(left, known), _value(right, known))
        case ast.UnaryOp(operand=operand, op=one):
            return _ONE[type(one)](_value(operand, known))
        case ast.Name(id=name):
            return known[name.lower()]
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case _:
            raise NotAFormula("holds what `read` lets through")  # cannot be: _names has met every part
