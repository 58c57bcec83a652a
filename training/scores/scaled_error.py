"""The error of the median, scaled by how much the load changes from week to week."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_WEEK, KilowattArray
from training.metrics import P50


def mase(actual_kw: KilowattArray, demand_kw: KilowattArray, before_kw: KilowattArray) -> float:
    """Mean absolute error of the median on the first day, over that of last week's load before.

    Below 1, the median is nearer than the same quarter hour of the week before was to the load of
    the time before the test. Source: Hyndman and Koehler (2006),
    doi:10.1016/j.ijforecast.2006.03.001.

    Args:
        actual_kw: Shape (issue times, steps); NaN where nothing was measured.
        demand_kw: Shape (issue times, steps, len(QUANTILES)).
        before_kw: The load before the first issue time on a gapless grid, NaN where unknown.
            NaN is the answer where it tells no week-on-week change.
    """
    changes_kw = np.abs(before_kw[STEPS_PER_WEEK:] - before_kw[:-STEPS_PER_WEEK])
    changes_kw = changes_kw[np.isfinite(changes_kw)]
    if not changes_kw.any():
        return float("nan")
    error_kw = np.abs(actual_kw[:, :STEPS_PER_DAY] - demand_kw[:, :STEPS_PER_DAY, P50])
    return float(np.nanmean(error_kw) / changes_kw.mean())
