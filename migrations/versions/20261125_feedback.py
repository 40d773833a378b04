"""Feedback and what it is evidence for, decisions, stakeholders, wishes to hear more or less, roadmap reviews."""

import sqlalchemy as sa
from alembic import op

from migrations.parts import hold_apart, indexes, make_tracked, refers

revision = "20261125_feedback"
down_revision = "20261125_same"


def _text(name: str, length: int | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=nullable)


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    _feedback()
    _decisions()
    _wishes()
    _reviews()


def _feedback() -> None:
    make_tracked(
        "feedback_requests",
        _id("product_id"),
        _text("text"),
        _id("asker_id"),
        _text("people"),
        _text("about"),
        sa.Column("due", sa.Date(), nullable=True),
        refers("feedback_requests", "product_id", "products"),
        refers("feedback_requests", "asker_id", "people"),
    )
    indexes("feedback_requests", ix_feedback_requests_product=["product_id", "created_at"])
    make_tracked(
        "feedback",
        _id("product_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("text"),
        _text("kind", 16),
        _id("author_id"),
        _id("from_id", nullable=True),
        _text("from_name"),
        _text("customer"),
        _text("segment"),
        sa.Column("worth", sa.Float(53), nullable=True),
        _text("currency", 8),
        _text("about"),
        _text("link"),
        _id("request_id", nullable=True),
        sa.Column("seen", sa.Boolean(), nullable=False),
        refers("feedback", "product_id", "products"),
        refers("feedback", "author_id", "people"),
        refers("feedback", "from_id", "people"),
        refers("feedback", "request_id", "feedback_requests"),
    )
    indexes(
        "feedback", uq_feedback_number=["product_id", "number"], ix_feedback_created_at=["product_id", "created_at"]
    )
    make_tracked(
        "feedback_links",
        _id("feedback_id"),
        _id("item_id"),
        refers("feedback_links", "feedback_id", "feedback"),
        refers("feedback_links", "item_id", "items"),
    )
    indexes(
        "feedback_links",
        uq_feedback_links_pair=["workspace_id", "feedback_id", "item_id"],
        ix_feedback_links_item=["workspace_id", "item_id"],
    )


def _decisions() -> None:
    make_tracked(
        "decisions",
        _id("product_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("question"),
        _text("options_json"),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("secret", sa.Boolean(), nullable=False),
        _text("state", 8),
        _text("choice"),
        _text("because"),
        _text("audience", 16),
        _text("refs"),
        _id("opened_by_id"),
        _id("closed_by_id", nullable=True),
        _time("closed_at"),
        _id("replaces_id", nullable=True),
        sa.Column("ballots", sa.Integer(), nullable=False),
        refers("decisions", "product_id", "products"),
        refers("decisions", "opened_by_id", "people"),
        refers("decisions", "closed_by_id", "people"),
        refers("decisions", "replaces_id", "decisions"),
    )
    indexes(
        "decisions",
        uq_decisions_number=["product_id", "number"],
        uq_decisions_replaces=["workspace_id", "replaces_id"],
    )
    op.create_table(
        "votes",
        _id("workspace_id"),
        _id("decision_id"),
        _id("person_id"),
        _text("choice"),
        _time("created_at", nullable=False),
        _time("updated_at", nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "decision_id"],
            ["decisions.workspace_id", "decisions.id"],
            name=op.f("fk_votes_workspace_id_decision_id"),
            ondelete="CASCADE",
        ),
        refers("votes", "person_id", "people"),
        sa.PrimaryKeyConstraint("decision_id", "person_id", "workspace_id", name=op.f("pk_votes")),
    )
    hold_apart("votes")
    make_tracked(
        "objections",
        _id("decision_id"),
        _id("person_id"),
        _text("text"),
        refers("objections", "decision_id", "decisions"),
        refers("objections", "person_id", "people"),
    )
    indexes("objections", ix_objections_decision=["workspace_id", "decision_id"])


def _wishes() -> None:
    """One row a person and product, in tables that history does not follow."""
    for table, key, *columns in (
        ("watches", "thing", _text("thing", 40)),
        ("mutes", "what", _text("what", 40), _time("until")),
        ("stakeholders", None, _text("interest", 8), _text("influence", 8)),
    ):
        own = [name for name in ("product_id", "person_id", key, "workspace_id") if name]
        op.create_table(
            table,
            *(_id(name) for name in ("workspace_id", "product_id", "person_id")),
            *columns,
            _time("created_at", nullable=False),
            _time("updated_at", nullable=False),
            refers(table, "product_id", "products"),
            refers(table, "person_id", "people"),
            sa.PrimaryKeyConstraint(*own, name=op.f(f"pk_{table}")),
        )
        hold_apart(table)
    indexes("watches", ix_watches_thing=["product_id", "thing"])


def _reviews() -> None:
    make_tracked(
        "reviews",
        _id("product_id"),
        _text("name"),
        sa.Column("on_day", sa.Date(), nullable=False),
        _id("opened_by_id"),
        _text("minutes"),
        _time("closed_at"),
        refers("reviews", "product_id", "products"),
        refers("reviews", "opened_by_id", "people"),
    )
    indexes("reviews", ix_reviews_product=["product_id", "on_day"])
    make_tracked(
        "invited",
        _id("review_id"),
        _id("person_id"),
        _text("answer", 16),
        _text("text"),
        _text("audience", 16),
        refers("invited", "review_id", "reviews"),
        refers("invited", "person_id", "people"),
    )
    indexes("invited", uq_invited_person=["workspace_id", "review_id", "person_id"])
