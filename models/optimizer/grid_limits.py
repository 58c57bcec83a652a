"""The limits of the connection: hard contract power, and what may be fed back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cvxpy as cp
import numpy as np

from feature_store.time_grid import KilowattArray
from models.assets.asset import TOLERANCE_KW
from models.optimizer.pricing import Pricing
from models.optimizer.problem import assemble
from models.optimizer.schedule import Infeasible
from models.optimizer.site_problem import SiteProblem
from models.optimizer.solve import Solution, solve
from models.optimizer.verify import UnsafeScheduleError


def grid_violations(pricing: Pricing, equipment_kw: Mapping[str, KilowattArray]) -> tuple[str, ...]:
    """Return every limit of the connection that an operation breaks, in words."""
    broken = []
    contract_kw = pricing.site.contract.power_kw
    if pricing.terms.contract_is_hard and (
        (over_kw := _highest_kw(pricing, equipment_kw) - contract_kw).max() > TOLERANCE_KW
    ):
        broken.append(f"draws above the contract power at {_when(pricing, over_kw)}")
    export = pricing.terms.export
    if export is not None:
        over_kw = -pricing.net_kw(equipment_kw) - export.most_kw
        if over_kw.max() > TOLERANCE_KW:
            broken.append(f"feeds back above {export.most_kw:g} kW at {_when(pricing, over_kw)}")
    return tuple(broken)


def refuse_grid_violations(pricing: Pricing, equipment_kw: Mapping[str, KilowattArray]) -> None:
    """Raise an :class:`UnsafeScheduleError` that names every broken limit, if there is one."""
    broken = grid_violations(pricing, equipment_kw)
    if broken:
        raise UnsafeScheduleError(
            f"{pricing.site.firm_id}: the schedule {'; '.join(broken)}; "
            "it was thrown away: report it with the problem"
        )


def contract_conflict(problem: SiteProblem, *, time_limit_s: float) -> Infeasible | None:
    """Say that the hard contract power is what cannot be kept, where it is.

    The problem is solved once more for the lowest peak, whatever it costs.
    """
    if not problem.terms.contract_is_hard:
        return None
    contract_kw = problem.site.contract.power_kw
    relaxed = assemble(
        problem.site,
        problem.prices,
        terms=replace(problem.terms, contract_is_hard=False),
        scenarios=problem.base.scenarios,
    )
    relaxed.fill(problem.base, list(problem.demand_floor_kw), problem.later_cuts)
    courses = relaxed.scenario_base_kw or (relaxed.cautious_base_kw,)
    total_kw = sum((plan.power_kw for plan in relaxed.plans.values()), start=cp.Constant(0))
    needed_kw = cp.Variable(name="site.needed_kw")
    above = [needed_kw >= problem.terms.metered(base + total_kw) for base in courses]
    lowest_peak = cp.Problem(cp.Minimize(needed_kw), [*relaxed.problem.constraints, *above])
    solution = solve(replace(relaxed, problem=lowest_peak), time_limit_s=time_limit_s)
    if not isinstance(solution, Solution):
        return None
    return Infeasible(
        reason=f"the contract power of {contract_kw:g} kW cannot be kept: no operation stays "
        f"below {float(needed_kw.value):,.1f} kW; declare at least as much, or let it be exceeded "
        "at the surcharge"
    )


def _highest_kw(pricing: Pricing, equipment_kw: Mapping[str, KilowattArray]) -> KilowattArray:
    """Demand of each step on the course that the contract power is kept on, (steps,)."""
    scenarios = pricing.base.scenarios
    if scenarios is None:
        return pricing.demand_kw(equipment_kw)
    highest_kw = scenarios.paths_kw.max(axis=0)
    return pricing.terms.metered_kw(highest_kw + pricing.total_kw(equipment_kw))


def _when(pricing: Pricing, over_kw: KilowattArray) -> str:
    local = pricing.prices.grid.at(int(np.argmax(over_kw))).astimezone(pricing.site.zone)
    return f"{local:%Y-%m-%d %H:%M}"
