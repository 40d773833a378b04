"""Which messages show a thing that goes on, and are kept up to date where they stand."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart

revision = "20261125_shown"
down_revision = "20261125_done"


def upgrade() -> None:
    op.create_table(
        "shown",
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "workspace_id", name=op.f("pk_shown")),
    )
    hold_apart("shown")
