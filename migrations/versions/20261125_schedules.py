"""What recurs, what became of each occurrence, and what was said unasked by day."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_schedules"
down_revision = "20261125_checklists"


def _names(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(32), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "schedules",
        *_names("id", "workspace_id", "product_id"),
        sa.Column("kind", sa.String(16), nullable=False),
        *_names("subject_id", "recipient"),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("tz", sa.String(64), nullable=False),
        sa.Column("anchor", sa.Date(), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("window", sa.Integer(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_day", sa.Date(), nullable=True),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    op.create_index("uq_schedules_subject", "schedules", ["subject_id", "kind", "recipient"], unique=True)
    _partial("ix_schedules_next", "schedules", "next_at", "next_at IS NOT NULL")
    op.create_index("ix_schedules_recipient", "schedules", ["workspace_id", "recipient"])
    op.create_table(
        "occurrences",
        *_names("id", "workspace_id", "product_id"),
        sa.Column("kind", sa.String(16), nullable=False),
        *_names("subject_id", "recipient"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("claimed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrences")),
    )
    op.create_index("uq_occurrences_subject", "occurrences", ["subject_id", "kind", "recipient", "day"], unique=True)
    _partial("ix_occurrences_open", "occurrences", "due", "state = 'due'")
    op.create_index("ix_occurrences_due", "occurrences", ["due"])
    op.create_table(
        "spent",
        sa.Column("key", sa.Text(), nullable=False),
        *_names("workspace_id"),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_spent")),
    )
    op.create_index("uq_spent_slot", "spent", ["workspace_id", "recipient", "day", "slot"], unique=True)


def _partial(name: str, table: str, column: str, condition: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
