"""Solve one cvxpy problem again and again: compiled once, then only changed numbers are passed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Any, Literal

import cvxpy as cp
import highspy
import numpy as np

from feature_store.errors import SandanError
from models.optimizer.linear_program import FilledProgram, LinearProgram, Numbers

Status = Literal["optimal", "infeasible", "out_of_time"]
_STATUS: dict[str, Status] = {
    "kOptimal": "optimal",
    "kModelEmpty": "optimal",
    "kInfeasible": "infeasible",
    "kUnboundedOrInfeasible": "infeasible",
    "kTimeLimit": "out_of_time",
}
"""HiGHS' words. Bills are bounded below, so "unbounded or infeasible" means the second."""


class SolverFailedError(SandanError):
    """The solver gave up for a reason that is neither the limits nor the time."""


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
        self._highs = _new_highs(gap)
        self._columns = np.arange(self.linear.columns, dtype=np.int32)
        self._rows = np.arange(self.linear.is_equality.size, dtype=np.int32)

    def solve(self, *, time_limit_s: float) -> HotAnswer:
        """Solve with the values that the parameters have now."""
        if threading.get_ident() != self._thread:
            raise SharedProblemError(
                "a hot problem was made by another thread; make one in each thread"
            )
        began = time.perf_counter()
        self._fill()
        # The clock of a kept HiGHS runs on from solve to solve.
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + time_limit_s)
        if self.linear.integer.size:
            self._highs.clearSolver()
        self._highs.run()
        word = self._highs.getModelStatus().name
        if word not in _STATUS:
            raise SolverFailedError(
                f"the solver ended with {word}; report it with the numbers of the problem"
            )
        status = _STATUS[word]
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
        info = self._highs.getInfo()
        self.linear.unpack(np.array(self._highs.getSolution().col_value))
        objective = float(info.objective_function_value)
        return objective, float(info.mip_dual_bound) if self.linear.integer.size else objective

    def _fill(self) -> None:
        parameters = self.linear.parameters()
        if self._parameters is not None and np.array_equal(parameters, self._parameters):
            return
        filled = self.linear.filled(parameters)
        if self._filled is None:
            _pass(self._highs, self.linear, filled)
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


def _new_highs(gap: float) -> Any:  # noqa: ANN401 - highspy is untyped
    highs = highspy.Highs()
    for name, value in {
        "log_to_console": False,
        "threads": 1,
        "mip_abs_gap": gap,
        "mip_rel_gap": 0.0,  # a share of a bill whose larger part no plan can change
    }.items():
        highs.setOptionValue(name, value)
    return highs


def _pass(highs: Any, linear: LinearProgram, filled: FilledProgram) -> None:  # noqa: ANN401
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = linear.columns, linear.is_equality.size
    model.offset_ = filled.offset
    model.col_cost_ = filled.cost
    model.col_lower_, model.col_upper_ = filled.column_lower, filled.column_upper
    model.row_lower_, model.row_upper_ = filled.row_lower, filled.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = linear.matrix_starts
    model.a_matrix_.index_ = linear.matrix_rows
    model.a_matrix_.value_ = linear.matrix_values
    if linear.integer.size:
        kinds = np.full(linear.columns, highspy.HighsVarType.kContinuous)
        kinds[linear.integer] = highspy.HighsVarType.kInteger
        model.integrality_ = list(kinds)
    highs.passModel(model)
    for row, column, value in zip(
        linear.moving_row, linear.moving_column, filled.moving, strict=True
    ):
        highs.changeCoeff(int(row), int(column), float(value))
