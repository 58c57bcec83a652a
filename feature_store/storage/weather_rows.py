"""A batch of weather in the ledger's own units, checked once more."""

from __future__ import annotations

import hashlib
import json

import polars as pl

from feature_store.entities.weather_batch import VARIABLES, WeatherBatch
from feature_store.errors import SandanError

TOLD = tuple(variable.name for variable in VARIABLES)
"""Columns of what is told about an hour: a change of any of them is a new version."""

ISSUE = ("place", "valid_time", "kind", "issued_at")
"""What one source told of an hour at one time: its versions are corrections of each other."""

_LONGEST_PLACE = 100
"""Letters: room for any name with a district; longer is a file in the wrong place."""


class UnusablePlaceError(SandanError):
    """A place is named by nothing, or by what nobody could type again."""


class NotOnTheHourError(SandanError):
    """Weather is told of a time between two full hours."""


class RepeatedHourError(SandanError):
    """A batch tells the same hour of the same place and issue twice."""


def rows_of(batch: WeatherBatch) -> pl.DataFrame:
    """Return the columns of ``ISSUE``, ``known_at`` and ``TOLD``; times in UTC epoch seconds.

    A forecast is issued when the batch says that it was known. What was measured speaks from its
    hour and is not known before it. An hour of which nothing is told is left out.
    """
    measured = batch.kind != "forecast"
    valid_time, known_at = (pl.col(name).dt.epoch("s") for name in ("valid_time", "known_at"))
    rows = batch.rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in TOLD)).select(
        "place",
        valid_time.alias("valid_time"),
        pl.lit(str(batch.kind)).alias("kind"),
        (valid_time if measured else known_at).alias("issued_at"),
        (pl.max_horizontal(known_at, valid_time) if measured else known_at).alias("known_at"),
        *TOLD,
    )
    _refuse_places(batch, rows["place"].unique().sort().to_list())
    off = batch.rows.filter(pl.col("valid_time") != pl.col("valid_time").dt.truncate("1h"))
    if off.height:
        raise NotOnTheHourError(
            f"{batch.source_name}: {off['valid_time'][0]} is not on the full hour ({off.height} "
            "rows in all); use the hourly form of this weather"
        )
    twice = rows.filter(rows.select(ISSUE).is_duplicated())
    if twice.height:
        raise RepeatedHourError(
            f"{batch.source_name}: an hour of {twice['place'][0]} stands twice "
            f"({twice.height} rows in all); keep one row of each"
        )
    return rows


def identity_of(batch: WeatherBatch, rows: pl.DataFrame) -> str:
    """Return a hash of what was received and of which places it is about, as what kind."""
    places = rows["place"].unique().sort().to_list()
    told = ["weather", batch.content_sha256, batch.kind, places]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _refuse_places(batch: WeatherBatch, places: list[str | None]) -> None:
    for place in places:
        if place is None or not place.strip() or len(place) > _LONGEST_PLACE:
            raise UnusablePlaceError(
                f"{batch.source_name}: a place has 1 to {_LONGEST_PLACE} letters, {place!r} has "
                "not; name it with --place"
            )
        if not place.isprintable():
            raise UnusablePlaceError(
                f"{batch.source_name}: the place {place!r} has letters that nobody can see; name "
                "it with --place"
            )
