"""Run the battery by what charge and peak are expected to be worth: the product's own policy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.day_view import DayView
from models.dispatch.days_alike import days_alike
from models.dispatch.known_load import KnownLoad, days_of_positions
from models.dispatch.load_chain import SCORES, LoadChain, chain_of_days
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
FORECAST_WEIGHT = 0.5
"""How much the forecast of the running day is believed beside the days like it."""


@dataclass(frozen=True, kw_only=True)
class Stochastic:
    """A stochastic dynamic program whose days are chained by the value of the month's peak.

    Every ``refit_days`` the values of all days left are computed anew from the days known by then;
    every day its own values, and again at each new forecast. What is decided weighs several views
    of the day: that it is like past ones, in a month as expected, lower or higher, and that it is
    as forecast.
    """

    name: str = "stochastic"
    refit_days: int = 7
    forecast_weight: float = FORECAST_WEIGHT

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
    days: list[npt.NDArray[np.int64]]
    """Positions of each day of the month."""
    day: int = -1
    """The running day of the month."""
    grid: StateGrid = field(init=False)
    levels: tuple[MonthLevel, ...] = field(init=False)
    """What the month may turn out to be."""
    values: list[tuple[Values, ...]] = field(default_factory=list)
    """By level: expected cost from the start of each day on, from ``valued_from`` on."""
    valued_from: int = 0
    like_past: list[DayView] = field(default_factory=list)
    """The running day as past ones were, in each level of the month."""
    as_forecast: DayView | None = None

    def __post_init__(self) -> None:
        """Lay out the grid of the values by what is known before the month."""
        before_kw = self.known.before(self.month.first)
        highest_kw = np.nanmax(before_kw[-PEAK_REACH_DAYS * STEPS_PER_DAY :])
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
        views = self._views()
        seen = [view.seen(now.step, now.load_kw) for view in views]
        prices = self.month.prices
        return cheapest_power_kw(
            np.concatenate([after_krw for after_krw, _ in seen]),
            np.concatenate([weight for _, weight in seen]),
            load_kw=now.load_kw,
            soc_kwh=now.soc_kwh,
            peak_kw=now.peak_kw,
            krw_per_kwh=float(prices.krw_per_kwh[now.step]),
            counted=bool(prices.counted[now.step]),
            store=self.month.store,
            grid=self.grid,
        )

    def _views(self) -> list[DayView]:
        if self.as_forecast is None:
            return self.like_past
        if self.as_forecast.probability >= 1.0:
            return [self.as_forecast]
        return [*self.like_past, self.as_forecast]

    def _begin_day(self) -> None:
        self.day += 1
        if self.day % self.policy.refit_days == 0:
            self._value_days_left()
        chain = self._chain_of(self.day, self.day)
        first = int(self.days[self.day][0])
        self.as_forecast = None
        self.like_past = [
            self._view(chain.at_level(level.factor), first, end_krw, level.probability)
            for level, end_krw in zip(self.levels, self._ends_krw(), strict=True)
        ]

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
                ExpectedDay(prices=self._prices(self.days[day]), chain=chain.at_level(level.factor))
                for day, chain in zip(later, chains, strict=True)
            ]
            self.values.append(month_values(expected, end_krw, store, grid))
        self.valued_from = self.day + 1

    def _take_newest_forecast(self, position: int) -> None:
        newest = self.known.newest_forecast(position)
        weight = self.policy.forecast_weight
        if weight <= 0 or newest is None or newest[0] != position:
            return
        left = int(self.days[self.day][-1]) + 1 - position
        scores = np.broadcast_to(SCORES, (left, len(SCORES)))
        forecast_kw = demand_of_score_kw(newest[1][:left], scores)
        past = self.like_past[0]
        chain = past.chain.from_step(position - self.month.first - past.first)
        end_krw = sum(
            (
                level.probability * end_krw
                for level, end_krw in zip(self.levels, self._ends_krw(), strict=True)
            ),
            start=np.zeros(()),
        )
        if self.as_forecast is None:
            for view in self.like_past:
                view.probability *= 1 - weight
        self.as_forecast = self._view(chain.with_levels(forecast_kw), position, end_krw, weight)

    def _view(
        self, chain: LoadChain, position: int, end_krw: Values, probability: float
    ) -> DayView:
        """What the day is worth under a chain from a position on."""
        prices = self._prices(position + np.arange(len(chain.levels_kw)))
        value = day_value(end_krw, chain, prices, self.month.store, self.grid)
        return DayView(
            probability=probability,
            chain=chain,
            after_krw=value.after_krw,
            first=position - self.month.first,
        )

    def _ends_krw(self) -> list[Values]:
        """By level: what the end of the running day is worth."""
        return [values[self.day + 1 - self.valued_from] for values in self.values]

    def _chain_of(self, day: int, seen_from: int) -> LoadChain:
        """The chain of a day, learnt from the days that were over when another one began."""
        by_day_kw, kind = self.known.days_before(int(self.days[seen_from][0]))
        positions = self.days[day]
        alike_kw, weight = days_alike(by_day_kw, kind, self.known.kind_at(int(positions[0])))
        return chain_of_days(alike_kw[:, self.known.table.step_of_day[positions]], weight)

    def _prices(self, positions: npt.NDArray[np.int64]) -> DayPrices:
        steps = positions - self.month.first
        return DayPrices(
            krw_per_kwh=self.month.prices.krw_per_kwh[steps],
            counted=self.month.prices.counted[steps],
        )
