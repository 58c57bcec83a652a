"""What charge and peak are worth at the end of each day that is left of a month."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from models.dispatch.days_alike import REACH_DAYS, days_alike
from models.dispatch.heavy_days import by_heaviness
from models.dispatch.known_load import KnownLoad, days_of_positions
from models.dispatch.load_chain import MEANS, NO_MEAN, LoadChain, chain_of_days
from models.dispatch.month_level import MonthLevel, level_error, month_levels
from models.dispatch.month_value import (
    ExpectedDay,
    ExpectedPart,
    end_of_month_krw,
    month_values,
)
from models.dispatch.peak_lines import PeakLines
from models.dispatch.policy import Month, Morning
from models.dispatch.storage_value import DayPrices, StateGrid, Values

SOCS, PEAKS = 25, 28
"""Values kept by charge and by peak."""
PEAK_ROOM = 1.25
"""The highest peak of the grid over the highest load of the last months."""
PEAK_REACH_DAYS = 120
"""How far back that load is looked for."""


@dataclass(frozen=True, kw_only=True)
class ValuedDays:
    """The days after one of a month's, valued by what was known when it began."""

    today: int
    """The day it is, of the month."""
    levels: tuple[MonthLevel, ...]
    """What the month may turn out to be."""
    by_level: tuple[tuple[Values, ...], ...]
    """Of each level: expected cost from the start of each later day on, and after the last."""

    def ends_krw(self, day: int) -> list[Values]:
        """Return, by level, what the end of a day is worth, shape (socs, peaks)."""
        return [values[day - self.today] for values in self.by_level]


@dataclass(kw_only=True)
class DaysLeft:
    """A month's days and their values, learnt from the days known when they were last valued."""

    month: Month
    known: KnownLoad
    added_kw: KilowattArray | None = None
    """What jobs add to the base load less what is given up, as planned or as expected, shape (at
    least steps,); None for a battery alone."""
    grid: StateGrid = field(init=False)
    days: list[npt.NDArray[np.int64]] = field(init=False)
    """Positions of each day of the month."""
    valued: ValuedDays = field(init=False)
    """As they were last valued."""

    def __post_init__(self) -> None:
        """Lay out the grid of the values by what is known before the month."""
        month, store = self.month, self.month.store
        self.days = days_of_positions(self.known.table, month.first, month.steps)
        before_kw = self.known.before(month.first)[-PEAK_REACH_DAYS * STEPS_PER_DAY :]
        if month.flexible is not None:
            past = month.flexible.over(-len(before_kw), len(before_kw))
            before_kw = before_kw + past.usual_kw().sum(axis=0)
        highest_kw = np.nanmax(before_kw)
        self.grid = StateGrid(
            soc_kwh=np.linspace(store.least_kwh, store.most_kwh, SOCS),
            peak_kw=np.linspace(0.0, PEAK_ROOM * highest_kw, PEAKS),
        )

    def value(self, today: int) -> None:
        """Value the days after ``today`` by what is known when it begins."""
        later = range(today + 1, len(self.days))
        month, grid = self.month, self.grid
        end_krw = end_of_month_krw(
            month.peak_cost.krw(grid.peak_kw),
            krw_per_kwh=float(np.median(month.prices.krw_per_kwh)),
            store=month.store,
            grid=grid,
        )
        parts = [self._parts(day, seen_from=today) for day in later]
        levels = month_levels(level_error(*self.known.days_before(int(self.days[today][0]))))
        by_level = []
        for level in levels:
            expected = [
                ExpectedDay(
                    prices=self.prices(self.days[day]),
                    parts=tuple(
                        replace(part, chain=self._at_level(part.chain, level, day))
                        for part in parts_of_day
                    ),
                )
                for day, parts_of_day in zip(later, parts, strict=True)
            ]
            by_level.append(month_values(expected, end_krw, month.store, grid))
        self.valued = ValuedDays(today=today, levels=levels, by_level=tuple(by_level))

    def ends(self, day: int) -> list[tuple[MonthLevel, Values]]:
        """Return what the month may turn out to be, and what the end of a day is worth then."""
        return list(zip(self.valued.levels, self.valued.ends_krw(day), strict=True))

    def end_krw(self, day: int) -> Values:
        """Return what the end of a day is worth over all levels, shape (socs, peaks)."""
        shares = [level.probability for level in self.valued.levels]
        return np.tensordot(np.array(shares), np.stack(self.valued.ends_krw(day)), axes=1)

    def chain(self, day: int, *, seen_from: int) -> LoadChain:
        """Return a day's chain without its jobs.

        It is learnt from the days that were over when another one began.

        Raises:
            NotEnoughReadingsError: No whole day was known by then.
        """
        return chain_of_days(*self._days_alike(day, seen_from))

    def _parts(self, day: int, seen_from: int) -> tuple[ExpectedPart, ...]:
        """Return what a day to come may be; a chain of each part of the days alike."""
        alike_kw, weight = self._days_alike(day, seen_from)
        parts = by_heaviness(alike_kw, weight)
        means = MEANS if len(parts) == 1 else NO_MEAN
        return tuple(
            ExpectedPart(
                probability=float(weight[part].sum() / weight.sum()),
                chain=chain_of_days(alike_kw[part], weight[part], means),
            )
            for part in parts
        )

    def _at_level(self, chain: LoadChain, level: MonthLevel, day: int) -> LoadChain:
        return self.with_runs(chain.at_level(level.factor), int(self.days[day][0]))

    def _days_alike(
        self, day: int, seen_from: int
    ) -> tuple[KilowattArray, npt.NDArray[np.float64]]:
        """Return past days like a day, (alike, steps of the day), and their weights, (alike,)."""
        by_day_kw, kind = self.known.days_before(int(self.days[seen_from][0]))
        positions = self.days[day]
        alike_kw, weight = days_alike(by_day_kw, kind, self.known.kind_at(int(positions[0])))
        if not len(alike_kw):
            raise NotEnoughReadingsError(
                f"{self.month.name}: no whole day is known of the {REACH_DAYS} before its day "
                f"{seen_from + 1}; begin later, or import the readings of the days before"
            )
        return alike_kw[:, self.known.table.step_of_day[positions]], weight

    def peak_lines(self, day: int, morning: Morning) -> PeakLines:
        """Return what a peak of a day will cost, at the charge that the day begins with."""
        at_charge_krw = np.array(
            [
                np.interp(morning.soc_kwh, self.grid.soc_kwh, of_peak)
                for of_peak in self.end_krw(day).T
            ]
        )
        return PeakLines.below(self.grid.peak_kw, at_charge_krw, morning.peak_kw)

    def with_runs(self, chain: LoadChain, position: int) -> LoadChain:
        """Return a chain that begins at a position with jobs and reductions on its base load."""
        if self.added_kw is None:
            return chain
        first = position - self.month.first
        added_kw = self.added_kw[first : first + len(chain.levels_kw)]
        return chain.with_levels(np.maximum(chain.levels_kw + added_kw[:, None], 0.0))

    def prices(self, positions: npt.NDArray[np.int64]) -> DayPrices:
        """Return the prices of positions of the month."""
        steps = positions - self.month.first
        return DayPrices(
            krw_per_kwh=self.month.prices.krw_per_kwh[steps],
            counted=self.month.prices.counted[steps],
        )
