"""Light days and heavy ones: how much a day's load has to be held back is told by its top."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_HOUR, KilowattArray

TOP_STEPS = 4 * STEPS_PER_HOUR
"""Highest intervals of a day that are looked at: what a battery of some hours has to hold."""
PARTS = 4
"""Parts that days of a kind fall into. Of four, the lightest of ten days that are drawn is a tenth
too heavy, of one chain of all days by half (`python -m bench.run month_peak`)."""
LEAST_DAYS_A_PART = 3


def day_top_kw(days_kw: KilowattArray) -> KilowattArray:
    """Return the mean of each day's highest intervals, (days,); NaN for a day with a gap.

    Args:
        days_kw: Shape (days, steps).
    """
    return np.sort(days_kw, axis=1)[:, -TOP_STEPS:].mean(axis=1)  # NaN is sorted to the end


def by_heaviness(
    days_kw: KilowattArray, weight: npt.NDArray[np.float64]
) -> list[npt.NDArray[np.int64]]:
    """Return the days of each part, the lightest first; parts weigh about the same.

    Too few days are one part.

    Args:
        days_kw: Whole days, shape (days, steps).
        weight: Of each day, > 0, shape (days,).
    """
    if len(days_kw) < PARTS * LEAST_DAYS_A_PART:
        return [np.arange(len(days_kw))]
    order = np.argsort(day_top_kw(days_kw), kind="stable")
    rank = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
    parts = [order[(rank * PARTS).astype(int) == part] for part in range(PARTS)]
    return [part for part in parts if len(part)]
