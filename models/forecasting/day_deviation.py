"""How far each past day lay above or below what days of its kind had been drawing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.features.load_table import DAY_KINDS
from feature_store.features.local_days import PROFILE_DAYS
from models.forecasting.past_days import PastDays

LEAST_KNOWN_SHARE = 0.9
"""Of a day's steps: the mean of fewer can be that of its night."""
LEAST_BEFORE = 3
"""Days of the kind before it that a day is compared with."""


def day_deviations_kw(past: PastDays) -> npt.NDArray[np.float64]:
    """Return each day's mean less the mean of up to ``PROFILE_DAYS`` of its kind before it.

    Returns:
        Shape (days,); NaN for a day that cannot be compared.
    """
    known = np.isfinite(past.demand_kw)
    whole = known.mean(axis=1) >= LEAST_KNOWN_SHARE
    mean_kw = np.where(known, past.demand_kw, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    deviation_kw = np.full(len(mean_kw), np.nan)
    for kind in DAY_KINDS:
        days = np.flatnonzero((past.kind == kind) & whole)
        deviation_kw[days] = mean_kw[days] - _mean_before(mean_kw[days])
    return deviation_kw


def _mean_before(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of up to ``PROFILE_DAYS`` values before each; NaN where fewer than ``LEAST_BEFORE``."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(len(values))
    first = np.maximum(at - PROFILE_DAYS, 0)
    number = at - first
    mean: npt.NDArray[np.float64] = (sums[at] - sums[first]) / np.maximum(number, 1)
    return np.where(number >= LEAST_BEFORE, mean, np.nan)
