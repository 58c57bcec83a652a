"""The tables that suggestions and decisions are kept in; both are only ever appended to."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
)

METADATA = MetaData()

SUGGESTIONS = Table(
    "suggestions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("firm_id", Text, nullable=False),
    Column("issue_time", BigInteger, nullable=False),  # UTC epoch seconds
    Column("model_version", Text, nullable=False),
    Column("document", Text, nullable=False),  # JSON of a StoredDocument
    Column("created_at", BigInteger, nullable=False),  # UTC epoch seconds
)
Index("suggestions_by_firm", SUGGESTIONS.c.firm_id, SUGGESTIONS.c.issue_time)

DECISIONS = Table(
    "decisions",
    METADATA,
    # The primary key is what makes a second decision impossible, however two requests interleave.
    Column("suggestion_id", Text, ForeignKey("suggestions.id"), primary_key=True),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),  # UTC epoch seconds
    CheckConstraint("decision IN ('accepted', 'rejected')", name="decision_is_known"),
)
