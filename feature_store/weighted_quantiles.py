"""Quantiles of small weighted samples, many at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from feature_store.compiled import compiled_for
from feature_store.time_grid import KilowattArray

_FEW = 64
"""Samples up to this size are ordered by putting each value in its place among those before; of
larger ones that would cost more than sorting."""

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
    rows = np.require(values, np.float64, ["C", "W"]).reshape(-1, sample)
    weight = np.require(weights, np.float64, ["C", "W"]).reshape(-1, sample)
    if sample > _FEW:  # in order, each is in its place at once
        order = np.argsort(rows, axis=1, kind="stable")
        rows = np.take_along_axis(rows, order, axis=1)
        weight = np.take_along_axis(np.broadcast_to(weight, rows.shape), order, axis=1)
    quantiles = np.empty((len(rows), len(levels)))
    _fill(rows, weight, np.array(levels, dtype=np.float64), quantiles)
    return quantiles.reshape(*values.shape[:-1], len(levels))


@compiled_for("void(float64[:, ::1], float64[:, ::1], float64[::1], float64[:, ::1])")
def _fill(
    values: KilowattArray,
    weights: KilowattArray,
    levels: npt.NDArray[np.float64],
    quantiles: KilowattArray,
) -> None:
    """Fill quantiles, shape (rows, levels), of rows of values; weights of each row, or one."""
    ordered, weight, midpoint = np.empty((3, values.shape[1]))
    for row in range(len(values)):
        weight_of = weights[row] if len(weights) > 1 else weights[0]
        number = 0
        reached = 0.0
        for entry in range(values.shape[1]):
            value = values[row, entry]
            if not np.isfinite(value) or not weight_of[entry] > 0:
                continue
            place = number
            while place > 0 and ordered[place - 1] > value:
                ordered[place], weight[place] = ordered[place - 1], weight[place - 1]
                place -= 1
            ordered[place], weight[place] = value, weight_of[entry]
            number += 1
        for place in range(number):
            reached += weight[place]
            midpoint[place] = reached - weight[place] / 2
        for at in range(len(levels)):
            if number == 0:
                quantiles[row, at] = np.nan
                continue
            high = 0
            for place in range(number):
                midpoint_share = midpoint[place] / reached
                high += midpoint_share < levels[at]
            high = min(high, number - 1)
            low = max(high - 1, 0)
            begin = midpoint[low] / reached
            span = midpoint[high] / reached - begin
            share = min(max((levels[at] - begin) / max(span, _LEAST_SPAN), 0.0), 1.0)
            between = ordered[low] + share * (ordered[high] - ordered[low])
            quantiles[row, at] = min(between, ordered[high])  # rounding passes it
