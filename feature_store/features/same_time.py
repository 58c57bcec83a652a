"""The load at the target's clock time on earlier days, and how far it lay off its profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from feature_store.features.feature import Column
from feature_store.features.load_table import IntArray
from feature_store.features.local_days import PROFILE_REACH_DAYS
from feature_store.features.sight import Sight
from feature_store.time_grid import DAYS_PER_WEEK, KilowattArray

AROUND_STEPS = 2
"""Half an hour on either side: shifts do not begin to the minute."""


@dataclass(frozen=True)
class SameTime:
    """Of the newest day known and of last week; deviations of the newest and the day before."""

    names: tuple[str, ...] = (
        "same_time_newest_kw",
        "same_time_last_week_kw",
        "deviation_newest_kw",
        "deviation_day_before_kw",
    )
    lookback: timedelta = timedelta(days=PROFILE_REACH_DAYS + 3)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        newest, target = sight.newest_day, sight.target_day

        def deviation(day: IntArray) -> KilowattArray:
            return sight.deviation_around(day, AROUND_STEPS)

        return (
            sight.on(newest, sight.target_step),
            sight.on(target - DAYS_PER_WEEK, sight.target_step),
            deviation(newest),
            deviation(newest - 1),
        )
