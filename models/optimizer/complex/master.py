"""The master problem: which mixture of the firms' operations is cheapest together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.optimizer.complex.member_problem import Column, Prices
from models.optimizer.complex.relaxed_problem import run_or_restart
from models.optimizer.complex.shared_part import SharedPart, UnsolvedPartError
from models.optimizer.highs_model import new_highs, pass_program
from models.optimizer.linear_program import Positions

LEAST_KW = 1e-9
"""Draws below this are left out of the matrix."""
MASTER_LIMIT_S = 600.0
"""For one solve of the master: a thousand firms took a few seconds."""


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """The cheapest mixture of the columns so far."""

    cost_krw: float
    prices: Prices
    """What one more kW of the firms' equipment costs the complex in each interval."""
    weights: npt.NDArray[np.float64]
    """Weight of each column in the order added."""
    over_kw: KilowattArray
    """Demand above the feeder's limit, shape (steps,)."""


class Master:
    """A linear problem kept hot: each block mixes its columns, the shared part takes their sum."""

    def __init__(self, shared: SharedPart, blocks: int) -> None:
        linear, filled = shared.program()
        self._highs = new_highs(gap=0.0)
        pass_program(self._highs, linear, filled)
        first = shared.first_of(shared.members_kw)
        self._first_over = shared.first_of(shared.over_kw)
        self._steps = shared.steps
        self._first_column = linear.columns
        self._first_row = linear.is_equality.size
        ones, starts = np.ones(shared.steps), np.arange(shared.steps, dtype=np.int32)
        self._highs.addRows(
            shared.steps, 0 * ones, 0 * ones, shared.steps, starts, first + starts, -ones
        )
        self._highs.addRows(
            blocks,
            np.ones(blocks),
            np.ones(blocks),
            0,
            np.zeros(blocks, dtype=np.int32),
            np.zeros(0, dtype=np.int32),
            np.zeros(0),
        )

    def add(self, block: int, column: Column) -> None:
        """Let ``block`` choose ``column`` too."""
        at: Positions = np.flatnonzero(np.abs(column.drawn_kw) > LEAST_KW).astype(np.int32)
        rows = np.append(self._first_row + at, self._first_row + self._steps + block)
        values = np.append(column.drawn_kw[at], 1.0)
        self._highs.addCol(column.own_krw, 0.0, np.inf, rows.size, rows.astype(np.int32), values)

    def solve(self) -> Mixture:
        """Return the cheapest mixture of the columns added so far."""
        status = run_or_restart(self._highs, time_limit_s=MASTER_LIMIT_S)
        if status != "optimal":
            raise UnsolvedPartError(
                f"the complex's master problem ended {status}: no mixture of the firms' operations "
                "leaves the community's batteries one; check their limits and state of charge"
            )
        solution = self._highs.getSolution()
        duals = np.array(solution.row_dual[self._first_row : self._first_row + self._steps])
        values = np.array(solution.col_value)
        return Mixture(
            cost_krw=float(self._highs.getObjectiveValue()),
            prices=-duals,
            weights=np.maximum(values[self._first_column :], 0.0),
            over_kw=values[self._first_over : self._first_over + self._steps],
        )
