"""Who has how much: open items by whom they are assigned to, and those in a sprint. Workload, not output."""

from dataclasses import dataclass, field

from sqlalchemy import and_, bindparam, func, select

from core.product.burndown import Sum
from core.product.items import Item
from core.product.sprints import SprintItem
from core.store.database import Session
from core.store.prepared import Prepared

_SUMS = (Item.assignee_id, func.count().label("items"), func.coalesce(func.sum(Item.points), 0).label("points"))
_OPEN = Prepared(
    select(*_SUMS)
    .where(
        Item.product_id == bindparam("product"), Item.closed_at.is_(None), Item.assignee_id.is_not(None),
        Item.type != "epic",
    )
    .group_by(Item.assignee_id)
)  # fmt: skip
_IN_SPRINT = Prepared(
    select(*_SUMS)
    .join(SprintItem, and_(SprintItem.workspace_id == Item.workspace_id, SprintItem.item_id == Item.id))
    .where(SprintItem.sprint_id == bindparam("sprint"), SprintItem.left_at.is_(None), Item.closed_at.is_(None))
    .group_by(Item.assignee_id)
)


@dataclass(frozen=True, slots=True)
class Load:
    open: Sum = field(default_factory=Sum)
    in_sprint: Sum = field(default_factory=Sum)


def of(db: Session, product: str, sprint: str) -> dict[str | None, Load]:
    """Everybody's load by their id; None holds what of the sprint is nobody's."""
    found = {row.assignee_id: Load(open=Sum(float(row.points), row.items)) for row in _OPEN.all(db, product=product)}
    for row in _IN_SPRINT.all(db, sprint=sprint) if sprint else ():
        before = found.get(row.assignee_id, Load())
        found[row.assignee_id] = Load(before.open, Sum(float(row.points), row.items))
    return found
