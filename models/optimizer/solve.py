"""Run the solver on a filled problem, and read what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import cvxpy as cp
import numpy as np
from cvxpy.reductions.solution import Solution as Unpacked

from feature_store.time_grid import KilowattArray
from models.optimizer.conflict import conflict_of
from models.optimizer.linear_program import LinearProgram
from models.optimizer.problem import SchedulingProblem
from models.optimizer.schedule import Infeasible
from models.optimizer.start_search import Found, OutOfTime, search

GAP_KRW = 1.0
"""The solver may stop when no plan can be more than this cheaper: less than any bill shows."""
PROVED_UP_TO = 400
"""Most start decisions (a job that may start at 50 steps has 50 of them a day) for which that gap
is proved: two days of four such jobs. Beyond, the proof of a week took half a minute and found,
for three works, plans cheaper by 2.5e-4 of the bill at most; ``LONG_GAP_SHARE`` is proved there."""
LONG_GAP_SHARE = 8e-4
"""Gap of longer problems, as a share of the bill: a thousandth, with room for the preferences among
equally cheap plans."""


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The cheapest operation of every piece of equipment."""

    equipment_kw: Mapping[str, KilowattArray]
    solve_seconds: float
    objective_krw: float
    """Bill and wear with the preferences among equally cheap plans, which weigh a few won."""
    bound_krw: float
    """No plan costs less."""

    @property
    def gap_krw(self) -> float:
        """Most that any other plan could be cheaper."""
        return self.objective_krw - self.bound_krw


@dataclass(frozen=True, kw_only=True)
class Unproved:
    """The time limit ended before the gap was proved."""

    time_limit_s: float
    best: Solution | None
    """The best operation found by then, None if there was none: which one it is depends on how
    fast the machine happens to be."""


def solve(
    scheduling: SchedulingProblem, *, time_limit_s: float
) -> Solution | Infeasible | Unproved:
    """Solve with one thread, always from a cold start, to the gap that the size allows.

    That gap is ``GAP_KRW``, for very many start decisions ``LONG_GAP_SHARE`` of the bill. The limit
    is a hard one, compiling counts, and naming a conflict is given the same time once more at most.
    """
    began = time.perf_counter()
    linear = LinearProgram.of(scheduling.problem)
    filled = linear.filled(linear.parameters())
    is_long = linear.integer.size > PROVED_UP_TO
    found = search(
        linear,
        filled,
        gap=GAP_KRW,
        gap_share=LONG_GAP_SHARE if is_long else 0.0,
        time_limit_s=time_limit_s - (time.perf_counter() - began),
    )
    if isinstance(found, OutOfTime):
        best = None if found.best is None else _solution(scheduling, linear, found.best, began)
        return Unproved(time_limit_s=time_limit_s, best=best)
    if found == "infeasible":
        conflict = conflict_of(linear, filled, time_limit_s=time_limit_s)
        return Infeasible(reason=conflict.reason)
    return _solution(scheduling, linear, found, began)


def _solution(
    scheduling: SchedulingProblem, linear: LinearProgram, found: Found, began: float
) -> Solution:
    """Read the operation of every piece of equipment out of a solution of the program."""
    values = {variable.id: value for variable, value in linear.values(found.x)}
    scheduling.problem.unpack(Unpacked(cp.OPTIMAL, found.objective, values, {}, {}))
    return Solution(
        equipment_kw={
            name: np.asarray(plan.power_kw.value, dtype=np.float64)
            for name, plan in scheduling.plans.items()
        },
        solve_seconds=time.perf_counter() - began,
        objective_krw=found.objective,
        bound_krw=found.bound,
    )
