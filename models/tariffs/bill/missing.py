"""Readings that never came: which, and what a bill takes in their place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import INTERVAL, STEPS_PER_DAY
from models.tariffs.bands import IntervalBands
from models.tariffs.bill.errors import TooManyMissingReadingsError
from models.tariffs.bill.metered_energy import MeteredEnergy, Quantities
from models.tariffs.switches import Switches


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A run of missing readings, half-open."""

    start: datetime
    end: datetime
    filled_kwh: float


@dataclass(frozen=True, kw_only=True)
class MissingReadings:
    """What was missing of a month and how it was treated. Filled values never make a peak."""

    count: int
    of: int
    """Intervals of the month."""
    filled_kwh: float
    gaps: tuple[Gap, ...]
    rule: str = (
        "mean of the same clock step on days of the same kind in the month (working day, "
        "Saturday, off-peak day); without one, on any day; never counted as demand"
    )


NOTHING_MISSING_RULE = "no reading is missing"


def filled(
    readings: MeteredEnergy, bands: IntervalBands, switches: Switches
) -> tuple[Quantities, MissingReadings]:
    """Return the month's kWh without gaps, shape (grid.steps,), and what was done.

    More gaps than ``switches`` allow are a :class:`TooManyMissingReadingsError`.
    """
    missing = np.isnan(readings.kwh)
    steps = readings.grid.steps
    count = int(missing.sum())
    if not count:
        return readings.kwh, MissingReadings(
            count=0, of=steps, filled_kwh=0.0, gaps=(), rule=NOTHING_MISSING_RULE
        )
    if count > switches.most_missing_share * steps or count == steps:
        first = readings.grid.at(int(np.argmax(missing))).astimezone(readings.zone)
        raise TooManyMissingReadingsError(
            f"{count} of {steps} readings are missing, the first of {first.isoformat()}, and at "
            f"most {switches.most_missing_share:.0%} may be filled; import the missing readings, "
            "or set the switch most_missing_share higher"
        )
    kwh = np.where(missing, _typical(readings.kwh, bands), readings.kwh)
    return kwh, MissingReadings(
        count=count,
        of=steps,
        filled_kwh=float(kwh[missing].sum()),
        gaps=_gaps(readings, missing, kwh),
    )


def _typical(kwh: Quantities, bands: IntervalBands) -> Quantities:
    """Mean of the same clock step on days of the same kind, else on any day, else of all."""
    step = bands.clock.step_of_day.astype(np.int64)
    kind = np.where(bands.off_peak_day, 2, np.where(bands.weekend, 1, 0))
    typical = _means(kwh, kind * STEPS_PER_DAY + step)
    typical = np.where(np.isnan(typical), _means(kwh, step), typical)
    return np.where(np.isnan(typical), np.nanmean(kwh), typical)


def _means(kwh: Quantities, group: npt.NDArray[np.int64]) -> Quantities:
    """Mean of each interval's group, NaN for a group without a reading."""
    known = ~np.isnan(kwh)
    size = int(group.max()) + 1
    counts = np.bincount(group[known], minlength=size)
    sums = np.bincount(group[known], weights=kwh[known], minlength=size)
    means = np.full(size, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means[group]


def _gaps(
    readings: MeteredEnergy, missing: npt.NDArray[np.bool_], kwh: Quantities
) -> tuple[Gap, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]])))
    return tuple(
        Gap(
            start=readings.grid.at(int(first)).astimezone(readings.zone),
            end=(readings.grid.at(int(end) - 1) + INTERVAL).astimezone(readings.zone),
            filled_kwh=float(kwh[first:end].sum()),
        )
        for first, end in edges.reshape(-1, 2)
    )
