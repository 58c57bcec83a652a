"""Assemble one site's scheduling problem; then only its parameters change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cvxpy as cp

from models.assets.asset import AssetPlan
from models.optimizer.base_load import BaseLoad
from models.optimizer.job_relations import relation_constraints
from models.site import Site
from models.tariffs.demand_charge import demand_cost_krw, excess_cost_krw
from models.tariffs.grid_prices import GridPrices
from models.tariffs.later_demand import (
    DemandCuts,
    LaterMonths,
    later_demand_cost_krw,
    later_months,
)
from models.tariffs.time_of_use import energy_cost_krw

TIE_BREAK_KRW_PER_KW = 1e-4
"""Preference for the lower counted peak among equally cheap plans, where the bill does not see it
(below the demand floor): 10 MW weigh 1 won."""


@dataclass(frozen=True, kw_only=True)
class SchedulingProblem:
    """A site's problem over one grid, ready to be given numbers and solved."""

    problem: cp.Problem
    bill_krw: cp.Expression
    """The objective without the tie-breaks: what would be billed, and wear."""
    plans: Mapping[str, AssetPlan]
    """By name of the equipment."""
    median_base_kw: cp.Parameter
    """Load that cannot be scheduled, on the median path, shape (steps,)."""
    cautious_base_kw: cp.Parameter
    """The same on the path that peaks are judged on."""
    demand_floor_kw: cp.Parameter
    """What each billing month touched is billed for whatever happens, shape (months,)."""
    later_krw_per_kw: tuple[cp.Parameter, ...]
    """Slopes of what the peak costs in the months after the grid, in the order of
    :func:`models.tariffs.later_demand.later_months`."""
    later_intercept_krw: tuple[cp.Parameter, ...]
    """Intercepts of the same lines."""

    def fill(
        self, base: BaseLoad, demand_floor_kw: list[float], later_cuts: Sequence[DemandCuts]
    ) -> None:
        """Set the numbers of one forecast."""
        self.median_base_kw.value = base.median_kw
        self.cautious_base_kw.value = base.cautious_kw
        self.demand_floor_kw.value = demand_floor_kw
        parameters = zip(self.later_krw_per_kw, self.later_intercept_krw, later_cuts, strict=True)
        for slopes, intercepts, cuts in parameters:
            slopes.value, intercepts.value = cuts.krw_per_kw, cuts.intercept_krw


def assemble(site: Site, prices: GridPrices) -> SchedulingProblem:
    """Build the cheapest-bill problem of ``site`` over the grid of ``prices``.

    Energy is paid on the median path, demand on the cautious one; nothing is fed back into the
    grid. Exceeding the contract power is allowed at its surcharge, so that a site which exceeds
    it anyway still gets a schedule. A peak that later months will remember is charged there too.
    """
    grid = prices.grid
    median_base_kw = cp.Parameter(grid.steps, nonneg=True, name="site.median_base_kw")
    cautious_base_kw = cp.Parameter(grid.steps, nonneg=True, name="site.cautious_base_kw")
    demand_floor_kw = cp.Parameter(len(prices.months), nonneg=True, name="site.demand_floor_kw")
    later = later_months(site.contract, prices)
    later_krw_per_kw, later_intercept_krw = _cut_parameters(later)
    later_peaks_kw = [cp.Variable(name="site.later_peak_kw") for _ in later]
    equipment_kw = cp.Variable(grid.steps, name="site.equipment_kw")
    plans = {asset.name: asset.plan(grid) for asset in site.assets}

    import_kw = median_base_kw + equipment_kw
    demand_kw = cautious_base_kw + equipment_kw
    bill_krw = (
        energy_cost_krw(import_kw, prices)
        + demand_cost_krw(demand_kw, demand_floor_kw, prices)
        + later_demand_cost_krw(
            later_peaks_kw,
            [
                DemandCuts(krw_per_kw=slopes, intercept_krw=intercepts)
                for slopes, intercepts in zip(later_krw_per_kw, later_intercept_krw, strict=True)
            ],
        )
        + excess_cost_krw(demand_kw, site.contract.power_kw, prices)
        + sum(
            asset.cost_krw(plans[asset.name].power_kw) + plans[asset.name].decision_krw
            for asset in site.assets
        )
    )
    tie_break_krw = sum((plan.tie_break_krw for plan in plans.values()), start=cp.Constant(0))
    if prices.counted.any():
        tie_break_krw += TIE_BREAK_KRW_PER_KW * cp.max(demand_kw[prices.counted])
    constraints = [
        equipment_kw == sum((plan.power_kw for plan in plans.values()), start=cp.Constant(0)),
        import_kw >= 0,
        *(
            peak_kw >= demand_kw[months.counted_steps]  # a variable, so that slopes may multiply it
            for peak_kw, months in zip(later_peaks_kw, later, strict=True)
        ),
        *relation_constraints(site, grid, plans),
        *(constraint for plan in plans.values() for constraint in plan.constraints),
    ]
    return SchedulingProblem(
        problem=cp.Problem(cp.Minimize(bill_krw + tie_break_krw), constraints),
        bill_krw=bill_krw,
        plans=plans,
        median_base_kw=median_base_kw,
        cautious_base_kw=cautious_base_kw,
        demand_floor_kw=demand_floor_kw,
        later_krw_per_kw=later_krw_per_kw,
        later_intercept_krw=later_intercept_krw,
    )


def _cut_parameters(
    later: Sequence[LaterMonths],
) -> tuple[tuple[cp.Parameter, ...], tuple[cp.Parameter, ...]]:
    """Return slopes and intercepts to be set, for each group of later months."""
    sizes = [len(group.months) for group in later]
    slopes = tuple(cp.Parameter(size, nonneg=True, name="later.krw_per_kw") for size in sizes)
    return slopes, tuple(cp.Parameter(size, name="later.intercept_krw") for size in sizes)
