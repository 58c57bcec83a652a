"""The ledger's tables; all are only ever appended to. Moments are UTC epoch seconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text

METADATA = MetaData()

IMPORTS = Table(
    "imports",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source_name", Text, nullable=False),
    Column("source_format", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Column("firm_ids", Text, nullable=False),  # sorted, comma-separated
    Column("rows_added", Integer, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,  # an id in an audit log never comes back for another file
)
"""One row for each file of which something was stored."""
Index("imports_by_content", IMPORTS.c.content_sha256, IMPORTS.c.firm_ids, unique=True)

READINGS = Table(
    "readings",
    METADATA,
    Column("firm_id", Text, primary_key=True),
    Column("period_start", BigInteger, primary_key=True, autoincrement=False),
    Column("known_at", BigInteger, primary_key=True, autoincrement=False),
    Column("kwh", Float, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
    Column("lagging_kvarh", Float),
    Column("leading_kvarh", Float),
    sqlite_with_rowid=False,  # stored in the order of the key: a firm's year is one range of pages
)
"""One row for each version of a reading; the latest known by a moment holds at that moment."""

FIRMS = Table(
    "firms",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("firm_id", Text, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),  # JSON of feature_store.entities.firm.Firm
)
"""One row for each version of a firm's declaration."""
Index("firms_by_time", FIRMS.c.firm_id, FIRMS.c.known_at)
