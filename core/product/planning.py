"""A proposal for the next sprint: from the top of the order what is ready and fits, and why the rest is left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    """An item that is proposed. why: '', 'carried' from the sprint before, 'there' already, or 'not ready' where it was
    chosen all the same."""

    row: Found
    why: str = ""


@dataclass(frozen=True, slots=True)
class Out:
    """An item that is left out: it is not ready ('lacks', with what), waits for items ('waits', their ids), does not
    fit ('room', with the sum it would make), or would fit and was not chosen ('choice')."""

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

    def against(self, row: Found) -> Out | None:
        """What speaks against an item beside those that are chosen; None where nothing does."""
        inside = {one.row.id for one in self.chosen}
        if lacks := self._lacks(row):
            return Out(row, "lacks", lacks=lacks)
        if outside := tuple(on for on in self.waits.get(row.id, ()) if on not in inside):
            return Out(row, "waits", waits=outside)
        if self.total + (row.points or 0.0) > self.size + FULL:
            return Out(row, "room", total=self.total + (row.points or 0.0))
        return None

    def fill(self, held: Sequence[Found], top: Sequence[Found], why: Mapping[str, str]) -> None:
        """What is in by itself, then what fits from the top of the order."""
        for row in held:
            self.take(row, why[row.id])
        for row in top:
            if (out := self.against(row)) is not None:
                self.left.append(out)
            else:
                self.take(row)
        # what an item would make is reckoned from all that came in, also from below it in the order
        self.left = [
            replace(out, total=self.total + (out.row.points or 0.0)) if out.kind == "room" else out for out in self.left
        ]

    def mark(self, marked: Sequence[Found], every: Sequence[Found], why: Mapping[str, str]) -> None:
        """Exactly what somebody has chosen, and what speaks against the rest, or does not."""
        for row in marked:
            self.take(row, why.get(row.id) or ("not ready" if self._lacks(row) else ""))
        inside = {row.id for row in marked}
        self.left += [self.against(row) or Out(row, "choice") for row in every if row.id not in inside]

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
    marked: Sequence[str] | None = None,
) -> Plan:
    """Fill the room: first what is in the sprint already and what the last one left over, then the order from its top.

    there, carried  items that are in by themselves
    elsewhere       items that are in another sprint
    off             rules of readiness that this team does not ask for
    first           items that would stand first in the order, were it changed
    marked          the items that somebody has chosen: these are in, and no others
    """
    by_itself = dict.fromkeys(there, "there") | dict.fromkeys(carried, "carried")
    held = _THESE.all(db, items=list(by_itself)) if by_itself else []
    order = _ordered(db, _TOP.all(db, product=product), first[:LOOKED_AT])
    top = [row for row in order if row.id not in by_itself and row.id not in set(elsewhere)]
    chosen = _THESE.all(db, items=list(marked)) if marked else []
    every = {row.id: row for row in (*held, *top, *chosen)}
    criteria = preparing.criteria_of(db, list(every))
    nobody = not criteria and "criteria" not in off
    choice = _Choice(size, criteria, _waits(db, list(every)), {*off, "criteria"} if nobody else off)
    if marked is None:
        choice.fill(held, top, by_itself)
    else:
        choice.mark(chosen, [*held, *top], by_itself)
    return Plan(tuple(choice.chosen), tuple(choice.left), choice.total, nobody and bool(top), len(top) >= LOOKED_AT - 1)


def _ordered(db: Session, top: Sequence[Found], first: Sequence[str]) -> list[Found]:
    """The top of the order, with some items before it."""
    if not first:
        return list(top)
    rows = {row.id: row for row in _THESE.all(db, items=list(first))}
    moved = [rows[item] for item in first if item in rows and rows[item].type != "epic"]
    return [*moved, *(row for row in top if row.id not in rows)]


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
