"""A realistic example to try things on, and its removal: all that came with it, whatever was done to it, and nothing
else."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import inspect, select

from core.product import backlog, criteria, people, products, structure
from core.product.items import Item
from core.product.numbers import Counter
from core.product.people import Role
from core.store.base import Tracked
from core.store.database import Session
from core.store.history import Change, Operation, models, refers

LABEL = "setup example"
MADE = "setup example product"
"""What making a product for the example is called, of which nobody has said yet how it is called."""
VISION = "Every bookkeeper closes the month in a day, without retyping anything."
STORY = {
    "points": 5.0,
    "persona": "an accountant",
    "want": "to download a month's invoices as one CSV file",
    "benefit": "I do not retype them for the bank",
}
CRITERIA = (
    "Given 3 unpaid invoices in May When I export May Then the file has 3 rows and a heading",
    "Archived projects are left out unless “Include archived” is ticked",
    "A file of 10,000 invoices is ready within 30 seconds",
)
ITEMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("CSV export of invoices", STORY),
    ("Umlauts in customer names are garbled in the PDF", {"type": "bug", "points": 2.0}),
    ("Single sign-on for banks", {"points": 8.0, "value": 8.0}),
    ("Remind customers of invoices that are overdue", {"points": 5.0, "persona": "a bookkeeper"}),
    ("Audit log of who changed an invoice", {"points": 5.0}),
    ("Search and filter invoices", {}),
    ("How do the three largest banks take our files?", {"type": "spike", "points": 2.0}),
    ("Archive last year's projects", {"type": "task", "points": 1.0}),
)
LABELS = ("example",)
_AROUND = frozenset({"roles", "channels"})  # who works on a product and where: nothing that is in it


class AlreadyThere(ValueError):
    """The example is in this product already."""


def fill(db: Session, product: str, person: str) -> list[Item]:
    """Fill a product with the example: a vision where it has none, items at the end of its order, the roles that nobody
    holds. The items, best first. To be called in an operation of its own, under LABEL."""
    if operations(db, product):
        raise AlreadyThere(product)
    row = products.load(db, product)
    row.vision = row.vision or VISION
    made = [backlog.add(db, product, [title], labels=LABELS, **fields)[0] for title, fields in ITEMS]
    for text in CRITERIA:
        criteria.add(db, made[0], text)
    structure.block(db, made[2], made[4])
    held = people.read_directory(db, 0)
    for role in (Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER, Role.SCRUM_MASTER):
        if held.holder(role, product, db.now) is None:
            people.grant(db, person, product, role, None)
    db.flush()
    return made


def was_made(db: Session, product: str) -> bool:
    """Whether a product was made for the example, and is no other yet."""
    made = select(Change.seq).join(
        Operation, (Operation.workspace_id == Change.workspace_id) & (Operation.id == Change.operation_id)
    )
    return db.scalar(made.where(Change.subject_id == product, Operation.label == MADE).limit(1)) is not None


def is_empty(db: Session, product: str) -> bool:
    """Whether nothing stands in a product: what says who works on it, and where, aside."""
    row = products.load(db, product)
    of = ((model.id, getattr(model, "product_id", None)) for name, model in models().items() if name not in _AROUND)
    held = any(db.scalar(select(key).where(column == product).limit(1)) for key, column in of if column is not None)
    return not (held or row.vision or row.strategy)


def begin_anew(db: Session, product: str) -> None:
    """Let an empty product be as one that was just made: numbers begin with 1, and what was done before is not taken
    back or put back into it."""
    row = products.load(db, product)
    row.counter, row.asked = 0, False
    for counter in db.scalars(select(Counter).where(Counter.product_id == product)):
        db.delete(counter)
    for operation in db.scalars(select(Operation).where(Operation.product_id == product)):
        operation.undoable, operation.reversed = False, True
        operation.label = LABEL if operation.label == MADE else operation.label
    db.flush()


def operations(db: Session, product: str) -> list[str]:
    """The operations that filled a product with the example, and were not cleared since."""
    return list(
        db.scalars(
            select(Operation.id).where(
                Operation.product_id == product, Operation.label == LABEL, Operation.reversed.is_(False)
            )
        )
    )


def clear(db: Session, product: str) -> int | None:
    """Remove what came with the example, and what hangs on it; the number of items, None where there was none."""
    filled = operations(db, product)
    if not filled:
        return None
    made = list(
        db.execute(
            select(Change.entity, Change.entity_id).where(Change.operation_id.in_(filled), Change.before.is_(None))
        )
    )
    items = [key for entity, key in made if entity == "items"]
    gone = len(list(db.scalars(select(models()["items"].id).where(models()["items"].id.in_(items)))))
    for name in ("roles", "items"):
        _remove(db, models()[name], [key for entity, key in made if entity == name])
    row = products.load(db, product)
    if row.vision == VISION:
        row.vision = ""
    for operation in db.scalars(select(Operation).where(Operation.id.in_(filled))):
        operation.reversed = True
    db.flush()
    return gone


def _remove(db: Session, model: type[Tracked], ids: Iterable[str]) -> None:
    """Remove entities: what belongs to them goes with them, what only names them lets go of them."""
    wanted = list(ids)
    for other in reversed(list(models().values())):
        for column, table in refers(other).items():
            if table != model.__tablename__ or not wanted:
                continue
            attribute = getattr(other, column)
            rows = list(db.scalars(select(other).where(attribute.in_(wanted))))
            if inspect(other).columns[column].nullable:
                for row in rows:
                    setattr(row, column, None)
                db.flush()
            else:
                _remove(db, other, [row.id for row in rows])
    for row in db.scalars(select(model).where(model.id.in_(wanted))):
        db.delete(row)
    db.flush()
