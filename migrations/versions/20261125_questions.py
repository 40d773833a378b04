"""Questions, and who waits for their answers."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import make_tracked, refers

revision = "20261125_questions"
down_revision = "20261125_stops"

SOME = {
    "ix_questions_item": ("item_id", "item_id IS NOT NULL"),
    "ix_questions_open": ("product_id", "answered_at IS NULL"),
}


def upgrade() -> None:
    people = ("asker_id", "owner_id", "assumed_by", "answered_by")
    make_tracked(
        "questions",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("item_id", sa.String(32), nullable=True),
        sa.Column("asker_id", sa.String(32), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("owner_id", sa.String(32), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("assumption", sa.Text(), nullable=False),
        sa.Column("assumed_by", sa.String(32), nullable=True),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(32), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stale_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stale_by", sa.Text(), nullable=False),
        refers("questions", "product_id", "products"),
        refers("questions", "item_id", "items"),
        *(refers("questions", column, "people") for column in people),
    )
    op.create_index("uq_questions_number", "questions", ["workspace_id", "product_id", "number"], unique=True)
    for name, (column, condition) in SOME.items():
        where = sa.text(condition)
        op.create_index(name, "questions", ["workspace_id", column], sqlite_where=where, postgresql_where=where)
    make_tracked(
        "question_askers",
        sa.Column("question_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        refers("question_askers", "question_id", "questions"),
        refers("question_askers", "person_id", "people"),
        stamped=False,
    )
    op.create_index(
        "uq_question_askers_pair", "question_askers", ["workspace_id", "question_id", "person_id"], unique=True
    )
