"""Workspaces (companies), their connections to platforms, and what a replica knows of one by heart.

A workspace's `version` grows with every change of its people, roles, products or channels; a Directory that was read
under the same version is current.
"""

from typing import Any

from sqlalchemy import String, UniqueConstraint, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from core.chat.ask import Connection
from core.store.base import ID_LENGTH, Base, Stamped, new_id
from core.store.database import Session, settings_of
from core.store.prepared import Prepared

DIRECTORY = "directory"  # under which a transaction has it at hand


class Workspace(Stamped, Base):
    __tablename__ = "workspaces"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    home: Mapped[bool | None]  # true for the one that settings with single-tenant credentials mean, else null
    __table_args__ = (UniqueConstraint("home"),)


class ConnectionRow(Stamped, Base):
    __tablename__ = "connections"
    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(ID_LENGTH))


class UnknownConnection(Exception):
    """Nobody has connected this team or tenant to a workspace."""


def _entering(*configure: Any) -> Prepared:
    return Prepared(
        select(Workspace.id, Workspace.version, *configure)
        .join(ConnectionRow, ConnectionRow.workspace_id == Workspace.id)
        .where(ConnectionRow.platform == bindparam("platform"), ConnectionRow.external_id == bindparam("external_id"))
    )


_ENTER_SQLITE = _entering()
_ENTER_POSTGRESQL = _entering(*settings_of(Workspace.id))


def enter(db: Session, connection: Connection) -> int:
    """Enter the workspace of a connection and return its version, in one statement."""
    entering = _ENTER_SQLITE if db.sqlite else _ENTER_POSTGRESQL
    found = entering.first(db, platform=connection.platform.value, external_id=connection.external_id)
    if found is None:
        raise UnknownConnection(connection)
    db.enter(found[0], configured=True)
    return int(found[1])


def connect(db: Session, connection: Connection) -> str:
    """Let the home workspace be met through this connection; makes both where they are missing."""
    home = _home(db) or _unless_made_by_now(db, Workspace(id=new_id(), name="", version=1, home=True)) or _home(db)
    assert home is not None
    key = (connection.platform.value, connection.external_id)
    if db.get(ConnectionRow, key) is None:
        _unless_made_by_now(db, ConnectionRow(platform=key[0], external_id=key[1], workspace_id=home))
    return home


def _home(db: Session) -> str | None:
    return db.scalar(select(Workspace.id).where(Workspace.home.is_(True)))


def _unless_made_by_now(db: Session, row: Workspace | ConnectionRow) -> str | None:
    """Add a row; None where another replica that starts at this moment was first."""
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        return None
    return row.id if isinstance(row, Workspace) else row.workspace_id


def all_of(db: Session) -> list[str]:
    """Every workspace there is."""
    return list(db.scalars(select(Workspace.id).order_by(Workspace.id)))


def outdate(db: Session) -> None:
    """Say that people, roles, products or channels have changed: replicas read their Directory anew."""
    db.at_hand.pop(DIRECTORY, None)
    db.execute(update(Workspace).where(Workspace.id == db.workspace).values(version=Workspace.version + 1))
