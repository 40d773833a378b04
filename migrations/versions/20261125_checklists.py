"""Which message carries a product's checklist."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, refers

revision = "20261125_checklists"
down_revision = "20261125_ties"


def upgrade() -> None:
    op.create_table(
        "checklists",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        refers("checklists", "product_id", "products"),
        sa.PrimaryKeyConstraint("product_id", "workspace_id", name=op.f("pk_checklists")),
    )
    hold_apart("checklists")
