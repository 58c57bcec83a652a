"""HiGHS as the product runs it, and how a program is handed to it."""

from __future__ import annotations

from typing import Any, Literal

import highspy
import numpy as np

from feature_store.errors import SandanError
from models.optimizer.linear_program import FilledProgram, LinearProgram

Status = Literal["optimal", "infeasible", "out_of_time", "cut_off"]
_STATUS: dict[str, Status] = {
    "kOptimal": "optimal",
    "kModelEmpty": "optimal",
    "kInfeasible": "infeasible",
    "kUnboundedOrInfeasible": "infeasible",
    "kTimeLimit": "out_of_time",
    "kObjectiveBound": "cut_off",
}
"""HiGHS' words. Bills are bounded below, so "unbounded or infeasible" means the second."""

_NO_WHOLE_NUMBERS = -1
"""HiGHS' count of nodes after a solve without branch and bound."""


class SolverFailedError(SandanError):
    """The solver gave up for a reason that is neither the limits nor the time."""


def run(highs: Any, *, time_limit_s: float) -> Status:  # noqa: ANN401 - highspy is untyped
    """Solve what ``highs`` holds, from the basis that it holds.

    HiGHS' presolve of whole numbers may cut off every solution (1.15.1 does): that there is none
    is believed of them once branch and bound without presolve says so too, within the same time.
    """
    # The clock of a kept HiGHS runs on from solve to solve.
    highs.setOptionValue("time_limit", highs.getRunTime() + time_limit_s)
    status = _run_once(highs)
    if status == "infeasible" and highs.getInfo().mip_node_count != _NO_WHOLE_NUMBERS:
        highs.setOptionValue("presolve", "off")
        try:
            status = _run_once(highs)
        finally:
            highs.setOptionValue("presolve", "choose")
    return status


def _run_once(highs: Any) -> Status:  # noqa: ANN401 - highspy is untyped
    highs.run()
    word = highs.getModelStatus().name
    if word not in _STATUS:
        raise SolverFailedError(
            f"the solver ended with {word}; "
            "report it with the firm's declaration and the issue time"
        )
    return _STATUS[word]


def new_highs(*, gap: float) -> Any:  # noqa: ANN401 - highspy is untyped
    """Return a silent HiGHS with one thread that proves whole numbers to an absolute ``gap``."""
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in {
        "log_to_console": False,
        "threads": 1,
        "mip_abs_gap": gap,
        "mip_rel_gap": 0.0,  # a share of a bill whose larger part no plan can change
    }.items():
        highs.setOptionValue(name, value)
    return highs


def pass_program(
    highs: Any,  # noqa: ANN401 - highspy is untyped
    linear: LinearProgram,
    filled: FilledProgram,
    *,
    relaxed: bool = False,
) -> None:
    """Hand a whole program to ``highs``; ``relaxed`` lets whole numbers be any."""
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
    if linear.integer.size and not relaxed:
        kinds = np.full(linear.columns, highspy.HighsVarType.kContinuous)
        kinds[linear.integer] = highspy.HighsVarType.kInteger
        model.integrality_ = list(kinds)
    highs.passModel(model)
    for row, column, value in zip(
        linear.moving_row, linear.moving_column, filled.moving, strict=True
    ):
        highs.changeCoeff(int(row), int(column), float(value))
