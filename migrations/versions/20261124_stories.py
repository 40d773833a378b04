"""Stories: user-story fields, due dates, epics, blocks, acceptance criteria and scores."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_stories"
down_revision = "20261123_first"

SCOPED = ("criteria", "blocks")
TEXTS = ("persona", "want", "benefit")
SCORES = ("reach", "impact", "confidence", "effort", "urgency", "risk")


def upgrade() -> None:
    _make("criteria", sa.Column("position", sa.Integer(), nullable=False), sa.Column("text", sa.Text(), nullable=False),
          sa.Column("checked", sa.Boolean(), nullable=False))  # fmt: skip
    op.create_index("ix_criteria_item", "criteria", ["workspace_id", "item_id"])
    _make("blocks", sa.Column("on_id", sa.String(32), nullable=False), _to_item("blocks", "on_id"))
    op.create_index("uq_blocks_pair", "blocks", ["workspace_id", "item_id", "on_id"], unique=True)
    op.create_index("ix_blocks_on", "blocks", ["workspace_id", "on_id"])
    with op.batch_alter_table("items") as items:
        for name in TEXTS:
            items.add_column(sa.Column(name, sa.Text(), nullable=True))
        for name in SCORES:
            items.add_column(sa.Column(name, sa.Float(53), nullable=True))
        items.add_column(sa.Column("due", sa.Date(), nullable=True))
        items.add_column(sa.Column("epic_id", sa.String(32), nullable=True))
        items.create_foreign_key(
            op.f("fk_items_workspace_id_epic_id"), "items", ["workspace_id", "epic_id"], ["workspace_id", "id"]
        )
    op.execute("UPDATE items SET " + ", ".join(f"{name} = ''" for name in TEXTS))
    with op.batch_alter_table("items") as items:
        for name in TEXTS:
            items.alter_column(name, existing_type=sa.Text(), nullable=False)
        some = sa.text("epic_id IS NOT NULL")
        items.create_index("ix_items_epic", ["epic_id"], sqlite_where=some, postgresql_where=some)
    if op.get_bind().dialect.name == "postgresql":
        for table in SCOPED:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(
                f"CREATE POLICY workspace ON {table} "
                "USING (workspace_id = NULLIF(current_setting('steward.workspace', true), ''))"
            )


def _make(table: str, *columns: sa.schema.SchemaItem) -> None:
    """A tracked table of what belongs to an item."""
    op.create_table(
        table,
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(32), nullable=False),
        *columns,
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        _to_item(table, "item_id"),
        sa.PrimaryKeyConstraint("id", "workspace_id", name=op.f(f"pk_{table}")),
    )


def _to_item(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column], ["items.workspace_id", "items.id"], name=op.f(f"fk_{table}_workspace_id_{column}")
    )
