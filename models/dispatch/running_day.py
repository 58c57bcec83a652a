"""The day that is being run: what its load may be, and what charge and peak are worth in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.dispatch.day_view import DayView, DayViews
from models.dispatch.days_left import DaysLeft
from models.dispatch.forecast_levels import levels_of_forecast_kw, upper_factors
from models.dispatch.load_chain import LoadChain
from models.dispatch.storage_value import StateGrid, Values, day_value


@dataclass(frozen=True, kw_only=True)
class RunningDay:
    """A day of the month, as the days before it and the newest forecast tell it.

    What lives months again and what answers while a day is run both value the day here.
    """

    left: DaysLeft
    """Valued on this day or before."""
    day: int
    """Of the month."""
    chain: LoadChain
    """Of the whole day, learnt from past ones."""
    upper: npt.NDArray[np.float64]
    """How far the upper levels of the day's forecasts are moved, shape (UPPER,)."""

    @classmethod
    def of(cls, left: DaysLeft, day: int) -> Self:
        """Begin a day: nothing of it is looked at."""
        return cls(
            left=left,
            day=day,
            chain=left.chain(day, seen_from=day),
            upper=upper_factors(left.known, int(left.days[day][0])),
        )

    @property
    def first(self) -> int:
        """Position of its first interval."""
        return int(self.left.days[self.day][0])

    def like_past(self, position: int, peak_kw: float) -> DayViews:
        """Return the whole day as past days of its kind, in each level of the month."""
        left, grid = self.left, self._grid(peak_kw)
        views = tuple(
            self._view(
                self.chain.at_level(level.factor), position, grid, end_krw, level.probability
            )
            for level, end_krw in left.ends(self.day)
        )
        return DayViews(views=views, grid=grid)

    def as_forecast(self, position: int, quantiles_kw: KilowattArray, peak_kw: float) -> DayViews:
        """Return the rest of the day as a forecast tells it.

        Args:
            position: At which the forecast was issued.
            quantiles_kw: To the end of the day or beyond, shape (steps, len(QUANTILES)).
            peak_kw: The month's counted peak so far: lower ones are not valued.
        """
        left = self.left
        steps = int(left.days[self.day][-1]) + 1 - position
        levels_kw = levels_of_forecast_kw(quantiles_kw[:steps], self.upper)
        chain = self.chain.from_step(position - self.first).with_levels(levels_kw)
        grid = self._grid(peak_kw)
        view = self._view(chain, position, grid, left.end_krw(self.day), 1.0)
        return DayViews(views=(view,), grid=grid)

    def _grid(self, peak_kw: float) -> StateGrid:
        grid = self.left.grid
        return grid.from_place(grid.reachable_from(peak_kw))

    def _view(
        self,
        chain: LoadChain,
        position: int,
        grid: StateGrid,
        end_krw: Values,
        probability: float,
    ) -> DayView:
        """What the day is worth under a chain of its base load from a position on."""
        left = self.left
        chain = left.with_runs(chain, position)
        prices = left.prices(position + np.arange(len(chain.levels_kw)))
        of_end_krw = np.ascontiguousarray(end_krw[:, -len(grid.peak_kw) :])
        value = day_value(of_end_krw, chain, prices, left.month.store, grid)
        return DayView(
            probability=probability,
            chain=chain,
            after_krw=value.after_krw,
            first=position - left.month.first,
        )
