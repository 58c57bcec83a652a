"""What charge and peak are worth at the end of each day that is left of a month."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from models.dispatch.days_alike import REACH_DAYS, days_alike
from models.dispatch.known_load import KnownLoad, days_of_positions
from models.dispatch.load_chain import LoadChain, chain_of_days
from models.dispatch.month_level import MonthLevel, level_spread, month_levels
from models.dispatch.month_value import ExpectedDay, end_of_month_krw, month_values
from models.dispatch.peak_lines import PeakLines
from models.dispatch.policy import Month, Morning
from models.dispatch.storage_value import DayPrices, StateGrid, Values

SOCS, PEAKS = 25, 28
"""Values kept by charge and by peak."""
PEAK_ROOM = 1.25
"""The highest peak of the grid over the highest load of the last months."""
PEAK_REACH_DAYS = 120
"""How far back that load is looked for."""


@dataclass(kw_only=True)
class DaysLeft:
    """A month's days and their values, learnt from the days known when they were last valued."""

    month: Month
    known: KnownLoad
    added_kw: KilowattArray | None = None
    """What jobs add to the base load less what is given up, as planned or as expected, shape (at
    least steps,); None for a battery alone."""
    grid: StateGrid = field(init=False)
    levels: tuple[MonthLevel, ...] = field(init=False)
    """What the month may turn out to be."""
    days: list[npt.NDArray[np.int64]] = field(init=False)
    """Positions of each day of the month."""
    values: list[tuple[Values, ...]] = field(default_factory=list)
    """By level: expected cost from the start of each day on, from ``valued_from`` on."""
    valued_from: int = 0

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
        by_day_kw, kind = self.known.days_before(month.first)
        self.levels = month_levels(level_spread(by_day_kw, kind))

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
        chains = [self.chain(day, seen_from=today) for day in later]
        self.values = []
        for level in self.levels:
            expected = [
                ExpectedDay(
                    prices=self.prices(self.days[day]),
                    chain=self.with_runs(chain.at_level(level.factor), int(self.days[day][0])),
                )
                for day, chain in zip(later, chains, strict=True)
            ]
            self.values.append(month_values(expected, end_krw, month.store, grid))
        self.valued_from = today + 1

    def ends_krw(self, day: int) -> list[Values]:
        """Return, by level, what the end of a day is worth, shape (socs, peaks)."""
        return [values[day + 1 - self.valued_from] for values in self.values]

    def end_krw(self, day: int) -> Values:
        """Return what the end of a day is worth over all levels, shape (socs, peaks)."""
        shares = [level.probability for level in self.levels]
        return np.tensordot(np.array(shares), np.stack(self.ends_krw(day)), axes=1)

    def chain(self, day: int, *, seen_from: int) -> LoadChain:
        """Return a day's chain without its jobs.

        It is learnt from the days that were over when another one began.

        Raises:
            NotEnoughReadingsError: No whole day was known by then.
        """
        by_day_kw, kind = self.known.days_before(int(self.days[seen_from][0]))
        positions = self.days[day]
        alike_kw, weight = days_alike(by_day_kw, kind, self.known.kind_at(int(positions[0])))
        if not len(alike_kw):
            raise NotEnoughReadingsError(
                f"{self.month.name}: no whole day is known of the {REACH_DAYS} before its day "
                f"{seen_from + 1}; begin later, or import the readings of the days before"
            )
        return chain_of_days(alike_kw[:, self.known.table.step_of_day[positions]], weight)

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
