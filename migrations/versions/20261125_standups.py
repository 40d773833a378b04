"""Stand-ups, who takes part, and what they answered."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import make_tracked, refers

revision = "20261125_standups"
down_revision = "20261125_notices"


def upgrade() -> None:
    make_tracked(
        "standups",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("days", sa.Text(), nullable=False),
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("place_name", sa.Text(), nullable=False),
        sa.Column("everybody", sa.Boolean(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("remind", sa.Integer(), nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.String(32), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        refers("standups", "product_id", "products"),
        refers("standups", "owner_id", "people"),
    )
    op.create_index("ix_standups_product", "standups", ["workspace_id", "product_id"])
    make_tracked(
        "standup_members",
        sa.Column("standup_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        refers("standup_members", "standup_id", "standups"),
        refers("standup_members", "person_id", "people"),
        stamped=False,
    )
    op.create_index(
        "uq_standup_members_pair", "standup_members", ["workspace_id", "standup_id", "person_id"], unique=True
    )
    make_tracked(
        "standup_answers",
        sa.Column("standup_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        refers("standup_answers", "standup_id", "standups"),
        refers("standup_answers", "person_id", "people"),
    )
    op.create_index(
        "uq_standup_answers_day", "standup_answers", ["workspace_id", "standup_id", "day", "person_id"], unique=True
    )
