"""Why a hard contract power cannot be kept: how much would be needed."""

from __future__ import annotations

from dataclasses import replace

import cvxpy as cp

from models.optimizer.problem import assemble
from models.optimizer.schedule import Infeasible
from models.optimizer.site_problem import SiteProblem
from models.optimizer.solve import Solution, solve


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
