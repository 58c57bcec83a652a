"""The monthly partitions that PostgreSQL keeps readings in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import Connection, Engine, Select, func, literal_column, select, text

from feature_store.storage.database import lock_name

_VACUUMED_SHARE = 0.02
"""Share of a month's rows by which it grows until PostgreSQL marks its pages as seen by everyone.
An index alone answers for marked pages only; by default, a fifth, a week would be looked up."""


@dataclass(frozen=True, kw_only=True)
class Month:
    """A UTC month of intervals."""

    name: str
    """Name of its partition."""
    start: int
    """Its first second, UTC epoch."""
    end: int
    """The first second after it."""


def make_partitions(engine: Engine, starts: pl.Series) -> None:
    """Make the partitions that intervals starting at ``starts`` (epoch seconds) need.

    It is a transaction of its own, before the one that stores: that one then never holds what
    another writer waits for while it waits for the table itself. Nothing is done in SQLite.
    """
    if engine.dialect.name != "postgresql":
        return
    months = months_of(starts)
    with engine.connect() as connection:
        missing = _missing(connection, months)
    if not missing:
        return
    with engine.begin() as connection:
        lock_name(connection, "sandan: partitions of readings")
        for month in _missing(connection, months):
            _make(connection, month)


def months_of(starts: pl.Series) -> list[Month]:
    """Return the UTC months that epoch seconds lie in, in the order of time."""
    firsts = pl.from_epoch(starts, time_unit="s").dt.truncate("1mo").unique().sort()
    return [_month(first.year, first.month) for first in firsts]


def _month(year: int, month: int) -> Month:
    start = datetime(year, month, 1, tzinfo=UTC)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return Month(
        name=f"readings_{start:%Y_%m}", start=int(start.timestamp()), end=int(end.timestamp())
    )


def _missing(connection: Connection, months: Sequence[Month]) -> list[Month]:
    wanted: Select[str] = (
        select(literal_column("relname"))
        .select_from(text("pg_class"))
        .where(
            literal_column("relname").in_([month.name for month in months]),
            literal_column("relispartition"),
            func.pg_table_is_visible(literal_column("oid")),
        )
    )
    there = set(connection.execute(wanted).scalars())
    return [month for month in months if month.name not in there]


def _make(connection: Connection, month: Month) -> None:
    """Make one beside the table and attach it: readers and writers of other months go on."""
    connection.execute(
        text(
            f"CREATE TABLE {month.name} (LIKE readings INCLUDING DEFAULTS) "
            f"WITH (autovacuum_vacuum_insert_scale_factor = {_VACUUMED_SHARE})"
        )
    )
    connection.execute(
        text(
            f"ALTER TABLE readings ATTACH PARTITION {month.name} "
            f"FOR VALUES FROM ({month.start}) TO ({month.end})"
        )
    )
