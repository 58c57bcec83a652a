"""Plan a day ahead on a forecast and on what its end is worth, and hold the peak by look-up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, KilowattArray
from models.dispatch.day_view import DayView
from models.dispatch.days_left import DaysLeft
from models.dispatch.discharge_limit import LeftToday
from models.dispatch.known_load import KnownLoad
from models.dispatch.load_path import forecast_path_kw
from models.dispatch.placed_runs import PlacedRuns
from models.dispatch.policy import Month, Morning, Move, Now
from models.dispatch.step_values import day_views, step_values
from models.dispatch.storage_plan import NoStoragePlanError
from models.dispatch.storage_value import DayPrices, Values, cheapest_move_kw
from models.dispatch.value_plan import ValuePlan

REFIT_DAYS = 7
"""The days left are valued anew so often, as by the product's own policy."""


@dataclass(frozen=True, kw_only=True)
class RollingValue:
    """A 24-hour plan on one path, made anew every hour, that ends in a value of charge and peak.

    With many days left a low peak costs it nothing, because some day will pass it anyway, and its
    battery ends as full as the day after is expected to need it. Jobs are placed as by the
    product's own policy; the load is not reduced.
    """

    reads_forecasts: ClassVar[bool] = True

    name: str
    every_steps: int = STEPS_PER_HOUR
    level: float = 0.75
    """Quantile of the forecast that the plan takes for the load."""
    by_look_up: bool = True
    """Whether, in each interval, price and value decide how much of what is planned is done: charge
    that is worth more than its price is kept, a peak that costs more to hold than it is worth is
    given up. Else the planned peak is held until the battery is empty, as by
    :class:`models.dispatch.rolling_plan.RollingPlan`: the two then differ in their value alone."""

    def start(self, month: Month, known: KnownLoad) -> RollingValueDispatcher:
        """Begin a month."""
        flexible = month.flexible
        runs = PlacedRuns.of(month, flexible, known) if flexible else None
        left = DaysLeft(month=month, known=known, added_kw=runs.total_kw if runs else None)
        plan = ValuePlan.of(
            month.store,
            STEPS_PER_DAY,
            left.grid,
            krw_per_kw=float(month.peak_cost.krw_per_kw.sum()),
            discharge_kwh_per_day=month.kwh_per_day,
        )
        return RollingValueDispatcher(policy=self, left=left, plan=plan, runs=runs)


@dataclass(kw_only=True)
class RollingValueDispatcher:
    """A month's plans, and the values of the running day and of the next one."""

    policy: RollingValue
    left: DaysLeft
    plan: ValuePlan
    runs: PlacedRuns | None = None
    """Of the jobs, which ``left`` sees too; None without jobs."""
    day: int = -1
    """The running day of the month."""
    views: list[DayView] = field(default_factory=list)
    """What the running day may be: as past days, in each level of the month."""
    tomorrow_krw: Values = field(default_factory=lambda: np.zeros((0, 0, 0)))
    """After each interval of the day after it, shape (steps, socs, peaks)."""
    planned_kw: KilowattArray = field(default_factory=lambda: np.zeros(0))
    planned_peak_kw: float = 0.0
    planned_at: int = 0

    def place(self, morning: Morning) -> KilowattArray:
        """Return the day's runs where they and what they do to the month's peak cost least."""
        self._begin_day()
        left = self.left
        if self.runs is None:
            return left.month.usual_runs_kw(morning)
        return self.runs.place(morning, left.peak_lines(self.day, morning))

    def move(self, now: Now) -> Move:
        """Return the planned power, or what is cheapest by look-up within what it leaves open."""
        month = self.left.month
        if now.step % self.policy.every_steps == 0:
            self._plan(now)
        planned_kw = float(self.planned_kw[now.step - self.planned_at])
        least_kw = planned_kw
        if month.prices.counted[now.step]:
            held_kw = max(self.planned_peak_kw, now.peak_kw)
            least_kw = min(planned_kw, held_kw - now.load_kw)
        if not self.policy.by_look_up:
            return Move(power_kw=least_kw)
        return Move(power_kw=min(max(self._cheapest_kw(now), least_kw), max(planned_kw, 0.0)))

    def _cheapest_kw(self, now: Now) -> float:
        """What price and value tell, the load's state being weighed as it was seen today."""
        month = self.left.month
        seen = [view.seen(now.step, now.load_kw) for view in self.views]
        power_kw, _ = cheapest_move_kw(
            np.concatenate([after_krw for after_krw, _ in seen]),
            np.concatenate([weight for _, weight in seen]),
            load_kw=now.load_kw,
            soc_kwh=now.soc_kwh,
            peak_kw=now.peak_kw,
            krw_per_kwh=float(month.prices.krw_per_kwh[now.step]),
            counted=bool(month.prices.counted[now.step]),
            store=month.usable(now),
            grid=self.left.grid,
        )
        return power_kw

    def _begin_day(self) -> None:
        self.day += 1
        day, left = self.day, self.left
        if day % REFIT_DAYS == 0:
            left.value(day)
        if self.policy.by_look_up:
            self.views = day_views(left, day)
        if day + 1 < len(left.days):
            self.tomorrow_krw = step_values(left, day + 1, seen_from=day)

    def _plan(self, now: Now) -> None:
        load_kw = self._path_kw(now.step)
        load_kw[0] = now.load_kw
        steps = np.arange(now.step, now.step + STEPS_PER_DAY)
        inside = steps < self.left.month.steps
        steps = np.where(inside, steps, steps - STEPS_PER_DAY)
        prices = self.left.month.prices
        midnight = int(self.left.days[self.day][-1]) + 1 - self.left.month.first
        self.planned_kw, self.planned_peak_kw = self.plan.solve(
            load_kw,
            DayPrices(
                krw_per_kwh=prices.krw_per_kwh[steps], counted=prices.counted[steps] & inside
            ),
            self._end_krw(now.step),
            usable=inside,
            soc_kwh=now.soc_kwh,
            held_kw=now.peak_kw,
            left=LeftToday(steps=midnight - now.step, kwh=now.dischargeable_kwh),
        )
        self.planned_at = now.step

    def _end_krw(self, step: int) -> Values:
        """What charge and peak are worth a day on, or at the month's end if that comes before."""
        left = self.left
        last = min(step + STEPS_PER_DAY, left.month.steps) - 1 + left.month.first
        of_tomorrow = last - int(left.days[self.day][-1]) - 1
        if of_tomorrow < 0 or self.day + 1 == len(left.days):
            return left.end_krw(self.day)
        return self.tomorrow_krw[min(of_tomorrow, len(self.tomorrow_krw) - 1)]

    def _path_kw(self, step: int) -> KilowattArray:
        newest = self.left.known.newest_forecast(self.left.month.first + step)
        if newest is None:
            raise NoStoragePlanError(
                "no forecast is known where a plan begins; forecast the month from its start"
            )
        position = self.left.month.first + step
        path_kw = forecast_path_kw(newest, position, level=self.policy.level, steps=STEPS_PER_DAY)
        if self.runs is not None:
            path_kw = path_kw + self.runs.total_kw[step : step + STEPS_PER_DAY]
        return path_kw
