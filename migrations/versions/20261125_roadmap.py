"""The product manager's tables: strategy, prices, stages, metrics, goals and the roadmap."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import indexes, make_tracked, refers

revision = "20261125_roadmap"
down_revision = "20261125_jobs"


def _id(name: str, *, empty: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=empty)


def _text(name: str, length: int | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def _number(name: str, *, empty: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float(53), nullable=empty)


def _day(name: str, *, empty: bool = False) -> sa.Column[sa.Date]:
    return sa.Column(name, sa.Date(), nullable=empty)


def _instant(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    op.add_column("products", sa.Column("strategy", sa.Text(), nullable=True))
    op.execute("UPDATE products SET strategy = ''")
    with op.batch_alter_table("products") as products:
        products.alter_column("strategy", existing_type=sa.Text(), nullable=False)
    _business()
    _measures()
    _roadmap()


def _business() -> None:
    make_tracked(
        "prices", _id("product_id"), _text("plan"), _number("amount"), _text("currency"), _text("per"), _day("starts"),
        _text("because"), refers("prices", "product_id", "products"),
    )  # fmt: skip
    indexes("prices", ix_prices_product=["product_id", "starts"])
    make_tracked(
        "stages", _id("product_id"), _text("stage", 16), _text("because"), _day("starts"), _day("review"),
        refers("stages", "product_id", "products"),
    )  # fmt: skip
    indexes("stages", ix_stages_product=["product_id", "starts"])


def _measures() -> None:
    make_tracked(
        "metrics", _id("product_id"), _text("name"), _text("slug"), _text("unit"), _number("goal", empty=True),
        _text("better", 4), _text("formula"), _text("audience", 16), _id("ask_id", empty=True), _text("every"),
        refers("metrics", "product_id", "products"), refers("metrics", "ask_id", "people"),
    )  # fmt: skip
    indexes("metrics", uq_metrics_slug=["product_id", "slug"])
    make_tracked(
        "measurements", _id("metric_id"), _day("day"), _number("value"), refers("measurements", "metric_id", "metrics"),
    )  # fmt: skip
    indexes("measurements", uq_measurements_day=["metric_id", "day"])
    make_tracked(
        "goals", _id("product_id"), sa.Column("number", sa.Integer(), nullable=False), _text("text"),
        _day("due", empty=True), _text("audience", 16), _instant("closed_at"), _text("because"),
        refers("goals", "product_id", "products"),
    )  # fmt: skip
    indexes("goals", uq_goals_number=["product_id", "number"])
    make_tracked(
        "results", _id("goal_id"), sa.Column("number", sa.Integer(), nullable=False), _text("text"), _number("start"),
        _number("target"), _number("value", empty=True), _id("metric_id", empty=True), _text("note"),
        refers("results", "goal_id", "goals"), refers("results", "metric_id", "metrics"),
    )  # fmt: skip
    indexes("results", uq_results_number=["goal_id", "number"])


def _roadmap() -> None:
    make_tracked(
        "roadmap_entries", _id("product_id"), sa.Column("number", sa.Integer(), nullable=False), _text("title"),
        _text("horizon", 8), _day("starts", empty=True), _day("ends", empty=True), _text("audience", 16),
        _id("goal_id", empty=True), _text("status", 8), _instant("ended_at"),
        refers("roadmap_entries", "product_id", "products"), refers("roadmap_entries", "goal_id", "goals"),
    )  # fmt: skip
    indexes("roadmap_entries", uq_roadmap_entries_number=["product_id", "number"])
    make_tracked(
        "roadmap_links", _id("entry_id"), _id("item_id"), refers("roadmap_links", "entry_id", "roadmap_entries"),
        refers("roadmap_links", "item_id", "items"), stamped=False,
    )  # fmt: skip
    indexes("roadmap_links", uq_roadmap_links_pair=["entry_id", "item_id"], ix_roadmap_links_item=["item_id"])
    make_tracked(
        "roadmap_moves", _id("entry_id"), _text("kind", 8), _text("was"), _text("becomes"),
        sa.Column("days", sa.Integer(), nullable=True), _text("because"),
        refers("roadmap_moves", "entry_id", "roadmap_entries"),
    )  # fmt: skip
    indexes("roadmap_moves", ix_roadmap_moves_entry=["entry_id", "created_at"])
    make_tracked(
        "milestones", _id("entry_id"), sa.Column("position", sa.Integer(), nullable=False), _text("text"), _day("day"),
        _id("owner_id", empty=True), _instant("done_at"), refers("milestones", "entry_id", "roadmap_entries"),
        refers("milestones", "owner_id", "people"),
    )  # fmt: skip
    indexes("milestones", ix_milestones_entry=["entry_id", "position"])
