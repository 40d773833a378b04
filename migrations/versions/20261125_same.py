"""One person on several platforms: what each calls them, and codes that join two."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, refers

revision = "20261125_same"
down_revision = "20261125_questions"


def upgrade() -> None:
    op.add_column("identities", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("identities", sa.Column("mail", sa.Text(), nullable=True))
    op.create_table(
        "same_codes",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        refers("same_codes", "person_id", "people"),
        sa.PrimaryKeyConstraint("code", "workspace_id", name=op.f("pk_same_codes")),
    )
    hold_apart("same_codes")
