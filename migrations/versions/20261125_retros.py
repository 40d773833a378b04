"""Retros with their cards and votes, rounds of estimation poker, and what was finished when, for the forecast."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, indexes, make_tracked, refers

revision = "20261125_retros"
down_revision = "20261125_digests"


def upgrade() -> None:
    make_tracked(
        "retros",
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sprint_id", sa.String(32), nullable=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        refers("retros", "product_id", "products"),
        refers("retros", "sprint_id", "sprints"),
    )
    indexes("retros", uq_retros_number=["product_id", "number"])
    make_tracked(
        "retro_cards",
        sa.Column("retro_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(32), nullable=True),
        sa.Column("owner_id", sa.String(32), nullable=True),
        sa.Column("item_id", sa.String(32), nullable=True),
        sa.Column("tally", sa.Integer(), nullable=True),
        refers("retro_cards", "retro_id", "retros"),
        refers("retro_cards", "author_id", "people"),
        refers("retro_cards", "owner_id", "people"),
        refers("retro_cards", "item_id", "items"),
        stamped=False,
    )
    indexes("retro_cards", uq_retro_cards_number=["retro_id", "number"])
    _votes("retro_votes", "card_id", "retro_cards", sa.Column("retro_id", sa.String(32), nullable=False))
    indexes("retro_votes", ix_retro_votes_person=["workspace_id", "retro_id", "person_id"])
    _poker()
    _index("ix_items_closed", ["product_id", "closed_at"], "closed_at IS NOT NULL")
    _index("ix_items_assigned", ["product_id", "assignee_id"], "closed_at IS NULL AND assignee_id IS NOT NULL")


def _index(name: str, columns: list[str], condition: str) -> None:
    some = sa.text(condition)
    op.create_index(name, "items", columns, sqlite_where=some, postgresql_where=some)


def _poker() -> None:
    op.create_table(
        "poker_rounds",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        _gone_with("poker_rounds", "item_id", "items"),
        sa.PrimaryKeyConstraint("id", "workspace_id", name=op.f("pk_poker_rounds")),
    )
    hold_apart("poker_rounds")
    indexes("poker_rounds", uq_poker_rounds_number=["item_id", "number"])
    _votes("poker_votes", "round_id", "poker_rounds", sa.Column("card", sa.String(8), nullable=False))


def _votes(table: str, column: str, to: str, *columns: sa.Column[str]) -> None:
    """One vote of one person for one thing; it goes with the thing."""
    op.create_table(
        table,
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column(column, sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        *columns,
        _gone_with(table, column, to),
        refers(table, "person_id", "people"),
        sa.PrimaryKeyConstraint(column, "person_id", "workspace_id", name=op.f(f"pk_{table}")),
    )
    hold_apart(table)


def _gone_with(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{to}.workspace_id", f"{to}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete="CASCADE",
    )
