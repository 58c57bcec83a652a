"""Readings are found by the import that brought them, and on PostgreSQL in their key's index alone.

There rows lie in the order in which they arrived: a firm's year would be read from as many pages
as it has intervals. Both indexes are built anew: minutes, where there are years of readings.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_KEY = "meter_id, period_start, known_at"


def upgrade() -> None:
    """Add the index; on PostgreSQL every partition gets one, later ones when they are attached."""
    op.create_index("readings_by_import", "readings", ["import_id"])
    _replace_key("INCLUDE (kwh, lagging_kvarh, leading_kvarh)")


def downgrade() -> None:
    """Remove it."""
    op.drop_index("readings_by_import", "readings")
    _replace_key("")


def _replace_key(further_columns: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE readings DROP CONSTRAINT readings_pkey")
        op.execute(f"ALTER TABLE readings ADD PRIMARY KEY ({_KEY}) {further_columns}")
