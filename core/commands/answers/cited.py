"""How a passage is spoken of: 'APP-40 CSV export, criterion 3', 'Export notes › Limits', and where it is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.chat import grammar
from core.chat.card import Button
from core.chat.words import shorten
from core.commands.call import Call
from core.commands.items import Words
from core.knowledge.search import Hit
from core.product import backlog, criteria
from core.product.decisions import Decision
from core.product.goals import Goal
from core.product.questions import Question
from core.product.roadmap import Entry

OF_ITEMS = frozenset({"item", "criterion", "comment"})
# kind of passage -> the letter of its subject, the subject's table, and the command that opens it
LETTERED: dict[str, tuple[str, Any, str]] = {
    "goal": ("G", Goal, "goal list"),
    "result": ("G", Goal, "goal list"),
    "roadmap": ("R", Entry, "roadmap show R-{}"),
    "move": ("R", Entry, "roadmap show R-{}"),
    "milestone": ("R", Entry, "roadmap show R-{}"),
    "decision": ("D", Decision, "decide list"),
}
PARTS = {"result": ", a key result", "move": ", why it was moved", "milestone": ", a milestone"}
TITLE = 60  # characters of a title in a list of several


@dataclass(frozen=True, slots=True)
class Cited:
    """What a passage's source is called, the button that opens it (None where nothing does), and whether it is known to
    be in doubt."""

    name: str
    button: Button | None
    doubted: bool = False


def cited(call: Call, hits: Sequence[Hit]) -> dict[str, Cited]:
    """The sources of passages, by the passage's id."""
    items = [hit.subject for hit in hits if hit.kind in OF_ITEMS]
    numbers = backlog.numbers(call.db, items)
    positions: dict[str, int] = {}
    for item in {hit.subject for hit in hits if hit.kind == "criterion"}:
        positions |= {row.id: n for n, row in enumerate(criteria.of(call.db, item), 1)}
    lettered = _numbers(call, hits)
    return {hit.id: _cited(call, hit, numbers, positions, lettered) for hit in hits}


def _numbers(call: Call, hits: Sequence[Hit]) -> dict[str, int]:
    """The numbers of what is called by a letter, by id."""
    found: dict[str, int] = {}
    for kind, (_, model, _) in LETTERED.items():
        if ids := [hit.subject for hit in hits if hit.kind == kind]:
            rows = call.db.execute(select(model.id, model.number).where(model.id.in_(ids)))
            found |= {row.id: row.number for row in rows}
    return found


def _cited(call: Call, hit: Hit, numbers: dict[str, int], positions: dict[str, int], lettered: dict[str, int]) -> Cited:
    title = shorten(hit.title, TITLE)
    if hit.kind in OF_ITEMS and hit.subject in numbers:
        key = Words(call).key(numbers[hit.subject])
        part = {"comment": ", a comment", "criterion": f", criterion {positions.get(hit.source, 1)}"}.get(hit.kind, "")
        return Cited(f"{key} {title}{part}", Button(f"Open {key}", f"backlog show {key}"))
    if hit.kind == "question":
        question = call.db.get_one(Question, {"id": hit.source, "workspace_id": call.db.workspace})
        doubted = question.doubted(call.audience.reads)
        name = f"Q-{question.number} {shorten(question.text, TITLE)}{', may no longer hold' if doubted else ''}"
        return Cited(name, Button(f"Open Q-{question.number}", f"question show Q-{question.number}"), doubted)
    if hit.kind in LETTERED and (number := lettered.get(hit.subject)) is not None:
        letter, _, opens = LETTERED[hit.kind]
        return Cited(
            f"{letter}-{number} {title}{PARTS.get(hit.kind, '')}",
            Button(f"Open {letter}-{number}", opens.format(number)),
        )
    if hit.kind == "document":
        name = f"{title} › {hit.path}" if hit.path else title
        return Cited(name, Button(f"Open {shorten(hit.title, 24)}", f"doc show {grammar.quote(hit.title)}"))
    if hit.kind == "vision":
        return Cited(title, Button("Open the product", "product show"))
    return Cited(title, None)
