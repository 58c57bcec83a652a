"""How much a month may lie above or below what the days before it tell.

Days of one month go up and down together: a new order, a new shift, a cold spell. A month drawn day
by day from the past would have its peak almost for certain where past months had theirs; what the
past says of itself is how far such expectations were off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.features.load_table import WORKDAY, IntArray
from feature_store.time_grid import DAYS_PER_WEEK, KilowattArray
from feature_store.weighted_quantiles import weighted_quantiles
from models.dispatch.days_alike import HALF_LIFE_DAYS, REACH_DAYS

HIGH_DAY = 0.9
"""Of the highest demands of a month's working days the level that is compared: its heavy days, not
the one heaviest, which is chance."""
MONTH_DAYS = 28
LEAST_DAYS_BEFORE = 60
"""Fewer days before a past month tell too little to have expected anything."""
LEAST_WORKDAYS = 10
UNKNOWN_SPREAD = 0.08
"""Where there is too little past to ask; between the steadiest and the least steady of the measured
firms (0.04 and 0.13)."""


@dataclass(frozen=True, kw_only=True)
class MonthLevel:
    """A month whose loads all lie by one factor above what past days tell."""

    factor: float
    probability: float


def month_levels(spread: float) -> tuple[MonthLevel, ...]:
    """Return three levels that have a spread: lower, as expected, higher."""
    step = np.sqrt(2.0) * spread
    return (
        MonthLevel(factor=float(np.exp(-step)), probability=0.25),
        MonthLevel(factor=1.0, probability=0.5),
        MonthLevel(factor=float(np.exp(step)), probability=0.25),
    )


def level_spread(by_day_kw: KilowattArray, kind: IntArray) -> float:
    """Return by how much months lay off what was to be expected, as a standard deviation of logs.

    Every week of the last months the high days of the four weeks that followed are compared with
    those of the days before, weighted as :mod:`models.dispatch.days_alike` weighs them.

    Args:
        by_day_kw: Known days, the newest last, shape (days, steps).
        kind: Of each day.
    """
    highest_kw = np.where(np.isnan(by_day_kw), -np.inf, by_day_kw).max(axis=1)
    working = (kind == WORKDAY) & np.isfinite(highest_kw) & (highest_kw > 0)
    days = len(by_day_kw)
    first = max(days - REACH_DAYS, LEAST_DAYS_BEFORE)
    found = [
        ratio
        for day in range(days - MONTH_DAYS, first - 1, -DAYS_PER_WEEK)
        if (ratio := _log_ratio(highest_kw, working, day)) is not None
    ]
    return float(np.sqrt(np.mean(np.square(found)))) if found else UNKNOWN_SPREAD


def _log_ratio(highest_kw: KilowattArray, working: npt.NDArray[np.bool_], day: int) -> float | None:
    before = np.flatnonzero(working[max(day - REACH_DAYS, 0) : day]) + max(day - REACH_DAYS, 0)
    after = np.flatnonzero(working[day : day + MONTH_DAYS]) + day
    if min(len(before), len(after)) < LEAST_WORKDAYS:
        return None
    weight = 0.5 ** ((day - before) / HALF_LIFE_DAYS)
    expected_kw = weighted_quantiles(highest_kw[before][None], weight, (HIGH_DAY,))[0, 0]
    return float(np.log(np.quantile(highest_kw[after], HIGH_DAY) / expected_kw))
