"""Places that refuse for good, until somebody uses Steward there again."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_stops"
down_revision = "20261125_standards"


def upgrade() -> None:
    op.create_table(
        "stops",
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("told", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("platform", "place", name=op.f("pk_stops")),
    )
