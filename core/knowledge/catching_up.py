"""What the writing of passages leaves for later: counting the terms of an import, embedding, and an index in memory
without what is gone. In small steps, each in short transactions of its own, with nothing open while the model thinks;
whoever searches in between finds by words.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from core.knowledge import duplicates, terms
from core.knowledge import model as models
from core.knowledge.duplicates import COUNTED, Word
from core.knowledge.model import Model, pack, with_title
from core.knowledge.passages import Knowledge, Passage, next_version, rebuild
from core.product.people import Product
from core.product.workspaces import Workspace
from core.store.bulk import set_many
from core.store.database import Database

STEP = 64
_titles: dict[str, Any] = {}
_seen: set[tuple[str, str]] = set()  # workspaces without a vector of another model than this one


def catch_up(database: Database, now: datetime, count: int = STEP) -> int:
    """Do up to `count` passages of what is left, in any workspace; how many were done."""
    model = models.of(database.memory)
    with database.transaction(write=False, now=now) as db:
        workspaces = list(db.scalars(select(Workspace.id).order_by(Workspace.id)))
    done = 0
    for workspace in workspaces:
        _rebuild_unknown(database, workspace, now)
        while done < count and (step := _step(database, workspace, now, model, min(STEP, count - done))):
            done += step
    if (shelf := database.memory.get("shelf")) is not None:
        shelf.renew()
    return done


def _rebuild_unknown(database: Database, workspace: str, now: datetime) -> None:
    """Products from before there were passages get theirs, and those whose words were never counted are counted."""
    known = select(Knowledge.product_id)
    counted = select(Word.product_id).where(Word.kind == COUNTED)
    with database.transaction(write=False, now=now) as db:
        db.enter(workspace)
        missing = list(db.scalars(select(Product.id).where(Product.id.not_in(known))))
        uncounted = list(db.scalars(select(Product.id).where(Product.id.not_in(counted))))
    for product in missing:
        with database.transaction(write=True, now=now) as db:
            db.enter(workspace)
            next_version(db, product)
            rebuild(db, product)
    for product in uncounted:
        with database.transaction(write=True, now=now) as db:
            db.enter(workspace)
            duplicates.rebuild(db, product)


def _step(database: Database, workspace: str, now: datetime, model: Model | None, count: int) -> int:
    rows = _left(database, workspace, now, Passage.embedded_by.is_(None) if model else Passage.terms.is_(None), count)
    if not rows and model and (workspace, model.mark) not in _seen:
        rows = _left(database, workspace, now, Passage.embedded_by != model.mark, count)  # another model's
        if not rows:
            _seen.add((workspace, model.mark))
    if not rows:
        return 0
    vectors = _vectors(model, rows) if model else [None] * len(rows)
    with database.transaction(write=True, now=now) as db:
        db.enter(workspace)
        versions = {product: next_version(db, product) for product in sorted({row.product_id for row in rows})}
        changed = []
        for row, vector in zip(rows, vectors, strict=True):
            one = {"id": row.id, "revised": row.revised, "version": versions[row.product_id]}
            one["terms"] = terms.pack(row.title, row.path, row.text)
            if model:
                one |= {"vector": vector, "embedded_by": model.mark}
            changed.append(one)
        set_many(db, Passage, ("id", "revised"), changed)
    return len(rows)


def _left(database: Database, workspace: str, now: datetime, left: ColumnElement[bool], count: int) -> Sequence[Any]:
    columns = (Passage.id, Passage.product_id, Passage.revised, Passage.title, Passage.path, Passage.text)
    with database.transaction(write=False, now=now) as db:
        db.enter(workspace)
        return db.execute(select(*columns).where(left, Passage.gone.is_(False)).limit(count)).all()


def _vectors(model: Model, rows: Sequence[Any]) -> list[bytes]:
    """What passages mean: their own words under their last heading, and half as much their title's."""
    import numpy as np

    new = list(dict.fromkeys(row.title for row in rows if row.title not in _titles))
    if len(_titles) > 10_000:
        _titles.clear()
        new = list(dict.fromkeys(row.title for row in rows))
    if new:
        _titles.update(zip(new, model.embed(new), strict=True))
    own = model.embed(
        [f"{heading}\n{row.text}" if (heading := row.path.rpartition("› ")[2]) else row.text for row in rows]
    )
    return [pack(one) for one in with_title(own, np.array([_titles[row.title] for row in rows]))]
