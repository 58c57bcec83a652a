"""Meters of a firm, validity of declarations, quality of readings, keys of deliveries.

A firm's readings so far are those of one meter whose id is the firm's. PostgreSQL keeps readings in
one partition a month.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the new tables and take over what is stored."""
    _make_meters()
    _rebuild_readings()
    _rebuild_imports()
    op.add_column("firms", sa.Column("valid_from", sa.BigInteger))
    op.add_column("firms", sa.Column("valid_to", sa.BigInteger))
    op.create_table(
        "deliveries",
        sa.Column("idempotency_key", sa.Text, primary_key=True),
        sa.Column("identity_sha256", sa.Text, nullable=False),
        sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id")),
        sa.Column("rows_added", sa.Integer, nullable=False),
        sa.Column("rows_already_known", sa.Integer, nullable=False),
        sa.Column("corrections", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
    )


def _make_meters() -> None:
    op.create_table(
        "meters",
        sa.Column("meter_id", sa.Text, primary_key=True),
        sa.Column("firm_id", sa.Text, nullable=False),
        sa.Column("declared", sa.Boolean, nullable=False),
    )
    op.create_index("meters_by_firm", "meters", ["firm_id"])
    op.execute(
        "INSERT INTO meters (meter_id, firm_id, declared) "
        "SELECT DISTINCT firm_id, firm_id, true FROM firms"
    )
    op.execute(
        "INSERT INTO meters (meter_id, firm_id, declared) "
        "SELECT DISTINCT firm_id, firm_id, false FROM readings "
        "WHERE firm_id NOT IN (SELECT firm_id FROM firms)"
    )


def _rebuild_readings() -> None:
    op.rename_table("readings", "readings_by_firm")
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":  # names of keys are one of a kind in a schema
        op.execute("ALTER INDEX readings_pkey RENAME TO readings_by_firm_pkey")
    references = [
        sa.ForeignKeyConstraint(["meter_id"], ["meters.meter_id"]),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"]),
    ]
    if connection.dialect.name == "postgresql":  # there they take three quarters of an insert
        references = []
    op.create_table(
        "readings",
        sa.Column("meter_id", sa.Text, primary_key=True),
        sa.Column("period_start", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("known_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kwh", sa.Float, nullable=False),
        sa.Column("lagging_kvarh", sa.Float),
        sa.Column("leading_kvarh", sa.Float),
        sa.Column("quality", sa.SmallInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("import_id", sa.Integer, nullable=False),
        *references,
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (period_start)",
    )
    if connection.dialect.name == "postgresql":
        for name, first, end in _months_stored(connection):
            op.execute(
                f"CREATE TABLE {name} PARTITION OF readings FOR VALUES FROM ({first}) TO ({end})"
            )
    op.execute(
        "INSERT INTO readings (meter_id, period_start, known_at, kwh, lagging_kvarh, "
        "leading_kvarh, quality, recorded_at, import_id) SELECT firm_id, period_start, known_at, "
        "kwh, lagging_kvarh, leading_kvarh, 0, recorded_at, import_id FROM readings_by_firm"
    )
    op.drop_table("readings_by_firm")


def _months_stored(connection: sa.Connection) -> list[tuple[str, int, int]]:
    """Name, first second and end of every UTC month between the first reading and the last."""
    extent = sa.text("SELECT min(period_start), max(period_start) FROM readings_by_firm")
    first, last = connection.execute(extent).one()
    if first is None:
        return []
    begun = datetime.fromtimestamp(first, UTC)
    month = datetime(begun.year, begun.month, 1, tzinfo=UTC)
    months = []
    while month.timestamp() <= last:
        following = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)
        bounds = (int(month.timestamp()), int(following.timestamp()))
        months.append((f"readings_{month:%Y_%m}", *bounds))
        month = following
    return months


def _rebuild_imports() -> None:
    """Replace the list of firms, which has no bound, by a hash of it and the content."""
    identity = sa.Column("identity_sha256", sa.Text, nullable=False, server_default="-")
    op.add_column("imports", identity)  # the default fills rows that are there, for a moment
    connection = op.get_bind()
    stored = connection.execute(sa.text("SELECT id, content_sha256, firm_ids FROM imports")).all()
    for row in stored:
        pairs = [[firm_id, firm_id] for firm_id in row.firm_ids.split(",")]
        digest = hashlib.sha256(json.dumps([row.content_sha256, pairs]).encode()).hexdigest()
        connection.execute(
            sa.text("UPDATE imports SET identity_sha256 = :digest WHERE id = :id"),
            {"digest": digest, "id": row.id},
        )
    op.drop_index("imports_by_content", "imports")
    op.drop_column("imports", "firm_ids")
    op.create_index("imports_by_identity", "imports", ["identity_sha256"], unique=True)


def downgrade() -> None:
    """Refuse: several meters of a firm cannot be told apart any more."""
    raise NotImplementedError("restore the backup from before the upgrade")
