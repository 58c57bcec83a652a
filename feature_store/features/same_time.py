"""The load at the target's clock step on earlier days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.feature import Column
from feature_store.features.sight import Sight

WEEK_DAYS = 7
WEEKS = 4
"""Weeks whose same weekday is averaged: a month, as operators compare."""


@dataclass(frozen=True)
class SameTime:
    """The newest known day, the same weekday of last week, and its mean over four weeks."""

    names: tuple[str, ...] = ("same_time_newest_kw", "same_time_last_week_kw", "same_weekday_kw")
    lookback: timedelta = timedelta(weeks=WEEKS)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        day, step = sight.target_day, sight.target_step
        weeks_kw = [sight.on(day - week * WEEK_DAYS, step) for week in range(1, WEEKS + 1)]
        total_kw, number = np.zeros((2, *day.shape))
        for week_kw in weeks_kw:
            known = ~np.isnan(week_kw)
            number += known
            total_kw += np.where(known, week_kw, 0.0)
        mean_kw = total_kw / np.where(number, number, np.nan)
        return sight.newest_at_target(), weeks_kw[0], mean_kw
