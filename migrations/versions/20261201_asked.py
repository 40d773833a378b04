"""Whether somebody has asked a question of a product yet."""

import sqlalchemy as sa
from alembic import op

revision = "20261201_asked"
down_revision = "20261130_doubts"


def upgrade() -> None:
    op.add_column("products", sa.Column("asked", sa.Boolean(), nullable=True))
    op.execute("UPDATE products SET asked = EXISTS (SELECT 1 FROM questions WHERE questions.product_id = products.id)")
    with op.batch_alter_table("products") as products:
        products.alter_column("asked", existing_type=sa.Boolean(), nullable=False)
