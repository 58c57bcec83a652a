"""The range the load moved in lately: standby, usual level and peak of the last week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.feature import Column
from feature_store.features.sight import Sight, mean_of_known
from feature_store.time_grid import STEPS_PER_WEEK

LEVEL_STEPS = 4 * STEPS_PER_WEEK
"""The window whose mean tells the size of the firm: four weeks even out weekends."""
STANDBY_PART = 10
"""The lowest tenth of the week's readings is taken as standby: nights and rest days."""


@dataclass(frozen=True)
class RecentRange:
    """Mean of four weeks and of one, lowest tenth and largest demand of the last week."""

    names: tuple[str, ...] = ("level_kw", "mean_week_kw", "standby_kw", "peak_week_kw")
    lookback: timedelta = timedelta(weeks=4)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        level_kw = sight.last(LEVEL_STEPS)
        week_kw = np.sort(level_kw[:, -STEPS_PER_WEEK:], axis=1)  # NaN last
        number = STEPS_PER_WEEK - np.isnan(week_kw).sum(axis=1, keepdims=True)
        return (
            mean_of_known(level_kw),
            mean_of_known(level_kw[:, -STEPS_PER_WEEK:]),
            np.take_along_axis(week_kw, number // STANDBY_PART, axis=1),
            np.take_along_axis(week_kw, np.maximum(number - 1, 0), axis=1),
        )
