"""Means of loads of which some are not known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray


def mean_of_known(values: KilowattArray) -> KilowattArray:
    """Mean over the last axis, which is kept; NaN where nothing is known."""
    known = ~np.isnan(values)
    number = known.sum(axis=-1, keepdims=True)
    return weighted(np.where(known, values, 0.0).sum(axis=-1, keepdims=True), number)


def mean_around(values: KilowattArray, steps: int) -> KilowattArray:
    """Mean of what is known up to ``steps`` away, shape (issues, n + 2 x steps + 2).

    It begins and ends so far outside that nothing is around.
    """
    beyond = 2 * steps + 1
    padded = np.full((len(values), values.shape[1] + 2 * beyond), np.nan)
    padded[:, beyond:-beyond] = values
    known = ~np.isnan(padded)
    filled = np.where(known, padded, 0.0)
    many = padded.shape[1] - 2 * steps
    total_kw, number = np.zeros((2, len(values), many))
    for first in range(2 * steps + 1):
        total_kw += filled[:, first : first + many]
        number += known[:, first : first + many]
    return weighted(total_kw, number)


def weighted(total: KilowattArray, weight: npt.NDArray[np.number[Any]]) -> KilowattArray:
    """A weighted mean; NaN where nothing has weight."""
    return total / np.where(weight > 0, weight, np.nan)
