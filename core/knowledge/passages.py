"""Passages: the pieces of text that questions are answered from, kept in step by following history.

A passage is written in the transaction that changes its source, whatever changed it: a command, an import, an undo.
What is gone keeps its row, emptied, so that a replica that knows it learns that it went; `version` grows with every
write to a product's passages, in the order of commits, so that a replica reads no more than what is new to it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    bindparam,
    literal_column,
    select,
    update,
)  # fmt: skip
from sqlalchemy.orm import Mapped, mapped_column

from core.knowledge import terms
from core.knowledge.sources import BY_ENTITY, SOURCES, Rows, Source, Written
from core.store.base import ID_LENGTH, Base, Scoped, Tracked
from core.store.bulk import chunks, put_many, put_missing
from core.store.database import Session
from core.store.history import WORK, Entry, columns_of
from core.store.prepared import Prepared

FEW = 200  # passages whose terms are counted at once; of more, the counting is left to whoever reads them first


class Passage(Scoped, Base):
    """A piece of text, where it stands, whom it is for, and what it is found by.

    source_id   the row it comes from; `subject_id` what it is about, where it is opened
    at, author  when these words were written, and by whom
    terms       see core.knowledge.terms; null where they are not counted yet
    vector      what it means, by the model that `embedded_by` names; null where it is not embedded yet
    revised     the version in which its words changed; `version`: in which anything about it did
    """

    __tablename__ = "passages"
    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    kind: Mapped[str] = mapped_column(String(16))
    source_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    subject_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    audience: Mapped[str] = mapped_column(String(16))
    title: Mapped[str]
    path: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]
    author_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    terms: Mapped[bytes | None] = mapped_column(LargeBinary)
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    embedded_by: Mapped[str | None] = mapped_column(String(16))
    revised: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger)
    gone: Mapped[bool]
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("ix_passages_version", "workspace_id", "product_id", "version"),
        Index("ix_passages_source", "workspace_id", "source_id"),
        Index(
            "ix_passages_backlog",
            "workspace_id",
            "product_id",
            sqlite_where=literal_column("embedded_by IS NULL"),
            postgresql_where=literal_column("embedded_by IS NULL"),
        ),
    )


class Knowledge(Scoped, Base):
    """How often the passages of a product have been written to. Its row is locked until the writer commits, so that
    versions are seen in their order."""

    __tablename__ = "knowledge"
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),)


_COUNT_UP = Prepared(
    update(Knowledge)
    .where(Knowledge.product_id == bindparam("product"))
    .values(version=Knowledge.version + 1)
    .returning(Knowledge.version)
)


def next_version(db: Session, product: str) -> int:
    """A version that nobody has seen yet; holds back other writers of this product's passages until the commit."""
    found = _COUNT_UP.scalar(db, product=product)
    if found is None:  # two may find it missing at once, and the second waits for the first
        put_missing(db, Knowledge, [{"product_id": product, "version": 0}])
        found = _COUNT_UP.scalar(db, product=product)
    return int(found)


# ---- following history ----


def follow(db: Session, entries: Sequence[Entry]) -> None:
    """Write the passages of what has changed; heard with every batch of history."""
    by_entity: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.entity in BY_ENTITY:
            by_entity.setdefault(entry.entity, []).append(entry)
    for entity, changed in by_entity.items():
        source = BY_ENTITY[entity]
        made = {e.entity_id: e.after for e in changed if e.before is None and e.after is not None}
        gone = [e.entity_id for e in changed if e.after is None]
        retired = [row.get(source.retires) for e in changed for row in (e.before, e.after) if row and source.retires]
        touched = [e for e in changed if e.before is not None and e.after is not None]
        edited = [e.entity_id for e in touched if e.after and not e.after.keys().isdisjoint(source.reads)]
        renamed = [e.entity_id for e in touched if e.after and not {source.named, "audience"}.isdisjoint(e.after)]
        edited += [key for key in retired if key and key not in made and key not in edited and key not in gone]
        if made:
            _write(db, source, made, made.keys() if db.ledger.kind != WORK else ())
        if edited or gone:
            _write(db, source, _rows(db, source.model, edited), [*edited, *gone])
        if renamed:
            for other in SOURCES:
                if other.follows and other.follows[0] is source.model:
                    rows = _rows(db, other.model, renamed, other.follows[1])
                    _write(db, other, rows, rows.keys())


def rebuild(db: Session, product: str) -> int:
    """Write all passages of a product anew; the number of rows that they come from."""
    count = 0
    for source in SOURCES:
        column = "id" if source.entity == "products" else "product_id"
        if hasattr(source.model, "product_id") or source.follows is None:
            ids = list(db.scalars(select(source.model.id).where(getattr(source.model, column) == product)))
        else:
            ids = [one for part in chunks(_parents(db, source, product)) for one in _children(db, source, part)]
        for part in chunks(ids):
            _write(db, source, _rows(db, source.model, part), part)
        count += len(ids)
    return count


def _parents(db: Session, source: Source, product: str) -> list[str]:
    assert source.follows is not None
    parent: Any = source.follows[0]
    return list(db.scalars(select(parent.id).where(parent.product_id == product)))


def _children(db: Session, source: Source, parents: Sequence[str]) -> list[str]:
    assert source.follows is not None
    return list(db.scalars(select(source.model.id).where(getattr(source.model, source.follows[1]).in_(parents))))


def _rows(db: Session, model: type[Tracked], ids: Sequence[str], column: str = "id") -> dict[str, Mapping[str, Any]]:
    """The remembered fields of rows by id, and when they were made."""
    names = columns_of(model)
    found: dict[str, Mapping[str, Any]] = {}
    for part in chunks(ids):
        wanted = select(model.id, *(getattr(model, name) for name in names))
        for row in db.execute(wanted.where(getattr(model, column).in_(part))):
            found[row.id] = dict(row._mapping)
    return found


# ---- writing ----

_BEFORE = Prepared(
    select(
        Passage.id, Passage.source_id, Passage.product_id, Passage.kind, Passage.subject_id, Passage.audience,
        Passage.title, Passage.path, Passage.text, Passage.at, Passage.author_id, Passage.revised, Passage.gone,
    ).where(Passage.source_id.in_(bindparam("sources", expanding=True)))
)  # fmt: skip
_SAID = ("product_id", "kind", "source_id", "subject_id", "audience", "title", "path", "text")


def _write(db: Session, source: Source, rows: Rows, sources: Any) -> None:
    """Put the passages of some rows in the place of those that were there. `sources`: the rows that may have some,
    those that are no more too; what is made for the first time has none."""
    before = {row.id: row for part in chunks(sources) for row in _BEFORE.all(db, sources=part)}
    made = _numbered(source.write(db, rows))
    versions: dict[str, int] = {}
    changed: list[dict[str, Any]] = []
    late = len(made) > FEW
    for key, written in made.items():
        row = _passage(db, source, key, written, rows[written.source])
        was = before.get(key)
        if was is not None and not was.gone:
            if all(getattr(was, name) == row[name] for name in _SAID):
                continue
            if was.text == row["text"]:
                row["at"], row["author_id"] = was.at, was.author_id
        row["terms"] = None if late else terms.pack(written.title, written.path, written.text)
        changed.append(row)
    changed += [_emptied(was) for key, was in before.items() if key not in made and not was.gone]
    for row in changed:
        product = row["product_id"]
        version = versions.get(product) or versions.setdefault(product, next_version(db, product))
        row["version"] = row["revised"] = version
    put_many(db, Passage, changed)


def _numbered(written: Any) -> dict[str, Written]:
    """Each source's passages by their ids: the source's, and which of its passages."""
    made: dict[str, Written] = {}
    count: dict[str, int] = {}
    for one in written:
        number = count[one.source] = count.get(one.source, -1) + 1
        made[f"{one.source}:{number}"] = one
    return made


def _passage(db: Session, source: Source, key: str, written: Written, row: Mapping[str, Any]) -> dict[str, Any]:
    made_at = row.get("created_at")
    return {
        "id": key,
        "product_id": written.product,
        "kind": source.kind,
        "source_id": written.source,
        "subject_id": written.subject,
        "audience": str(written.audience),
        "title": written.title,
        "path": written.path,
        "text": written.text,
        "at": made_at or db.now,
        "author_id": written.author or db.ledger.actor_id,
        "terms": None,
        "vector": None,
        "embedded_by": None,
        "gone": False,
    }


def _emptied(was: Any) -> dict[str, Any]:
    return {
        **{name: getattr(was, name) for name in ("id", "product_id", "kind", "source_id", "subject_id", "audience")},
        "title": "", "path": "", "text": "", "at": was.at, "author_id": None, "terms": b"", "vector": None,
        "embedded_by": "", "gone": True,
    }  # fmt: skip
