"""What can be done with a backlog: find, list, add, change and comment. Order stands in ranking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, or_, select, update

from core.product import ranking
from core.product.items import CLOSED, OPEN, TITLE_LENGTH, Comment, Item
from core.product.people import Product
from core.store.base import new_id
from core.store.database import Session
from core.store.prepared import Prepared


class TwoItems(LookupError):
    """One key means two items: `args` are what was asked for, our number, and the number of what came in with it."""


class NoSuchItem(LookupError):
    """`args[0]` is what was asked for, as typed."""


class TooLong(ValueError):
    """A title longer than TITLE_LENGTH; `args[0]` is its length."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An item as a list shows it."""

    number: int
    title: str
    type: str
    status: str
    points: float | None
    labels: tuple[str, ...]
    assignee_id: str | None
    external_key: str | None
    rank: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; `text` is searched in title, description and outside key; `after` is an order key;
    `due`: at the latest on this day; `among`: of these items, None where it is of all."""

    status: tuple[str, ...] = ()
    type: str = ""
    label: str = ""
    assignee_id: str = ""
    unassigned: bool = False
    text: str = ""
    after: str = ""
    epic_id: str = ""
    due: date | None = None
    among: tuple[str, ...] | None = None


_LISTED = (
    Item.number, Item.title, Item.type, Item.status, Item.points, Item.labels, Item.assignee_id, Item.external_key,
    Item.rank,
)  # fmt: skip


@cache
def _listing(used: frozenset[str], words: int) -> Prepared:
    """The statement for a combination of filters, built once, so that it is compiled once."""
    ours = Item.product_id == bindparam("product")
    wanted: Select[*tuple[Any, ...]] = select(*_LISTED).where(ours).order_by(Item.rank)
    if "status" in used:
        wanted = wanted.where(Item.status.in_(bindparam("status", expanding=True)))
    else:
        wanted = wanted.where(Item.closed_at.is_(None))
    if "type" in used:
        wanted = wanted.where(Item.type == bindparam("type"))
    if "label" in used:
        wanted = wanted.where(Item.labels.ilike(bindparam("label"), escape="\\"))
    if "assignee_id" in used:
        wanted = wanted.where(Item.assignee_id == bindparam("assignee_id"))
    if "unassigned" in used:
        wanted = wanted.where(Item.assignee_id.is_(None))
    if "epic_id" in used:
        wanted = wanted.where(Item.epic_id == bindparam("epic_id"))
    if "due" in used:
        wanted = wanted.where(Item.due <= bindparam("due"))
    if "among" in used:
        wanted = wanted.where(Item.id.in_(bindparam("among", expanding=True)))
    for n in range(words):
        word: BindParameter[str] = bindparam(f"word{n}")
        wanted = wanted.where(
            or_(*(column.ilike(word, escape="\\") for column in (Item.title, Item.description, Item.external_key)))
        )
    if "after" in used:
        wanted = wanted.where(Item.rank > bindparam("after"))
    return Prepared(wanted.limit(bindparam("count")))


def _like(word: str) -> str:
    return "".join("\\" + c if c in "\\%_" else c for c in word)


def listed(db: Session, product: str, filters: Filters, count: int) -> list[Listed]:
    """The first `count` items in order; open ones unless a status is asked for."""
    words = filters.text.split()[:8]
    values: dict[str, Any] = {
        name: value
        for name in ("status", "type", "label", "assignee_id", "after", "epic_id", "due")
        if (value := getattr(filters, name))
    }
    if filters.among is not None:
        values["among"] = list(filters.among)
    used = frozenset(values) | frozenset({"unassigned"} if filters.unassigned else ())
    if filters.label:
        values["label"] = f"% {_like(filters.label)} %"
    values |= {f"word{n}": f"%{_like(word)}%" for n, word in enumerate(words)}
    rows = _listing(used, len(words)).all(db, **values, product=product, count=count)
    return [Listed(*row) for row in rows]


_SHOWN = (
    Item.id, *_LISTED, Item.description, Item.value, Item.link, Item.source, Item.imported_at, Item.created_at,
    Item.updated_at, Item.closed_at, Item.persona, Item.want, Item.benefit, Item.due, Item.epic_id, Item.reach,
    Item.impact, Item.confidence, Item.effort, Item.urgency, Item.risk,
)  # fmt: skip
_SHOW = Prepared(select(*_SHOWN).where(Item.product_id == bindparam("product"), Item.number == bindparam("number")))
_COMMENTS = Prepared(
    select(Comment.text, Comment.author_id, Comment.created_at)
    .where(Comment.item_id == bindparam("item"))
    .order_by(Comment.created_at.desc(), Comment.id.desc())
    .limit(bindparam("count"))
)


def shown(db: Session, product: str, number: int) -> Row[*tuple[Any, ...]] | None:
    """All that a card shows of one item, without loading an entity."""
    return _SHOW.first(db, product=product, number=number)


def comments(db: Session, item_id: str, count: int) -> list[Row[Any]]:
    """The latest comments, newest first."""
    return _COMMENTS.all(db, item=item_id, count=count)


_BY_OUTSIDE_KEY = Prepared(
    select(Item.number).where(Item.product_id == bindparam("product"), Item.external_key == bindparam("key")).limit(1)
)
_BY_NUMBER = Prepared(
    select(Item.number).where(Item.product_id == bindparam("product"), Item.number == bindparam("number"))
)


def number_of(db: Session, product: str, key: str, reference: str) -> int:
    """'APP-12', '12' or an outside key as our number. Raises NoSuchItem, and TwoItems where the tool that items came
    from used the same key as the product does. A bare number is always ours."""
    head, _, tail = reference.rpartition("-")
    ours = int(tail) if tail.isascii() and tail.isdigit() and len(tail) < 10 else None
    if ours is not None and not head:
        return ours
    outside = _BY_OUTSIDE_KEY.scalar(db, product=product, key=reference.upper())
    if outside is None and reference != reference.upper():
        outside = _BY_OUTSIDE_KEY.scalar(db, product=product, key=reference)
    if ours is None or head.lower() != key.lower():
        if outside is None:
            raise NoSuchItem(reference)
        return int(outside)
    if outside is None or outside == ours:
        return ours
    if _BY_NUMBER.scalar(db, product=product, number=ours) is not None:
        raise TwoItems(reference, ours, outside)
    return int(outside)


def numbers(db: Session, ids: Sequence[str]) -> dict[str, int]:
    """The numbers of items by their ids."""
    rows = db.execute(select(Item.id, Item.number).where(Item.id.in_(ids))) if ids else ()
    return {row.id: row.number for row in rows}


def ids(db: Session, product: str, numbers: Sequence[int]) -> list[str]:
    """The ids of items by their numbers, those that exist."""
    return list(db.scalars(select(Item.id).where(Item.product_id == product, Item.number.in_(numbers))))


_FIND = select(Item).where(
    Item.product_id == bindparam("product"), Item.number.in_(bindparam("numbers", expanding=True))
)


def find(db: Session, product: str, key: str, references: Sequence[str]) -> list[Item]:
    """The items of several references, in the order given, each once. Raises NoSuchItem."""
    numbers = {number_of(db, product, key, reference): reference for reference in references}
    rows = db.scalars(_FIND, {"product": product, "numbers": list(numbers)})
    items = {item.number: item for item in rows}
    for number, reference in numbers.items():
        if number not in items:
            raise NoSuchItem(reference)
    return [items[number] for number in numbers]


_LOCK = Prepared(select(Product.counter).where(Product.id == bindparam("product")).with_for_update())
_COUNT = Prepared(
    update(Product)
    .where(Product.id == bindparam("product_id_"))
    .values(counter=Product.counter + bindparam("by"))
    .returning(Product.counter)
)


def lock(db: Session, product: str) -> None:
    """Writers of one product come one after the other. (On SQLite the transaction already does.)"""
    if not db.sqlite:
        _LOCK.first(db, product=product)


def next_numbers(db: Session, product: str, count: int) -> range:
    """`count` new numbers; takes the product's lock. Gaps are allowed."""
    top = int(_COUNT.scalar(db, product_id_=product, by=count))
    return range(top - count + 1, top + 1)


def top_number(db: Session, product: str) -> int:
    """The last number that was given to an item."""
    return db.scalar(select(Product.counter).where(Product.id == product)) or 0


def checked_title(title: str) -> str:
    """A title on one line. Raises TooLong."""
    title = " ".join(title.split())
    if len(title) > TITLE_LENGTH:
        raise TooLong(len(title))
    return title


def add(db: Session, product: str, titles: Sequence[str], **fields: Any) -> list[Item]:
    """New items at the end of the order."""
    titles = [checked_title(title) for title in titles]
    numbers = next_numbers(db, product, len(titles))
    ranks = ranking.at_end(db, product, len(titles))
    made = [
        Item(**{**BLANK, **fields, "id": new_id(), "product_id": product, "number": n, "rank": rank, "title": title})
        for n, rank, title in zip(numbers, ranks, titles, strict=True)
    ]
    db.add_all(made)
    db.flush()
    return made


BLANK: dict[str, Any] = {
    "description": "", "type": "story", "status": "new", "points": None, "value": None, "labels": (),
    "assignee_id": None, "link": "", "closed_at": None, "source": None, "external_id": None, "external_key": None,
    "external": None, "imported_at": None, "said": None,
    "persona": "", "want": "", "benefit": "", "due": None, "epic_id": None,
    "reach": None, "impact": None, "confidence": None, "effort": None, "urgency": None, "risk": None,
}  # fmt: skip


def split(db: Session, item: Item, titles: Sequence[str], at: datetime) -> list[Item]:
    """Several items in the place of one: they stand where it stood and have what it had but its points. An epic stays,
    and has them; anything else is dropped. Raises TooLong."""
    same = {name: getattr(item, name) for name in ("type", "labels", "assignee_id", "persona", "benefit", "epic_id")}
    if item.type == "epic":
        same |= {"type": "story", "epic_id": item.id}
    parts = add(db, item.product_id, titles, **same)
    ranking.move(db, item.product_id, parts, "below", item)
    if item.type != "epic":
        set_status(item, "dropped", at)
        db.flush()
    return parts


def set_status(item: Item, status: str, at: datetime) -> None:
    """Move an item to a status; `closed_at` follows."""
    if status in CLOSED and item.status not in CLOSED:
        item.closed_at = at
    elif status in OPEN:
        item.closed_at = None
    item.status = status


def edit(item: Item, fields: Mapping[str, Any], at: datetime) -> None:
    """Change fields; only those given."""
    for name, value in fields.items():
        if name == "status":
            set_status(item, value, at)
        elif name == "title":
            item.title = checked_title(value)
        else:
            setattr(item, name, value)


def comment(db: Session, item: Item, author: str, text: str) -> Comment:
    made = Comment(id=new_id(), item_id=item.id, author_id=author, text=text)
    db.add(made)
    db.flush()
    return made
