"""Quantiles of small weighted samples, many at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feature_store.time_grid import KilowattArray


def weighted_quantiles(
    values: KilowattArray, weights: KilowattArray, levels: Sequence[float]
) -> KilowattArray:
    """Quantiles of each row's sample, linear between the midpoints of the weights.

    Args:
        values: Shape (..., sample); NaN entries are left out.
        weights: Shape (..., sample) or (sample,), >= 0; an entry of weight 0 is left out.
        levels: Probability levels, ascending.

    Returns:
        Shape (..., len(levels)); NaN where a row has no value.

    Example:
        >>> weighted_quantiles(np.array([[1.0, 2.0, 3.0, np.nan]]), np.ones(4), (0.5,))[0, 0]
        np.float64(2.0)
    """
    rows, sample = values.size // values.shape[-1], values.shape[-1]
    weight = np.broadcast_to(weights, values.shape).reshape(rows, sample)
    known = np.isfinite(values.reshape(rows, sample)) & (weight > 0)
    ordered = np.where(known, values.reshape(rows, sample), np.inf)
    order = np.argsort(ordered, axis=1, kind="stable")
    ordered = np.take_along_axis(ordered, order, axis=1)
    weight = np.take_along_axis(np.where(known, weight, 0.0), order, axis=1)
    total = weight.sum(axis=1, keepdims=True)
    midpoint = (np.cumsum(weight, axis=1) - weight / 2) / np.where(total > 0, total, np.nan)
    number = known.sum(axis=1)
    ordered[number == 0] = np.nan
    last = np.maximum(number - 1, 0)
    row = np.arange(rows)
    quantiles = np.empty((rows, len(levels)))
    for column, level in enumerate(levels):
        above = np.minimum((midpoint < level).sum(axis=1), last)
        below = np.maximum(above - 1, 0)
        span = midpoint[row, above] - midpoint[row, below]
        share = np.clip((level - midpoint[row, below]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
        low, high = ordered[row, below], ordered[row, above]
        quantiles[:, column] = np.minimum(low + share * (high - low), high)  # rounding passes it
    return quantiles.reshape(*values.shape[:-1], len(levels))
