"""The stored versions of weather, read as columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, func, select

from feature_store.entities.place_weather import SEEN_COLUMNS, ToldWeather, told_weather
from feature_store.entities.weather_versions import VERSION_COLUMNS, WeatherVersions
from feature_store.storage.moments import epoch_seconds
from feature_store.storage.tables import WEATHER
from feature_store.storage.weather_rows import ISSUE

_TYPES = {"place": pl.String, **VERSION_COLUMNS}


def versions_known(
    connection: Connection, place: str, start: datetime, end: datetime, *, moment: datetime
) -> WeatherVersions:
    """Return the versions of a place's hours from ``start`` to before ``end`` known by then."""
    table = WEATHER.c
    wanted = _versions(place).where(
        table.valid_time >= epoch_seconds(start),
        table.valid_time < epoch_seconds(end),
        table.known_at <= epoch_seconds(moment),
    )
    rows = _read(connection, wanted).drop("place")
    return WeatherVersions(place=place, start=start, end=end, moment=moment, rows=rows)


def weather_told(
    connection: Connection, place: str, *, since: int | None, known_by: int
) -> ToldWeather:
    """Return what loads are forecast from, of a place's hours from the second ``since`` on.

    Only what was known by the second ``known_by``.
    """
    table = WEATHER.c
    wanted = select(*(table[name] for name in SEEN_COLUMNS)).where(
        table.place == place, table.known_at <= known_by
    )
    if since is not None:
        wanted = wanted.where(table.valid_time >= since)
    rows = pl.read_database(wanted, connection, schema_overrides=SEEN_COLUMNS)
    return told_weather(place, rows)


def newest_import_of(connection: Connection, place: str) -> int:
    """Return the largest id of an import that told of a place's weather, 0 if none did.

    Writers of one place wait for each other: none with a smaller id can come later.
    """
    wanted = select(func.coalesce(func.max(WEATHER.c.import_id), 0)).where(WEATHER.c.place == place)
    return connection.execute(wanted).scalar_one()


def seen_versions(
    connection: Connection, place: str, *, since: int, after_import: int, to_import: int
) -> pl.DataFrame:
    """Return versions of a place's hours from the second ``since`` on, in any order.

    Columns as in ``SEEN_COLUMNS``; those that imports after one brought, up to another.

    One bound alone is asked of the database and the rest is left out here: of two it may go by the
    index that finds more, and look for each of those rows in the table.
    """
    table = WEATHER.c
    types = SEEN_COLUMNS | {"import_id": pl.Int64}
    first = table.import_id > after_import if after_import else table.valid_time >= since
    wanted = select(*(table[name] for name in types)).where(table.place == place, first)
    rows = pl.read_database(wanted, connection, schema_overrides=types)
    return rows.filter(
        pl.col("valid_time") >= since,
        pl.col("import_id") > after_import,
        pl.col("import_id") <= to_import,
    ).select(*SEEN_COLUMNS)


def latest_of_issues(connection: Connection, batch: pl.DataFrame) -> pl.DataFrame:
    """Return the latest version of every issue that a batch may touch.

    Columns of ``ISSUE``, ``known_at`` and what is told. One query a place: a file tells few.

    Args:
        connection: Where to read.
        batch: Rows as :func:`feature_store.storage.weather_rows.rows_of` returns them.
    """
    table = WEATHER.c
    found = [
        _read(
            connection,
            _versions(rows["place"][0]).where(
                table.valid_time.between(rows["valid_time"].min(), rows["valid_time"].max()),
                table.issued_at.between(rows["issued_at"].min(), rows["issued_at"].max()),
                table.kind == rows["kind"][0],
            ),
        )
        for rows in batch.partition_by("place")
    ]
    return pl.concat(found).sort("known_at").unique(ISSUE, keep="last")


def _versions(place: str) -> Select[Any]:
    columns = (WEATHER.c[name] for name in _TYPES)
    return select(*columns).where(WEATHER.c.place == place)


def _read(connection: Connection, wanted: Select[Any]) -> pl.DataFrame:
    return pl.read_database(wanted, connection, schema_overrides=_TYPES)
