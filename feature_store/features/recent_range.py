"""The range the load moved in lately, and where in it the load stands and will stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.feature import Column
from feature_store.features.load_table import IntArray
from feature_store.features.local_days import PROFILE_REACH_DAYS
from feature_store.features.means import mean_of_known
from feature_store.features.sight import RECENT_STEPS, Sight
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, STEPS_PER_WEEK, KilowattArray

LEVEL_STEPS = RECENT_STEPS
"""The window whose mean tells the size of the firm."""
STANDBY_SHARE, PEAK_SHARE = 0.05, 0.98
"""Of the week's readings that lie below what is taken as standby and as its peak: nights and rest
days, and the largest demand without a stray reading."""
LEAST_RANGE_SHARE = 0.02
"""Of the level: a smaller range is that of a load that does not move."""


@dataclass(frozen=True)
class RecentRange:
    """Level of four weeks, range of a day and of a week, and the place of the load between."""

    names: tuple[str, ...] = (
        "level_kw",
        "day_low_kw",
        "day_high_kw",
        "standby_kw",
        "peak_week_kw",
        "running_share",
        "profile_share",
        "running_since_steps",
    )
    lookback: timedelta = timedelta(days=PROFILE_REACH_DAYS + 1)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        level_kw = mean_of_known(np.abs(sight.last(LEVEL_STEPS)))  # of a firm that feeds in, too
        day_low_kw, day_high_kw = _at_shares(sight.last(STEPS_PER_DAY), (0.0, 1.0))
        standby_kw, peak_kw = _at_shares(sight.last(STEPS_PER_WEEK), (STANDBY_SHARE, PEAK_SHARE))
        range_kw = np.maximum(peak_kw - standby_kw, LEAST_RANGE_SHARE * np.maximum(level_kw, 1.0))
        return (
            level_kw,
            day_low_kw,
            day_high_kw,
            standby_kw,
            peak_kw,
            (mean_of_known(sight.last(STEPS_PER_HOUR)) - standby_kw) / range_kw,
            (sight.profile_kw - standby_kw) / range_kw,
            _running_since(sight.last(STEPS_PER_DAY), (day_low_kw + day_high_kw) / 2),
        )


def _at_shares(last_kw: KilowattArray, shares: tuple[float, ...]) -> list[KilowattArray]:
    """Readings below which shares of the known ones lie, shape (issues, 1) each."""
    ordered = np.sort(last_kw, axis=1)  # NaN last
    number = last_kw.shape[1] - np.isnan(last_kw).sum(axis=1)
    most = np.maximum(number - 1, 0)
    row = np.arange(len(ordered))
    return [ordered[row, np.rint(share * most).astype(np.int64)][:, None] for share in shares]


def _running_since(day_kw: KilowattArray, middle_kw: KilowattArray) -> IntArray:
    """Steps since the load crossed the middle of the day's range, negative while below it."""
    above = day_kw > middle_kw  # an unknown reading is not
    other = above != above[:, -1:]
    steps = np.argmax(other[:, ::-1], axis=1)
    steps = np.where(other.any(axis=1), steps, day_kw.shape[1])
    return np.where(above[:, -1], steps, -steps)[:, None]
