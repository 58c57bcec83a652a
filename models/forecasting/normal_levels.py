"""Quantiles between those that were fitted, by the normal score of the level."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.forecasting.load_forecast import QUANTILES


def at_all_levels(demand_kw: KilowattArray, levels: Sequence[float]) -> KilowattArray:
    """Quantiles at ``QUANTILES`` from those at some levels, linear in the normal score.

    Args:
        demand_kw: Shape (..., len(levels)), ascending.
        levels: Fitted levels, ascending; the lowest and highest of ``QUANTILES`` among them.

    Example:
        >>> at_all_levels(np.array([[0.0, 1.0, 2.0]]), (0.05, 0.5, 0.95))[0, [0, 5, 10]].tolist()
        [0.0, 1.0, 2.0]
    """
    fitted, wanted = _scores(levels), _scores(QUANTILES)
    below = np.clip(np.searchsorted(fitted, wanted, side="right") - 1, 0, len(fitted) - 2)
    share = (wanted - fitted[below]) / (fitted[below + 1] - fitted[below])
    low, high = demand_kw[..., below], demand_kw[..., below + 1]
    return low + share * (high - low)


def _scores(levels: Sequence[float]) -> npt.NDArray[np.float64]:
    return np.array([NormalDist().inv_cdf(level) for level in levels])
