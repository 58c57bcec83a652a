"""Batches of weather for tests, as if files of exactly these rows had been read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from feature_store.entities.weather_batch import WEATHER_COLUMNS, WeatherBatch, WeatherKind
from tests.builders import MONDAY

PLACE = "gwangju"


def hour(number: float) -> datetime:
    """The hour of this number, counted from a Monday midnight in Korea."""
    return MONDAY + timedelta(hours=number)


def a_weather(
    celsius: Sequence[float | None],
    *,
    kind: WeatherKind = "forecast",
    first: int = 0,
    known_at: datetime = MONDAY,
    place: str = PLACE,
    **others: Sequence[float | None],
) -> WeatherBatch:
    """Temperatures of consecutive hours from the ``first`` on, and further variables by name."""
    rows = pl.DataFrame(
        {
            "place": place,
            "valid_time": [hour(first + at).astimezone(UTC) for at in range(len(celsius))],
            "known_at": known_at.astimezone(UTC),
            "temperature_celsius": celsius,
        }
        | others
    )
    return weather_of(rows, kind=kind)


def weather_of(rows: pl.DataFrame, *, kind: WeatherKind) -> WeatherBatch:
    """A batch of any rows; columns that are left out are null."""
    return WeatherBatch(
        rows=rows.select(
            (pl.col(name) if name in rows.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in WEATHER_COLUMNS.items()
        ),
        kind=kind,
        source_format="made",
        source_name="weather.csv",
        content_sha256=hashlib.sha256(rows.write_csv().encode()).hexdigest(),
    )
