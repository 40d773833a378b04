"""What happens to an item is told in the threads that are tied to it: a comment as it is, changes of its state as one
line that is kept up to date.

It follows history, so that no handler thinks of it. What was said in the thread itself stands there already.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from core.chat.ask import Platform
from core.chat.card import Card, Quote, escape
from core.product import ties
from core.product.items import Item
from core.product.people import Person, Product
from core.product.ties import Tied
from core.schedule import recipients, unasked
from core.schedule.outbox import OutboxRow
from core.schedule.unasked import Letter
from core.store.database import Session
from core.store.history import Entry

STATE = frozenset({"status", "assignee_id", "title"})
LONGEST = 2000  # characters of a comment that a thread is told


def follow(db: Session, entries: Sequence[Entry]) -> None:
    """Heard with every batch of history."""
    said = [e for e in entries if e.entity == "comments" and e.before is None and e.after is not None]
    moved = {
        e.entity_id for e in entries if e.entity == "items" and e.before and e.after and not STATE.isdisjoint(e.after)
    }
    about = moved | {e.after["item_id"] for e in said if e.after}
    found = ties.of(db, about)
    if not found:
        return
    items = _items(db, {one.item_id for one in found})
    for tied in found:
        item = items[tied.item_id]
        for entry in said:
            if entry.after and entry.after["item_id"] == tied.item_id and tied.where != db.said_in:
                _tell(db, f"tie:{tied.id}:{entry.entity_id}", tied, _comment(db, item, entry.after))
        if tied.item_id in moved:
            _state(db, tied, item)


def line(key: str, title: str, status: str, assignee: str) -> str:
    """An item's state in one line."""
    return " · ".join(part for part in (f"{key} {title}", status, assignee) if part)


def _items(db: Session, ids: set[str]) -> dict[str, Any]:
    rows = db.execute(
        select(Item.id, Item.number, Item.title, Item.status, Item.assignee_id, Product.key)
        .join(Product, (Product.workspace_id == Item.workspace_id) & (Product.id == Item.product_id))
        .where(Item.id.in_(ids))
    )
    return {row.id: row for row in rows}


def _name(db: Session, person: str | None) -> str:
    return db.scalar(select(Person.name).where(Person.id == person)) or "" if person else ""


def _comment(db: Session, item: Any, fields: dict[str, Any]) -> Card:
    text = fields["text"]
    told = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    who = _name(db, fields["author_id"]) or "somebody"
    return Card(f"{item.key}-{item.number}: {who} commented", (Quote(escape(told)),))


def _state(db: Session, tied: Tied, item: Any) -> None:
    """One line a thread: posted with the first change that was made elsewhere, and kept up to date from then on."""
    first = f"tie:{tied.id}"
    stands = db.get(OutboxRow, first) is not None
    if not stands and tied.where == db.said_in:
        return
    card = Card(line(f"{item.key}-{item.number}", item.title, item.status, _name(db, item.assignee_id)))
    _tell(db, f"{first}:{db.ledger.operation_id}" if stands else first, tied, card, replaces=first if stands else None)


def _tell(db: Session, key: str, tied: Tied, card: Card, *, replaces: str | None = None) -> None:
    platform, place, thread = tied.where
    to = recipients.to_place(db, Platform(platform), place, tied.name)
    if to is not None:
        product = db.ledger.product_id or ""
        unasked.say(db, key, product, Letter(to, card, "a tied thread", thread=thread, replaces=replaces))
