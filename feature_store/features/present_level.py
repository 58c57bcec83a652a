"""Where the load stands at the issue time, and how far from what its day would suggest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from feature_store.features.feature import Column
from feature_store.features.sight import LONGEST_LOOKBACK, Sight, mean_of_known
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR

WINDOWS_STEPS = (1, STEPS_PER_HOUR, 4 * STEPS_PER_HOUR, STEPS_PER_DAY)
"""Trailing windows: the last reading, one and four hours, a day."""


@dataclass(frozen=True)
class PresentLevel:
    """Trailing means of the load and of its deviation from the profile of its day's kind."""

    names: tuple[str, ...] = (
        "last_kw",
        "mean_1h_kw",
        "mean_4h_kw",
        "mean_24h_kw",
        "deviation_last_kw",
        "deviation_1h_kw",
        "deviation_4h_kw",
        "deviation_24h_kw",
    )
    lookback: timedelta = LONGEST_LOOKBACK

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        longest = max(WINDOWS_STEPS)
        day_kw = sight.last(longest)
        deviation_kw = day_kw - sight.expected_before(longest)
        return tuple(
            mean_of_known(series_kw[:, -steps:])
            for series_kw in (day_kw, deviation_kw)
            for steps in WINDOWS_STEPS
        )
