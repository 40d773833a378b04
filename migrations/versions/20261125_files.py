"""Files that people drop, and what another tool's words for a status mean."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, indexes, make_tracked, refers

revision = "20261125_files"
down_revision = "20261125_retros"


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        refers("files", "product_id", "products"),
        sa.PrimaryKeyConstraint("id", "workspace_id", name=op.f("pk_files")),
    )
    hold_apart("files")
    indexes("files", ix_files_at=["workspace_id", "at"])
    make_tracked(
        "status_words",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        refers("status_words", "product_id", "products"),
    )
    indexes("status_words", uq_status_words_word=["product_id", "folded"])
