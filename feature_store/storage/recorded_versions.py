"""Every stored version of a meter's energy, as columns: what a copy of the ledger is made from."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, func, select

from feature_store.storage.tables import IMPORTS, READINGS

_COLUMNS: dict[str, type[pl.DataType]] = {
    "period_start": pl.Int64,
    "known_at": pl.Int64,
    "kwh": pl.Float64,
}
_NEWEST = select(func.coalesce(func.max(IMPORTS.c.id), 0))
"""Asked before every answer: built once."""


def recorded_versions(
    connection: Connection, meter_id: str, *, since: int, after_import: int
) -> pl.DataFrame:
    """Return the versions that imports after ``after_import`` stored, whenever they are known.

    Columns ``period_start`` and ``known_at`` (UTC epoch seconds) and ``kwh``, in that order;
    ``since`` is the first period wanted, likewise.
    """
    table = READINGS.c
    wanted = (
        select(table.period_start, table.known_at, table.kwh)
        .where(
            table.meter_id == meter_id,
            table.period_start >= since,
            table.import_id > after_import,
        )
        .order_by(table.period_start, table.known_at)
    )
    return pl.read_database(wanted, connection, schema_overrides=_COLUMNS)


def newest_import(connection: Connection) -> int:
    """Return the id of the import stored last, 0 if there is none."""
    return connection.execute(_NEWEST).scalar_one()
