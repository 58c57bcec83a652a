"""Plan a day ahead on a forecast, plan anew as time goes on, and hold the planned peak."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from feature_store.features.load_table import WORKDAY, LoadTable
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, KilowattArray
from models.dispatch.days_alike import days_alike
from models.dispatch.known_load import KnownLoad
from models.dispatch.policy import Month, Now
from models.dispatch.storage_plan import NoStoragePlanError, StoragePlan
from models.dispatch.storage_value import DayPrices
from models.forecasting.normal_score import normal_score
from models.forecasting.quantile_curve import demand_of_score_kw

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
        plan = StoragePlan.of(month.store, STEPS_PER_DAY, month.peak_cost)
        target_kw = _required_peak_kw(month, known, plan) if self.starting_target else 0.0
        return RollingDispatcher(
            policy=self, month=month, known=known, plan=plan, target_kw=target_kw
        )


@dataclass(kw_only=True)
class RollingDispatcher:
    """A month's plans."""

    policy: RollingPlan
    month: Month
    known: KnownLoad
    plan: StoragePlan
    target_kw: float
    planned_kw: KilowattArray = field(default_factory=lambda: np.zeros(0))
    planned_peak_kw: float = 0.0
    planned_at: int = 0

    def power_kw(self, now: Now) -> float:
        """Return the planned power, or what holds the peak."""
        if now.step % self.policy.every_steps == 0:
            self._plan(now)
        planned_kw = float(self.planned_kw[now.step - self.planned_at])
        if not self.policy.tracking:
            return planned_kw
        if not self.month.prices.counted[now.step]:
            return planned_kw
        held_kw = max(self.planned_peak_kw, self.target_kw, now.peak_kw)
        return min(planned_kw, held_kw - now.load_kw)

    def _plan(self, now: Now) -> None:
        load_kw = self._path_kw(now.step)
        load_kw[0] = now.load_kw
        held_kw = max(now.peak_kw, self.target_kw)
        self.planned_kw, self.planned_peak_kw = self.plan.solve(
            load_kw, self._prices(now.step), soc_kwh=now.soc_kwh, held_kw=held_kw
        )
        self.planned_at = now.step

    def _path_kw(self, step: int) -> KilowattArray:
        position = self.month.first + step
        if self.policy.path == "measured":
            return _ahead(self.known.table, position)
        newest = self.known.newest_forecast(position)
        if newest is None:
            raise NoStoragePlanError(
                "no forecast is known where a plan begins; forecast the month from its start"
            )
        issued, quantiles_kw = newest
        score = normal_score(np.full((len(quantiles_kw), 1), self.policy.level))
        path_kw = demand_of_score_kw(quantiles_kw, score)[position - issued :, 0]
        path_kw = np.concatenate([path_kw, np.repeat(path_kw[-1:], STEPS_PER_DAY)])
        return path_kw[:STEPS_PER_DAY].copy()

    def _prices(self, step: int) -> DayPrices:
        """Prices of the day ahead; beyond the month those of its last day again."""
        prices = self.month.prices
        steps = np.arange(step, step + STEPS_PER_DAY)
        beyond = steps >= self.month.steps
        steps = np.where(beyond, steps - STEPS_PER_DAY, steps)
        return DayPrices(
            krw_per_kwh=prices.krw_per_kwh[steps], counted=prices.counted[steps] & ~beyond
        )


def _ahead(table: LoadTable, position: int) -> KilowattArray:
    """The measured day from a position on; after the last reading that of the day before."""
    demand_kw = table.demand_kw[position : position + STEPS_PER_DAY]
    earlier_kw = table.demand_kw[position - STEPS_PER_DAY : position]
    return np.where(np.isfinite(demand_kw), demand_kw, earlier_kw[: len(demand_kw)])


def _required_peak_kw(month: Month, known: KnownLoad, plan: StoragePlan) -> float:
    """The highest of the peaks that the battery could not have avoided on past working days."""
    by_day_kw, kind = known.days_before(month.first)
    days_kw, _ = days_alike(by_day_kw[-TARGET_DAYS:], kind[-TARGET_DAYS:], WORKDAY)
    prices = DayPrices(
        krw_per_kwh=month.prices.krw_per_kwh[:STEPS_PER_DAY],
        counted=np.ones(STEPS_PER_DAY, dtype=bool),
    )
    peaks_kw = [
        plan.solve(day_kw, prices, soc_kwh=month.store.most_kwh, held_kw=0.0)[1]
        for day_kw in days_kw
    ]
    return max(peaks_kw, default=0.0)
