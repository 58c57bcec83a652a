"""How likely a forecast says that a load will lie above a level, and how often it then does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from training.metrics import LEVELS

Shares = npt.NDArray[np.float64]

LEVEL_SHARES = (0.9, 0.95, 0.99)
"""Levels looked at, as quantiles of a firm's own load before its test: those that a peak shaver
watches, still crossed often enough in eight weeks (50 intervals above the last) to be counted."""
BINS = 10


@dataclass(frozen=True, kw_only=True)
class Exceedance:
    """One level of one firm."""

    level_share: float
    """One of ``LEVEL_SHARES``."""
    level_kw: float
    brier: float
    """Mean squared difference of what was said and what happened, 1 or 0; 0 is best."""
    observed_share: float
    """Share of the intervals whose load lay above the level."""


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """What was said and what happened, in ``BINS`` equal bins of the probability that was said."""

    count: Shares
    """Intervals in each bin, shape (BINS,)."""
    said: Shares
    """Sum of the probabilities said in each."""
    happened: Shares
    """How many of them lay above their level."""

    @classmethod
    def pooled(cls, parts: Iterable[Reliability]) -> Reliability:
        """All cases of several together."""
        each = list(parts)
        none = np.zeros(BINS)
        return cls(
            count=sum((one.count for one in each), none),
            said=sum((one.said for one in each), none),
            happened=sum((one.happened for one in each), none),
        )


def levels_kw(before_kw: KilowattArray) -> tuple[float, ...]:
    """Return a firm's levels from its load before the test, NaN where it was not measured.

    Of nothing measured the levels are NaN: the firm is younger than the test.
    """
    if not np.isfinite(before_kw).any():
        return len(LEVEL_SHARES) * (float("nan"),)
    return tuple(float(level) for level in np.nanquantile(before_kw, LEVEL_SHARES))


def probability_above(demand_kw: KilowattArray, level_kw: float) -> Shares:
    """Probability that each load lies above a level, linear between the quantiles.

    Beyond the outermost quantiles nothing is known, so the probability stays what it is there:
    0.95 below the lowest, 0.05 above the highest.

    Args:
        demand_kw: Quantiles that do not cross, shape (..., len(QUANTILES)).
        level_kw: The level.

    Example:
        >>> round(float(probability_above(np.linspace(10, 20, 11)[None], 15.0)[0]), 3)
        0.5
    """
    reached = (demand_kw <= level_kw).sum(axis=-1)  # quantiles at or below the level
    last = len(LEVELS) - 1
    below = np.clip(reached - 1, 0, last - 1)
    low_kw, high_kw = (
        np.take_along_axis(demand_kw, place[..., None], axis=-1)[..., 0]
        for place in (below, below + 1)
    )
    span_kw = np.where(high_kw > low_kw, high_kw - low_kw, 1.0)
    share = np.clip((level_kw - low_kw) / span_kw, 0.0, 1.0)
    within = LEVELS[below] + share * (LEVELS[below + 1] - LEVELS[below])
    under = np.select([reached == 0, reached > last], [LEVELS[0], LEVELS[last]], within)
    return np.asarray(1.0 - under, dtype=np.float64)


def exceedances(
    actual_kw: KilowattArray, demand_kw: KilowattArray, firm_levels_kw: Sequence[float]
) -> tuple[tuple[Exceedance, ...], Reliability]:
    """Score what the forecasts of the first day say of each level.

    Args:
        actual_kw: Shape (issue times, steps); NaN where nothing was measured.
        demand_kw: Shape (issue times, steps, len(QUANTILES)).
        firm_levels_kw: One a level of ``LEVEL_SHARES``; NaN has no score and no case.
    """
    first_day_kw = actual_kw[:, :STEPS_PER_DAY]
    measured = np.isfinite(first_day_kw)
    load_kw, forecast_kw = first_day_kw[measured], demand_kw[:, :STEPS_PER_DAY][measured]
    scored, counted = [], []
    for level_share, level_kw in zip(LEVEL_SHARES, firm_levels_kw, strict=True):
        brier = observed_share = float("nan")
        if np.isfinite(level_kw):
            said = probability_above(forecast_kw, level_kw)
            happened = (load_kw > level_kw).astype(np.float64)
            brier, observed_share = float(np.square(said - happened).mean()), float(happened.mean())
            counted.append(_reliability(said, happened))
        scored.append(
            Exceedance(
                level_share=level_share,
                level_kw=level_kw,
                brier=brier,
                observed_share=observed_share,
            )
        )
    return tuple(scored), Reliability.pooled(counted)


def _reliability(said: Shares, happened: Shares) -> Reliability:
    bin_of = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    count, said_sum, happened_sum = (
        np.bincount(bin_of, weights=weights, minlength=BINS).astype(np.float64)
        for weights in (np.ones(len(said)), said, happened)
    )
    return Reliability(count=count, said=said_sum, happened=happened_sum)
