"""What stands in a database, told apart by nothing but what people did: no ids, no times, no platform."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from core.product.items import Comment, Draft, Item
from core.product.people import Channel, Person, Product, RoleRow
from core.product.workspaces import Workspace
from core.store.base import Base
from core.store.database import Database, Session
from core.store.history import Change, Operation, columns_of, decode, models

Picture = dict[str, Any]

_HIDDEN = frozenset({"created_at", "imported_at", "rank", "platform", "external_id", "product_id", "item_id", "thread"})
_EVER = datetime(2026, 1, 1, tzinfo=UTC)  # reading wants an instant, and none of this depends on it


def state(database: Database) -> Picture:
    """The one workspace of a database: products with items in order, people, roles, and every operation in order."""
    with database.transaction(write=False, now=_EVER) as db:
        [home] = db.scalars(select(Workspace.id))
        db.enter(home)
        names = {person.id: person.name for person in _all(db, Person)}
        keys = {product.id: product.key for product in _all(db, Product)}
        return {
            "people": sorted(set(names.values())),  # who is met by two ways is two, until they say that they are one
            "roles": sorted([names[r.person_id], keys.get(r.product_id or "", ""), r.role] for r in _all(db, RoleRow)),
            "products": [_product(db, product, names) for product in sorted(_all(db, Product), key=lambda p: p.key)],
            "drafts": [[draft.text, draft.added] for draft in sorted(_all(db, Draft), key=lambda d: d.id)],
            "operations": _operations(db, names),
        }


def _product(db: Session, product: Product, names: Mapping[str, str]) -> Picture:
    channels = sum(channel.product_id == product.id for channel in _all(db, Channel))
    every = _all(db, Item)
    items = sorted((item for item in every if item.product_id == product.id), key=lambda item: item.rank)
    called = {**names, **{item.id: f"{item.number}" for item in every}}
    said: dict[str, list[Comment]] = {}
    for comment in sorted(_all(db, Comment), key=lambda one: (one.created_at, one.id)):
        said.setdefault(comment.item_id, []).append(comment)
    known = {"key": product.key, "name": product.name, "tz": product.tz, "vision": product.vision}
    return {**known, "channels": channels, "items": [_item(item, said.get(item.id, []), called) for item in items]}


def _item(item: Item, comments: list[Comment], called: Mapping[str, str]) -> Picture:
    """Every field that is remembered, with people by their names and items by their numbers."""
    fields = {name: getattr(item, name) for name in columns_of(Item) if name != "rank"}
    return {
        **(_fields(fields, called) or {}),
        "comments": [[called.get(c.author_id or "", ""), c.text] for c in comments],
    }


def _operations(db: Session, names: Mapping[str, str]) -> list[Picture]:
    """Work and its taking back. That somebody was met, and by which name, is the platforms' affair."""
    made = sorted((one for one in _all(db, Operation) if one.label != "met"), key=lambda one: one.seq)
    changes: dict[str, list[Change]] = {one.id: [] for one in made}
    for change in sorted(_all(db, Change), key=lambda one: one.seq):
        if change.operation_id in changes:
            changes[change.operation_id].append(change)
    numbers = {item.id: f"{item.number}" for item in _all(db, Item)}
    return [
        {
            "label": one.label,
            "kind": one.kind,
            "by": names.get(one.actor_id or "", ""),
            "undoable": one.undoable,
            "taken back": one.reversed,
            # what is flushed together stands in the order of its ids, which is another each time
            "changes": sorted((_change(change, names, numbers) for change in changes[one.id]), key=repr),
        }
        for one in made
    ]


def _change(change: Change, names: Mapping[str, str], numbers: Mapping[str, str]) -> list[Any]:
    model = models()[change.entity]
    before, after = decode(model, change.before), decode(model, change.after)
    called = {**names, **numbers}
    return [change.entity, called.get(change.subject_id, ""), _fields(before, called), _fields(after, called)]


def _fields(fields: Mapping[str, Any] | None, called: Mapping[str, str]) -> Picture | None:
    """Without what differs by run or platform; `called` says what an id stands for."""
    if fields is None:
        return None
    shown: Picture = {"moved": True} if "rank" in fields else {}
    for name, value in fields.items():
        if name in _HIDDEN:
            continue
        if name.endswith("_id"):
            shown[name.removesuffix("_id")] = called.get(value or "", "")
        elif name in ("closed_at", "started_at", "until", "link"):
            shown[name] = bool(value)
        elif name == "name" and "platform" in fields:
            shown["place"] = True  # each platform names a channel in its own way, or not at all
        else:
            shown[name] = value
    return shown


def _all(db: Session, model: type[Base]) -> list[Any]:
    return list(db.scalars(select(model)))
