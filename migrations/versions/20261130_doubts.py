"""Who may know that an answer is in doubt: those who may read what has changed."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_doubts"
down_revision = "20261130_words"


def upgrade() -> None:
    op.add_column("questions", sa.Column("stale_for", sa.String(16), nullable=True))
