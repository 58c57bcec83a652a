"""What checks of readings found, and the loads of days that pages show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables; they fill as readings are checked and rolled up."""
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("firm_id", sa.Text, nullable=False),
        sa.Column("meter_id", sa.Text, sa.ForeignKey("meters.meter_id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("period_start", sa.BigInteger, nullable=False),
        sa.Column("period_end", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("found_at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("findings_by_firm", "findings", ["firm_id", "found_at"])
    op.create_table(
        "finding_marks",
        sa.Column("firm_id", sa.Text, primary_key=True),
        sa.Column("checked_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "daily_loads",
        sa.Column("firm_id", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("steps_known", sa.Integer, nullable=False),
        sa.Column("kwh", sa.Float, nullable=False),
        sa.Column("highest_kw", sa.Float, nullable=False),
        sa.Column("highest_at", sa.BigInteger, nullable=False),
        sa.Column("highest_by_hour_kw", sa.Text, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "daily_load_marks",
        sa.Column("firm_id", sa.Text, primary_key=True),
        sa.Column("up_to_import", sa.Integer, nullable=False),
        sa.Column("services_sha256", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Remove them; what was found, and when, is lost."""
    for table in ("daily_load_marks", "daily_loads", "finding_marks", "findings"):
        op.drop_table(table)
