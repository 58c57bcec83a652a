"""A firm's load out of its meters' readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_store.storage.declarations import EVER, Service
from feature_store.storage.moments import moment_of_seconds
from feature_store.time_grid import STEP, Instants, TimeGrid

STEP_S = int(STEP.astype(np.int64))


@dataclass(frozen=True, kw_only=True)
class MeterSum:
    """Values summed over the counted meters, on a grid from the first whole sum to the last."""

    grid: TimeGrid
    values: dict[str, npt.NDArray[np.float64]]
    """By column, each of shape (grid.steps,); NaN unless every meter in service told it."""
    known_at: Instants
    """When the last of the meters told, shape (grid.steps,); NaT where the sum is not whole."""


def sum_of_meters(
    versions: pl.DataFrame, services: Sequence[Service], columns: Sequence[str], zone: ZoneInfo
) -> MeterSum | None:
    """Sum ``columns`` over the counted meters that are in service in each interval.

    Args:
        versions: One row a meter and interval, as
            :func:`feature_store.storage.reading_versions.latest_versions` returns them.
        services: When which meter is in service.
        columns: Which columns to sum.
        zone: Zone of the grid.

    Returns:
        None if no interval has a reading of every meter that was in service.
    """
    if not versions.height:
        return None
    begun = versions["period_start"].to_numpy()
    first = int(begun.min())
    steps = (int(begun.max()) - first) // STEP_S + 1
    starts = first + np.arange(steps) * STEP_S
    awaited, told = np.zeros((2, steps), dtype=np.int64)
    sums = {column: np.zeros(steps) for column in columns}
    known_at = np.full(steps, EVER, dtype=np.int64)
    by_meter = versions.partition_by("meter_id", as_dict=True)
    for service in services:
        if not service.meter.counted:
            continue
        span = service.span
        awaited += (starts >= span.start) & (starts < span.end)
        rows = by_meter.get((service.meter.meter_id,), versions.clear())
        rows = rows.filter(pl.col("period_start").is_between(span.start, span.end, closed="left"))
        at = (rows["period_start"].to_numpy() - first) // STEP_S
        told[at] += 1
        for column in columns:
            sums[column][at] += rows[column].to_numpy()  # null is NaN, and so is the sum
        known_at[at] = np.maximum(known_at[at], rows["known_at"].to_numpy())
    whole = (awaited > 0) & (told == awaited)
    if not whole.any():
        return None
    kept = slice(int(whole.argmax()), steps - int(whole[::-1].argmax()))
    whole, instants = whole[kept], known_at[kept].astype("datetime64[s]")
    start = moment_of_seconds(int(starts[kept][0])).astimezone(zone)
    return MeterSum(
        grid=TimeGrid(start, steps=len(whole)),
        values={name: np.where(whole, values[kept], np.nan) for name, values in sums.items()},
        known_at=np.where(whole, instants, np.datetime64("NaT", "s")),
    )
