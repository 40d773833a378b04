"""Goals, roadmap entries, decisions and the like are numbered, each kind by itself, in each product."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, refers

revision = "20261125_numbers"
down_revision = "20261124_stories"


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("letter", sa.String(1), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        refers("counters", "product_id", "products"),
        sa.PrimaryKeyConstraint("product_id", "letter", "workspace_id", name=op.f("pk_counters")),
    )
    hold_apart("counters")
