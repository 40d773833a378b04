"""What stands behind a thing: who asked for it and what it is worth, and the decisions about it."""

from collections.abc import Sequence
from typing import Any

from core.chat.card import Items, Line, Text, escape
from core.chat.words import shorten
from core.commands.call import Call
from core.commands.feedback import voices
from core.commands.telling import answered
from core.product import decisions, feedback
from core.product.people import Role

MOST = 3


def behind(call: Call, name: str, items: Sequence[str] = ()) -> list[Any]:
    """The parts of a card about a thing ('APP-12', 'R-1') and the items, by id, that make it up. What was said is the
    team's alone; decisions have their audience."""
    return [*(_asked_for(call, name, items) if call.may(Role.MEMBER) else ()), *_decided(call, name)]


def _asked_for(call: Call, name: str, items: Sequence[str]) -> list[Any]:
    rows = {row.id: row for row in feedback.about(call.db, call.product.id, name)}
    rows |= {row.id: row for row in feedback.for_items(call.db, items)}
    if not rows:
        return []
    demand = feedback.demand(list(rows.values()))
    best = sorted(rows.values(), key=lambda row: (-(row.worth or 0.0), -row.number))
    lines = tuple(
        Line(voices.name(row.number), f"“{shorten(row.text, 100)}”", voices.source(call, row)) for row in best[:MOST]
    )
    more = (Text(f"and {len(best) - MOST} more", subtle=True),) if len(best) > MOST else ()
    return [Text(f"**Asked for by** {escape(voices.demand(call, demand))}"), Items(lines), *more]


def _decided(call: Call, name: str) -> list[Any]:
    reads = call.audience.reads
    rows = [row for row in decisions.behind(call.db, call.product.id, name) if row.audience in reads]
    lines = tuple(
        Line(
            f"D-{row.number}",
            answered(row.question, row.choice),
            "open" if row.state == decisions.OPEN else f"because {shorten(row.because, 120)}" if row.because else "",
        )
        for row in rows
    )
    return [Text("**Decided**"), Items(lines)] if lines else []
