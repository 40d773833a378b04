"""A proposal for the next sprint: from the top of the order what is ready and fits, and why the rest is left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, select

from core.product import preparing, readiness
from core.product.goals import Goal
from core.product.items import Block, Item
from core.product.readiness import Story
from core.product.roadmap import Entry, EntryLink
from core.store.database import Session
from core.store.prepared import Prepared

LOOKED_AT = 120  # items of the order
FULL = 0.001

_TOP = Prepared(
    select(
        Item.id, Item.number, Item.title, Item.type, Item.status, Item.points, Item.persona, Item.want, Item.benefit,
        Item.assignee_id, Item.labels, Item.external_key, Item.rank,
    )
    .where(Item.product_id == bindparam("product"), Item.closed_at.is_(None), Item.type != "epic")
    .order_by(Item.rank)
    .limit(LOOKED_AT)
)  # fmt: skip
_THESE = Prepared(
    select(
        Item.id, Item.number, Item.title, Item.type, Item.status, Item.points, Item.persona, Item.want, Item.benefit,
        Item.assignee_id, Item.labels, Item.external_key, Item.rank,
    )
    .where(Item.id.in_(bindparam("items", expanding=True)), Item.closed_at.is_(None))
    .order_by(Item.rank)
)  # fmt: skip

Found = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class In:
    """An item that is proposed. why: '', 'carried' from the sprint before, or 'there' already."""

    row: Found
    why: str = ""


@dataclass(frozen=True, slots=True)
class Out:
    """An item that is left out: it is not ready ('lacks', with what), waits for items ('waits', their ids), or does not
    fit ('room', with the sum it would make)."""

    row: Found
    kind: str
    lacks: str = ""
    waits: tuple[str, ...] = ()
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    chosen: tuple[In, ...]
    left: tuple[Out, ...]
    total: float
    no_criteria: bool = False  # nobody here writes criteria, so none were asked for
    more: bool = False  # the order goes on below what was looked at

    @property
    def items(self) -> list[str]:
        return [one.row.id for one in self.chosen]


@dataclass(slots=True)
class _Choice:
    size: float
    criteria: Mapping[str, tuple[str, ...]]
    waits: Mapping[str, Sequence[str]]
    off: Collection[str]
    chosen: list[In] = field(default_factory=list)
    left: list[Out] = field(default_factory=list)
    total: float = 0.0

    def take(self, row: Found, why: str = "") -> None:
        self.chosen.append(In(row, why))
        self.total += row.points or 0.0

    def consider(self, row: Found) -> None:
        inside = {one.row.id for one in self.chosen}
        if lacks := self._lacks(row):
            self.left.append(Out(row, "lacks", lacks=lacks))
        elif outside := tuple(on for on in self.waits.get(row.id, ()) if on not in inside):
            self.left.append(Out(row, "waits", waits=outside))
        elif self.total + (row.points or 0.0) > self.size + FULL:
            self.left.append(Out(row, "room", total=self.total + (row.points or 0.0)))
        else:
            self.take(row)

    def _lacks(self, row: Found) -> str:
        story = Story(
            row.title, row.type, row.points, row.persona, row.want, row.benefit, self.criteria.get(row.id, ()), ()
        )
        found = [one for one in readiness.findings(story, tuple(self.off)) if one.weight == "settle"]
        return ", ".join(one.said[:1].lower() + one.said[1:] for one in found[:2])


def propose(
    db: Session,
    product: str,
    size: float,
    *,
    there: Collection[str] = (),
    carried: Collection[str] = (),
    elsewhere: Collection[str] = (),
    off: Collection[str] = (),
    first: Sequence[str] = (),
) -> Plan:
    """Fill the room: first what is in the sprint already and what the last one left over, then the order from its top.

    there, carried  items that are in by themselves
    elsewhere       items that are in another sprint
    off             rules of readiness that this team does not ask for
    first           items that would stand first in the order, were it changed
    """
    by_itself = dict.fromkeys(there, "there") | dict.fromkeys(carried, "carried")
    held = _THESE.all(db, items=list(by_itself)) if by_itself else []
    order = _ordered(db, _TOP.all(db, product=product), first[:LOOKED_AT])
    top = [row for row in order if row.id not in by_itself and row.id not in set(elsewhere)]
    criteria = preparing.criteria_of(db, [row.id for row in (*held, *top)])
    nobody = not criteria and "criteria" not in off
    choice = _Choice(size, criteria, _waits(db, [row.id for row in top]), {*off, "criteria"} if nobody else off)
    for row in held:
        choice.take(row, by_itself[row.id])
    for row in top:
        choice.consider(row)
    return Plan(tuple(choice.chosen), tuple(choice.left), choice.total, nobody and bool(top), len(top) >= LOOKED_AT - 1)


def _ordered(db: Session, top: Sequence[Found], first: Sequence[str]) -> list[Found]:
    """The top of the order, with some items before it."""
    if not first:
        return list(top)
    rows = {row.id: row for row in _THESE.all(db, items=list(first))}
    moved = [rows[item] for item in first if item in rows and rows[item].type != "epic"]
    return [*moved, *(row for row in top if row.id not in rows)]


def chosen(db: Session, items: Collection[str]) -> Plan:
    """A plan of exactly these items."""
    rows = _THESE.all(db, items=list(items)) if items else []
    return Plan(tuple(In(row) for row in rows), (), sum(row.points or 0.0 for row in rows))


def goals_of(db: Session, items: Sequence[str]) -> dict[str, int]:
    """The number of the goal that each of these items serves, through a roadmap entry that it or its epic belongs to;
    its own entry comes first."""
    if not items:
        return {}
    epics = {row.id: row.epic_id for row in db.execute(select(Item.id, Item.epic_id).where(Item.id.in_(items)))}
    rows = db.execute(
        select(EntryLink.item_id, Goal.number)
        .join(Entry, (Entry.workspace_id == EntryLink.workspace_id) & (Entry.id == EntryLink.entry_id))
        .join(Goal, (Goal.workspace_id == Entry.workspace_id) & (Goal.id == Entry.goal_id))
        .where(EntryLink.item_id.in_([*epics, *(epic for epic in epics.values() if epic)]))
        .order_by(Goal.number.desc())
    )
    served = {row.item_id: row.number for row in rows}
    found = {item: served.get(item) or served.get(epic or "") for item, epic in epics.items()}
    return {item: number for item, number in found.items() if number}


def _waits(db: Session, items: Sequence[str]) -> dict[str, list[str]]:
    """For which open items each of these waits."""
    if not items:
        return {}
    rows = db.execute(
        select(Block.item_id, Block.on_id)
        .join(Item, (Item.workspace_id == Block.workspace_id) & (Item.id == Block.on_id))
        .where(Block.item_id.in_(items), Item.closed_at.is_(None))
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.item_id, []).append(row.on_id)
    return found
