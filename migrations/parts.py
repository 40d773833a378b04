"""What many migrations are made of: the columns every tracked table has, and the line between workspaces."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op


def make_tracked(table: str, *columns: sa.schema.SchemaItem, stamped: bool = True) -> None:
    """A table of entities that history follows: id, workspace, stamps, and what is its own."""
    stamps = ("created_at", "updated_at") if stamped else ()
    op.create_table(
        table,
        *columns,
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in stamps),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id", name=op.f(f"pk_{table}")),
    )
    hold_apart(table)


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    """A foreign key to another scoped table, within the workspace."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column], [f"{to}.workspace_id", f"{to}.id"], name=op.f(f"fk_{table}_workspace_id_{column}")
    )


def hold_apart(*tables: str) -> None:
    """Row-level security: nobody sees rows of a workspace that the transaction has not entered."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY workspace ON {table} "
            "USING (workspace_id = NULLIF(current_setting('steward.workspace', true), ''))"
        )


def indexes(table: str, **columns: Sequence[str]) -> None:
    """Indexes by their names."""
    for name, names in columns.items():
        op.create_index(name, table, list(names), unique=name.startswith("uq_"))
