"""Run the battery by what charge and peak are expected to be worth: the product's own policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from feature_store.time_grid import KilowattArray
from models.dispatch.day_view import DayViews, IntervalValues
from models.dispatch.days_left import DaysLeft
from models.dispatch.known_load import KnownLoad
from models.dispatch.placed_runs import PlacedRuns
from models.dispatch.policy import Month, Morning, Move, Now
from models.dispatch.running_day import RunningDay
from models.dispatch.storage_value import NO_REDUCTION, ReductionNow

REFIT_DAYS = 7
"""The days left are valued anew so often, from the first day of the month on."""


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
    """Number of the running day of the month."""
    running: RunningDay = field(init=False)
    views: DayViews = field(init=False)
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
        month = self.left.month
        return self._look(now).cheapest(now, month, month.usable(now), self._reduction(now))

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
        self.running = RunningDay.of(self.left, self.day)

    def _look(self, now: Now) -> IntervalValues:
        """Take the interval's load in, with the forecast that is issued when it begins."""
        position = self.left.month.first + now.step
        newest = self.left.known.newest_forecast(position)
        if newest is not None and newest[0] == position:
            self.views = self.running.as_forecast(position, newest[1], now.peak_kw)
        elif position == self.running.first:
            self.views = self.running.like_past(position, now.peak_kw)
        load_kw = now.load_kw
        if self.runs is not None:  # the views see the load as it is planned to be reduced
            load_kw -= float(self.runs.given_up_kw[now.step])
        return self.views.seen(now.step, load_kw)
