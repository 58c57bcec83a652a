"""The largest demand of a billing month that is under way, and when a level will be passed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.normal_score import Scores, even_scores
from models.forecasting.quantile_curve import demand_of_score_kw

DRAWS = 1000
"""Months drawn: a probability of a tenth then errs by less than a hundredth."""
PAST_DAYS = 24
"""Days of one kind that tell of later days of the kind: a month of working days."""
FADING = 0.9
"""Weight of a day against the next newer one of its kind."""
DAY_CORRELATION = 0.2
"""Of the normal scores of any two days' maxima in a month: of 0, 0.2 and 0.4 the one with the
smallest CRPS of the largest of the next 5, 12 and 24 days on the sample."""
LEVEL_SPREAD = 0.055
"""Standard deviation of the logarithm of a factor that all later days share: what the past days
cannot show, a firm that draws more or less than of late. With it, 84, 82 and 78 % of the largest
of the next 5, 12 and 24 days lie between the 0.1 and 0.9 quantiles on the sample; without, 68, 62
and 54 %."""


@dataclass(frozen=True, kw_only=True)
class MonthMaximum:
    """A month's largest demand as equally likely courses of its days to come."""

    peak_kw: KilowattArray
    """Maximum of each day to come, shape (draws, days)."""
    so_far_kw: float
    """The largest demand measured in the month; 0 if nothing was."""

    @cached_property
    def month_kw(self) -> KilowattArray:
        """The month's maximum in each draw, shape (draws,)."""
        return self.peak_kw.max(axis=1, initial=self.so_far_kw)

    @property
    def quantiles_kw(self) -> KilowattArray:
        """Quantiles in the order of ``QUANTILES``, shape (len(QUANTILES),)."""
        return weighted_quantiles(self.month_kw[None], np.ones(len(self.month_kw)), QUANTILES)[0]

    def chance_above(self, level_kw: float) -> float:
        """Return the probability that the month's maximum lies above a level; 1 if it does."""
        return float((self.month_kw > level_kw).mean())

    def first_above(self, level_kw: float) -> npt.NDArray[np.float64]:
        """Return the probability that each day is the first of those to come above a level.

        Returns:
            Shape (days,); the sum is that of any of them passing.
        """
        above = self.peak_kw > level_kw
        first = above & (np.cumsum(above, axis=1) == 1)
        return first.mean(axis=0)


@dataclass(frozen=True, kw_only=True)
class NearDays:
    """Days that the forecast covers to their end."""

    quantiles_kw: KilowattArray
    """Distribution of each day's maximum, shape (days, len(QUANTILES))."""
    together_kw: KilowattArray
    """Their maxima in equally likely paths, shape (paths, days): which days are high together."""


def month_maximum(
    near: NearDays, later_kw: KilowattArray, *, so_far_kw: float, seed: int
) -> MonthMaximum:
    """Draw the days of a month that are to come.

    A draw takes the days near from one path, each at the level of the path's rank among the
    maxima of all paths. Each later day has the normal score sqrt(r) F + sqrt(1 - r) e with r =
    ``DAY_CORRELATION``, F drawn once and e for each day. F is correlated with the mean score of the
    near days, as a factor behind all days would be. Later days are multiplied by one common
    factor of ``LEVEL_SPREAD``.

    Args:
        near: Days that the forecast covers; none is shape (0, len(QUANTILES)) and (paths, 0).
        later_kw: Distribution of each later day's maximum, shape (later days, len(QUANTILES)).
        so_far_kw: The largest demand measured in the month, 0 if nothing was.
        seed: The same arguments give the same draws.
    """
    random = np.random.default_rng(seed)
    paths, near_days = near.together_kw.shape
    path = random.permutation(np.arange(DRAWS) % paths)
    score = _scores_of_ranks(near.together_kw, random)[path]
    near_kw = demand_of_score_kw(near.quantiles_kw, score.T).T
    shared = _shared_factor(score, random)
    own = random.standard_normal((DRAWS, len(later_kw)))
    later_score = np.sqrt(DAY_CORRELATION) * shared[:, None] + np.sqrt(1 - DAY_CORRELATION) * own
    drawn_kw = demand_of_score_kw(later_kw, later_score.T).T
    level = np.exp(LEVEL_SPREAD * random.permutation(even_scores(DRAWS)))
    peak_kw = np.concatenate([near_kw, drawn_kw * level[:, None]], axis=1)
    return MonthMaximum(
        peak_kw=peak_kw.reshape(DRAWS, near_days + len(later_kw)), so_far_kw=so_far_kw
    )


def past_maximum_quantiles_kw(past_kw: KilowattArray) -> KilowattArray:
    """Return what past days of one kind tell of the maximum of a later one.

    Args:
        past_kw: Their maxima, newest first, shape (days,), at least one.

    Returns:
        Shape (len(QUANTILES),).
    """
    weight = fading_weights(len(past_kw))
    return weighted_quantiles(past_kw[None, : len(weight)], weight, QUANTILES)[0]


def fading_weights(days: int) -> npt.NDArray[np.float64]:
    """Return the weights of the newest ``days``, at most ``PAST_DAYS``, the newest first."""
    return np.power(FADING, np.arange(min(days, PAST_DAYS), dtype=np.float64))


def _scores_of_ranks(together_kw: KilowattArray, random: np.random.Generator) -> Scores:
    """Normal score of each path's rank on each day, shape (paths, days); ties at random."""
    paths, days = together_kw.shape
    shuffled = random.permutation(paths)
    score = np.empty((paths, days))
    order = shuffled[np.argsort(together_kw[shuffled], axis=0, kind="stable")]
    np.put_along_axis(score, order, np.broadcast_to(even_scores(paths)[:, None], score.shape), 0)
    return score


def _shared_factor(score: Scores, random: np.random.Generator) -> Scores:
    """The factor behind all days in each draw, given the scores of the near days, (draws,)."""
    draws, days = score.shape
    fresh = random.permutation(even_scores(draws))
    if not days:
        return fresh
    mean = score.mean(axis=1)
    spread = mean.std()
    if spread == 0:
        return fresh
    linked = np.sqrt(days * DAY_CORRELATION / (1 + (days - 1) * DAY_CORRELATION))
    return linked * mean / spread + np.sqrt(1 - linked**2) * fresh
