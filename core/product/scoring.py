"""What an item is worth beside what it costs, as numbers that can be put in order.

RICE   reach × impact × confidence / effort; confidence in percent (Sean McBride, Intercom, 2016)
WSJF   (value + urgency + risk) / effort: cost of delay over job size (Reinertsen; SAFe, "Weighted Shortest Job First")
VALUE  value / effort, or value / points where no effort is given
"""

from typing import Protocol

RICE, WSJF, VALUE = "rice", "wsjf", "value"
PARTS = {RICE: ("reach", "impact", "confidence", "effort"), WSJF: ("value", "urgency", "risk", "effort")}


class Scored(Protocol):
    """What the formulas read of an item; None where it is not known."""

    reach: float | None
    impact: float | None
    confidence: float | None
    effort: float | None
    value: float | None
    urgency: float | None
    risk: float | None
    points: float | None


def score(item: Scored, by: str) -> float | None:
    """The item's score, higher is sooner; None where a part is missing."""
    if by == VALUE:
        size = item.effort or item.points
        return item.value / size if item.value is not None and size else None
    parts = [getattr(item, name) for name in PARTS[by]]
    if any(part is None for part in parts) or not item.effort:
        return None
    if by == RICE:
        reach, impact, confidence, effort = parts
        return float(reach * impact * confidence / 100 / effort)
    value, urgency, risk, effort = parts
    return float((value + urgency + risk) / effort)


def formula(item: Scored, by: str) -> str:
    """How an item's score came about, for one that has it: '500 × 2 × 80 % / 3'."""
    if by == VALUE:
        return f"{_plain(item.value)} / {_plain(item.effort or item.points)}"
    parts = [_plain(getattr(item, name)) for name in PARTS[by]]
    if by == RICE:
        return f"{parts[0]} × {parts[1]} × {parts[2]} % / {parts[3]}"
    return f"({parts[0]} + {parts[1]} + {parts[2]}) / {parts[3]}"


def _plain(number: float | None) -> str:
    return f"{number or 0:.10g}"


def shown(number: float) -> str:
    """A score as people read it: one decimal at most, two digits below one."""
    if number >= 1:
        return f"{number:,.1f}".removesuffix(".0")
    return f"{number:.2g}" if number == 0 or number >= 0.001 else "less than 0.001"
