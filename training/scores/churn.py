"""How much a forecast changes its mind from one issue to the next."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import STEP, STEPS_PER_DAY, Instants, KilowattArray
from training.metrics import P50


def churn(issue_times: Instants, actual_kw: KilowattArray, demand_kw: KilowattArray) -> float:
    """Mean change of the median between successive issues, over the mean load of the first day.

    It is taken over the intervals that two successive issues both forecast. Plans made on a
    forecast that churns are made anew without need. NaN where no two issues share an interval.

    Args:
        issue_times: UTC instants in their order, shape (issue times,).
        actual_kw: Shape (issue times, steps); NaN where nothing was measured.
        demand_kw: Shape (issue times, steps, len(QUANTILES)).
    """
    median_kw = demand_kw[..., P50]
    steps = median_kw.shape[1]
    gaps = (np.diff(issue_times) // STEP).astype(np.int64)
    changes_kw = [
        np.abs(median_kw[number + 1, : steps - gap] - median_kw[number, gap:])
        for number, gap in enumerate(gaps)
        if gap < steps
    ]
    if not changes_kw:
        return float("nan")
    mean_kw = np.nanmean(np.abs(actual_kw[:, :STEPS_PER_DAY]))
    return float(np.concatenate(changes_kw).mean() / mean_kw)
