"""Sprints, what is in them, notes of their reviews, and how much of each person a product has."""

import sqlalchemy as sa

from migrations.parts import indexes, make_tracked, refers

revision = "20261125_sprints"
down_revision = "20261125_senders"


def upgrade() -> None:
    make_tracked(
        "sprints",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("serves", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        refers("sprints", "product_id", "products"),
    )
    indexes("sprints", uq_sprints_number=["product_id", "number"])
    make_tracked(
        "sprint_items",
        sa.Column("sprint_id", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(32), nullable=False),
        sa.Column("committed", sa.Boolean(), nullable=False),
        sa.Column("carried", sa.Boolean(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(8), nullable=False),
        refers("sprint_items", "sprint_id", "sprints"),
        refers("sprint_items", "item_id", "items"),
    )
    indexes(
        "sprint_items",
        uq_sprint_items_pair=["workspace_id", "sprint_id", "item_id"],
        ix_sprint_items_item=["workspace_id", "item_id"],
    )
    make_tracked(
        "sprint_notes",
        sa.Column("sprint_id", sa.String(32), nullable=False),
        sa.Column("author_id", sa.String(32), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        refers("sprint_notes", "sprint_id", "sprints"),
        refers("sprint_notes", "author_id", "people"),
    )
    indexes("sprint_notes", ix_sprint_notes_sprint=["workspace_id", "sprint_id"])
    make_tracked(
        "capacities",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("percent", sa.Float(53), nullable=True),
        sa.Column("points", sa.Float(53), nullable=True),
        refers("capacities", "product_id", "products"),
        refers("capacities", "person_id", "people"),
        stamped=False,
    )
    indexes("capacities", uq_capacities_pair=["workspace_id", "product_id", "person_id"])
