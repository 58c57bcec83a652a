"""Run the battery by what charge and peak are expected to be worth: the product's own policy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_HOUR
from models.dispatch.days_alike import days_alike
from models.dispatch.known_load import KnownLoad, days_of_positions
from models.dispatch.load_chain import SCORES, LoadChain, chain_of_days, next_mean
from models.dispatch.month_level import MonthLevel, level_spread, month_levels
from models.dispatch.month_value import ExpectedDay, end_of_month_krw, month_values
from models.dispatch.policy import Month, Now
from models.dispatch.storage_value import (
    DayPrices,
    StateGrid,
    Values,
    cheapest_power_kw,
    day_value,
)
from models.forecasting.quantile_curve import demand_of_score_kw

SOCS, PEAKS = 25, 28
"""Values kept by charge and by peak."""
PEAK_ROOM = 1.25
"""The highest peak of the grid over the highest load of the last months."""
PEAK_REACH_DAYS = 120
"""How far back that load is looked for."""


@dataclass(frozen=True, kw_only=True)
class Stochastic:
    """A stochastic dynamic program whose days are chained by the value of the month's peak.

    Every ``refit_days`` the values of all days left are computed anew from the days known by then;
    every day its own values, and again at each new forecast.
    """

    name: str = "stochastic"
    refit_days: int = 7
    with_forecasts: bool = True
    """Whether the levels of the running day come from the forecasts, where there are any."""

    def start(self, month: Month, known: KnownLoad) -> StochasticDispatcher:
        """Begin a month."""
        days = days_of_positions(known.table, month.first, month.steps)
        return StochasticDispatcher(policy=self, month=month, known=known, days=days)


@dataclass(kw_only=True)
class StochasticDispatcher:
    """A month's values, computed as its days begin."""

    policy: Stochastic
    month: Month
    known: KnownLoad
    days: list[np.ndarray]
    day: int = -1
    """The running day of the month."""
    grid: StateGrid = field(init=False)
    levels: tuple[MonthLevel, ...] = field(init=False)
    """What the month may turn out to be."""
    values: list[tuple[Values, ...]] = field(default_factory=list)
    """By level: expected cost from the start of each day on, from ``valued_from`` on."""
    valued_from: int = 0
    chain: LoadChain = field(init=False)
    """Of the running day from ``chained_from`` on, in a month as expected."""
    after_krw: Values = field(init=False)
    """After each interval, by state of the load in each level, shape (steps, levels x states, socs,
    peaks)."""
    chained_from: int = 0
    """Step of the month at which ``chain`` begins."""
    mean: float | None = None
    """Mean score of the last hours."""

    def __post_init__(self) -> None:
        """Lay out the grid of the values by what is known before the month."""
        before_kw = self.known.before(self.month.first)
        highest_kw = np.nanmax(before_kw[-PEAK_REACH_DAYS * 24 * STEPS_PER_HOUR :])
        store = self.month.store
        self.grid = StateGrid(
            soc_kwh=np.linspace(store.least_kwh, store.most_kwh, SOCS),
            peak_kw=np.linspace(0.0, PEAK_ROOM * highest_kw, PEAKS),
        )
        by_day_kw, kind = self.known.days_before(self.month.first)
        self.levels = month_levels(level_spread(by_day_kw, kind))

    def power_kw(self, now: Now) -> float:
        """Return the power that the values tell to be cheapest."""
        position = self.month.first + now.step
        if self.day + 1 < len(self.days) and position >= self.days[self.day + 1][0]:
            self._begin_day()
        self._take_newest_forecast(position)
        step = now.step - self.chained_from
        prices = self.month.prices
        return cheapest_power_kw(
            self.after_krw[step],
            self._weight(step, now.load_kw),
            load_kw=now.load_kw,
            soc_kwh=now.soc_kwh,
            peak_kw=now.peak_kw,
            krw_per_kwh=float(prices.krw_per_kwh[now.step]),
            counted=bool(prices.counted[now.step]),
            store=self.month.store,
            grid=self.grid,
        )

    def _begin_day(self) -> None:
        self.day += 1
        if self.day % self.policy.refit_days == 0:
            self._value_days_left()
        self._run_from(self._chain_of(self.day, self.day), self.days[self.day][0])

    def _value_days_left(self) -> None:
        later = range(self.day + 1, len(self.days))
        store, grid, month = self.month.store, self.grid, self.month
        end_krw = end_of_month_krw(
            month.peak_cost.krw(grid.peak_kw),
            krw_per_kwh=float(np.median(month.prices.krw_per_kwh)),
            store=store,
            grid=grid,
        )
        chains = [self._chain_of(day, self.day) for day in later]
        self.values = []
        for level in self.levels:
            expected = [
                ExpectedDay(prices=self._prices(day), chain=chain.at_level(level.factor))
                for day, chain in zip(later, chains, strict=True)
            ]
            self.values.append(month_values(expected, end_krw, store, grid))
        self.valued_from = self.day + 1

    def _take_newest_forecast(self, position: int) -> None:
        if not self.policy.with_forecasts:
            return
        newest = self.known.newest_forecast(position)
        if newest is None or newest[0] != position:
            return
        left = int(self.days[self.day][-1]) + 1 - position
        levels_kw = demand_of_score_kw(
            newest[1][:left], np.broadcast_to(SCORES, (left, len(SCORES)))
        )
        rest = self.chain.from_step(position - self.month.first - self.chained_from)
        self._run_from(rest.with_levels(levels_kw), position)

    def _run_from(self, chain: LoadChain, position: int) -> None:
        step = int(position) - self.month.first
        prices = DayPrices(
            krw_per_kwh=self.month.prices.krw_per_kwh[step : step + len(chain.levels_kw)],
            counted=self.month.prices.counted[step : step + len(chain.levels_kw)],
        )
        by_level = [
            day_value(
                values[self.day + 1 - self.valued_from],
                chain.at_level(level.factor),
                prices,
                self.month.store,
                self.grid,
            ).after_krw
            for level, values in zip(self.levels, self.values, strict=True)
        ]
        self.chain, self.chained_from, self.mean = chain, step, None
        self.after_krw = np.concatenate(by_level, axis=1)

    def _weight(self, step: int, load_kw: float) -> npt.NDArray[np.float64]:
        """Weight of each state in each level of the month, for the load of an interval."""
        self.mean = next_mean(self.mean, self.chain.score_of(step, load_kw))
        return np.concatenate(
            [
                level.probability
                * self.chain.at_level(level.factor).states_of(step, load_kw, self.mean)
                for level in self.levels
            ]
        )

    def _chain_of(self, day: int, seen_from: int) -> LoadChain:
        """The chain of a day, learnt from the days that were over when another one began."""
        by_day_kw, kind = self.known.days_before(int(self.days[seen_from][0]))
        positions = self.days[day]
        alike_kw, weight = days_alike(by_day_kw, kind, self.known.kind_at(int(positions[0])))
        return chain_of_days(alike_kw[:, self.known.table.step_of_day[positions]], weight)

    def _prices(self, day: int) -> DayPrices:
        steps = self.days[day] - self.month.first
        return DayPrices(
            krw_per_kwh=self.month.prices.krw_per_kwh[steps],
            counted=self.month.prices.counted[steps],
        )
