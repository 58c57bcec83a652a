"""How far a figure could have come out otherwise: test weeks drawn again, with replacement.

Neighbouring days err alike, so whole weeks are drawn, and within each firm: two firms' weeks are
not exchangeable. Source: Kuensch (1989), doi:10.1214/aos/1176347265, on drawing blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEP, STEPS_PER_DAY, STEPS_PER_WEEK, Instants, KilowattArray
from training.metrics import P50, P90, decile_loss_kw, inside80, pinball_kw

RESAMPLES = 2000
"""The ends of the interval move by some two percent of its width from seed to seed."""
LOW, HIGH = 0.025, 0.975
"""Ends of a 95 % interval."""
FEWEST_WEEKS = 2
"""Of one week nothing can be drawn but itself."""


@dataclass(frozen=True, kw_only=True)
class WeeklyRatio:
    """A firm's figure that is a sum over a sum, week by week of its test."""

    above: KilowattArray
    """Numerator of each week, shape (weeks,)."""
    below: KilowattArray
    """Denominator of each week, shape (weeks,)."""

    @property
    def value(self) -> float:
        """The figure of the whole test."""
        return float(self.above.sum() / self.below.sum())


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean over firms, or the ratio of two, with its 95 % interval."""

    value: float
    low: float
    """NaN, as ``high``, where a firm was tested for less than ``FEWEST_WEEKS`` weeks."""
    high: float


def weekly_ratios(
    issue_times: Instants, actual_kw: KilowattArray, demand_kw: KilowattArray
) -> dict[str, WeeklyRatio]:
    """Return ``wql``, ``pl90``, ``nmae`` and ``cov80`` of the first day, week by week.

    Args:
        issue_times: UTC instants in their order, shape (issue times,).
        actual_kw: Shape (issue times, steps); NaN where nothing was measured.
        demand_kw: Shape (issue times, steps, len(QUANTILES)).
    """
    week = (issue_times - issue_times[0]) // (STEPS_PER_WEEK * STEP)
    _, of_issue = np.unique(week.astype(np.int64), return_inverse=True)
    actual_kw, demand_kw = actual_kw[:, :STEPS_PER_DAY], demand_kw[:, :STEPS_PER_DAY]
    measured = np.isfinite(actual_kw)
    load = _weekly(np.abs(actual_kw), measured, of_issue)
    count = _weekly(np.ones_like(actual_kw), measured, of_issue)
    summed = {
        "wql": (decile_loss_kw(actual_kw, demand_kw), load),
        "pl90": (2 * pinball_kw(actual_kw, demand_kw)[..., P90], load),
        "nmae": (np.abs(actual_kw - demand_kw[..., P50]), load),
        "cov80": (inside80(actual_kw, demand_kw).astype(np.float64), count),
    }
    return {
        name: WeeklyRatio(above=_weekly(each, measured, of_issue), below=below)
        for name, (each, below) in summed.items()
    }


def interval(ratios: Sequence[WeeklyRatio], *, seed: int = 0) -> Interval:
    """Return the plain mean over firms of a figure; one ratio a firm."""
    value = float(np.mean([one.value for one in ratios]))
    return _interval(value, _resampled(ratios, seed))


def ratio_interval(
    ours: Sequence[WeeklyRatio], theirs: Sequence[WeeklyRatio], *, seed: int = 0
) -> Interval:
    """Return the mean over firms of a figure over that of another forecaster.

    Both must be of the same firms in the same order, on the same cases: the same weeks are drawn
    of both, so what was hard for either is hard for both.
    """
    value = np.mean([one.value for one in ours]) / np.mean([one.value for one in theirs])
    return _interval(float(value), _resampled(ours, seed) / _resampled(theirs, seed))


def _weekly(
    each: KilowattArray, measured: npt.NDArray[np.bool_], of_issue: npt.NDArray[np.int64]
) -> KilowattArray:
    of_each_issue = np.where(measured, each, 0.0).sum(axis=1)
    return np.bincount(of_issue, weights=of_each_issue).astype(np.float64)


def _resampled(ratios: Sequence[WeeklyRatio], seed: int) -> KilowattArray:
    """The mean over firms for each draw of weeks, shape (RESAMPLES,); NaN where none is possible.

    The draws depend on the seed and on how many weeks each firm has, not on the figure.
    """
    random = np.random.default_rng(seed)
    total = np.zeros(RESAMPLES)
    for one in ratios:
        weeks = len(one.above)
        if weeks < FEWEST_WEEKS:
            return np.full(RESAMPLES, np.nan)
        drawn = random.multinomial(weeks, np.full(weeks, 1 / weeks), size=RESAMPLES)
        below = drawn @ one.below
        total += (drawn @ one.above) / np.where(below > 0, below, np.nan)
    return total / len(ratios)


def _interval(value: float, resampled: KilowattArray) -> Interval:
    possible = resampled[np.isfinite(resampled)]
    if not possible.size:
        return Interval(value=value, low=float("nan"), high=float("nan"))
    low, high = np.quantile(possible, (LOW, HIGH))
    return Interval(value=value, low=float(low), high=float(high))
