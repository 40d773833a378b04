"""Slow work that asks leave behind is kept until it is done."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_jobs"
down_revision = "20261125_blockers"


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("ask_id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column("platform", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "ask", "args", "kept")),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("token", sa.String(32), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ask_id", name=op.f("pk_jobs")),
    )
    is_open = sa.text("state = 'open'")
    op.create_index("ix_jobs_due", "jobs", ["due"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_index("ix_jobs_at", "jobs", ["at"])
