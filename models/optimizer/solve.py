"""Run the solver on a filled problem, and read what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray
from models.optimizer.conflict import conflict_reason
from models.optimizer.problem import SchedulingProblem
from models.optimizer.schedule import Infeasible, TimedOut

GAP_KRW = 1.0
"""The solver may stop when no plan can be more than this cheaper: less than any bill shows. The
relative gap is off, since it would be a share of a bill whose larger part no plan can change."""
_NO_PLAN = frozenset({"kInfeasible", "kUnboundedOrInfeasible"})
"""HiGHS' words for no plan at all; the bill is bounded below, so the second means the first."""


class SolverFailedError(SandanError):
    """The solver gave up for a reason that is neither the limits nor the time."""


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The cheapest operation of every piece of equipment."""

    equipment_kw: Mapping[str, KilowattArray]
    solve_seconds: float


def solve(
    scheduling: SchedulingProblem, *, time_limit_s: float
) -> Solution | Infeasible | TimedOut:
    """Solve to a proved gap of ``GAP_KRW`` with one thread, always from a cold start.

    A plan found before the gap was proved is not handed out: which one it is would depend on how
    fast the machine happens to be.
    """
    began = time.perf_counter()
    data, chain, inverse = scheduling.problem.get_problem_data(cp.HIGHS)
    options = {
        "time_limit": time_limit_s,
        "threads": 1,
        "mip_abs_gap": GAP_KRW,
        "mip_rel_gap": 0.0,
    }
    raw = chain.solve_via_data(
        scheduling.problem, data, warm_start=False, verbose=False, solver_opts=options
    )
    status = raw["model_status"]
    if status == "kTimeLimit":
        return TimedOut(time_limit_s=time_limit_s)
    if status in _NO_PLAN:
        return Infeasible(reason=conflict_reason(scheduling.plans))
    if status != "kOptimal":
        raise SolverFailedError(
            f"the solver ended with {status}; "
            "report it with the firm's declaration and the issue time"
        )
    scheduling.problem.unpack_results(raw, chain, inverse)
    return Solution(equipment_kw=_powers(scheduling), solve_seconds=time.perf_counter() - began)


def _powers(scheduling: SchedulingProblem) -> dict[str, KilowattArray]:
    """Read each draw, with decisions made exactly yes or no."""
    for variable in scheduling.problem.variables():
        if variable.attributes["boolean"]:
            variable.save_value(np.round(variable.value))
    return {
        name: np.asarray(plan.power_kw.value, dtype=np.float64)
        for name, plan in scheduling.plans.items()
    }
