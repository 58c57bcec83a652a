"""Run the battery by what charge and peak are expected to be worth: the product's own policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.dispatch.day_view import DayView
from models.dispatch.days_left import DaysLeft
from models.dispatch.forecast_levels import levels_of_forecast_kw, upper_factors
from models.dispatch.known_load import KnownLoad
from models.dispatch.load_chain import LoadChain
from models.dispatch.placed_runs import PlacedRuns
from models.dispatch.policy import Month, Morning, Move, Now
from models.dispatch.storage_value import (
    NO_REDUCTION,
    ReductionNow,
    StateGrid,
    Values,
    cheapest_move_kw,
    day_value,
)

REFIT_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Stochastic:
    """A stochastic dynamic program whose days are chained by the value of the month's peak.

    Every ``refit_days`` the values of all days left are computed anew from the days known by then.
    The running day is valued anew at each forecast: its levels are the forecast's, the upper ones
    as far up as past forecasts were passed, and they follow each other as on past days of its kind.
    Without a forecast its levels are those of past days too, in a month as expected, lower or
    higher.

    Jobs are placed when a day begins, their peak priced by the value function of its end; the days
    after it are valued with the jobs where they are expected to be placed.
    """

    reads_forecasts: ClassVar[bool] = True

    name: str = "stochastic"
    refit_days: int = REFIT_DAYS

    def start(self, month: Month, known: KnownLoad) -> StochasticDispatcher:
        """Begin a month."""
        if month.flexible is None:
            return StochasticDispatcher(policy=self, left=DaysLeft(month=month, known=known))
        runs = PlacedRuns.of(month, month.flexible, known)
        left = DaysLeft(month=month, known=known, added_kw=runs.net_kw)
        return StochasticDispatcher(policy=self, left=left, runs=runs)


@dataclass(kw_only=True)
class StochasticDispatcher:
    """A month's values, computed as its days begin."""

    policy: Stochastic
    left: DaysLeft
    runs: PlacedRuns | None = None
    """Of the jobs, which ``left`` sees too; None without jobs."""
    day: int = -1
    """The running day of the month."""
    chain: LoadChain = field(init=False)
    """Of the running day, learnt from past ones."""
    upper: npt.NDArray[np.float64] = field(init=False)
    """Of the running day's forecasts, how far their upper levels are moved, (UPPER,)."""
    grid: StateGrid = field(init=False)
    """Of the views: the peaks that may still be the month's."""
    views: list[DayView] = field(default_factory=list)
    """What the running day may be: as forecast, or as past days in each level of the month."""

    def place(self, morning: Morning) -> KilowattArray:
        """Return the day's runs where they and what they do to the month's peak cost least."""
        self._begin_day()
        left = self.left
        if self.runs is None:
            return left.month.usual_runs_kw(morning)
        return self.runs.place(morning, left.peak_lines(self.day, morning))

    def move(self, now: Now) -> Move:
        """Return the power and the reduction that the values tell to be cheapest."""
        after_krw, weight = self._look(now)
        month = self.left.month
        power_kw, given_up_kw = cheapest_move_kw(
            after_krw,
            weight,
            load_kw=now.load_kw,
            soc_kwh=now.soc_kwh,
            peak_kw=now.peak_kw,
            krw_per_kwh=float(month.prices.krw_per_kwh[now.step]),
            counted=bool(month.prices.counted[now.step]),
            store=month.store,
            grid=self.grid,
            reduction=self._reduction(now),
        )
        return Move(power_kw=power_kw, given_up_kw=given_up_kw)

    def _reduction(self, now: Now) -> ReductionNow:
        flexible = self.left.month.flexible
        if flexible is None or self.runs is None:
            return NO_REDUCTION
        return ReductionNow(
            most_kw=now.reducible_kw,
            planned_kw=float(self.runs.given_up_kw[now.step]),
            held_kw=max(now.peak_kw, self.runs.planned_peak_kw),
            krw_per_kwh=flexible.krw_per_kwh,
        )

    def _begin_day(self) -> None:
        self.day += 1
        if self.day % self.policy.refit_days == 0:
            self.left.value(self.day)
        self.chain = self.left.chain(self.day, seen_from=self.day)
        self.upper = upper_factors(self.left.known, int(self.left.days[self.day][0]))

    def _look(self, now: Now) -> tuple[Values, npt.NDArray[np.float64]]:
        """Take the interval's load in: values after it (states, socs, peaks), weights (states,)."""
        position = self.left.month.first + now.step
        newest = self.left.known.newest_forecast(position)
        if newest is not None and newest[0] == position:
            self.views = [self._as_forecast(position, newest[1], now.peak_kw)]
        elif position == int(self.left.days[self.day][0]):
            self.views = self._like_past(position, now.peak_kw)
        load_kw = now.load_kw
        if self.runs is not None:  # the views see the load as it is planned to be reduced
            load_kw -= float(self.runs.given_up_kw[now.step])
        seen = [view.seen(now.step, load_kw) for view in self.views]
        return (
            np.concatenate([after_krw for after_krw, _ in seen]),
            np.concatenate([weight for _, weight in seen]),
        )

    def _like_past(self, position: int, peak_kw: float) -> list[DayView]:
        left = self.left
        return [
            self._view(
                self.chain.at_level(level.factor), position, peak_kw, end_krw, level.probability
            )
            for level, end_krw in zip(left.levels, left.ends_krw(self.day), strict=True)
        ]

    def _as_forecast(self, position: int, quantiles_kw: KilowattArray, peak_kw: float) -> DayView:
        left = self.left
        steps = int(left.days[self.day][-1]) + 1 - position
        levels_kw = levels_of_forecast_kw(quantiles_kw[:steps], self.upper)
        chain = self.chain.from_step(position - int(left.days[self.day][0]))
        chain = chain.with_levels(levels_kw)
        return self._view(chain, position, peak_kw, left.end_krw(self.day), 1.0)

    def _view(
        self,
        chain: LoadChain,
        position: int,
        peak_kw: float,
        end_krw: Values,
        probability: float,
    ) -> DayView:
        """What the day is worth under a chain of its base load from a position on."""
        left = self.left
        chain = left.with_runs(chain, position)
        prices = left.prices(position + np.arange(len(chain.levels_kw)))
        first = left.grid.reachable_from(peak_kw)
        self.grid = left.grid.from_place(first)
        of_end_krw = np.ascontiguousarray(end_krw[:, first:])
        value = day_value(of_end_krw, chain, prices, left.month.store, self.grid)
        return DayView(
            probability=probability,
            chain=chain,
            after_krw=value.after_krw,
            first=position - left.month.first,
        )
