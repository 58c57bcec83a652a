"""What the wall clock and the calendar say about the target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.load_table import LoadTable, Rows
from feature_store.time_grid import KilowattArray


@dataclass(frozen=True)
class Clock:
    """Clock step, weekday and kind of the target's day, and of the days beside it.

    The neighbours tell a bridge day, a late start after a rest day and an early stop before one.
    """

    names: tuple[str, ...] = (
        "step_of_day",
        "weekday",
        "day_kind",
        "day_kind_before",
        "day_kind_after",
        "closed",
    )
    lookback: timedelta = timedelta(0)

    def values(self, table: LoadTable, rows: Rows) -> tuple[KilowattArray, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        day = table.day[rows.target]
        last = len(table.kind_of_day) - 1
        columns = (
            table.step_of_day[rows.target],
            table.weekday[rows.target],
            table.kind_of_day[day],
            table.kind_of_day[np.maximum(day - 1, 0)],
            table.kind_of_day[np.minimum(day + 1, last)],
            table.closed[day],
        )
        return tuple(column.astype(np.float64) for column in columns)
