"""What a policy can see of the load while a month is lived: the past, and forecasts made in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.features.load_table import IntArray, LoadTable
from feature_store.time_grid import STEPS_PER_HOUR, KilowattArray
from models.dispatch.days_alike import in_shift

ISSUE_EVERY_STEPS = 2 * STEPS_PER_HOUR
"""Forecasts are made anew every two hours: a day is valued anew at every even hour of its clock."""


@dataclass(frozen=True, kw_only=True)
class Forecasts:
    """Forecasts of one load, each made with what was known at its issue time."""

    issue: IntArray
    """Position at which each was issued, rising, shape (issues,)."""
    quantiles_kw: KilowattArray
    """Shape (issues, steps, len(QUANTILES)), from the issue on."""


@dataclass(frozen=True, kw_only=True)
class KnownLoad:
    """A load by position on its grid; whoever asks tells from when, and sees nothing later."""

    table: LoadTable
    forecasts: Forecasts | None = None

    def days_before(self, position: int) -> tuple[KilowattArray, IntArray]:
        """Return the days that were over at a position, (days, steps), and their kinds, (days,)."""
        day = int(self.table.day[position])
        return self.table.by_day_kw[:day], self._kinds[:day]

    def kind_at(self, position: int) -> int:
        """Return the kind of a day past or to come: the calendar is known beforehand."""
        return int(self._kinds[self.table.day[position]])

    @property
    def _kinds(self) -> IntArray:
        """Of each day, with the hours of its shift, see :mod:`models.dispatch.days_alike`."""
        return in_shift(self.table.kind_of_day, self.table.shift_of_day)

    def before(self, position: int) -> KilowattArray:
        """Return the load up to a position."""
        return self.table.demand_kw[:position]

    def newest_forecast(self, position: int) -> tuple[int, KilowattArray] | None:
        """Return when the newest forecast was issued, and it; None where there is none."""
        if self.forecasts is None:
            return None
        number = int(np.searchsorted(self.forecasts.issue, position, side="right")) - 1
        if number < 0:
            return None
        return int(self.forecasts.issue[number]), self.forecasts.quantiles_kw[number]

    def forecasts_before(self, position: int, reach: int) -> Forecasts | None:
        """Return the forecasts issued in the ``reach`` intervals before a position."""
        if self.forecasts is None:
            return None
        first, end = np.searchsorted(self.forecasts.issue, (position - reach, position))
        return Forecasts(
            issue=self.forecasts.issue[first:end],
            quantiles_kw=self.forecasts.quantiles_kw[first:end],
        )


def days_of_positions(table: LoadTable, first: int, steps: int) -> list[npt.NDArray[np.int64]]:
    """Return the positions of each local day of a stretch, day by day."""
    positions = np.arange(first, first + steps)
    day = table.day[positions]
    return np.split(positions, np.flatnonzero(np.diff(day)) + 1)
