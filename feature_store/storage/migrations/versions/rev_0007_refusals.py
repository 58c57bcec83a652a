"""What is refused of a delivery is kept, with the reason of each row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "refusals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("identity_sha256", sa.Text, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("content_sha256", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("rows_refused", sa.Integer, nullable=False),
        sa.Column("faults", sa.Integer, nullable=False),
        sa.Column("rest_stored", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("refusals_by_identity", "refusals", ["identity_sha256"], unique=True)
    op.create_table(
        "refused_rows",
        sa.Column("refusal_id", sa.Integer, sa.ForeignKey("refusals.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("column", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("fix", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the two tables."""
    op.drop_table("refused_rows")
    op.drop_table("refusals")
