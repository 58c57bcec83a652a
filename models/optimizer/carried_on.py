"""The plan made before, carried on over a new grid: kept unless a new one pays enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cvxpy as cp
import numpy as np

from feature_store.time_grid import KilowattArray
from models.assets.asset import TOLERANCE_KW
from models.optimizer.grid_limits import grid_violations
from models.optimizer.job_relations import relation_violations
from models.optimizer.pricing import Pricing
from models.optimizer.problem import SchedulingProblem
from models.optimizer.site_problem import PreviousPlan, SiteProblem
from models.optimizer.solve import Solution, solve


def carried_on(
    problem: SiteProblem,
    scheduling: SchedulingProblem,
    pricing: Pricing,
    planned_kw: Mapping[str, KilowattArray],
    *,
    time_limit_s: float,
) -> Mapping[str, KilowattArray] | None:
    """Return the plan made before where it should be kept, None where the new one should.

    What it says of the grid's first intervals holds, the rest is planned anew. It is given up
    where it is impossible by now, or where ``planned_kw`` saves more than its threshold.
    """
    previous = problem.previous
    if previous is None:
        return None
    solution = solve(holding(scheduling, previous.equipment_kw), time_limit_s=time_limit_s)
    if not isinstance(solution, Solution):
        return None
    kept_kw = _exactly(problem, previous, solution.equipment_kw)
    saved_krw = pricing.chosen_by_krw(kept_kw) - pricing.chosen_by_krw(planned_kw)
    return kept_kw if saved_krw <= previous.keep_unless_saves_krw else None


def holding(
    scheduling: SchedulingProblem, held_kw: Mapping[str, KilowattArray]
) -> SchedulingProblem:
    """Return the same problem with the first powers of some equipment held.

    They are held to the watt that plans are written to, each shape (n,), n no more than the steps.
    """
    held = [
        cp.abs(scheduling.plans[name].power_kw[: power_kw.size] - power_kw) <= TOLERANCE_KW / 2
        for name, told_kw in held_kw.items()
        if (power_kw := np.asarray(told_kw)).size
    ]
    problem = scheduling.problem
    return replace(scheduling, problem=cp.Problem(problem.objective, [*problem.constraints, *held]))


def _exactly(
    problem: SiteProblem,
    previous: PreviousPlan,
    solved_kw: Mapping[str, KilowattArray],
) -> Mapping[str, KilowattArray]:
    """Return the powers as they were planned, where no limit minds the watt in between."""
    exact_kw = {
        name: np.concatenate([held_kw, solved_kw[name][held_kw.size :]])
        for name, held_kw in previous.equipment_kw.items()
    }
    grid = problem.prices.grid
    broken = [*grid_violations(problem.site, grid, problem.base, exact_kw, problem.terms)]
    broken += relation_violations(problem.site, grid, exact_kw)
    for asset in problem.site.assets:
        broken += asset.violations(exact_kw[asset.name], grid)
    return solved_kw if broken else exact_kw
