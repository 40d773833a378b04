"""The words of items and of feedback, by which what says the same is found while it is written down."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, refers

revision = "20261130_words"
down_revision = "20261125_shown"


def upgrade() -> None:
    op.create_table(
        "words",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("word", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("latest", sa.String(400), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        refers("words", "product_id", "products"),
        sa.PrimaryKeyConstraint("product_id", "kind", "word", "workspace_id", name=op.f("pk_words")),
    )
    hold_apart("words")
