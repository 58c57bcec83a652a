"""Where the load stands at the issue time, and how far from what its day would suggest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.feature import Column
from feature_store.features.local_days import PROFILE_REACH_DAYS
from feature_store.features.means import mean_of_known
from feature_store.features.sight import Sight
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR

WINDOWS_STEPS = (1, STEPS_PER_HOUR, 4 * STEPS_PER_HOUR, STEPS_PER_DAY)
"""Trailing windows of load and deviation: the last reading, one and four hours, a day."""
UNREST_STEPS = (4 * STEPS_PER_HOUR, STEPS_PER_DAY)
"""Trailing windows of the size of that deviation."""


@dataclass(frozen=True)
class PresentLevel:
    """Trailing means of the load, of its deviation from the profile, and how it moves."""

    names: tuple[str, ...] = (
        "last_kw",
        "mean_1h_kw",
        "mean_4h_kw",
        "mean_24h_kw",
        "deviation_last_kw",
        "deviation_1h_kw",
        "deviation_4h_kw",
        "deviation_24h_kw",
        "unrest_4h_kw",
        "unrest_24h_kw",
        "ramp_kw",
    )
    lookback: timedelta = timedelta(days=PROFILE_REACH_DAYS + 2)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        deviation_kw = sight.deviation_kw
        hour_before_kw = sight.last(2 * STEPS_PER_HOUR)[:, :STEPS_PER_HOUR]
        return (
            *(mean_of_known(sight.last(steps)) for steps in WINDOWS_STEPS),
            *(mean_of_known(deviation_kw[:, -steps:]) for steps in WINDOWS_STEPS),
            *(mean_of_known(np.abs(deviation_kw[:, -steps:])) for steps in UNREST_STEPS),
            mean_of_known(sight.last(STEPS_PER_HOUR)) - mean_of_known(hour_before_kw),
        )
