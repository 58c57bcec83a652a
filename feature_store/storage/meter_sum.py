"""A firm's load out of its meters' readings, and what it was before one of them was corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.entities.superseded import Superseded
from feature_store.storage.declarations import Service
from feature_store.storage.meter_versions import FloatArray, MeterVersions, Seconds
from feature_store.storage.moments import moment_of_seconds
from feature_store.time_grid import HOURS_PER_STEP, STEP, Instants, TimeGrid

STEP_S = int(STEP.astype(np.int64))


@dataclass(frozen=True, kw_only=True)
class MeterSum:
    """Values summed over the counted meters, on a grid from the first whole sum to the last."""

    grid: TimeGrid
    values: Mapping[str, FloatArray]
    """By column, each of shape (grid.steps,); NaN unless every meter in service told it."""
    known_at: Instants
    """When the last of the meters told, shape (grid.steps,); NaT where the sum is not whole."""
    superseded: MeterVersions
    """Sums that held until one of the meters was corrected."""
    superseded_at: Seconds
    """When each of them was."""

    def history(self, firm_id: str) -> LoadHistory:
        """The load of a firm whose ``kwh`` was summed."""
        earlier = self.superseded
        return LoadHistory(
            firm_id=firm_id,
            grid=self.grid,
            demand_kw=self.values["kwh"] / HOURS_PER_STEP,
            known_at=self.known_at,
            superseded=Superseded(
                start=earlier.start.astype("datetime64[s]"),
                known_from=earlier.known_at.astype("datetime64[s]"),
                known_until=self.superseded_at.astype("datetime64[s]"),
                demand_kw=earlier.values["kwh"] / HOURS_PER_STEP,
            ),
        )


def sum_of_meters(
    versions: Mapping[str, MeterVersions],
    services: Sequence[Service],
    columns: Sequence[str],
    zone: ZoneInfo,
) -> MeterSum | None:
    """Sum ``columns`` over the counted meters that are in service in each interval.

    Args:
        versions: What each meter told, by meter.
        services: When which meter is in service.
        columns: Which columns to sum.
        zone: Zone of the grid.

    Returns:
        None if no interval has a reading of every meter that was in service.
    """
    nothing = np.empty(0, dtype=np.int64)
    untold = MeterVersions(
        start=nothing, known_at=nothing, values=dict.fromkeys(columns, np.empty(0))
    )
    counted = [service for service in services if service.meter.counted]
    told = [versions.get(one.meter.meter_id, untold).within(one.span) for one in counted]
    sums = told[0] if len(told) == 1 else _sums(counted, told, columns)
    if not len(sums.start):
        return None
    return _laid_out(sums, zone)


def _sums(
    counted: Sequence[Service], told: Sequence[MeterVersions], columns: Sequence[str]
) -> MeterVersions:
    """Versions of the sum: a new one whenever a meter tells something of an interval.

    Those are left out that came before every meter in service had told the interval.
    """
    moments = np.unique(np.concatenate([one.known_at for one in told]))
    if not len(moments):
        return told[0]

    def keys(start: Seconds, known_at: Seconds) -> Seconds:
        """One number for an interval and a moment, in the order of both."""
        return start // STEP_S * len(moments) + np.searchsorted(moments, known_at)

    keys_told = [keys(one.start, one.known_at) for one in told]
    events = np.unique(np.concatenate(keys_told))
    start, known_at = events // len(moments) * STEP_S, moments[events % len(moments)]
    awaited, heard = np.zeros((2, len(events)), dtype=np.int64)
    values = {column: np.zeros(len(events)) for column in columns}
    for service, one, key in zip(counted, told, keys_told, strict=True):
        awaited += (start >= service.span.start) & (start < service.span.end)
        if not len(key):
            continue
        latest = np.maximum(np.searchsorted(key, events, side="right") - 1, 0)
        has = (key[latest] <= events) & (one.start[latest] == start)
        heard += has
        for column, total in values.items():
            total[has] += one.values[column][latest[has]]  # NaN where untold, and so is the sum
    sums = MeterVersions(start=start, known_at=known_at, values=values)
    return sums.where(heard == awaited)


def _laid_out(sums: MeterVersions, zone: ZoneInfo) -> MeterSum:
    """Lay the newest sums on their grid, and keep the others beside it."""
    newest = sums.newest
    held = sums if newest.all() else sums.where(newest)
    steps = int(held.start[-1] - held.start[0]) // STEP_S + 1
    values, known_at = held.values, held.known_at.astype("datetime64[s]")
    if steps > len(held.start):
        place = (held.start - held.start[0]) // STEP_S
        values = {name: np.full(steps, np.nan) for name in held.values}
        for name, column in held.values.items():
            values[name][place] = column
        on_grid = np.full(steps, np.datetime64("NaT", "s"))
        on_grid[place] = known_at
        known_at = on_grid
    superseded = np.flatnonzero(~newest)  # none is the last of all
    return MeterSum(
        grid=TimeGrid(moment_of_seconds(int(held.start[0])).astimezone(zone), steps=steps),
        values=values,
        known_at=known_at,
        superseded=sums.where(superseded) if len(superseded) else sums.rows(0, 0),
        superseded_at=sums.known_at[superseded + 1],
    )
