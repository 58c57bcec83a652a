"""The stored versions of a firm's readings, read as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy import Connection, select

from feature_store.storage.tables import READINGS

EpochSeconds = npt.NDArray[np.int64]

_TYPES = {"period_start": pl.Int64, "known_at": pl.Int64, "kwh": pl.Float64}


@dataclass(frozen=True, kw_only=True)
class ReadingVersions:
    """One version of each of a firm's intervals, in the order of time; all of shape (n,)."""

    period_start: EpochSeconds
    known_at: EpochSeconds
    kwh: npt.NDArray[np.float64]


def latest_versions(
    connection: Connection,
    firm_id: str,
    *,
    first: int | None = None,
    last: int | None = None,
    known_by: int | None = None,
) -> ReadingVersions:
    """Return the latest version of each interval, in UTC epoch seconds.

    Args:
        connection: Where to read.
        firm_id: Whose readings.
        first: Only intervals that start then or later.
        last: Only intervals that start then or earlier.
        known_by: Only versions known then or earlier.
    """
    table = READINGS.c
    wanted = (
        select(table.period_start, table.known_at, table.kwh)
        .where(table.firm_id == firm_id)
        .order_by(table.period_start, table.known_at)
    )
    if first is not None:
        wanted = wanted.where(table.period_start >= first)
    if last is not None:
        wanted = wanted.where(table.period_start <= last)
    if known_by is not None:
        wanted = wanted.where(table.known_at <= known_by)
    versions = pl.read_database(wanted, connection, schema_overrides=_TYPES)
    latest = versions.unique("period_start", keep="last", maintain_order=True)
    return ReadingVersions(
        period_start=latest["period_start"].to_numpy(),
        known_at=latest["known_at"].to_numpy(),
        kwh=latest["kwh"].to_numpy(),
    )
