"""Means of loads of which some are not known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray


def mean_of_known(values: KilowattArray) -> KilowattArray:
    """Mean over the last axis, which is kept; NaN where nothing is known."""
    mean: KilowattArray = values.sum(axis=-1, keepdims=True) / values.shape[-1]
    torn = np.isnan(mean[..., 0])  # mostly none: only of these is it looked what is known
    if torn.any():
        known = ~np.isnan(values[torn])
        number = known.sum(axis=-1, keepdims=True)
        total = np.where(known, values[torn], 0.0).sum(axis=-1, keepdims=True)
        mean[torn] = weighted(total, number)
    return mean


def weighted(total: KilowattArray, weight: npt.NDArray[np.number[Any]]) -> KilowattArray:
    """A weighted mean; NaN where nothing has weight."""
    return total / np.where(weight > 0, weight, np.nan)
