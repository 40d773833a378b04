"""Acceptance criteria: what must hold before the product owner accepts an item."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from core.product.items import Criterion, Item
from core.store.base import new_id
from core.store.database import Session
from core.store.prepared import Prepared

LENGTH = 1000

# A step keyword of Gherkin (https://cucumber.io/docs/gherkin/reference/#keywords) at the start of a word
_STEP = re.compile(r"(?<!\S)(Given|When|Then|And|But)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;.:]\s+\Z|\n\s*\Z")  # what ends before a step that is written small

_OF = Prepared(
    select(Criterion.id, Criterion.position, Criterion.text, Criterion.checked)
    .where(Criterion.item_id == bindparam("item"))
    .order_by(Criterion.position, Criterion.id)
)


class NoSuchCriterion(LookupError):
    """`args` are the number asked for, and how many there are."""


def of(db: Session, item: str) -> list[Row[*tuple[Any, ...]]]:
    """An item's criteria in order; people count them from 1."""
    return _OF.all(db, item=item)


def named(db: Session, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of which item some criteria are, and what they say, by their ids; those that are still there."""
    rows = (
        db.execute(select(Criterion.id, Criterion.item_id, Criterion.text).where(Criterion.id.in_(ids))) if ids else ()
    )
    return {row.id: {"item_id": row.item_id, "text": row.text} for row in rows}


def steps(text: str) -> list[str]:
    """'Given … When … Then …' as its steps, each with its keyword; [] where it is not of that form.

    Only a text that begins with Given or When and has a Then counts. And and But are steps where they are written with
    a capital, or an 'and' inside a step would end it; so are When and Then, or where a comma or the like stands before
    them, or where given, when and then all follow each other.
    """
    found = list(_STEP.finditer(text))
    marked = [m for m in found if not m.start() or m[0][0].isupper() or _small(text, m)]
    plain = [m for m in found if m[0].lower() in ("given", "when", "then") or m in marked]
    whole = [m[0].lower() for m in plain] == ["given", "when", "then"]
    chosen = plain if whole else marked
    words = [m[0].capitalize() for m in chosen]
    if not chosen or chosen[0].start() != 0 or words[0] not in ("Given", "When") or "Then" not in words:
        return []
    ends = [*(m.start() for m in chosen[1:]), len(text)]
    return [
        f"{word} {' '.join(text[m.end() : end].split()).rstrip(',;')}"
        for word, m, end in zip(words, chosen, ends, strict=True)
    ]


def _small(text: str, step: re.Match[str]) -> bool:
    return step[0].lower() in ("when", "then") and _CLAUSE.search(text[: step.start()][-8:]) is not None


def add(db: Session, item: Item, text: str) -> Criterion:
    last = db.scalar(select(func.max(Criterion.position)).where(Criterion.item_id == item.id)) or 0
    made = Criterion(id=new_id(), item_id=item.id, position=last + 1, text=text, checked=False)
    db.add(made)
    db.flush()
    return made


def nth(db: Session, item: Item, number: int) -> Criterion:
    """The criterion that people call number N. Raises NoSuchCriterion."""
    rows = of(db, item.id)
    if not 1 <= number <= len(rows):
        raise NoSuchCriterion(number, len(rows))
    return db.get_one(Criterion, {"id": rows[number - 1].id, "workspace_id": db.workspace})
