"""Notices that wait to be said together."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, indexes, refers

revision = "20261125_notices"
down_revision = "20261125_files"


def upgrade() -> None:
    op.create_table(
        "notices",
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("id", "product_id", "batch_id", "person_id")),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("thing", sa.String(40), nullable=False),
        sa.Column("thing_id", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        refers("notices", "product_id", "products"),
        refers("notices", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", "workspace_id", name=op.f("pk_notices")),
    )
    hold_apart("notices")
    indexes("notices", ix_notices_batch=["workspace_id", "batch_id"], ix_notices_at=["at"])
