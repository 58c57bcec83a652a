"""Quantiles of small weighted samples, many at once."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import KilowattArray
from models.forecasting.load_forecast import QUANTILES


def weighted_quantiles(values: KilowattArray, weights: KilowattArray) -> KilowattArray:
    """Quantiles of each row's sample, linear between the midpoints of the weights.

    Args:
        values: Shape (rows, sample); NaN entries are left out.
        weights: Shape (rows, sample) or (sample,), >= 0.

    Returns:
        Shape (rows, len(QUANTILES)); NaN where a row has no value.

    Example:
        >>> weighted_quantiles(np.array([[1.0, 2.0, 3.0, np.nan]]), np.ones(4))[0, 5]
        np.float64(2.0)
    """
    known = np.isfinite(values)
    order = np.argsort(np.where(known, values, np.inf), axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    weight = np.take_along_axis(np.broadcast_to(weights, values.shape) * known, order, axis=1)
    total = weight.sum(axis=1, keepdims=True)
    midpoint = (np.cumsum(weight, axis=1) - weight / 2) / np.where(total > 0, total, np.nan)
    last = np.maximum(known.sum(axis=1) - 1, 0)
    row = np.arange(len(values))
    quantiles = np.empty((len(values), len(QUANTILES)))
    for column, level in enumerate(QUANTILES):
        above = np.minimum((midpoint < level).sum(axis=1), last)
        below = np.maximum(above - 1, 0)
        span = midpoint[row, above] - midpoint[row, below]
        share = np.clip((level - midpoint[row, below]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
        low, high = ordered[row, below], ordered[row, above]
        quantiles[:, column] = low + share * (high - low)
    return quantiles
