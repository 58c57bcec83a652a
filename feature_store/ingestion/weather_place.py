"""The name under which the weather of a file is kept, if the caller has one of their own."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from feature_store.entities.weather_batch import WeatherBatch
from feature_store.errors import SandanError

_SHOWN = 8
"""Places listed; a file of the whole country holds thousands of cells."""


class SeveralPlacesError(SandanError):
    """A file tells of several places where one name is given."""


def kept_under(batch: WeatherBatch, place: str | None) -> WeatherBatch:
    """Return the batch as weather of ``place``; without one it keeps the places of the file.

    So the forecast of a cell, the station nearby and the reanalysis become the weather of one
    place. A file of several places is refused: their hours would contradict each other.
    """
    if place is None:
        return batch
    told = batch.rows["place"].unique().sort().to_list()
    if len(told) > 1:
        more = f" and {len(told) - _SHOWN:,} more" if len(told) > _SHOWN else ""
        raise SeveralPlacesError(
            f"{batch.source_name}: tells of {', '.join(told[:_SHOWN])}{more}, which cannot all be "
            f"{place}; leave --place out, or import a file of one of them"
        )
    return replace(batch, rows=batch.rows.with_columns(place=pl.lit(place)))
