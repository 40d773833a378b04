"""What is said unasked: places and people where they were last met, threads and edits of messages."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart

revision = "20261125_senders"
down_revision = "20261125_presence"


def upgrade() -> None:
    op.create_table(
        "places",
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("met", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("platform", "external_id", "workspace_id", name=op.f("pk_places")),
    )
    hold_apart("places")
    op.add_column("identities", sa.Column("connection", sa.Text(), nullable=True))
    op.add_column("identities", sa.Column("place", sa.Text(), nullable=True))
    op.add_column("identities", sa.Column("met", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("thread_of", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("replaces", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("stands", sa.Text(), nullable=True))
    op.create_index(
        "ix_outbox_replaces",
        "outbox",
        ["replaces"],
        sqlite_where=sa.text("replaces IS NOT NULL"),
        postgresql_where=sa.text("replaces IS NOT NULL"),
    )
