"""Definitions of ready and done, the words people are found by, and how far they have come in refining."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, indexes, make_tracked, refers

revision = "20261125_standards"
down_revision = "20261125_answers"


def upgrade() -> None:
    make_tracked(
        "standards",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("about", sa.String(8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        refers("standards", "product_id", "products"),
    )
    indexes("standards", ix_standards_product=["workspace_id", "product_id"])
    make_tracked(
        "tags",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        refers("tags", "product_id", "products"),
        refers("tags", "person_id", "people"),
        stamped=False,
    )
    indexes("tags", uq_tags_person=["workspace_id", "product_id", "person_id"])
    op.create_table(
        "walks",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("current", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Text(), nullable=False),
        sa.Column("skipped", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        refers("walks", "product_id", "products"),
        refers("walks", "person_id", "people"),
        sa.PrimaryKeyConstraint("product_id", "person_id", "workspace_id", name=op.f("pk_walks")),
    )
    hold_apart("walks")
