"""A distribution between and beyond its quantiles: straight lines over the normal score."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import KilowattArray
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.normal_score import Scores, level_of_score, normal_score

HALVINGS = 4
"""How often the probability beyond the outermost quantiles is halved until the curve ends, at the
levels 0.003 and 0.997. Each halving adds what lies between the last two quantiles, which are one
halving apart: an exponential tail. On the sample 1.6 % of the load lies above its level 0.99; above
that of a bell curve's tail it is 2.0 %."""
_BEYOND = np.arange(1, HALVINGS + 1)
_TAIL_LEVELS = QUANTILES[0] / 2.0**_BEYOND
_KNOTS = normal_score(np.concatenate([_TAIL_LEVELS[::-1], QUANTILES, 1 - _TAIL_LEVELS]))


def demand_of_score_kw(quantiles_kw: KilowattArray, score: Scores) -> KilowattArray:
    """Return the demand at normal scores.

    Beyond the outermost quantiles it is read off the tails of ``HALVINGS``, up to their ends. It
    never falls below zero unless a quantile does.

    Args:
        quantiles_kw: Rising, shape (..., len(QUANTILES)).
        score: Shape (..., n), the leading axes as those of ``quantiles_kw``.

    Returns:
        Shape (..., n), rising with the score.
    """
    knots_kw = _knots_kw(quantiles_kw)
    held = np.clip(score, _KNOTS[0], _KNOTS[-1])
    below = np.clip(np.searchsorted(_KNOTS, held, side="right") - 1, 0, len(_KNOTS) - 2)
    low_kw = np.take_along_axis(knots_kw, below, axis=-1)
    high_kw = np.take_along_axis(knots_kw, below + 1, axis=-1)
    share = (held - _KNOTS[below]) / (_KNOTS[below + 1] - _KNOTS[below])
    return low_kw + share * (high_kw - low_kw)


def level_of_demand(quantiles_kw: KilowattArray, demand_kw: KilowattArray) -> Scores:
    """Return the probability that the load is at most ``demand_kw``.

    It is 0 below the curve and 1 from its upper end on. Where the curve is flat, the load is that
    value with the probability of the whole flat part.

    Args:
        quantiles_kw: Rising, shape (..., len(QUANTILES)).
        demand_kw: Shape (..., n), the leading axes as those of ``quantiles_kw``.

    Returns:
        Shape (..., n), rising with the demand.
    """
    knots_kw = _knots_kw(quantiles_kw)
    below = (knots_kw[..., None, :] <= demand_kw[..., None]).sum(axis=-1) - 1
    at = np.clip(below, 0, len(_KNOTS) - 2)
    low_kw = np.take_along_axis(knots_kw, at, axis=-1)
    span_kw = np.take_along_axis(knots_kw, at + 1, axis=-1) - low_kw
    share = np.clip((demand_kw - low_kw) / np.where(span_kw > 0, span_kw, 1.0), 0.0, 1.0)
    level = level_of_score(_KNOTS[at] + share * (_KNOTS[at + 1] - _KNOTS[at]))
    return np.where(below < 0, 0.0, np.where(below >= len(_KNOTS) - 1, 1.0, level))


def _knots_kw(quantiles_kw: KilowattArray) -> KilowattArray:
    """The quantiles with both tails, shape (..., len(_KNOTS))."""
    lowest_kw, highest_kw = quantiles_kw[..., [0]], quantiles_kw[..., [-1]]
    low_kw = lowest_kw - _BEYOND[::-1] * (quantiles_kw[..., [1]] - lowest_kw)
    low_kw = np.maximum(low_kw, np.minimum(lowest_kw, 0.0))
    high_kw = highest_kw + _BEYOND * (highest_kw - quantiles_kw[..., [-2]])
    return np.concatenate([low_kw, quantiles_kw, high_kw], axis=-1)
