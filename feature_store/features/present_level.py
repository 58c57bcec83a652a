"""Where the load stands at the issue time, and how far from what its day would suggest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from feature_store.features.load_table import LoadTable, Rows
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, KilowattArray

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
    lookback: timedelta = timedelta(weeks=12, days=1)

    def values(self, table: LoadTable, rows: Rows) -> tuple[KilowattArray, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        deviation_kw = table.demand_kw - table.expected_kw
        return tuple(
            table.trailing_mean(series_kw, rows, steps)
            for series_kw in (table.demand_kw, deviation_kw)
            for steps in WINDOWS_STEPS
        )
