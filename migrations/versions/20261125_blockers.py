"""Blockers."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import make_tracked, refers

revision = "20261125_blockers"
down_revision = "20261125_pictures"


def upgrade() -> None:
    make_tracked(
        "blockers",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("item_id", sa.String(32), nullable=True),
        sa.Column("raised_by", sa.String(32), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_id", sa.String(32), nullable=True),
        sa.Column("owner_id", sa.String(32), nullable=True),
        sa.Column("promised", sa.Date(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.String(32), nullable=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("answer_id", sa.String(32), nullable=True),
        refers("blockers", "product_id", "products"),
        refers("blockers", "item_id", "items"),
        *(refers("blockers", column, "people") for column in ("raised_by", "needs_id", "owner_id", "cleared_by")),
    )
    op.create_index("uq_blockers_number", "blockers", ["workspace_id", "product_id", "number"], unique=True)
    op.create_index(
        "ix_blockers_open",
        "blockers",
        ["workspace_id", "product_id"],
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_index("ix_blockers_answer", "blockers", ["workspace_id", "answer_id"])
