"""Undo and redo: an operation is taken back field by field, from its history alone.

What somebody changed since is left and named, the rest is restored. A reversal is an operation of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Table, and_, select, tuple_, update

from core.store.base import Tracked
from core.store.database import Session
from core.store.history import CHUNK, REDO, UNDO, WORK, Change, Fields, Operation, decode, encode, models, refers

Restored = tuple[str, str, Fields | None, Fields | None]
"""A change that was made good: the entity's table and id, its fields now, and its fields then."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was not taken back, because somebody changed it since. `field` is '' for the whole entity; `actor_id` is
    None where it was nobody's doing (order keys that were made anew)."""

    entity: str
    entity_id: str
    field: str
    actor_id: str | None


@dataclass(slots=True)
class Reversal:
    """What an undo or redo did: what was restored, and what it had to leave.
    `seq` is the operation's place in history."""

    label: str
    seq: int
    restored: list[Restored] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)


Mend = Callable[[Session, str, list[Fields]], list[Fields]]
Owed = tuple[str, str, str, str]
"""A field that names what is not there yet: entity, id, field, the id it is to name."""

LARGE = 5 * CHUNK  # changes; what has more goes back in transactions of its own


@dataclass(frozen=True, slots=True)
class Chosen:
    """An operation that is to be taken back, by its place in history."""

    id: str
    seq: int
    label: str


def undo(db: Session, actor: str, product: str | None, mend: Mend, below: int | None = None) -> Reversal | None:
    """Take back this person's latest operation in this product, field by field; None where there is none left.

    below: only what lies before this place in history, so that one that cannot go back does not bar the way
    `mend(db, entity, restored)` may alter what is about to be restored: an order key that is taken by now, say.
    """
    return _reverse(db, actor, product, UNDO, mend, below)


def redo(db: Session, actor: str, product: str | None, mend: Mend, below: int | None = None) -> Reversal | None:
    """Put back what this person undid last, unless they have done something new since."""
    return _reverse(db, actor, product, REDO, mend, below)


def set_up_since(db: Session, actor: str, product: str) -> str | None:
    """The label of this person's latest operation here, where it is one that undo does not cover; else None."""
    last = db.execute(
        select(Operation.label, Operation.undoable, Operation.kind)
        .where(Operation.actor_id == actor, Operation.product_id == product)
        .order_by(Operation.seq.desc())
        .limit(1)
    ).first()
    return last.label if last and last.kind == WORK and not last.undoable else None


def _reverse(db: Session, actor: str, product: str | None, kind: str, mend: Mend, below: int | None) -> Reversal | None:
    operation = latest(db, actor, product, kind, below)
    if operation is None:
        return None
    back = _on_its_way(db, operation, kind, mend, [])
    if moved := _moved_on(db, operation.id):
        back.done.kept += moved
        return back.done
    for rows in _chunks(db, operation.id):
        back.take(rows)
        if len(db.ledger.changes) >= CHUNK:
            db.ledger.write(db)
    back.settle()
    if back.done.restored:
        _mark(db, operation.id, kind)
    return back.done


# ---- a large one, in transactions of its own ----


def is_large(db: Session, operation: Chosen) -> bool:
    """Whether it is too much for one transaction, which holds up everybody else."""
    nth = select(Change.seq).where(Change.operation_id == operation.id).offset(LARGE).limit(1)
    return db.scalar(nth) is not None


def part(
    db: Session, operation: Chosen, kind: str, mend: Mend, below: int | None, owed: Sequence[Owed]
) -> tuple[Reversal, int | None, list[Owed]]:
    """Take back an operation's changes before a place in history, as many as one transaction takes; the last first.

    Gives what was done, the place to go on before (None at the end), and what is owed to `finish` (see _Back)."""
    back = _on_its_way(db, operation, kind, mend, owed)
    rows = next(_chunks(db, operation.id, below), ())
    back.take(rows)
    return back.done, rows[-1].seq if rows else None, back.owed


def finish(db: Session, operation: Chosen, kind: str, mend: Mend, owed: Sequence[Owed], *, restored: bool) -> Reversal:
    """The end of a large one. restored: whether anything was."""
    back = _on_its_way(db, operation, kind, mend, owed)
    back.settle()
    if restored:
        _mark(db, operation.id, kind)
    return back.done


def _on_its_way(db: Session, operation: Chosen, kind: str, mend: Mend, owed: Sequence[Owed]) -> _Back:
    ledger = db.ledger
    ledger.kind, ledger.reverses, ledger.label = kind, operation.id, operation.label
    return _Back(db, operation.id, mend, Reversal(operation.label, operation.seq), list(owed))


def _moved_on(db: Session, operation: str) -> list[Kept]:
    """Of what this operation brought to its next stage, that which is at another by now: the rest of what the operation
    did belongs to that stage, and would leave a sprint that runs and never began."""
    staged = {name: model for name, model in models().items() if model.__stage__}
    found = []
    for row in db.execute(
        select(Change.entity, Change.entity_id, Change.after).where(
            Change.operation_id == operation, Change.entity.in_(staged), Change.before.is_not(None)
        )
    ):
        model = staged[row.entity]
        name, after = model.__stage__, decode(model, row.after) or {}
        one = db.get(model, {"id": row.entity_id, "workspace_id": db.workspace})
        if name in after and one is not None and getattr(one, name) != after[name]:
            found.append(Kept(row.entity, row.entity_id, name, _changed(db, row.entity_id, name, after[name])[1]))
    return found


def _mark(db: Session, operation: str, kind: str) -> None:
    """Say that it was taken back; what a redo puts back stands again."""
    db.execute(update(Operation).where(Operation.id == operation).values(reversed=True))
    if kind == REDO:
        work = select(Operation.reverses).where(Operation.id == operation).scalar_subquery()
        db.execute(update(Operation).where(Operation.id == work).values(reversed=False))


def latest(db: Session, actor: str, product: str | None, kind: str, below: int | None = None) -> Chosen | None:
    """The operation that undo or redo is about; None where there is none."""
    row = _latest(db, actor, product, kind, below)
    return None if row is None else Chosen(row.id, row.seq, row.label)


def _latest(db: Session, actor: str, product: str | None, kind: str, below: int | None) -> Any:
    mine = (
        select(Operation.id, Operation.seq, Operation.label)
        .where(Operation.actor_id == actor, Operation.product_id == product)
        .order_by(Operation.seq.desc())
        .limit(1)
    )
    standing = mine.where(Operation.reversed.is_(False))
    if below is not None:
        standing = standing.where(Operation.seq < below)
    if kind == UNDO:
        return db.execute(standing.where(Operation.kind == WORK, Operation.undoable)).first()
    undone = db.execute(standing.where(Operation.kind == UNDO)).first()
    if undone is None or db.execute(mine.where(Operation.kind == WORK, Operation.seq > undone.seq)).first():
        return None
    return undone


def _chunks(db: Session, operation: str, below: int | None = None) -> Iterator[Sequence[Any]]:
    """An operation's changes, or those before a place in history, the last one first."""
    wanted = (
        select(Change.seq, Change.entity, Change.entity_id, Change.subject_id, Change.before, Change.after)
        .where(Change.operation_id == operation)
        .order_by(Change.seq.desc())
        .limit(CHUNK)
    )
    rows = db.execute(wanted if below is None else wanted.where(Change.seq < below)).all()
    while rows:
        yield rows
        rows = db.execute(wanted.where(Change.seq < rows[-1].seq)).all()


@dataclass(slots=True)
class _Back:
    """One operation on its way back. owed: fields that name what is still to be made again."""

    db: Session
    operation: str
    mend: Mend
    done: Reversal
    owed: list[Owed]

    def take(self, rows: Sequence[Any]) -> None:
        """A chunk: fields first, then what was made goes (a comment before its item), then what was removed comes
        (an item before its comment), and then the fields that it had before it went."""
        parents_first = list(models().values())
        went = {row.entity_id for row in rows if row.after is None}
        changed = [row for row in rows if row.before and row.after]
        for model in parents_first:
            self._restore_fields(model, [row for row in _of(model, changed) if row.entity_id not in went])
        for model in reversed(parents_first):
            self._remove(model, [row for row in _of(model, rows) if row.before is None])
        for model in parents_first:
            self._make_again(model, [row for row in _of(model, rows) if row.after is None])
        for model in parents_first:
            self._restore_fields(model, [row for row in _of(model, changed) if row.entity_id in went])

    def _present(self, model: type[Tracked], rows: Sequence[Any]) -> dict[str, Tracked]:
        found = self.db.scalars(select(model).where(model.id.in_([row.entity_id for row in rows])))
        return {one.id: one for one in found}

    def _keep(self, model: type[Tracked], entity_id: str, name: str, actor: str | None) -> None:
        self.done.kept.append(Kept(model.__tablename__, entity_id, name, actor))

    def _restore_fields(self, model: type[Tracked], rows: Sequence[Any]) -> None:
        if not rows:
            return
        entity = model.__tablename__
        present = self._present(model, rows)
        mended = self.mend(self.db, entity, [decode(model, row.before) or {} for row in rows])
        for row, before in zip(rows, mended, strict=True):
            found = present.get(row.entity_id)
            if found is None:
                self._keep(model, row.entity_id, "", _last_to_touch(self.db, row.entity_id))
                continue
            after = decode(model, row.after) or {}
            ours = {name: value for name, value in before.items() if getattr(found, name) == after[name]}
            for name in [name for name in before if name not in ours]:
                self._keep(model, row.entity_id, name, _changed(self.db, row.entity_id, name, after[name])[1])
            for name, value in ours.items():
                if self._is_there(model, name, value):
                    setattr(found, name, value)
                else:
                    self.owed.append((entity, row.entity_id, name, value))
            if ours:
                self.done.restored.append((entity, row.entity_id, {name: after[name] for name in ours}, ours))
        self.db.flush()

    def _is_there(self, model: type[Tracked], name: str, value: Any) -> bool:
        """Whether what a field names is there; of other fields always."""
        to = models().get(refers(model).get(name, ""))
        if to is None or value is None:
            return True
        return self.db.get(to, {"id": value, "workspace_id": self.db.workspace}) is not None

    def settle(self) -> None:
        """What named something that has been made again meanwhile names it once more."""
        for entity, key, name, value in self.owed:
            model = models()[entity]
            found = self.db.get(model, {"id": key, "workspace_id": self.db.workspace})
            if found is not None and self._is_there(model, name, value):
                setattr(found, name, value)
            else:
                self._keep(model, key, name, None)
        self.db.flush()

    def _remove(self, model: type[Tracked], rows: Sequence[Any]) -> None:
        if not rows:
            return
        present = self._present(model, rows)
        attached = self._attached_since(rows)
        for row in rows:
            found = present.get(row.entity_id)
            if found is None:
                continue
            after = decode(model, row.after) or {}
            changed, actor = row.entity_id in attached, attached.get(row.entity_id)
            for name in [name for name, value in after.items() if getattr(found, name) != value]:
                if not changed:
                    changed, actor = _changed(self.db, row.entity_id, name, after[name])
            if changed:
                self._keep(model, row.entity_id, "", actor)
            else:
                self.db.delete(found)
                self.done.restored.append((model.__tablename__, row.entity_id, after, None))
        self.db.flush()

    def _make_again(self, model: type[Tracked], rows: Sequence[Any]) -> None:
        present = self._present(model, rows) if rows else {}
        gone = [row for row in rows if row.entity_id not in present]
        if not gone:
            return
        whole = self.mend(self.db, model.__tablename__, [decode(model, row.before) or {} for row in gone])
        blocked = _in_the_way(self.db, model, whole)
        for row, before in zip(gone, whole, strict=True):
            obstacle = next((found for found in map(blocked.get, _places(model, before)) if found), None)
            if obstacle:
                self._keep(model, row.entity_id, "", _last_to_touch(self.db, obstacle))
            else:
                self.db.add(model(**{**before, "id": row.entity_id, "workspace_id": self.db.workspace}))
                self.done.restored.append((model.__tablename__, row.entity_id, None, before))
        self.db.flush()

    def _attached_since(self, rows: Sequence[Any]) -> dict[str, str | None]:
        """Entities made by this operation that another attached something to (a comment to an item), and who did."""
        later = self.db.execute(
            select(Change.subject_id, Operation.actor_id)
            .join(Operation, and_(Operation.workspace_id == Change.workspace_id, Operation.id == Change.operation_id))
            .where(
                Change.subject_id.in_([row.entity_id for row in rows]),
                Change.subject_id != Change.entity_id,
                Change.seq > min(row.seq for row in rows),
                Operation.kind == WORK,
                Operation.reversed.is_(False),
                Operation.id != self.operation,
            )
        )
        return {row.subject_id: row.actor_id for row in later}


def _of(model: type[Tracked], rows: Sequence[Any]) -> list[Any]:
    return [row for row in rows if row.entity == model.__tablename__]


# ---- what stands in the way of making something again ----

_Place = tuple[str, tuple[Any, ...]]
"""A unique index and the values it may hold once, or a foreign key and the id it leads to."""


def _places(model: type[Tracked], fields: Fields) -> list[_Place]:
    table = cast(Table, model.__table__)
    found: list[_Place] = []
    for index in table.indexes:
        names = [column.name for column in index.columns if column.name != "workspace_id"]
        if index.unique and all(fields.get(name) is not None for name in names):
            found.append((str(index.name), tuple(fields[name] for name in names)))
    for key in table.foreign_key_constraints:
        [name] = [column.name for column in key.columns if column.name != "workspace_id"]
        if fields.get(name) is not None:
            found.append((str(key.name), (fields[name],)))
    return found


def _in_the_way(db: Session, model: type[Tracked], whole: Sequence[Fields]) -> dict[_Place, str]:
    """Of all places that these entities need, those that cannot be had, with the id of what is in the way: another
    that is there already, or what is referred to and gone."""
    table = cast(Table, model.__table__)
    needed: dict[str, set[tuple[Any, ...]]] = {}
    for fields in whole:
        for name, values in _places(model, fields):
            needed.setdefault(name, set()).add(values)
    found: dict[_Place, str] = {}
    for index in table.indexes:
        if wanted := needed.get(str(index.name)):
            columns = [getattr(model, column.name) for column in index.columns if column.name != "workspace_id"]
            for row in db.execute(select(model.id, *columns).where(tuple_(*columns).in_(wanted))):
                found[str(index.name), tuple(row[1:])] = row.id
    for key in table.foreign_key_constraints:
        if wanted := needed.get(str(key.name)):
            parent = models()[key.referred_table.name]
            there = set(db.scalars(select(parent.id).where(parent.id.in_([value for (value,) in wanted]))))
            found |= {(str(key.name), (value,)): value for (value,) in wanted if value not in there}
    return found


# ---- who ----


def _changed(db: Session, entity_id: str, name: str, ours: Any) -> tuple[bool, str | None]:
    """Whether somebody changed this field from `ours`, and who did last. A silent change (see Ledger) is nobody's."""
    for past in _pasts(db, entity_id):
        if past.after is not None and name in (after := json.loads(past.after)):
            changed = after[name] != json.loads(encode({name: ours}) or "")[name]
            return changed, past.actor_id if changed else None
    return False, None


def _last_to_touch(db: Session, entity_id: str) -> str | None:
    return next((past.actor_id for past in _pasts(db, entity_id)), None)


def _pasts(db: Session, entity_id: str) -> Sequence[Any]:
    """Who changed an entity, the latest first."""
    return db.execute(
        select(Operation.actor_id, Change.after)
        .join(Operation, and_(Operation.workspace_id == Change.workspace_id, Operation.id == Change.operation_id))
        .where(Change.entity_id == entity_id)
        .order_by(Change.seq.desc())
    ).all()
