"""Every table there is: importing this module fills Base.metadata."""

from core.product.items import Block, Comment, Criterion, Draft, Item
from core.product.people import Channel, Identity, Person, Product, RoleRow
from core.product.workspaces import ConnectionRow, Workspace
from core.schedule.outbox import OutboxRow, PaceRow
from core.store.asks import AskRow
from core.store.base import Base
from core.store.history import Change, Operation

__all__ = [
    "AskRow", "Base", "Block", "Change", "Channel", "Comment", "ConnectionRow", "Criterion", "Draft", "Identity",
    "Item", "Operation", "OutboxRow", "PaceRow", "Person", "Product", "RoleRow", "Workspace",
]  # fmt: skip
