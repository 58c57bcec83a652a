"""Assemble one site's scheduling problem; then only its parameters change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cvxpy as cp

from models.assets.asset import AssetPlan
from models.optimizer.base_load import BaseLoad
from models.optimizer.exchange import Room, exchange, expected_energy_cost, needs_room
from models.optimizer.grid_terms import USUAL_TERMS, GridTerms
from models.optimizer.job_relations import relation_constraints
from models.optimizer.peak_cost import PeakCost, ValueParameters
from models.optimizer.peak_value import PeakValue
from models.optimizer.scenarios import Scenarios
from models.site import Site
from models.tariffs.later_demand import DemandCuts
from models.tariffs.priced_grid import PricedGrid

TIE_BREAK_KRW_PER_KW = 1e-4
"""Preference for the lower counted peak among equally cheap plans, where the bill does not see it
(below the demand floor): 10 MW weigh 1 won."""


@dataclass(frozen=True, kw_only=True)
class SchedulingProblem:
    """A site's problem over one grid, ready to be given numbers and solved."""

    problem: cp.Problem
    bill_krw: cp.Expression
    """The objective without the tie-breaks: what would be billed, and wear. With ``value`` the
    peak's part is what is expected of it, which is never more."""
    plans: Mapping[str, AssetPlan]
    """By name of the equipment."""
    median_base_kw: cp.Parameter
    """Load that cannot be scheduled, on the median path, shape (steps,)."""
    cautious_base_kw: cp.Parameter
    """The same on the path that peaks are judged on."""
    demand_floor_kw: cp.Parameter
    """What each peak charged is billed for whatever happens, shape (peaks,)."""
    later_krw_per_kw: tuple[cp.Parameter, ...]
    """Slopes of what the peak costs in the months after the grid, in the order of
    :func:`models.tariffs.later_demand.later_months`."""
    later_intercept_krw: tuple[cp.Parameter, ...]
    """Intercepts of the same lines."""
    terms: GridTerms = USUAL_TERMS
    scenario_base_kw: tuple[cp.Parameter, ...] = ()
    """Load that cannot be scheduled on each path, shape (steps,), where there are any."""
    room: Room | None = None
    """Bounds of the meter's power, where decisions of yes or no need them."""
    value: ValueParameters | None = None
    """What the month's peak is expected to cost, where it is priced by that."""

    def fill(
        self,
        base: BaseLoad,
        demand_floor_kw: list[float],
        later_cuts: Sequence[DemandCuts],
        peak_value: PeakValue | None = None,
    ) -> None:
        """Set the numbers of one forecast.

        Where the peak is priced by its value, ``peak_value`` stands for ``later_cuts`` too.
        """
        if self.value is not None and peak_value is not None:
            self.value.fill(peak_value)
            later_cuts = ()
        self.median_base_kw.value = base.median_kw
        self.cautious_base_kw.value = base.cautious_kw
        self.demand_floor_kw.value = demand_floor_kw
        parameters = zip(self.later_krw_per_kw, self.later_intercept_krw, later_cuts, strict=True)
        for slopes, intercepts, cuts in parameters:
            slopes.value, intercepts.value = cuts.krw_per_kw, cuts.intercept_krw
        paths_kw = () if base.scenarios is None else base.scenarios.paths_kw
        for parameter, path_kw in zip(self.scenario_base_kw, paths_kw, strict=True):
            parameter.value = path_kw
        if self.room is not None:
            self.room.fill(base.median_kw, self.terms)


def assemble(
    site: Site,
    prices: PricedGrid,
    *,
    terms: GridTerms = USUAL_TERMS,
    scenarios: Scenarios | None = None,
    by_value: bool = False,
) -> SchedulingProblem:
    """Build the cheapest-bill problem of ``site`` over the grid of ``prices``.

    Energy is paid on the median path, demand on the cautious one; nothing is fed back into the
    grid unless ``terms`` allow it. Exceeding the contract power is allowed at its surcharge, so
    that a site which exceeds it anyway still gets a schedule, unless they forbid it. A peak that
    later months will remember is charged there too. With scenarios, of which only the number,
    probabilities and shares are looked at, energy costs its mean over them and demand its blend
    of mean and tail; the operation of all equipment is the same in each. With ``by_value`` the peak
    of the one billing month that the grid lies in is priced by what it is expected to cost once the
    month is over (:mod:`models.optimizer.peak_value`).
    """
    grid = prices.grid
    # A surplus of the site's own can be the load only where it may be fed back.
    sunk = terms.export is None
    median_base_kw = cp.Parameter(grid.steps, nonneg=sunk, name="site.median_base_kw")
    cautious_base_kw = cp.Parameter(grid.steps, nonneg=sunk, name="site.cautious_base_kw")
    equipment_kw = cp.Variable(grid.steps, name="site.equipment_kw")
    plans = {asset.name: asset.plan(grid) for asset in site.assets}
    room = Room.of(plans, grid.steps) if needs_room(prices, terms) else None
    peaks = PeakCost.of(site, prices, terms, by_value=by_value)

    meter = exchange(median_base_kw + equipment_kw, prices, terms, room)
    constraints = [
        equipment_kw == sum((plan.power_kw for plan in plans.values()), start=cp.Constant(0)),
        *meter.constraints,
        *relation_constraints(site, grid, plans),
    ]
    scenario_base_kw: tuple[cp.Parameter, ...] = ()
    if scenarios is None:
        demand_kw = [terms.metered(cautious_base_kw + equipment_kw)]
        grid_krw = meter.energy_krw + peaks.cost_krw(demand_kw[0], constraints)
    else:
        scenario_base_kw = tuple(
            cp.Parameter(grid.steps, nonneg=sunk, name="site.scenario_base_kw")
            for _ in scenarios.probability
        )
        demand_kw = [terms.metered(base_kw + equipment_kw) for base_kw in scenario_base_kw]
        energy_krw = [expected_energy_cost(net_kw, prices, terms) for net_kw in demand_kw]
        grid_krw = scenarios.mean(energy_krw) + scenarios.risk_cost(
            [peaks.cost_krw(net_kw, constraints) for net_kw in demand_kw]
        )
    for event in terms.events:
        if room is not None:
            earned_krw, limits = event.earned(meter.net_kw, room.import_kw)
            grid_krw -= earned_krw
            constraints += limits
    wear_krw = sum(
        asset.cost_krw(plans[asset.name].power_kw) + plans[asset.name].decision_krw
        for asset in site.assets
    )
    bill_krw = grid_krw + wear_krw
    tie_break_krw = sum((plan.tie_break_krw for plan in plans.values()), start=cp.Constant(0))
    if prices.counted.any():
        highest_kw = cp.max(terms.metered(cautious_base_kw + equipment_kw)[prices.counted])
        tie_break_krw += TIE_BREAK_KRW_PER_KW * highest_kw
    constraints += [constraint for plan in plans.values() for constraint in plan.constraints]
    return SchedulingProblem(
        problem=cp.Problem(cp.Minimize(bill_krw + tie_break_krw), constraints),
        bill_krw=bill_krw,
        plans=plans,
        median_base_kw=median_base_kw,
        cautious_base_kw=cautious_base_kw,
        demand_floor_kw=peaks.demand_floor_kw,
        later_krw_per_kw=peaks.later_krw_per_kw,
        later_intercept_krw=peaks.later_intercept_krw,
        terms=terms,
        scenario_base_kw=scenario_base_kw,
        room=room,
        value=peaks.value,
    )
