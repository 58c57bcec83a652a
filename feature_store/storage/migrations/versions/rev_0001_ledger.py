"""Imports, readings and firms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the ledger's tables."""
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("source_format", sa.Text, nullable=False),
        sa.Column("content_sha256", sa.Text, nullable=False),
        sa.Column("firm_ids", sa.Text, nullable=False),
        sa.Column("rows_added", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("imports_by_content", "imports", ["content_sha256", "firm_ids"], unique=True)
    op.create_table(
        "readings",
        sa.Column("firm_id", sa.Text, primary_key=True),
        sa.Column("period_start", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("known_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kwh", sa.Float, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "firms",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("firm_id", sa.Text, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("firms_by_time", "firms", ["firm_id", "known_at"])


def downgrade() -> None:
    """Remove them, with everything in them."""
    for table in ("firms", "readings", "imports"):
        op.drop_table(table)
