"""A hot problem whose yes-or-no decisions may take any value between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cvxpy as cp
import numpy as np

from models.optimizer.highs_model import SolverFailedError, Status, run
from models.optimizer.hot_problem import HotAnswer, HotProblem


class RelaxedProblem(HotProblem):
    """The linear relaxation of a problem, kept hot; :attr:`whole` is the problem itself."""

    def __init__(self, problem: cp.Problem) -> None:
        super().__init__(problem)
        self.whole = self.linear
        self.linear = replace(self.whole, integer=np.zeros(0, dtype=np.int32))

    def solve(self, *, time_limit_s: float) -> HotAnswer:
        """Solve with the parameters' values; a basis that leads nowhere is thrown away once."""
        try:
            return super().solve(time_limit_s=time_limit_s)
        except SolverFailedError:
            self._highs.clearSolver()
            return super().solve(time_limit_s=time_limit_s)


def run_or_restart(highs: Any, *, time_limit_s: float) -> Status:  # noqa: ANN401 - untyped
    """Solve from the basis held, and from none where that leads nowhere."""
    try:
        return run(highs, time_limit_s=time_limit_s)
    except SolverFailedError:
        highs.clearSolver()
        return run(highs, time_limit_s=time_limit_s)
