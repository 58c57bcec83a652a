"""The stored versions of a firm's readings, read as columns."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Connection, select

from feature_store.storage.tables import READINGS

ACTIVE = ("kwh",)
REACTIVE = ("lagging_kvarh", "leading_kvarh")
MEASURED = (*ACTIVE, *REACTIVE)
"""Columns of what a meter tells."""


def latest_versions(
    connection: Connection,
    firm_id: str,
    values: Sequence[str] = MEASURED,
    *,
    between: tuple[int | None, int | None] = (None, None),
    known_by: int | None = None,
) -> pl.DataFrame:
    """Return the latest ``values`` of each interval and since when they are known.

    Columns ``period_start`` and ``known_at`` (UTC epoch seconds) and ``values``, one row an
    interval, in the order of time. A version that changed other values does not make these later
    known than they were.

    Args:
        connection: Where to read.
        firm_id: Whose readings.
        values: Which of ``MEASURED``.
        between: Only intervals that start from the first to the second of these, both included.
        known_by: Only versions known then or earlier.
    """
    table = READINGS.c
    wanted = (
        select(table.period_start, table.known_at, *(table[value] for value in values))
        .where(table.firm_id == firm_id)
        .order_by(table.period_start, table.known_at)
    )
    first, last = between
    if first is not None:
        wanted = wanted.where(table.period_start >= first)
    if last is not None:
        wanted = wanted.where(table.period_start <= last)
    if known_by is not None:
        wanted = wanted.where(table.known_at <= known_by)
    types = {"period_start": pl.Int64, "known_at": pl.Int64} | dict.fromkeys(values, pl.Float64)
    versions = pl.read_database(wanted, connection, schema_overrides=types)
    changed = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("period_start", *values)
    )
    return versions.filter(changed).unique("period_start", keep="last", maintain_order=True)
