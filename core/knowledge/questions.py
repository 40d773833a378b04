"""Answers that may no longer hold: when what an answered question is about changes in the same words, whoever decides
is asked to verify it, and everybody who reads the answer meanwhile is told, unless they may not read what has changed.

What a question is about is its item, with its criteria; a decision whose place another takes; a document that gets
another text or is dropped. Of the latter two nobody says which questions they concern: those whose question or answer
names them, and those that share most words with a sentence that came or went.

Registered with the store's history by core.commands.assemble().
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.chat.words import shorten
from core.knowledge import terms
from core.knowledge.pieces import sections, sentences
from core.product import questions
from core.product.audience import Audience
from core.product.decisions import Decision
from core.product.documents import Document
from core.product.items import Criterion
from core.product.questions import Question
from core.store.database import Session
from core.store.history import WORK, Entry

SHARED = 2  # words that a change and an answered question have in common before the answer is doubted
MOST_SHARED = 3  # likewise, where nothing else leads from one to the other; and half the words of the shorter
SHOWN = 120  # characters of what changed
_FIELDS = ("title", "description", "persona", "want", "benefit")


@dataclass(frozen=True, slots=True)
class Changed:
    """Something that answers may be about, and what was changed of it.

    why       what happened, in a few words, for those who belong to `audience`
    came      what it says now that it did not say before; `went`: what it says no more; by sentences
    item      the item it belongs to; '' where it is any question's of `product`
    name      what a question or an answer may call it by; '' for none
    gone      it holds no more as a whole
    """

    why: str
    audience: str
    came: tuple[str, ...]
    went: tuple[str, ...]
    item: str = ""
    product: str = ""
    name: str = ""
    gone: bool = False


def listen(db: Session) -> None:
    """Mark the answers that this transaction's changes may contradict."""
    just_now = {key for table, key in db.ledger.changes if table == "questions"}
    for entry in list(db.ledger.changes.values()):
        for changed in _changed(db, entry):
            near = questions.of_item(db, changed.item) if changed.item else questions.settled(db, changed.product)
            for row in near:
                holds = row.id in just_now or row.open or row.stale_at is not None
                if not holds and _doubtful(row, changed):
                    row.doubt(db.now, changed.why, changed.audience)
    db.flush()  # who listens next hears of it


def _doubtful(row: Question, changed: Changed) -> bool:
    said = f"{row.text} {row.answer}"
    if any(row.answer.casefold() in one.casefold() for one in changed.came):
        return False  # that is where it says so
    about, each = _words(said), [_words(one) for one in (*changed.came, *changed.went)]
    named = _names(said, changed.name)
    if changed.item or named:
        return (named and changed.gone) or len(about & set().union(*each)) >= SHARED
    return any(len(about & one) >= max(MOST_SHARED, min(len(about), len(one)) / 2) for one in each)


def _words(text: str) -> set[int]:
    return set(terms.counts((text,)))


def _names(text: str, name: str) -> bool:
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


# ---- what changed ----


def _changed(db: Session, entry: Entry) -> Iterator[Changed]:
    match entry.entity:
        case "items":
            yield from _item(entry)
        case "criteria":
            yield from _criterion(db, entry)
        case "decisions":
            yield from _decision(db, entry)
        case "documents":
            yield from _document(db, entry)


def _item(entry: Entry) -> Iterator[Changed]:
    if entry.before is None or entry.after is None:
        return
    for name in _FIELDS:
        was, now = entry.before.get(name) or "", entry.after.get(name) or ""
        if name in entry.after and was != now:
            yield Changed(f"the {name} was changed", Audience.TEAM, (now,), (was,), entry.entity_id)


def _criterion(db: Session, entry: Entry) -> Iterator[Changed]:
    before, after = entry.before or {}, entry.after or {}
    if (after and "text" not in after) or (not after and db.ledger.kind != WORK):
        return  # what an undo takes away was not meant to be there
    row = None if "item_id" in before or "item_id" in after else db.get(Criterion, _key(db, entry))
    item = after.get("item_id") or before.get("item_id") or (row.item_id if row else "")
    came, went = after.get("text", ""), before.get("text", "")
    verb = "dropped" if entry.after is None else "added" if entry.before is None else "reworded"
    why = f"a criterion was {verb}: “{shorten(came or went, SHOWN)}”"
    if item:
        yield Changed(why, Audience.TEAM, (came,), (went,), str(item))


def _decision(db: Session, entry: Entry) -> Iterator[Changed]:
    """A decision that takes another's place."""
    after = entry.after or {}
    if entry.before is not None or not after.get("replaces_id"):
        return
    new = db.get_one(Decision, _key(db, entry))
    old = db.get_one(Decision, {"id": new.replaces_id, "workspace_id": db.workspace})
    why = f"D-{new.number} has taken the place of D-{old.number}: “{shorten(new.choice, SHOWN)}”"
    came, went = f"{new.choice} {new.because}", f"{old.question} {old.choice} {old.because}"
    yield Changed(why, new.audience, (came,), (went,), product=new.product_id, name=f"D-{old.number}", gone=True)


def _document(db: Session, entry: Entry) -> Iterator[Changed]:
    """A document that has another text, or is dropped; a new one takes nothing back."""
    before, after = entry.before, entry.after
    if before is None or (after is not None and "text" not in after):
        return
    if after is None:
        title, audience, product = before["title"], before["audience"], before["product_id"]
    else:
        row = db.get_one(Document, _key(db, entry))
        title, audience, product = row.title, row.audience, row.product_id
    was, now = _sentences(before["text"]), _sentences((after or {}).get("text", ""))
    came, went = tuple(now.keys() - was.keys()), tuple(was.keys() - now.keys())
    said = next((one for one in now if one not in was), "") or next((one for one in was if one not in now), "")
    why = f"{shorten(title, 60)} was {'changed' if after else 'dropped'}: “{shorten(said, SHOWN)}”"
    yield Changed(why, audience, came, went, product=product, name=title, gone=after is None)


def _sentences(text: str) -> dict[str, None]:
    """A text's sentences, in their order."""
    return dict.fromkeys(" ".join(one.split()) for part in sections(text) for one in sentences(part.text))


def _key(db: Session, entry: Entry) -> dict[str, str]:
    return {"id": entry.entity_id, "workspace_id": db.workspace}
