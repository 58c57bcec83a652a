"""The load at the target's clock step on earlier days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.load_table import IntArray, LoadTable, Rows
from feature_store.time_grid import KilowattArray

WEEK_DAYS = 7
WEEKS = 4
"""Weeks whose same weekday is averaged: a month, as operators compare."""


@dataclass(frozen=True)
class SameTime:
    """The newest known day, the same weekday of last week, and its mean over four weeks."""

    names: tuple[str, ...] = ("same_time_newest_kw", "same_time_last_week_kw", "same_weekday_kw")
    lookback: timedelta = timedelta(weeks=WEEKS)

    def values(self, table: LoadTable, rows: Rows) -> tuple[KilowattArray, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        step = table.step_of_day[rows.target]
        newest = table.newest_day_knowing(rows) - 1
        day = table.day[rows.target]
        weeks_kw = np.stack(
            [_on(table, day - week * WEEK_DAYS, step) for week in range(1, WEEKS + 1)]
        )
        known = np.isfinite(weeks_kw)
        total_kw = np.where(known, weeks_kw, 0.0).sum(axis=0)
        number = known.sum(axis=0)
        mean_kw = total_kw / np.where(number, number, np.nan)
        return _on(table, newest, step), weeks_kw[0], mean_kw


def _on(table: LoadTable, day: IntArray, step: IntArray) -> KilowattArray:
    """Load on given days at given clock steps; NaN before the first day."""
    return np.where(day >= 0, table.by_day_kw[np.maximum(day, 0), step], np.nan)
