"""What the wall clock and the calendar say about the target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from feature_store.features.feature import Column
from feature_store.features.sight import Sight


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
    )
    lookback: timedelta = timedelta(0)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        day = sight.target_day
        return (
            sight.target_step,
            sight.of_firms.weekday[day],
            sight.kind(day),
            sight.kind(day - 1),
            sight.kind(day + 1),
        )
