"""Pictures: charts that were drawn, kept once each."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart

revision = "20261125_pictures"
down_revision = "20261125_numbers"


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column("hash", sa.String(40), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "workspace_id", name=op.f("pk_pictures")),
    )
    hold_apart("pictures")
