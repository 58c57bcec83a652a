"""The range the load moved in lately: standby, usual level and peak of the last week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.load_table import LoadTable, Rows
from feature_store.time_grid import STEPS_PER_WEEK, KilowattArray

LEVEL_STEPS = 4 * STEPS_PER_WEEK
"""The window whose mean tells the size of the firm: four weeks even out weekends."""


@dataclass(frozen=True)
class RecentRange:
    """Mean of four weeks and of one, lowest tenth and largest demand of the last week.

    Computed once for each distinct issue time: all its leads share them.
    """

    names: tuple[str, ...] = ("level_kw", "mean_week_kw", "standby_kw", "peak_week_kw")
    lookback: timedelta = timedelta(weeks=4)

    def values(self, table: LoadTable, rows: Rows) -> tuple[KilowattArray, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        issues, of_row = np.unique(rows.issue, return_inverse=True)
        standby_kw = np.full(len(issues), np.nan)
        peak_kw = np.full(len(issues), np.nan)
        for number, issue in enumerate(issues):
            week_kw = table.demand_kw[max(issue - STEPS_PER_WEEK, 0) : issue]
            week_kw = week_kw[np.isfinite(week_kw)]
            if week_kw.size:
                tenth = week_kw.size // 10
                standby_kw[number] = np.partition(week_kw, tenth)[tenth]
                peak_kw[number] = week_kw.max()
        return (
            table.trailing_mean(table.demand_kw, rows, LEVEL_STEPS),
            table.trailing_mean(table.demand_kw, rows, STEPS_PER_WEEK),
            standby_kw[of_row],
            peak_kw[of_row],
        )
