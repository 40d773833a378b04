"""A foreign backlog into ours, many items at a time: what is new is added, what its source says anew is changed."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, or_, select

from core.product import ranking
from core.product.backlog import BLANK, lock, next_numbers
from core.product.items import Block, Comment, Criterion, Item
from core.store.base import new_id
from core.store.bulk import insert_many, update_many
from core.store.database import Session

CRITERIA = "criteria"  # in what a source said, beside our fields


@dataclass(frozen=True, slots=True)
class Incoming:
    """One item of a foreign backlog, or of our own export: its identity there, and our fields.

    created_at   None is now
    comments     (text, author's id, when)
    criteria     (text, whether it is checked)
    own          it comes from our own export, which repeats what stands here and is no source's word
    twin         the id of the item that was born here, and now comes back from our own export
    updated_at   of our own export: when the item was changed last before it was written
    """

    external_id: str
    fields: Mapping[str, Any]
    created_at: datetime | None = None
    comments: tuple[tuple[str, str | None, datetime | None], ...] = ()
    criteria: tuple[tuple[str, bool], ...] = ()
    own: bool = False
    twin: str | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did."""

    added: int = 0
    changed: int = 0
    same: int = 0
    kept: tuple[str, ...] = ()  # external ids where both sides changed the same field: ours stayed
    stale: frozenset[str] = frozenset()  # external ids of twins that were changed here since they were written

    def __add__(self, other: "Merged") -> "Merged":
        return replace(
            self,
            added=self.added + other.added,
            changed=self.changed + other.changed,
            same=self.same + other.same,
            kept=self.kept + other.kept,
            stale=self.stale | other.stale,
        )


def merge(
    db: Session,
    product: str,
    source: str,
    incoming: Sequence[Incoming],
    *,
    moved: Collection[str] = (),
    dry: bool = False,
) -> Merged:
    """Add the items that this source has not given us before, and change what it says anew about those it has.

    moved: external ids of items whose sprints, epic or waits will be others, and which count as changed

    What the source said last is remembered as digests: only a field about which it says something else now is
    written, and where people have changed that field here as well, theirs stays and the item is named in `kept`.
    Order, and what people changed or added here, stay.
    """
    lock(db, product)
    known = _known(db, product, source, incoming)
    fresh = [one for one in incoming if one.external_id not in known]
    there = {known[one.external_id].id: one for one in incoming if one.external_id in known}
    comments, criteria = (
        _new_comments(db, there),
        _new_criteria(db, there, {row.id: row.said for row in known.values()}),
    )
    told = {row["item_id"] for row in (*comments, *criteria)}
    changes, kept, news = [], [], 0
    for one in incoming:
        row = known.get(one.external_id)
        if row is None:
            continue
        after, conflict = _said_anew(row, one)
        elsewhere = one.external_id in moved and not (one.twin and _stale(row, one))
        news += bool(after.keys() - {"said"}) or elsewhere or row.id in told
        if after:
            changes.append((row.id, {n: getattr(row, n) for n in after}, after))
        if conflict:
            kept.append(one.external_id)
    if not dry:
        _insert_incoming(db, product, source, fresh)
        update_many(db, Item, changes)
        insert_many(db, Comment, comments, subject="item_id")
        insert_many(db, Criterion, criteria, subject="item_id")
    stale = frozenset(one.external_id for one in incoming if one.twin and _stale(known[one.external_id], one))
    return Merged(len(fresh), news, len(incoming) - len(fresh) - news, tuple(kept), stale)


def _stale(row: Row[*tuple[Any, ...]], one: Incoming) -> bool:
    return one.updated_at is not None and row.updated_at != one.updated_at


def _known(db: Session, product: str, source: str, incoming: Sequence[Incoming]) -> dict[str, Row[*tuple[Any, ...]]]:
    """The items that came from this source before, or were born here, by their identity there."""
    names = tuple(dict.fromkeys(name for one in incoming for name in one.fields))
    columns = [getattr(Item, name) for name in dict.fromkeys((*names, "said", "updated_at"))]
    wanted = select(Item.id, Item.external_id, *columns).where(Item.product_id == product)
    rows = db.execute(wanted.where(Item.source == source, Item.external_id.in_([one.external_id for one in incoming])))
    found = {row.external_id: row for row in rows}
    twins = {one.twin: one.external_id for one in incoming if one.twin}
    if twins:
        found |= {twins[row.id]: row for row in db.execute(wanted.where(Item.id.in_(twins)))}
    return found


def _said_anew(row: Row[*tuple[Any, ...]], one: Incoming) -> tuple[dict[str, Any], bool]:
    """What to write of an item that came again, and whether something had to be left as people made it."""
    if one.twin:
        after = {name: value for name, value in one.fields.items() if getattr(row, name) != value}
        stale = _stale(row, one)
        return {} if stale else after, bool(after) and stale
    last: dict[str, str] = json.loads(row.said or "{}")
    now = _said_by(one)
    news = {name for name, digest in now.items() if last.get(name) != digest} & one.fields.keys()
    if "status" not in news:  # a source without dates does not close an item anew
        news.discard("closed_at")
    ours = {name for name in news if name in last and digest(getattr(row, name)) != last[name]}
    ours = {name for name in ours if getattr(row, name) != one.fields[name]}
    if "status" in ours:
        ours.add("closed_at")
    after = {name: one.fields[name] for name in news - ours if getattr(row, name) != one.fields[name]}
    said = {name: now[name] for name in (after if one.own else news)}
    if not one.own and now.get(CRITERIA) != last.get(CRITERIA):
        said[CRITERIA] = now.get(CRITERIA, "")
    if after and "imported_at" in one.fields:
        after["imported_at"] = one.fields["imported_at"]
    if said:
        after["said"] = json.dumps({**last, **said})
    return after, bool(ours)


def _said_by(one: Incoming) -> dict[str, str]:
    """What a source says of an item as short digests: field by field, and those of its criteria in one."""
    said = {name: digest(value) for name, value in one.fields.items() if name != "imported_at"}
    return {**said, CRITERIA: " ".join(digest(text) for text, _ in one.criteria)} if one.criteria else said


def digest(value: Any) -> str:
    """A value of a field, short enough to be remembered."""
    told = repr(value)
    return _usual(told) if len(told) < 40 else _digest(told)


def _digest(told: str) -> str:
    return hashlib.blake2s(told.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


_usual = lru_cache(4096)(_digest)  # types, states, points, nothing at all: the same ones row after row


def _insert_incoming(db: Session, product: str, source: str, fresh: Sequence[Incoming]) -> None:
    if not fresh:
        return
    numbers = next_numbers(db, product, len(fresh))
    ranks = ranking.at_end(db, product, len(fresh))
    made = [new_id() for _ in fresh]
    insert_many(
        db,
        Item,
        [
            {
                **BLANK,
                **one.fields,
                "said": json.dumps(_said_by(one)),
                "id": key,
                "product_id": product,
                "number": number,
                "rank": rank,
                "source": source,
                "external_id": one.external_id,
                "created_at": one.created_at or db.now,
            }
            for key, number, rank, one in zip(made, numbers, ranks, fresh, strict=True)
        ],
    )
    items = dict(zip(made, fresh, strict=True))
    insert_many(db, Comment, _new_comments(db, items), subject="item_id")
    insert_many(db, Criterion, _new_criteria(db, items, {}), subject="item_id")


def _new_comments(db: Session, items: Mapping[str, Incoming]) -> list[dict[str, Any]]:
    """The comments that came with items, by the item's id, as rows: those that are not there yet."""
    spoken = {key: one.comments for key, one in items.items() if one.comments}
    if not spoken:
        return []
    there = {
        (row.item_id, row.text)
        for row in db.execute(select(Comment.item_id, Comment.text).where(Comment.item_id.in_(spoken)))
    }
    return [
        {"id": new_id(), "item_id": key, "author_id": author, "text": text, "created_at": at or db.now}
        for key, comments in spoken.items()
        for text, author, at in comments
        if (key, text) not in there
    ]


def _new_criteria(db: Session, items: Mapping[str, Incoming], said: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """The criteria that came with items, by the item's id, as rows behind those that are there already. One that its
    source said before and that is not there was reworded or dropped here, and stays so. said: by the item's id."""
    spoken = {key: one.criteria for key, one in items.items() if one.criteria}
    if not spoken:
        return []
    there: dict[str, list[Any]] = {}
    for row in db.execute(
        select(Criterion.item_id, Criterion.text, Criterion.position).where(Criterion.item_id.in_(spoken))
    ):
        there.setdefault(row.item_id, []).append(row)
    rows = []
    for key, criteria in spoken.items():
        texts = {row.text for row in there.get(key, ())}
        last = max((row.position for row in there.get(key, ())), default=0)
        before = () if items[key].own else json.loads(said.get(key) or "{}").get(CRITERIA, "").split()
        new = [(text, checked) for text, checked in criteria if text not in texts and digest(text) not in before]
        rows += [
            {"id": new_id(), "item_id": key, "position": last + n, "text": text, "checked": checked}
            for n, (text, checked) in enumerate(new, 1)
        ]
    return rows


# ---- how they hang together ----


def identified(db: Session, product: str, source: str, ids: Sequence[str]) -> dict[str, str]:
    """Our ids of the items that came from a source, by their identity there."""
    rows = db.execute(
        select(Item.id, Item.external_id).where(
            Item.product_id == product, Item.source == source, Item.external_id.in_(ids)
        )
    )
    return {row.external_id: row.id for row in rows}


def twins(db: Session, product: str, born: Mapping[int, datetime]) -> dict[int, str]:
    """The ids of items that were born here, by number, where they were made at the instants given."""
    rows = db.execute(
        select(Item.id, Item.number, Item.created_at).where(
            Item.product_id == product, Item.source.is_(None), Item.number.in_(list(born))
        )
    )
    return {row.number: row.id for row in rows if row.created_at == born[row.number]}


def hang(db: Session, epics: Mapping[str, str], waits: Sequence[tuple[str, str]]) -> None:
    """Let items belong to epics (item -> epic), and wait for others ((item, on)), by their ids; what is no epic, or
    would close a circle, is left out, and so is what is so already."""
    update_many(db, Item, _belonging(db, epics))
    rows = [{"id": new_id(), "item_id": item, "on_id": on} for item, on in _waiting(db, waits)]
    insert_many(db, Block, rows, subject="item_id")


def hanging(
    db: Session, epics: Mapping[str, str], waits: Sequence[tuple[str, str]], also: Collection[str] = ()
) -> tuple[set[str], set[tuple[str, str]]]:
    """What `hang` would change: the items that come into another epic, and the waits that are new.

    also: ids of items that are epics by then
    """
    moved = {key for key, _, after in _belonging(db, epics, also) if "epic_id" in after}
    return moved, set(_waiting(db, waits))


def _belonging(
    db: Session, epics: Mapping[str, str], also: Collection[str] = ()
) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The changes that put items into their epics, as update_many takes them."""
    if not epics:
        return []
    product = select(Item.product_id).where(Item.id == next(iter(epics))).scalar_subquery()
    is_epic = or_(Item.type == "epic", Item.id.in_(also)) if also else Item.type == "epic"
    above = {
        row.id: row.epic_id
        for row in db.execute(select(Item.id, Item.epic_id).where(is_epic, Item.product_id == product))
    }
    rows = db.execute(select(Item.id, Item.epic_id, Item.said).where(Item.id.in_(epics)))
    changes = []
    for row in rows:
        epic = epics[row.id]
        last: dict[str, str] = json.loads(row.said or "{}")
        now = digest(epic)
        if epic not in above or row.id in _chain(epic, above) or last.get("epic_id") == now:
            continue  # the source says what it said before: people may have moved it since
        if row.id in above:
            above[row.id] = epic
        after: dict[str, Any] = {"said": json.dumps({**last, "epic_id": now})} if row.said else {}
        if row.epic_id != epic:
            after["epic_id"] = epic
        if after:
            changes.append((row.id, {name: getattr(row, name) for name in after}, after))
    return changes


def _chain(epic: str, above: Mapping[str, str | None]) -> set[str]:
    """An epic and all above it."""
    found: set[str] = set()
    one: str | None = epic
    while one is not None and one not in found:
        found.add(one)
        one = above.get(one)
    return found


def _waiting(db: Session, waits: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The waits that are not there yet and close no circle."""
    if not waits:
        return []
    there: dict[str, set[str]] = {}
    for row in db.execute(select(Block.item_id, Block.on_id)):
        there.setdefault(row.item_id, set()).add(row.on_id)
    new = []
    for item, on in dict.fromkeys(waits):
        if item == on or on in there.get(item, ()) or _leads(there, on, item):
            continue
        there.setdefault(item, set()).add(on)
        new.append((item, on))
    return new


def _leads(there: Mapping[str, set[str]], first: str, last: str) -> bool:
    """Whether the first waits for the last, over however many."""
    reached, edge = {first}, [first]
    while edge:
        found = there.get(edge.pop(), set()) - reached
        if last in found:
            return True
        reached |= found
        edge += found
    return False


def external(extra: Mapping[str, str]) -> str | None:
    """What a source said besides, as it is kept."""
    return json.dumps(dict(extra), ensure_ascii=False, sort_keys=True) if extra else None
