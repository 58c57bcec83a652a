"""Solve one cvxpy problem again and again: compiled once, then only changed numbers are passed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

import cvxpy as cp
import numpy as np

from feature_store.errors import SandanError
from models.optimizer.highs_model import Status, new_highs, pass_program, run
from models.optimizer.linear_program import FilledProgram, LinearProgram, Numbers


class SharedProblemError(SandanError):
    """Two threads use one hot problem."""


@dataclass(frozen=True, kw_only=True)
class HotAnswer:
    """What came of one solve; the problem's variables hold the solution where it is optimal."""

    status: Status
    objective: float
    """In the objective's unit; NaN unless optimal."""
    bound: float
    """No solution is below it; NaN unless optimal."""
    seconds: float


class HotProblem:
    """A problem compiled once, with a HiGHS of its own that keeps the last basis.

    A linear problem starts from the basis of the last solve; a mixed-integer one starts cold, so
    that its plan depends on the numbers alone and not on what was solved before. A problem belongs
    to the thread that made it: cvxpy's variables are shared by all who hold them, and two threads
    would read each other's solutions.
    """

    def __init__(self, problem: cp.Problem, *, gap: float = 0.0, relaxed: bool = False) -> None:
        """Compile ``problem``; whole numbers are proved to an absolute ``gap`` of the objective.

        A ``relaxed`` problem lets them be broken: its objective is a bound, no plan.
        """
        self.linear = LinearProgram.of(problem)
        if relaxed:
            self.linear = replace(self.linear, integer=np.array([], dtype=np.int32))
        self._thread = threading.get_ident()
        self._parameters: Numbers | None = None
        self._filled: FilledProgram | None = None
        self._highs = new_highs(gap=gap)

    def solve(self, *, time_limit_s: float) -> HotAnswer:
        """Solve with the values that the parameters have now."""
        if threading.get_ident() != self._thread:
            raise SharedProblemError(
                "a hot problem was made by another thread; make one in each thread"
            )
        began = time.perf_counter()
        self._fill()
        if self.linear.integer.size:
            self._highs.clearSolver()
        status = run(self._highs, time_limit_s=time_limit_s)
        objective = bound = float("nan")
        if status == "optimal":
            objective, bound = self._read()
        return HotAnswer(
            status=status,
            objective=objective,
            bound=bound,
            seconds=time.perf_counter() - began,
        )

    def _read(self) -> tuple[float, float]:
        objective = float(self._highs.getObjectiveValue())
        for variable, value in self.linear.values(np.array(self._highs.getSolution().col_value)):
            variable.save_value(value)
        if not self.linear.integer.size:
            return objective, objective
        return objective, float(self._highs.getInfo().mip_dual_bound)

    def _fill(self) -> None:
        parameters = self.linear.parameters()
        if self._parameters is not None and np.array_equal(parameters, self._parameters):
            return
        filled = self.linear.filled(parameters)
        if self._filled is None:
            pass_program(self._highs, self.linear, filled)
        else:
            self._pass_changes(self._filled, filled)
        self._parameters, self._filled = parameters, filled

    def _pass_changes(self, old: FilledProgram, new: FilledProgram) -> None:
        highs = self._highs
        if old.offset != new.offset:
            highs.changeObjectiveOffset(new.offset)
        at = np.flatnonzero(old.cost != new.cost).astype(np.int32)
        if at.size:
            highs.changeColsCost(at.size, at, new.cost[at])
        at = np.flatnonzero(
            (old.column_lower != new.column_lower) | (old.column_upper != new.column_upper)
        ).astype(np.int32)
        if at.size:
            highs.changeColsBounds(at.size, at, new.column_lower[at], new.column_upper[at])
        at = np.flatnonzero(old.row_upper != new.row_upper).astype(np.int32)
        if at.size:
            highs.changeRowsBounds(at.size, at, new.row_lower[at], new.row_upper[at])
        for entry in np.flatnonzero(old.moving != new.moving):
            row, column = self.linear.moving_row[entry], self.linear.moving_column[entry]
            highs.changeCoeff(int(row), int(column), float(new.moving[entry]))
