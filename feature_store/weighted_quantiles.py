"""Quantiles of small weighted samples, many at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feature_store.time_grid import KilowattArray

_VALUES_AT_ONCE = 2**14
"""Worked on together: 128 kB an array, of which a handful stays near the processor."""

_LEAST_SPAN = np.finfo(np.float64).tiny
"""Where only one value is near, there is nothing to divide, and its share does not matter."""


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
    sample = values.shape[-1]
    rows = values.reshape(-1, sample)
    weight = weights.reshape(-1, sample)  # of every row, or one for all
    quantiles = np.empty((len(rows), len(levels)))
    many = max(1, _VALUES_AT_ONCE // sample)
    for first in range(0, len(rows), many):
        block = slice(first, first + many)
        of_block = weight if len(weight) == 1 else weight[block]
        quantiles[block] = _quantiles(*_in_order(rows[block], of_block), levels).T
    return quantiles.reshape(*values.shape[:-1], len(levels))


def _quantiles(
    ordered: KilowattArray, weight: KilowattArray, levels: Sequence[float]
) -> KilowattArray:
    """Quantiles of ordered samples, shape (sample, rows); they have shape (levels, rows)."""
    rows = ordered.shape[1]
    reached = np.cumsum(weight, axis=0)
    total = reached[-1]
    midpoint = (reached - weight / 2) / np.where(total > 0, total, np.nan)
    number = np.isfinite(ordered).sum(axis=0)
    ordered[:, number == 0] = np.nan
    last = np.maximum(number - 1, 0)
    row = np.arange(rows)
    quantiles = np.empty((len(levels), rows))
    for made, level in zip(quantiles, levels, strict=True):
        above = np.minimum((midpoint < level).sum(axis=0), last)
        below = np.maximum(above - 1, 0)
        high_at, low_at = above * rows + row, below * rows + row
        begin, low, high = midpoint.take(low_at), ordered.take(low_at), ordered.take(high_at)
        span = midpoint.take(high_at) - begin
        share = np.clip((level - begin) / np.maximum(span, _LEAST_SPAN), 0.0, 1.0)
        np.minimum(low + share * (high - low), high, out=made)  # rounding passes it
    return quantiles


def _in_order(rows: KilowattArray, weights: KilowattArray) -> tuple[KilowattArray, KilowattArray]:
    """Each row's sample ascending with its weights, what is left out last: infinite, of weight 0.

    Returns:
        Shape (sample, rows) each: numpy adds long rows faster than it adds up many short ones.
    """
    rows = np.ascontiguousarray(rows)  # sorting reads row by row
    known = np.isfinite(rows) & (weights > 0)
    rows = np.where(known, rows, np.inf)
    weight = np.where(known, weights, 0.0)
    order = np.argsort(rows, axis=1, kind="stable") + np.arange(len(rows))[:, None] * rows.shape[1]
    order = np.ascontiguousarray(order.T)
    return rows.take(order), weight.take(order)
