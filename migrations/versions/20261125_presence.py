"""Working hours, absences, and stand-ins whose role begins later."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import indexes, make_tracked, refers

revision = "20261125_presence"
down_revision = "20261125_roadmap"


def upgrade() -> None:
    make_tracked(
        "hours",
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("start", sa.String(5), nullable=False),
        sa.Column("end", sa.String(5), nullable=False),
        sa.Column("country", sa.String(8), nullable=True),
        refers("hours", "person_id", "people"),
    )
    indexes("hours", uq_hours_person=["workspace_id", "person_id"])
    make_tracked(
        "absences",
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        refers("absences", "person_id", "people"),
    )
    indexes("absences", ix_absences_person=["workspace_id", "person_id", "last"])
    op.add_column("roles", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
