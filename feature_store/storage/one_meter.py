"""One meter's readings with their quality and the deliveries that they are from."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from sqlalchemy import Connection, select

from feature_store.entities.meter import Meter
from feature_store.entities.meter_readings import MeterReadings, ReadingQuality, ReadingSource
from feature_store.storage.meter_sum import STEP_S
from feature_store.storage.moments import moment_of_seconds
from feature_store.storage.tables import IMPORTS
from feature_store.time_grid import TimeGrid


def sources_of(connection: Connection, import_ids: pl.Series) -> dict[int, ReadingSource]:
    """Return the deliveries of the given imports, by import."""
    ids = import_ids.unique()
    if not ids.len():
        return {}
    wanted = select(IMPORTS).where(IMPORTS.c.id.between(ids.min(), ids.max()))
    among = set(ids)
    return {
        row.id: ReadingSource(
            import_id=row.id,
            name=row.source_name,
            format=row.source_format,
            content_sha256=row.content_sha256,
        )
        for row in connection.execute(wanted)
        if row.id in among
    }


def readings_of_meter(
    meter: Meter, rows: pl.DataFrame, sources: Mapping[int, ReadingSource], zone: ZoneInfo
) -> MeterReadings:
    """Lay one meter's readings on their grid.

    Args:
        meter: The meter.
        rows: Its versions that hold, at least one: period_start, known_at, kwh, quality, import_id.
        sources: The deliveries by import.
        zone: Zone of the grid.
    """
    starts = rows["period_start"].to_numpy()
    at = (starts - starts[0]) // STEP_S
    steps = int(at[-1]) + 1
    import_ids = sorted(rows["import_id"].unique())
    kwh = np.full(steps, np.nan)
    kwh[at] = rows["kwh"].to_numpy()
    known_at = np.full(steps, np.datetime64("NaT", "s"))
    known_at[at] = rows["known_at"].to_numpy().astype("datetime64[s]")
    names = np.array([quality.value for quality in ReadingQuality])
    quality = np.full(steps, "", dtype=names.dtype)
    quality[at] = names[rows["quality"].to_numpy()]
    source = np.full(steps, -1, dtype=np.int64)
    source[at] = np.searchsorted(import_ids, rows["import_id"].to_numpy())
    return MeterReadings(
        meter=meter,
        grid=TimeGrid(moment_of_seconds(int(starts[0])).astimezone(zone), steps=steps),
        kwh=kwh,
        known_at=known_at,
        quality=quality,
        source=source,
        sources=tuple(sources[import_id] for import_id in import_ids),
    )
