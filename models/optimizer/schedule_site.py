"""From one site's problem to its cheapest schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from feature_store.time_grid import KilowattArray
from models.assets.asset import Asset
from models.optimizer.base_load import PEAK_QUANTILE
from models.optimizer.carried_on import carried_on
from models.optimizer.explain import moves
from models.optimizer.grid_limits import grid_violations
from models.optimizer.hard_contract import contract_conflict
from models.optimizer.peak_cost import remembering_months
from models.optimizer.pricing import Pricing
from models.optimizer.problem import SchedulingProblem, assemble
from models.optimizer.schedule import (
    ByBillBecause,
    ExpectedDemand,
    Infeasible,
    Outcome,
    PeakDemand,
    PlannedEvent,
    Schedule,
    Solved,
    TimedOut,
)
from models.optimizer.site_problem import SiteProblem
from models.optimizer.solve import Solution, Unproved, solve
from models.optimizer.verify import verify_schedule

SILENCE_KW = 1e-6
"""Changes below this are the solver's rounding (its feasibility tolerance is 1e-7)."""

Powers = Mapping[str, KilowattArray]
"""Draw of each piece of equipment by name, shape (steps,)."""


def schedule_site(problem: SiteProblem, *, time_limit_s: float = 10.0) -> Outcome:
    """Find the cheapest operation of the site's equipment.

    The same problem gives the same plan. Doing nothing is a plan too: a plan that would not be
    cheaper is not suggested, unless doing nothing breaks a limit of the grid. What is handed out,
    even beside a time-out, was replayed and billed again; a plan that fails there is a
    :class:`models.optimizer.verify.UnsafeScheduleError`.

    With a value of the peak (:attr:`models.optimizer.site_problem.SiteProblem.peak_value`) the plan
    is chosen by it. Nobody is asked to follow a plan whose bill is above that of doing nothing:
    where that is what the value leads to, the plan is the one with the lowest bill.
    """
    scheduling = filled(problem)
    solution = solve(scheduling, time_limit_s=time_limit_s)
    if isinstance(solution, Infeasible):
        return contract_conflict(problem, time_limit_s=time_limit_s) or solution
    pricing = pricing_of(problem)
    usual_kw = usual_operation(pricing)
    if isinstance(solution, Unproved):
        return _timed_out(problem, pricing, usual_kw, solution)
    planned_kw = _worth_doing(problem, pricing, usual_kw, solution)
    kept_kw = carried_on(problem, scheduling, pricing, planned_kw, time_limit_s=time_limit_s)
    if kept_kw is not None:
        planned_kw = _settled(usual_kw, kept_kw)
    if problem.peak_value is not None and _costs_more(pricing, usual_kw, planned_kw):
        left_s = max(time_limit_s - solution.solve_seconds, 0.0)
        by_bill = schedule_site(replace(problem, peak_value=None), time_limit_s=left_s)
        return _because(by_bill, "bill_would_rise")
    schedule = _schedule(problem, pricing, usual_kw, planned_kw)
    verify_schedule(pricing, schedule)
    return Solved(
        schedule=replace(
            schedule, solve_seconds=solution.solve_seconds, kept_previous=kept_kw is not None
        ),
        # Also of a plan that was kept: it is what any plan from now on costs at least.
        bound_krw=min(solution.bound_krw, schedule.planned_cost.total_krw),
    )


def _timed_out(
    problem: SiteProblem, pricing: Pricing, usual_kw: Powers, unproved: Unproved
) -> TimedOut:
    best = unproved.best
    if best is None:
        return TimedOut(time_limit_s=unproved.time_limit_s)
    planned_kw = _worth_doing(problem, pricing, usual_kw, best)
    schedule = _schedule(problem, pricing, usual_kw, planned_kw)
    verify_schedule(pricing, schedule)
    return TimedOut(
        time_limit_s=unproved.time_limit_s,
        incumbent=replace(schedule, solve_seconds=best.solve_seconds),
        bound_krw=min(best.bound_krw, schedule.planned_cost.total_krw),
    )


def _worth_doing(
    problem: SiteProblem, pricing: Pricing, usual_kw: Powers, solution: Solution
) -> Powers:
    """Return what the solver found, or the usual operation where that saves nothing."""
    planned_kw = _settled(usual_kw, solution.equipment_kw)
    if _breaks_the_grid(problem, usual_kw):
        return planned_kw
    return pricing.cheaper(usual_kw, planned_kw)


def filled(problem: SiteProblem) -> SchedulingProblem:
    """Return what the solver is given."""
    scheduling = assemble(
        problem.site,
        problem.prices,
        terms=problem.terms,
        scenarios=problem.base.scenarios,
        by_value=problem.peak_value is not None,
    )
    scheduling.fill(
        problem.base, list(problem.demand_floor_kw), problem.later_cuts, problem.peak_value
    )
    return scheduling


def pricing_of(problem: SiteProblem) -> Pricing:
    """Return the formulas that the problem's operations are priced by."""
    return Pricing(
        site=problem.site,
        prices=problem.prices,
        base=problem.base,
        demand_floor_kw=problem.demand_floor_kw,
        later=remembering_months(problem.site, problem.prices),
        later_cuts=problem.later_cuts,
        terms=problem.terms,
        peak_value=problem.peak_value,
    )


def usual_operation(pricing: Pricing) -> Powers:
    """Return what each piece of equipment does if nobody changes anything.

    It may bring more than the site draws: what is newer than the readings, or all of it where the
    load was told without it. What may not be fed back is held back where it arises.
    """
    grid, export = pricing.prices.grid, pricing.terms.export
    usual_kw = {asset.name: asset.usual_kw(grid) for asset in pricing.site.assets}
    most_kw = 0.0 if export is None else export.most_kw
    for asset in sorted(pricing.site.assets, key=_order_of_holding_back):
        surplus_kw = -(pricing.base.median_kw + pricing.total_kw(usual_kw)) - most_kw
        surplus_kw = np.where(surplus_kw > SILENCE_KW, surplus_kw, 0.0)
        fed_kw = np.maximum(-usual_kw[asset.name], 0.0)
        usual_kw[asset.name] = usual_kw[asset.name] + np.minimum(surplus_kw, fed_kw)
    return usual_kw


def _order_of_holding_back(asset: Asset) -> tuple[bool, bool]:
    """Generation first, the newest of it before all: what arises there is held back there."""
    return asset.feeding != "generate", asset.in_readings


def _breaks_the_grid(problem: SiteProblem, equipment_kw: Powers) -> bool:
    grid = problem.prices.grid
    return bool(grid_violations(problem.site, grid, problem.base, equipment_kw, problem.terms))


def _because(outcome: Outcome, why: ByBillBecause) -> Outcome:
    if not isinstance(outcome, Solved):
        return outcome
    return replace(outcome, schedule=replace(outcome.schedule, by_bill_because=why))


def _costs_more(pricing: Pricing, usual_kw: Powers, planned_kw: Powers) -> bool:
    return pricing.cost(planned_kw).total_krw > pricing.cost(usual_kw).total_krw


def _expected(pricing: Pricing, usual_kw: Powers, planned_kw: Powers) -> ExpectedDemand | None:
    value = pricing.peak_value
    if value is None:
        return None
    usual_krw, planned_krw = (
        float(pricing.expected_demand_krw(value, pricing.total_kw(powers)[:, None])[0])
        for powers in (usual_kw, planned_kw)
    )
    return ExpectedDemand(usual_krw=usual_krw, planned_krw=planned_krw, days_left=value.days_left)


def _settled(usual_kw: Powers, planned_kw: Powers) -> Powers:
    """Return the plan with the solver's rounding taken for what it is: no change."""
    return {
        name: np.where(np.abs(power_kw - usual_kw[name]) < SILENCE_KW, usual_kw[name], power_kw)
        for name, power_kw in planned_kw.items()
    }


def _schedule(
    problem: SiteProblem, pricing: Pricing, usual_kw: Powers, planned_kw: Powers
) -> Schedule:
    site, exports = problem.site, problem.terms.export is not None
    stores = {asset.name: asset.soc_kwh(planned_kw[asset.name]) for asset in site.assets}
    peaks = _peaks(problem, pricing, usual_kw, planned_kw)
    planned_peak_kw = pricing.counted_peak_kw(planned_kw)
    value = problem.value
    planned_import_kw = pricing.import_kw(planned_kw)
    planned_net_kw = pricing.net_kw(planned_kw) if exports else None
    drawn_kw = planned_import_kw if planned_net_kw is None else planned_net_kw
    return Schedule(
        firm_id=site.firm_id,
        issue_time=problem.issue_time,
        grid=problem.prices.grid,
        equipment_kw=dict(planned_kw),
        soc_kwh={name: soc for name, soc in stores.items() if soc is not None},
        usual_import_kw=pricing.import_kw(usual_kw),
        planned_import_kw=planned_import_kw,
        usual_cost=pricing.cost(usual_kw),
        planned_cost=pricing.cost(planned_kw),
        usual_peak_kw=pricing.counted_peak_kw(usual_kw),
        planned_peak_kw=planned_peak_kw,
        demand_floor_kw=peaks[0].floor_kw if peaks else 0.0,
        contract_power_kw=site.contract.power_kw,
        moves=moves(pricing, usual_kw, planned_kw),
        solve_seconds=0.0,
        peak_quantile=PEAK_QUANTILE,
        undrawn_kwh=problem.base.undrawn_kwh,
        peak_krw_per_kw=0.0 if value is None else value.krw_per_kw(planned_peak_kw),
        peak_months=0 if value is None else len(value.binding(planned_peak_kw)),
        usual_net_kw=pricing.net_kw(usual_kw) if exports else None,
        planned_net_kw=planned_net_kw,
        peaks=peaks,
        events=_events(problem, drawn_kw),
        usual_kw=dict(usual_kw),
        expected_demand=_expected(pricing, usual_kw, planned_kw),
    )


def _events(problem: SiteProblem, drawn_kw: KilowattArray) -> tuple[PlannedEvent, ...]:
    """Return what a draw from the grid, negative if fed back, makes of every event."""
    events = []
    for event in problem.terms.events:
        result = event.result(drawn_kw)
        events.append(
            PlannedEvent(
                name=event.name,
                start=event.start,
                takes_part=result.takes_part,
                credited_kwh=result.credited_kwh,
                earned_krw=result.earned_krw,
            )
        )
    return tuple(events)


def _peaks(
    problem: SiteProblem, pricing: Pricing, usual_kw: Powers, planned_kw: Powers
) -> tuple[PeakDemand, ...]:
    usual, planned = pricing.demand_kw(usual_kw), pricing.demand_kw(planned_kw)
    return tuple(
        PeakDemand(
            name=peak.name,
            krw_per_kw=peak.basic_krw_per_kw,
            floor_kw=float(floor_kw),
            usual_kw=float(usual[peak.counted_steps].max(initial=0.0)),
            planned_kw=float(planned[peak.counted_steps].max(initial=0.0)),
        )
        for peak, floor_kw in zip(problem.prices.months, problem.demand_floor_kw, strict=True)
    )
