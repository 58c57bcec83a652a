"""Weather as it was known: forecasts as they were issued, and what was measured."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "weather",
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("valid_time", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("issued_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("known_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("temperature_celsius", sa.Float),
        sa.Column("relative_humidity_share", sa.Float),
        sa.Column("wind_speed_m_per_s", sa.Float),
        sa.Column("precipitation_probability_share", sa.Float),
        sa.Column("precipitation_mm", sa.Float),
        sa.Column("cloud_share", sa.Float),
        sa.Column("kma_sky_code", sa.Float),
        sa.Column("kma_precipitation_code", sa.Float),
        sa.Column("ghi_w_per_m2", sa.Float),
        sa.Column("dni_w_per_m2", sa.Float),
        sa.Column("dhi_w_per_m2", sa.Float),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Remove it, with everything in it."""
    op.drop_table("weather")
