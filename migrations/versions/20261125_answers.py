"""Documents, and the passages that questions are answered from."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, indexes, make_tracked, refers

revision = "20261125_answers"
down_revision = "20261125_sprints"


def upgrade() -> None:
    make_tracked(
        "documents",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("author_id", sa.String(32), nullable=True),
        refers("documents", "product_id", "products"),
        refers("documents", "author_id", "people"),
    )
    indexes("documents", ix_documents_product=("workspace_id", "product_id"))
    op.create_table(
        "passages",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("product_id", "source_id", "subject_id")),
        *(sa.Column(name, sa.String(16), nullable=False) for name in ("kind", "audience")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("title", "path", "text")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.String(32), nullable=True),
        sa.Column("terms", sa.LargeBinary(), nullable=True),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("embedded_by", sa.String(16), nullable=True),
        sa.Column("revised", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        refers("passages", "product_id", "products"),
        sa.PrimaryKeyConstraint("id", "workspace_id", name=op.f("pk_passages")),
    )
    indexes(
        "passages",
        ix_passages_version=("workspace_id", "product_id", "version"),
        ix_passages_source=("workspace_id", "source_id"),
    )
    left = sa.text("embedded_by IS NULL")
    op.create_index(
        "ix_passages_backlog", "passages", ["workspace_id", "product_id"], sqlite_where=left, postgresql_where=left
    )
    op.create_table(
        "knowledge",
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        refers("knowledge", "product_id", "products"),
        sa.PrimaryKeyConstraint("product_id", "workspace_id", name=op.f("pk_knowledge")),
    )
    hold_apart("passages", "knowledge")
