"""The stored versions of readings, read as columns."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import polars as pl
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    cast,
    func,
    literal,
    select,
)

from feature_store.storage.tables import READINGS

ACTIVE = ("kwh",)
REACTIVE = ("lagging_kvarh", "leading_kvarh")
MEASURED = (*ACTIVE, *REACTIVE)
"""Columns of what a meter tells."""
TOLD = (*MEASURED, "quality")
"""Columns of what is told about an interval: a change of any of them is a new version."""

_TYPES: dict[str, type[pl.DataType]] = {
    "meter_id": pl.String,
    "period_start": pl.Int64,
    "known_at": pl.Int64,
    "quality": pl.UInt8,
    "import_id": pl.Int64,
    **dict.fromkeys(MEASURED, pl.Float64),
}


def known_versions(  # noqa: PLR0913  each of them narrows what is read
    connection: Connection,
    meter_ids: Collection[str],
    values: Sequence[str] = TOLD,
    *,
    since: int | None = None,
    until: int | None = None,
    known_by: int | None = None,
) -> pl.DataFrame:
    """Return what was told of each interval, one after another, and since when it is known.

    Columns ``meter_id``, ``period_start`` and ``known_at`` (UTC epoch seconds), then ``values``, in
    the order of the first three. A version that changed other values is left out: it does not make
    these later known than they were. PostgreSQL answers ``MEASURED`` from the key's index alone.

    Args:
        connection: Where to read.
        meter_ids: Whose readings.
        values: Which of ``TOLD``; with ``import_id``, what brought them.
        since: Only intervals that start then or later.
        until: Only intervals that start before then.
        known_by: Only versions known then or earlier.
    """
    wanted = _versions(values).where(READINGS.c.meter_id.in_(sorted(meter_ids)))
    if since is not None:
        wanted = wanted.where(READINGS.c.period_start >= since)
    if until is not None:
        wanted = wanted.where(READINGS.c.period_start < until)
    if known_by is not None:
        wanted = wanted.where(READINGS.c.known_at <= known_by)
    return _told(connection, wanted, values)


def newest_of(versions: pl.DataFrame) -> pl.DataFrame:
    """Return the last of each meter's and interval's :func:`known_versions`."""
    return versions.unique(["meter_id", "period_start"], keep="last", maintain_order=True)


def versions_touched(connection: Connection, batch: pl.DataFrame) -> pl.DataFrame:
    """Return the latest version of every interval that a batch may touch, in one query.

    Args:
        connection: Where to read.
        batch: Rows with ``meter_id`` and ``period_start`` (UTC epoch seconds); of each meter the
            stored intervals from its first to its last are looked at.
    """
    extents = batch.group_by("meter_id").agg(
        first=pl.col("period_start").min(), last=pl.col("period_start").max()
    )
    touched = _touched(connection, extents)
    wanted = (
        _versions(TOLD)
        .join_from(touched, READINGS, READINGS.c.meter_id == touched.c.meter_id)
        .where(
            READINGS.c.period_start.between(touched.c.first, touched.c.last),
            # Said once more as constants, so that other months' partitions are not even opened.
            READINGS.c.period_start.between(extents["first"].min(), extents["last"].max()),
        )
    )
    return newest_of(_told(connection, wanted, TOLD))


def _versions(values: Sequence[str]) -> Select[Any]:
    table = READINGS.c
    columns = (table[name] for name in ("meter_id", "period_start", "known_at", *values))
    return select(*columns).order_by(table.meter_id, table.period_start, table.known_at)


def _told(connection: Connection, wanted: Select[Any], values: Sequence[str]) -> pl.DataFrame:
    names = ("meter_id", "period_start", "known_at", *values)
    columns = fetched_columns(connection, wanted, len(names))
    versions = pl.DataFrame(
        [
            pl.Series(name, column, dtype=_TYPES[name])
            for name, column in zip(names, columns, strict=True)
        ]
    )
    changed = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).shift(1))
        for name in names
        if name not in {"known_at", "import_id"}
    )
    return versions.filter(changed)


def fetched_columns(
    connection: Connection, wanted: Select[Any], number: int
) -> Sequence[Sequence[Any]]:
    """Fetch ``number`` columns out of the driver's own rows: SQLAlchemy's take thrice as long."""
    cursor = connection.execute(wanted).cursor
    rows = cursor.fetchall() if cursor else []
    return list(zip(*rows, strict=True)) if rows else [()] * number


def _touched(connection: Connection, extents: pl.DataFrame) -> FromClause:
    """Return ``extents`` as a table of the database's own, whatever their number.

    Every value on its own would be a parameter of the statement, and their number has a limit.
    """
    told = json.dumps(extents.rows())
    places: list[ColumnElement[Any]]
    if connection.dialect.name == "postgresql":
        rows = func.json_array_elements(cast(literal(told, Text), JSON)).table_valued("value")
        places = [rows.c.value.op("->>")(place) for place in range(3)]
    else:
        rows = func.json_each(told).table_valued("value")
        places = [func.json_extract(rows.c.value, f"$[{place}]") for place in range(3)]
    meter_id, first, last = places
    return (
        select(
            cast(meter_id, Text).label("meter_id"),
            cast(first, BigInteger).label("first"),
            cast(last, BigInteger).label("last"),
        )
        .select_from(rows)
        .subquery("touched")
    )
