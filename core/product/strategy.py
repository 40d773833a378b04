"""What a product costs and where it is in its life: price plans and stages, each with its reason and its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import Mapped

from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session

PLAN_LENGTH = 80
STAGES = ("introduction", "growth", "maturity", "decline")
REVIEW = timedelta(days=90)


class Price(Stamped, Tracked):
    """What a plan costs from a day on, and why. `per`: a month, a seat …; '' where it is paid once."""

    __tablename__ = "prices"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    plan: Mapped[str] = tracked()
    amount: Mapped[float] = tracked()
    currency: Mapped[str] = tracked()
    per: Mapped[str] = tracked()
    starts: Mapped[date] = tracked()
    because: Mapped[str] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("ix_prices_product", "product_id", "starts"),
    )


class Stage(Stamped, Tracked):
    """A stage of a product's life from a day on, why, and when to look at it again."""

    __tablename__ = "stages"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    stage: Mapped[str] = tracked(String(16))
    because: Mapped[str] = tracked()
    starts: Mapped[date] = tracked()
    review: Mapped[date] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        Index("ix_stages_product", "product_id", "starts"),
    )


def prices(db: Session, product: str) -> list[Price]:
    """Every price there was, is and will be, the latest first."""
    wanted = select(Price).where(Price.product_id == product)
    return list(db.scalars(wanted.order_by(Price.starts.desc(), Price.created_at.desc(), Price.id.desc())))


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan's prices by the day: `now` is None where the first is still to come."""

    name: str
    now: Price | None
    coming: Sequence[Price]
    past: Sequence[Price]


def plans(found: Sequence[Price], today: date) -> list[Plan]:
    """Prices by plan, plans in the order of their first price. found: as `prices` gives them."""
    by_plan: dict[str, list[Price]] = {}
    for price in reversed(found):
        by_plan.setdefault(price.plan.lower(), []).append(price)
    made = []
    for rows in by_plan.values():
        begun = [row for row in rows if row.starts <= today]
        coming = tuple(row for row in rows if row.starts > today)
        made.append(Plan(rows[-1].plan, begun[-1] if begun else None, coming, tuple(reversed(begun[:-1]))))
    return made


def set_price(
    db: Session, product: str, plan: str, amount: float, currency: str, per: str, starts: date, because: str
) -> Price:
    made = Price(
        id=new_id(), product_id=product, plan=plan, amount=amount, currency=currency, per=per, starts=starts,
        because=because,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def stages(db: Session, product: str) -> list[Stage]:
    """The stages of a product's life, the latest first."""
    wanted = select(Stage).where(Stage.product_id == product)
    return list(db.scalars(wanted.order_by(Stage.starts.desc(), Stage.created_at.desc(), Stage.id.desc())))


def set_stage(db: Session, product: str, stage: str, because: str, today: date) -> Stage:
    made = Stage(id=new_id(), product_id=product, stage=stage, because=because, starts=today, review=today + REVIEW)
    db.add(made)
    db.flush()
    return made
