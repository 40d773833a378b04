"""Digests: what a channel, stakeholders or one person hear regularly."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import make_tracked, refers

revision = "20261125_digests"
down_revision = "20261125_schedules"


def upgrade() -> None:
    make_tracked(
        "digests",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("owner_id", sa.String(32), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("tz", sa.String(64), nullable=False),
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("place_name", sa.Text(), nullable=False),
        sa.Column("readers", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("empty", sa.String(8), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("note_by", sa.String(32), nullable=True),
        sa.Column("held", sa.Date(), nullable=True),
        refers("digests", "product_id", "products"),
        refers("digests", "owner_id", "people"),
    )
    op.create_index("uq_digests_number", "digests", ["product_id", "number"], unique=True)
