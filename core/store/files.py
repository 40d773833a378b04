"""Files that people dropped: kept packed until they are read, and a week after, for whoever asks again."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core.store.base import ID_LENGTH, Base, Scoped, new_id
from core.store.database import Session

RETENTION = timedelta(days=7)


class FileRow(Scoped, Base):
    """A file. Not remembered: what comes of it is. `chosen` is JSON: how it is to be read."""

    __tablename__ = "files"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    name: Mapped[str]
    size: Mapped[int]
    packed: Mapped[bytes] = mapped_column(LargeBinary)
    chosen: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("ix_files_at", "workspace_id", "at"),
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept file without its content; `chosen` says how it is to be read."""

    id: str
    name: str
    size: int
    chosen: Mapping[str, Any]


def keep(db: Session, product: str, name: str, content: bytes) -> Stored:
    """Keep a file; what is older than RETENTION goes."""
    db.execute(delete(FileRow).where(FileRow.at < db.now - RETENTION), execution_options={"synchronize_session": False})
    made = Stored(new_id(), name, len(content), {})
    db.add(
        FileRow(
            id=made.id, product_id=product, name=name, size=made.size, packed=zlib.compress(content), chosen="{}",
            at=db.now,
        )
    )  # fmt: skip
    db.flush()
    return made


def find(db: Session, product: str, file: str) -> Stored | None:
    """A file that was kept for this product; None where it is gone."""
    row = db.execute(
        select(FileRow.name, FileRow.size, FileRow.chosen).where(FileRow.id == file, FileRow.product_id == product)
    ).first()
    return None if row is None else Stored(file, row.name, row.size, json.loads(row.chosen))


def choose(db: Session, stored: Stored, **chosen: Any) -> Stored:
    """Remember how a file is to be read."""
    now = {**stored.chosen, **chosen}
    db.execute(
        update(FileRow).where(FileRow.id == stored.id).values(chosen=json.dumps(now, ensure_ascii=False)),
        execution_options={"synchronize_session": False},
    )
    return replace(stored, chosen=now)


def content(db: Session, file: str) -> bytes | None:
    """What a file holds; None where it is gone."""
    packed = db.scalar(select(FileRow.packed).where(FileRow.id == file))
    return None if packed is None else zlib.decompress(packed)


def empty(db: Session) -> None:
    """Let go of every file of this workspace."""
    db.execute(delete(FileRow), execution_options={"synchronize_session": False})
