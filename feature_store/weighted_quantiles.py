"""Quantiles of small weighted samples, many at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray

_VALUES_AT_ONCE = 3 * 2**14
"""Worked on together: 400 kB an array, of which a handful stays near the
processor."""

_FEW = 16
"""Samples up to this size are ranked by comparing each value with each: ``_FEW`` squared stays
below what sorting costs."""

_MANY_ROWS = 512
"""Rows from which on that is cheaper: numpy compares long rows fast, and calls have their price."""

_LEAST_SPAN = np.finfo(np.float64).tiny
"""Where only one value is near, there is nothing to divide, and its share does not matter."""

_Order = npt.NDArray[np.uint8] | npt.NDArray[np.int64]


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
        quantiles[block] = _quantiles(rows[block].T, of_block.T, levels).T
    return quantiles.reshape(*values.shape[:-1], len(levels))


def _quantiles(
    values: KilowattArray, weight: KilowattArray, levels: Sequence[float]
) -> KilowattArray:
    """Quantiles of samples, shape (sample, rows); they have shape (levels, rows).

    The sample is the first axis: numpy adds long rows faster than it adds up many short ones.
    """
    sample, rows = values.shape
    values = np.ascontiguousarray(values)
    last: npt.NDArray[np.int64] | int = sample - 1
    known = np.isfinite(values) & (weight > 0)
    if not known.all():
        values = np.where(known, values, np.inf)  # ordered last
        weight = np.where(known, weight, 0.0)
        number = _count(known)
        last = np.maximum(number - 1, 0)
        if not number.all():
            values[:, number == 0] = np.nan
    row = np.arange(rows)
    order = _order(values)
    midpoint = _midpoints(_in_order(weight, order))
    quantiles = np.empty((len(levels), rows))
    for made, level in zip(quantiles, levels, strict=True):
        high_at = np.minimum(_count(midpoint < level), last) * rows + row
        low_at = np.maximum(high_at - rows, row)
        begin, low, high = (
            midpoint.take(low_at),
            _at(values, order, low_at, row),
            _at(values, order, high_at, row),
        )
        span = midpoint.take(high_at) - begin
        share = np.clip((level - begin) / np.maximum(span, _LEAST_SPAN), 0.0, 1.0)
        np.minimum(low + share * (high - low), high, out=made)  # rounding passes it
    return quantiles


def _midpoints(weight: KilowattArray) -> KilowattArray:
    """Share of the weight up to the middle of each entry of ordered samples, (sample, rows)."""
    sample, rows = weight.shape
    if rows < sample:
        reached = np.cumsum(weight, axis=0)
    else:  # the same sums in the same order, all rows at once
        reached = np.empty_like(weight)
        reached[0] = weight[0]
        for before, entry, after in zip(reached, weight[1:], reached[1:], strict=False):
            np.add(before, entry, out=after)
    total = reached[-1]
    some = np.where(total > 0, total, np.nan)
    weight /= 2
    reached -= weight
    reached /= some
    return reached


def _order(values: KilowattArray) -> _Order:
    """Which entries of samples, shape (sample, rows), come first, second and so on.

    Of equal ones, and of NaN, the earlier comes first.
    """
    sample, rows = values.shape
    if sample > _FEW or rows < _MANY_ROWS:
        ordered = np.argsort(values.T, axis=1, kind="stable")
        return np.ascontiguousarray(ordered.T)
    place = np.arange(sample, dtype=np.uint8)[:, None]
    rank = np.empty((sample, rows), dtype=np.uint8)
    rank[:] = place
    for later in range(1, sample):
        above = (values[:later] > values[later]).view(np.uint8)
        rank[:later] += above
        rank[later] -= np.add.reduce(above, axis=0, dtype=np.uint8)
    order = np.zeros_like(rank)
    for entry in range(1, sample):
        stands = (rank[entry] == place).view(np.uint8)
        stands *= np.uint8(entry)
        order |= stands
    return order


def _in_order(weight: KilowattArray, order: _Order) -> KilowattArray:
    """Weights, shape (sample, rows) or (sample, 1), of ordered entries."""
    if weight.shape[1] == 1:
        return weight.take(order)
    rows = weight.shape[1]
    return weight.take(order.astype(np.int64, copy=False) * rows + np.arange(rows))


def _at(
    values: KilowattArray,
    order: _Order,
    at: npt.NDArray[np.int64],
    row: npt.NDArray[np.int64],
) -> KilowattArray:
    """The values that stand at flat places ``at`` once ordered, one a row."""
    entry = order.take(at).astype(np.int64, copy=False)
    return values.take(entry * len(row) + row)


def _count(true: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """How many of the first axis are true."""
    of_byte = len(true) <= np.iinfo(np.uint8).max  # numpy adds bytes up eight times as fast
    kind = np.uint8 if of_byte else np.int64
    return np.add.reduce(true.view(np.uint8), axis=0, dtype=kind).astype(np.int64, copy=False)
