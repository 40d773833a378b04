"""Threads that are tied to items."""

import sqlalchemy as sa

from migrations.parts import indexes, make_tracked, refers

revision = "20261125_ties"
down_revision = "20261125_feedback"


def upgrade() -> None:
    make_tracked(
        "ties",
        sa.Column("item_id", sa.String(32), nullable=False),
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        refers("ties", "item_id", "items"),
    )
    indexes(
        "ties", uq_ties_thread=["workspace_id", "platform", "place", "thread"], ix_ties_item=["workspace_id", "item_id"]
    )
