"""What days of the target's kind have looked like at its clock step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.feature import Column
from feature_store.features.local_days import PROFILE_REACH_DAYS
from feature_store.features.means import mean_of_known
from feature_store.features.sight import PROFILE_WEIGHTS, Sight, faded_mean
from feature_store.time_grid import KilowattArray
from feature_store.weighted_quantiles import weighted_quantiles

LEVELS = (0.1, 0.5, 0.9)
"""Lower reach, middle and upper reach."""


@dataclass(frozen=True)
class DayProfile:
    """Mean, reach, spread, newest of the days of the kind; the weekday's own; the present's."""

    names: tuple[str, ...] = (
        "profile_kw",
        "profile_low_kw",
        "profile_median_kw",
        "profile_high_kw",
        "profile_spread_kw",
        "profile_last_kw",
        "profile_weekday_kw",
        "profile_now_kw",
    )
    lookback: timedelta = timedelta(days=PROFILE_REACH_DAYS + 1)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        once_kw, at = sight.of_kind_once_kw, sight.target_likeness
        reach_kw = weighted_quantiles(once_kw.T, PROFILE_WEIGHTS, LEVELS)
        return (
            sight.profile_kw,
            *(level_kw.take(at) for level_kw in reach_kw.T),
            _spread_kw(once_kw, sight.profile_once_kw).take(at),
            _newest_known(once_kw).take(at),
            mean_of_known(sight.of_group_kw)[..., 0],
            sight.profile_now_kw,
        )


def _spread_kw(days_kw: KilowattArray, profile_kw: KilowattArray) -> KilowattArray:
    """Weighted standard deviation of days, newest first, around their profile."""
    return np.sqrt(faded_mean(np.square(days_kw - profile_kw)))


def _newest_known(days_kw: KilowattArray) -> KilowattArray:
    """The first of days, newest first, that is known."""
    newest_kw = days_kw[0]
    for day_kw in days_kw[1:]:
        unknown = np.isnan(newest_kw)
        if not unknown.any():
            break
        newest_kw = np.where(unknown, day_kw, newest_kw)
    return newest_kw
