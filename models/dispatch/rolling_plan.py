"""Plan a day ahead on a forecast, plan anew as time goes on, and hold the planned peak."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np

from feature_store.features.load_table import WORKDAY, IntArray
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, KilowattArray
from models.dispatch.days_alike import days_alike
from models.dispatch.discharge_limit import LeftToday
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.known_load import KnownLoad
from models.dispatch.live import missing_krw_per_kwh
from models.dispatch.load_path import forecast_path_kw, measured_path_kw
from models.dispatch.peak_lines import PeakLines
from models.dispatch.placed_runs import PlacedRuns
from models.dispatch.policy import Month, Morning, Move, Now
from models.dispatch.storage_plan import NoStoragePlanError, Reducible, StoragePlan
from models.dispatch.storage_value import DayPrices

TARGET_DAYS = 30
"""Past days whose lowest possible peaks make the peak that a month starts with."""

Path = Literal["forecast", "measured"]


@dataclass(frozen=True, kw_only=True)
class RollingPlan:
    """A 24-hour plan on one path, made anew every ``every_steps``."""

    name: str
    every_steps: int = STEPS_PER_HOUR
    level: float = 0.5
    """Quantile of the forecast that the plan takes for the load."""
    tracking: bool = True
    """Whether the battery leaves the plan, interval by interval, to hold the planned peak."""
    starting_target: bool = False
    """Whether a month starts with the highest of the peaks that past days could not be held
    under: less will not be reached, so nothing is spent on it."""
    path: Path = "forecast"
    """``measured`` is the load as it will be: a plan with a perfect forecast."""

    @property
    def reads_forecasts(self) -> bool:
        """Whether the path is not the measured one."""
        return self.path == "forecast"

    def start(self, month: Month, known: KnownLoad) -> RollingDispatcher:
        """Begin a month."""
        flexible = month.flexible
        reduces = flexible is not None and flexible.curtailable is not None
        plan = StoragePlan.of(
            month.store,
            STEPS_PER_DAY,
            month.peak_cost,
            missing_krw_per_kwh=missing_krw_per_kwh(month, month.store),
            given_up_krw_per_kwh=flexible.krw_per_kwh if flexible and reduces else None,
            discharge_kwh_per_day=month.kwh_per_day,
        )
        runs = PlacedRuns.of(month, flexible, known) if flexible else None
        ahead = ReducibleAhead.of(month, flexible, known) if flexible and reduces else None
        target_kw = 0.0
        if self.starting_target:
            target_kw = _required_peak_kw(month, known, plan, runs, ahead)
        return RollingDispatcher(
            policy=self,
            month=month,
            known=known,
            plan=plan,
            target_kw=target_kw,
            runs=runs,
            ahead=ahead,
        )


@dataclass(kw_only=True)
class RollingDispatcher:
    """A month's plans."""

    policy: RollingPlan
    month: Month
    known: KnownLoad
    plan: StoragePlan
    target_kw: float
    runs: PlacedRuns | None = None
    """Of the jobs; None without jobs."""
    ahead: ReducibleAhead | None = None
    """Of a load that may be reduced; None without one."""
    planned_kw: KilowattArray = field(default_factory=lambda: np.zeros(0))
    given_up_kw: KilowattArray = field(default_factory=lambda: np.zeros(0))
    planned_peak_kw: float = 0.0
    planned_at: int = 0
    midnight: int = 0
    """Step after the last of the running day."""

    def place(self, morning: Morning) -> KilowattArray:
        """Return the day's runs where they cost least for the path that is planned on."""
        self.midnight = morning.step + morning.steps
        if self.runs is None:
            return self.month.usual_runs_kw(morning)
        held_kw = max(morning.peak_kw, self.target_kw)
        lines = PeakLines.of_cost(self.month.peak_cost, held_kw)
        measured = self.policy.path == "measured"
        position = self.month.first + morning.step
        path_kw = measured_path_kw(self.known.table, position, morning.steps) if measured else None
        return self.runs.place(morning, lines, path_kw)

    def move(self, now: Now) -> Move:
        """Return the planned power and reduction, or what holds the peak: the battery first."""
        if now.step % self.policy.every_steps == 0:
            self._plan(now)
        planned_kw = float(self.planned_kw[now.step - self.planned_at])
        given_up_kw = min(float(self.given_up_kw[now.step - self.planned_at]), now.reducible_kw)
        if not (self.policy.tracking and self.month.prices.counted[now.step]):
            return Move(power_kw=planned_kw, given_up_kw=given_up_kw)
        held_kw = max(self.planned_peak_kw, self.target_kw, now.peak_kw)
        left_kw = now.load_kw - given_up_kw
        least_kw, _ = self.month.usable(now).reach_kw(now.soc_kwh, left_kw)
        power_kw = max(min(planned_kw, held_kw - left_kw), least_kw)
        over_kw = max(left_kw + power_kw - held_kw, 0.0)
        return Move(power_kw=power_kw, given_up_kw=min(given_up_kw + over_kw, now.reducible_kw))

    def _plan(self, now: Now) -> None:
        load_kw = self._path_kw(now.step)
        load_kw[0] = now.load_kw
        held_kw = max(now.peak_kw, self.target_kw)
        self.planned_kw, self.planned_peak_kw = self.plan.solve(
            load_kw,
            self._prices(now.step),
            soc_kwh=now.soc_kwh,
            held_kw=held_kw,
            reducible=self.ahead.at(now.step, now.reducible_kwh) if self.ahead else None,
            left=LeftToday(steps=self.midnight - now.step, kwh=now.dischargeable_kwh),
        )
        self.given_up_kw = self.plan.given_up_kw
        self.planned_at = now.step

    def _path_kw(self, step: int) -> KilowattArray:
        path_kw = self._base_path_kw(step)
        if self.runs is not None:
            path_kw = path_kw + self.runs.total_kw[step : step + STEPS_PER_DAY]
        return path_kw

    def _base_path_kw(self, step: int) -> KilowattArray:
        position = self.month.first + step
        if self.policy.path == "measured":
            return measured_path_kw(self.known.table, position, STEPS_PER_DAY)
        newest = self.known.newest_forecast(position)
        if newest is None:
            raise NoStoragePlanError(
                "no forecast is known where a plan begins; forecast the month from its start"
            )
        return forecast_path_kw(newest, position, level=self.policy.level, steps=STEPS_PER_DAY)

    def _prices(self, step: int) -> DayPrices:
        """Prices of the day ahead; beyond the month those of its last day again."""
        prices = self.month.prices
        steps = np.arange(step, step + STEPS_PER_DAY)
        beyond = steps >= self.month.steps
        steps = np.where(beyond, steps - STEPS_PER_DAY, steps)
        return DayPrices(
            krw_per_kwh=prices.krw_per_kwh[steps], counted=prices.counted[steps] & ~beyond
        )


@dataclass(frozen=True, kw_only=True)
class ReducibleAhead:
    """How far a load may be reduced from any interval of a month on, for a day."""

    limit_kw: KilowattArray
    """Shape (steps of the month and a day after it,)."""
    day: IntArray
    """Local day of each of them."""
    kwh_per_day: float

    @classmethod
    def of(cls, month: Month, flexible: FlexibleLoad, known: KnownLoad) -> Self:
        """Return what a month's load allows."""
        steps = month.steps + STEPS_PER_DAY
        return cls(
            limit_kw=flexible.over(0, steps).limit_kw(),
            day=known.table.day[month.first : month.first + steps],
            kwh_per_day=flexible.kwh_per_day,
        )

    def at(self, step: int, left_kwh: float) -> Reducible:
        """Return the limits of the day from a step on, with ``left_kwh`` of its energy left."""
        within = slice(step, step + STEPS_PER_DAY)
        today = self.day[within] == self.day[step]
        return Reducible(
            today_kw=np.where(today, self.limit_kw[within], 0.0),
            later_kw=np.where(today, 0.0, self.limit_kw[within]),
            today_kwh=left_kwh,
            later_kwh=self.kwh_per_day,
        )


def _required_peak_kw(
    month: Month,
    known: KnownLoad,
    plan: StoragePlan,
    runs: PlacedRuns | None,
    ahead: ReducibleAhead | None,
) -> float:
    """The highest of the peaks that could not have been avoided on past working days."""
    by_day_kw, kind = known.days_before(month.first)
    days_kw, _ = days_alike(by_day_kw[-TARGET_DAYS:], kind[-TARGET_DAYS:], WORKDAY)
    prices = DayPrices(
        krw_per_kwh=month.prices.krw_per_kwh[:STEPS_PER_DAY],
        counted=np.ones(STEPS_PER_DAY, dtype=bool),
    )
    if runs is not None:
        days_kw = days_kw + runs.expected_on(WORKDAY)
    reducible = ahead.at(0, ahead.kwh_per_day) if ahead is not None else None
    left = LeftToday(steps=STEPS_PER_DAY, kwh=month.kwh_per_day)
    full_kwh = month.store.most_kwh
    solved = (
        plan.solve(day_kw, prices, soc_kwh=full_kwh, held_kw=0.0, reducible=reducible, left=left)
        for day_kw in days_kw
    )
    return max((peak_kw for _, peak_kw in solved), default=0.0)
