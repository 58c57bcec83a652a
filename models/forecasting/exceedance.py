"""The probability that the load passes a level: in each step, or somewhere in a period."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.forecasting.daily_maximum import Mask
from models.forecasting.quantile_curve import level_of_demand

Shares = npt.NDArray[np.float64]
"""Probabilities, 0 to 1."""


def chance_above(quantiles_kw: KilowattArray, levels_kw: KilowattArray) -> Shares:
    """Return the probability that each step's load lies above each level.

    Args:
        quantiles_kw: Forecast, shape (steps, len(QUANTILES)).
        levels_kw: Shape (levels,).

    Returns:
        Shape (steps, levels).
    """
    asked_kw = np.broadcast_to(levels_kw, (len(quantiles_kw), len(levels_kw)))
    return 1.0 - level_of_demand(quantiles_kw, asked_kw)


def chance_above_within(
    paths_kw: KilowattArray, looked_at: Mask, levels_kw: KilowattArray
) -> Shares:
    """Return the probability that some load of a period lies above each level.

    The steps of a period pass a level together or not at all far more often than apart, so this is
    the share of whole paths, not a product over steps.

    Args:
        paths_kw: Equally likely paths, shape (paths, steps).
        looked_at: The steps of the period, shape (steps,); none of them has probability 0.
        levels_kw: Shape (levels,).

    Returns:
        Shape (levels,).
    """
    peak_kw = np.where(looked_at, paths_kw, -np.inf).max(axis=1)
    return (peak_kw[:, None] > levels_kw).mean(axis=0)
