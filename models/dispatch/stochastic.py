"""Run the battery by what charge and peak are expected to be worth: the product's own policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from feature_store.time_grid import KilowattArray
from models.dispatch.day_view import DayView
from models.dispatch.days_left import DaysLeft
from models.dispatch.known_load import KnownLoad
from models.dispatch.load_chain import SCORES, LoadChain
from models.dispatch.policy import Month, Now
from models.dispatch.storage_value import Values, cheapest_power_kw, day_value
from models.forecasting.quantile_curve import demand_of_score_kw

REFIT_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Stochastic:
    """A stochastic dynamic program whose days are chained by the value of the month's peak.

    Every ``refit_days`` the values of all days left are computed anew from the days known by then.
    The running day is valued anew at each forecast: its levels are the forecast's, and they follow
    each other as on past days of its kind. Without a forecast its levels are those of past days
    too, in a month as expected, lower or higher.
    """

    reads_forecasts: ClassVar[bool] = True

    name: str = "stochastic"
    refit_days: int = REFIT_DAYS

    def start(self, month: Month, known: KnownLoad) -> StochasticDispatcher:
        """Begin a month."""
        return StochasticDispatcher(policy=self, left=DaysLeft(month=month, known=known))


@dataclass(kw_only=True)
class StochasticDispatcher:
    """A month's values, computed as its days begin."""

    policy: Stochastic
    left: DaysLeft
    day: int = -1
    """The running day of the month."""
    chain: LoadChain = field(init=False)
    """Of the running day, learnt from past ones."""
    views: list[DayView] = field(default_factory=list)
    """What the running day may be: as forecast, or as past days in each level of the month."""

    def power_kw(self, now: Now) -> float:
        """Return the power that the values tell to be cheapest."""
        month = self.left.month
        position = month.first + now.step
        begun = self.left.begins(self.day + 1, position)
        if begun:
            self.day += 1
            if self.day % self.policy.refit_days == 0:
                self.left.value(self.day)
            self.chain = self.left.chain(self.day, seen_from=self.day)
        newest = self.left.known.newest_forecast(position)
        if newest is not None and newest[0] == position:
            self.views = [self._as_forecast(position, newest[1])]
        elif begun:
            self.views = self._like_past(position)
        seen = [view.seen(now.step, now.load_kw) for view in self.views]
        return cheapest_power_kw(
            np.concatenate([after_krw for after_krw, _ in seen]),
            np.concatenate([weight for _, weight in seen]),
            load_kw=now.load_kw,
            soc_kwh=now.soc_kwh,
            peak_kw=now.peak_kw,
            krw_per_kwh=float(month.prices.krw_per_kwh[now.step]),
            counted=bool(month.prices.counted[now.step]),
            store=month.store,
            grid=self.left.grid,
        )

    def _like_past(self, position: int) -> list[DayView]:
        left = self.left
        return [
            self._view(self.chain.at_level(level.factor), position, end_krw, level.probability)
            for level, end_krw in zip(left.levels, left.ends_krw(self.day), strict=True)
        ]

    def _as_forecast(self, position: int, quantiles_kw: KilowattArray) -> DayView:
        left = self.left
        steps = int(left.days[self.day][-1]) + 1 - position
        scores = np.broadcast_to(SCORES, (steps, len(SCORES)))
        levels_kw = demand_of_score_kw(quantiles_kw[:steps], scores)
        chain = self.chain.from_step(position - int(left.days[self.day][0]))
        return self._view(chain.with_levels(levels_kw), position, left.end_krw(self.day), 1.0)

    def _view(
        self, chain: LoadChain, position: int, end_krw: Values, probability: float
    ) -> DayView:
        """What the day is worth under a chain from a position on."""
        left = self.left
        prices = left.prices(position + np.arange(len(chain.levels_kw)))
        value = day_value(end_krw, chain, prices, left.month.store, left.grid)
        return DayView(
            probability=probability,
            chain=chain,
            after_krw=value.after_krw,
            first=position - left.month.first,
        )
