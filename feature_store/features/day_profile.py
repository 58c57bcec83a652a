"""What days of the target's kind have looked like at its clock step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.feature import Column
from feature_store.features.local_days import PROFILE_REACH_DAYS
from feature_store.features.sight import PROFILE_WEIGHTS, Sight, faded_mean, mean_of_known
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
        reach_kw = weighted_quantiles(sight.of_kind_kw, PROFILE_WEIGHTS, LEVELS)
        return (
            sight.profile_kw,
            *np.moveaxis(reach_kw, -1, 0),
            _spread_kw(sight),
            _newest_known(sight.of_kind_kw),
            mean_of_known(sight.of_group_kw)[..., 0],
            sight.profile_now_kw,
        )


def _spread_kw(sight: Sight) -> KilowattArray:
    """Weighted standard deviation around the profile."""
    apart_kw = sight.of_kind_kw - sight.profile_kw[..., None]
    return np.sqrt(faded_mean(np.square(day_kw) for day_kw in np.moveaxis(apart_kw, -1, 0)))


def _newest_known(of_kind_kw: KilowattArray) -> KilowattArray:
    newest_kw = of_kind_kw[..., 0]
    for number in range(1, of_kind_kw.shape[-1]):
        newest_kw = np.where(np.isnan(newest_kw), of_kind_kw[..., number], newest_kw)
    return newest_kw
