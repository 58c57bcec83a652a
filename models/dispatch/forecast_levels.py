"""A forecast as levels of the running day, its upper ones set by how past forecasts were passed.

A peak is made by the loads that a forecast holds for all but impossible. How far such loads lie
above it differs from firm to firm, by more than a forecaster of many firms can know: the firm's own
past forecasts and what followed them tell.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from models.dispatch.known_load import ISSUE_EVERY_STEPS, KnownLoad
from models.dispatch.load_chain import SCORES
from models.forecasting.normal_score import level_of_score
from models.forecasting.quantile_curve import demand_of_score_kw

UPPER = 3
"""So many of the highest levels are corrected: those above 8 loads in 10."""
REACH_DAYS = 60
"""Forecasts older than this say little of the firm as it is."""
LEADS = ISSUE_EVERY_STEPS
"""Intervals of each past forecast that are compared: those run before it was made anew."""
LEAST_LOADS = 300
"""Of fewer the highest level, passed by 8 loads in 1,000, cannot be told."""
LEAST_FACTOR, MOST_FACTOR = 0.5, 3.0
"""Bounds of a correction."""
BUSY_SHARE = 0.2
"""Of the highest load: below it intervals are not compared, no peak is made there."""
_LEAST_SPREAD_SHARE = 0.01
"""Of the highest load: a narrower spread would make chance look large."""


def levels_of_forecast_kw(
    quantiles_kw: KilowattArray, factors: npt.NDArray[np.float64]
) -> KilowattArray:
    """Return a forecast's loads at ``SCORES``, shape (steps, levels), rising.

    Args:
        quantiles_kw: Shape (steps, len(QUANTILES)).
        factors: Of the ``UPPER`` highest levels' distances from the median, shape (UPPER,).
    """
    score = np.broadcast_to(SCORES, (len(quantiles_kw), len(SCORES)))
    levels_kw = demand_of_score_kw(quantiles_kw, score)
    middle_kw = _median_kw(quantiles_kw)
    levels_kw[:, -UPPER:] = middle_kw + factors * (levels_kw[:, -UPPER:] - middle_kw)
    return np.maximum.accumulate(levels_kw, axis=1)


def upper_factors(known: KnownLoad, position: int) -> npt.NDArray[np.float64]:
    """Return how much farther than forecast the upper levels lie from the median, (UPPER,).

    Each is the factor by which the level of past forecasts would have been passed as often as its
    name says. All are 1 where too few forecasts are past.

    Args:
        known: The load and its forecasts.
        position: What was measured before it is compared.
    """
    unknown = np.ones(UPPER)
    past = known.forecasts_before(position - LEADS + 1, REACH_DAYS * STEPS_PER_DAY)
    if past is None or not len(past.issue):
        return unknown
    quantiles_kw = past.quantiles_kw[:, :LEADS].reshape(-1, past.quantiles_kw.shape[-1])
    load_kw = known.table.demand_kw[(past.issue[:, None] + np.arange(LEADS)).ravel()]
    highest_kw = np.nanmax(known.before(position)[-REACH_DAYS * STEPS_PER_DAY :])
    middle_kw = _median_kw(quantiles_kw)
    compared = np.isfinite(load_kw) & (middle_kw[:, 0] > BUSY_SHARE * highest_kw)
    if compared.sum() < LEAST_LOADS:
        return unknown
    score = np.broadcast_to(SCORES[-UPPER:], (len(quantiles_kw), UPPER))
    spread_kw = demand_of_score_kw(quantiles_kw, score) - middle_kw
    above = (load_kw[:, None] - middle_kw) / np.maximum(spread_kw, _LEAST_SPREAD_SHARE * highest_kw)
    level = level_of_score(SCORES[-UPPER:])
    factors = [np.quantile(above[compared, number], share) for number, share in enumerate(level)]
    return np.clip(factors, LEAST_FACTOR, MOST_FACTOR)


def _median_kw(quantiles_kw: KilowattArray) -> KilowattArray:
    """Shape (steps, 1)."""
    return demand_of_score_kw(quantiles_kw, np.zeros((len(quantiles_kw), 1)))
