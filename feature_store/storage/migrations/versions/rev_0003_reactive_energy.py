"""Reactive energy beside the active one, where the meter tells it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add its columns; readings that are stored have none."""
    op.add_column("readings", sa.Column("lagging_kvarh", sa.Float))
    op.add_column("readings", sa.Column("leading_kvarh", sa.Float))


def downgrade() -> None:
    """Remove them, with everything in them."""
    op.drop_column("readings", "leading_kvarh")
    op.drop_column("readings", "lagging_kvarh")
