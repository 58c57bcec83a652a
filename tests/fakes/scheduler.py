"""Schedulers without a solver: one that moves a single job, and ones that find nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_HOUR
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.schedule import (
    BindingLimit,
    Block,
    Infeasible,
    Move,
    Outcome,
    PlanCost,
    Schedule,
    Solved,
    TimedOut,
)
from models.optimizer.site_now import SiteNow

JOB_KW = 40.0
SAVED_KRW = 12_345.0
LATER_USUAL_KRW, LATER_PLANNED_KRW = 765_000.0, 754_300.0
UNPROVED_KRW = 5_000.0
PEAK_KRW_PER_KW, PEAK_MONTHS = 99_840.0, 12
HELD_BY = (BindingLimit(what="window_end"), BindingLimit(what="crew", others=("건조로",)))


@dataclass
class OneJobScheduler:
    """Moves one hour of work two hours later, and counts how often it was asked."""

    calls: int = 0

    def __call__(
        self,
        firm: Firm,
        history: LoadHistory,
        forecast: LoadForecast,
        *,
        time_limit_s: float,
        now: SiteNow,
    ) -> Outcome:
        """Return the schedule."""
        del history, time_limit_s, now
        self.calls += 1
        usual_kw = forecast.median_kw.copy()
        first, moved = 8 * STEPS_PER_HOUR, 10 * STEPS_PER_HOUR
        planned_kw = usual_kw.copy()
        planned_kw[first : first + STEPS_PER_HOUR] -= JOB_KW
        planned_kw[moved : moved + STEPS_PER_HOUR] += JOB_KW
        start = forecast.grid.at(first).astimezone(firm.zone)
        usual = Block(action="run", start=start, end=start + timedelta(hours=1), power_kw=JOB_KW)
        planned = Block(
            action="run",
            start=start + timedelta(hours=2),
            end=start + timedelta(hours=3),
            power_kw=JOB_KW,
        )
        cost = PlanCost(energy_krw=1_000_000.0, demand_krw=2_000_000.0, wear_krw=0.0)
        cheaper = PlanCost(energy_krw=1_000_000.0 - SAVED_KRW, demand_krw=2_000_000.0, wear_krw=0.0)
        return Solved(
            schedule=Schedule(
                firm_id=firm.firm_id,
                issue_time=forecast.issue_time,
                grid=forecast.grid,
                equipment_kw={"소성로": planned_kw - usual_kw},
                soc_kwh={},
                usual_import_kw=usual_kw,
                planned_import_kw=planned_kw,
                usual_cost=cost,
                planned_cost=cheaper,
                usual_peak_kw=float(usual_kw.max()),
                planned_peak_kw=float(planned_kw.max()),
                demand_floor_kw=0.3 * firm.contract.power_kw,
                contract_power_kw=firm.contract.power_kw,
                moves=(
                    Move(
                        equipment="소성로",
                        kind="shiftable_job",
                        usual=(usual,),
                        planned=(planned,),
                        saved_krw=SAVED_KRW,
                        reason="cheaper_hours",
                        limits=HELD_BY,
                    ),
                ),
                solve_seconds=0.0,
            )
        )


@dataclass
class RatchetScheduler(OneJobScheduler):
    """The same plan, but for a peak that later months are charged for too."""

    def __call__(
        self,
        firm: Firm,
        history: LoadHistory,
        forecast: LoadForecast,
        *,
        time_limit_s: float,
        now: SiteNow,
    ) -> Outcome:
        """Return the schedule."""
        outcome = super().__call__(firm, history, forecast, time_limit_s=time_limit_s, now=now)
        assert isinstance(outcome, Solved)
        schedule = outcome.schedule
        return Solved(
            schedule=replace(
                schedule,
                usual_cost=replace(schedule.usual_cost, later_demand_krw=LATER_USUAL_KRW),
                planned_cost=replace(schedule.planned_cost, later_demand_krw=LATER_PLANNED_KRW),
                peak_krw_per_kw=PEAK_KRW_PER_KW,
                peak_months=PEAK_MONTHS,
            )
        )


class LateScheduler(OneJobScheduler):
    """Finds the same plan, and has no time to prove it."""

    def __call__(
        self,
        firm: Firm,
        history: LoadHistory,
        forecast: LoadForecast,
        *,
        time_limit_s: float,
        now: SiteNow,
    ) -> Outcome:
        """Return the plan as the best by the end of the time."""
        outcome = super().__call__(firm, history, forecast, time_limit_s=time_limit_s, now=now)
        assert isinstance(outcome, Solved)
        found = outcome.schedule
        return TimedOut(
            time_limit_s=time_limit_s,
            incumbent=found,
            bound_krw=found.planned_cost.total_krw - UNPROVED_KRW,
        )


@dataclass(frozen=True)
class NoScheduler:
    """Finds no schedule, in the way it is told."""

    outcome: Infeasible | TimedOut

    def __call__(
        self,
        firm: Firm,
        history: LoadHistory,
        forecast: LoadForecast,
        *,
        time_limit_s: float,
        now: SiteNow,
    ) -> Outcome:
        """Return that there is none."""
        del firm, history, forecast, time_limit_s, now
        return self.outcome
