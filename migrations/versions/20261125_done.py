"""Done items that nobody has accepted yet are found without reading the whole backlog."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_done"
down_revision = "20261125_standups"


def upgrade() -> None:
    op.create_index(
        "ix_items_done",
        "items",
        ["product_id", "closed_at"],
        sqlite_where=sa.text("status = 'done'"),
        postgresql_where=sa.text("status = 'done'"),
    )
