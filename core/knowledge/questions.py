"""Answers that may no longer hold: when what an answered question is about changes in the same words, whoever decides
is asked to verify it, and everybody who reads the answer meanwhile is told.

Registered with the store's history by core.commands.assemble().
"""

from collections.abc import Iterator

from core.chat.words import shorten
from core.knowledge import terms
from core.product import questions
from core.product.items import Criterion
from core.product.questions import Question
from core.store.database import Session
from core.store.history import Entry

SHARED = 2  # words that a change and an answered question have in common before the answer is doubted
_FIELDS = ("title", "description", "persona", "want", "benefit")


def listen(db: Session) -> None:
    """Mark the answers that this transaction's changes of items and criteria may contradict."""
    settled = {key for table, key in db.ledger.changes if table == "questions"}
    for entry in list(db.ledger.changes.values()):
        for item, what, text in _changed(db, entry):
            for row in questions.of_item(db, item):
                doubtful = row.id not in settled and not row.open and row.stale_at is None
                if doubtful and row.answer.casefold() not in text.casefold() and _touches(row, text):
                    row.stale_at, row.stale_by = db.now, what
    db.flush()  # who listens next hears of it


def _changed(db: Session, entry: Entry) -> Iterator[tuple[str, str, str]]:
    """The item that a change is about, what changed in a few words, and the words that came or went."""
    before, after = entry.before or {}, entry.after or {}
    if entry.entity == "items" and entry.before is not None and entry.after is not None:
        for name in _FIELDS:
            if name in after and after[name] != before.get(name):
                yield entry.entity_id, f"the {name} was changed", f"{before.get(name) or ''} {after[name] or ''}"
    elif entry.entity == "criteria" and ("text" in after or not after):
        item = after.get("item_id") or before.get("item_id") or _item_of(db, entry.entity_id)
        text = f"{before.get('text', '')} {after.get('text', '')}"
        verb = "dropped" if entry.after is None else "added" if entry.before is None else "reworded"
        if item:
            yield (
                str(item),
                f"a criterion was {verb}: “{shorten(after.get('text') or before.get('text', ''), 120)}”",
                text,
            )


def _item_of(db: Session, criterion: str) -> str | None:
    row = db.get(Criterion, {"id": criterion, "workspace_id": db.workspace})
    return row.item_id if row else None


def _touches(row: Question, text: str) -> bool:
    about = terms.counts((f"{row.text} {row.answer}",)).keys()
    return len(about & terms.counts((text,)).keys()) >= SHARED
