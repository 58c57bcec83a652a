"""Suggestions and the operators' decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of what was proposed and what was decided."""
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("firm_id", sa.Text, nullable=False),
        sa.Column("issue_time", sa.BigInteger, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("suggestions_by_firm", "suggestions", ["firm_id", "issue_time"])
    op.create_table(
        "decisions",
        sa.Column("suggestion_id", sa.Text, sa.ForeignKey("suggestions.id"), primary_key=True),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.CheckConstraint("decision IN ('accepted', 'rejected')", name="decision_is_known"),
    )


def downgrade() -> None:
    """Remove them, with everything in them."""
    for table in ("decisions", "suggestions"):
        op.drop_table(table)
