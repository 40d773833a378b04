"""What can be done with a backlog: find, list, add, change and comment. Order stands in ranking."""

from collections.abc import Iterable, Mapping, Sequence
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
    """One key means two items: `args` are what was asked for, our number, and the number of what came in with it; and
    whether both came in with it."""


class NoSuchItem(LookupError):
    """`args[0]` is what was asked for, as typed."""


class TooLong(ValueError):
    """A title longer than TITLE_LENGTH; `args[0]` is its length."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An item as a list shows it."""

    id: str
    number: int
    title: str
    type: str
    status: str
    points: float | None
    labels: tuple[str, ...]
    assignee_id: str | None
    external_key: str | None
    rank: str
    due: date | None
    source: str | None
    imported_at: datetime | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; `text` is searched in title, description and outside key; `after` is an order key;
    `due`: at the latest on this day; `due_from`: and no sooner than on this; `among`: of these items, None where it is
    of all."""

    status: tuple[str, ...] = ()
    type: str = ""
    label: str = ""
    assignee_id: str = ""
    unassigned: bool = False
    text: str = ""
    after: str = ""
    epic_id: str = ""
    due: date | None = None
    due_from: date | None = None
    among: tuple[str, ...] | None = None


_LISTED = (
    Item.id, Item.number, Item.title, Item.type, Item.status, Item.points, Item.labels, Item.assignee_id,
    Item.external_key, Item.rank, Item.due, Item.source, Item.imported_at,
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
    if "due_from" in used:
        wanted = wanted.where(Item.due >= bindparam("due_from"))
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
        for name in ("status", "type", "label", "assignee_id", "after", "epic_id", "due", "due_from")
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
    *_LISTED, Item.description, Item.value, Item.link, Item.created_at, Item.updated_at, Item.closed_at,
    Item.persona, Item.want, Item.benefit, Item.epic_id, Item.reach, Item.impact, Item.confidence, Item.effort,
    Item.urgency, Item.risk,
)  # fmt: skip
_SHOW = Prepared(
    select(*_SHOWN).where(
        Item.product_id == bindparam("product"),
        or_(Item.number == bindparam("number"), Item.external_key.in_((bindparam("upper"), bindparam("typed")))),
    )
)
_SHOW_NUMBERED = Prepared(
    select(*_SHOWN).where(Item.product_id == bindparam("product"), Item.number == bindparam("number"))
)
_COMMENTS = Prepared(
    select(Comment.text, Comment.author_id, Comment.created_at)
    .where(Comment.item_id == bindparam("item"))
    .order_by(Comment.created_at.desc(), Comment.id.desc())
    .limit(bindparam("count"))
)


def look_up(db: Session, product: str, key: str, reference: str) -> Row[*tuple[Any, ...]]:
    """All that a card shows of one item, without loading an entity. Raises NoSuchItem and TwoItems."""
    number, upper, typed = _candidates(reference)
    found = _SHOW.all(db, product=product, number=number, upper=upper, typed=typed)
    meant: Row[*tuple[Any, ...]] = _meant(found, key, reference)
    return meant


def shown(db: Session, product: str, number: int) -> Row[*tuple[Any, ...]] | None:
    """The same by its number, None where it is not there."""
    return _SHOW_NUMBERED.first(db, product=product, number=number)


def comments(db: Session, item_id: str, count: int) -> list[Row[Any]]:
    """The latest comments, newest first."""
    return _COMMENTS.all(db, item=item_id, count=count)


# ---- which item is meant ----

_CANDIDATES = select(Item.number, Item.external_key).where(
    Item.product_id == bindparam("product"),
    or_(
        Item.number.in_(bindparam("numbers", expanding=True)), Item.external_key.in_(bindparam("keys", expanding=True))
    ),
)
_NUMBERED = Prepared(_CANDIDATES)
_FIND = Prepared(_CANDIDATES.with_only_columns(Item))


def bare(reference: str) -> str:
    """A reference without the # before it, which belongs to it only before a mere number: '#12' is a key elsewhere."""
    return reference if reference[1:].isdecimal() else reference.removeprefix("#")


def _candidates(reference: str) -> tuple[int, str, str]:
    """What a reference may be: our number (0 for none), and a key of the tool that items came from, as keys are
    written and as it was typed ('' for none: a bare number is always ours)."""
    if reference.startswith("#"):
        return (int(reference[1:]) if _is_number(reference[1:]) else 0), reference.upper(), reference
    head, _, tail = reference.rpartition("-")
    numbered = _is_number(tail)
    ours = int(tail) if numbered else 0
    return (ours, "", "") if numbered and not head else (ours, reference.upper(), reference)


def _meant(rows: Iterable[Any], key: str, reference: str) -> Any:
    """Of rows with these numbers and keys the one that is meant; of #12 first what is called so elsewhere. Raises
    NoSuchItem, and TwoItems where the tools that items came from used the same key, or one used the product's."""
    number, upper, typed = _candidates(reference)
    hashed = reference.startswith("#")
    if upper and not hashed and reference.rpartition("-")[0].lower() != key.lower():
        number = 0
    ours = outside = None
    for row in rows:
        if number and row.number == number:
            ours = row
        if upper and row.external_key in (upper, typed):
            if outside is not None and outside.number != row.number and outside.external_key == row.external_key:
                raise TwoItems(reference, outside.number, row.number, True)
            if outside is None or outside.external_key != upper:
                outside = row
    if hashed and outside is not None:
        return outside
    if ours is not None and outside is not None and ours is not outside:
        raise TwoItems(reference, ours.number, outside.number, False)
    if ours is None and outside is None:
        raise NoSuchItem(reference)
    return outside if ours is None else ours


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _sought(references: Iterable[str]) -> dict[str, list[Any]]:
    found = [_candidates(reference) for reference in references]
    return {
        "numbers": [number for number, _, _ in found if number],
        "keys": [key for _, *keys in found for key in dict.fromkeys(keys) if key],
    }


def number_of(db: Session, product: str, key: str, reference: str) -> int:
    """'APP-12', '12' or an outside key as our number. Raises NoSuchItem and TwoItems."""
    return int(_meant(_NUMBERED.all(db, product=product, **_sought([reference])), key, reference).number)


def numbers(db: Session, ids: Sequence[str]) -> dict[str, int]:
    """The numbers of items by their ids."""
    rows = db.execute(select(Item.id, Item.number).where(Item.id.in_(ids))) if ids else ()
    return {row.id: row.number for row in rows}


def ids(db: Session, product: str, numbers: Sequence[int]) -> list[str]:
    """The ids of items by their numbers, those that exist."""
    return list(db.scalars(select(Item.id).where(Item.product_id == product, Item.number.in_(numbers))))


def find(db: Session, product: str, key: str, references: Sequence[str]) -> list[Item]:
    """The item of each reference, in the order given. Raises NoSuchItem and TwoItems."""
    rows: list[Item] = _FIND.entities(db, product=product, **_sought(references))
    if len(references) == 1:
        return [_meant(rows, key, references[0])]
    near: dict[Any, list[Item]] = {}
    for row in rows:
        near.setdefault(row.number, []).append(row)
        near.setdefault(row.external_key, []).append(row)
    return [
        _meant([row for candidate in dict.fromkeys(_candidates(one)) for row in near.get(candidate, ())], key, one)
        for one in references
    ]


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
