"""Under which numbers readings came is kept, so that a second meter is not taken for the first.

Of readings that are stored already it is not known: the first file that names a number says it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "meter_numbers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("meter_id", sa.Text, sa.ForeignKey("meters.meter_id"), nullable=False),
        sa.Column("numbers", sa.Text, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("meter_numbers_by_meter", "meter_numbers", ["meter_id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("meter_numbers")
