"""What was imported of a place's weather since a moment is found without reading all of it."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the index."""
    op.create_index("weather_by_import", "weather", ["place", "import_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("weather_by_import", "weather")
