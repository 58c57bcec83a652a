"""What any group of the firms costs if it mixes operations that are known of them.

To plan a group takes half a second a firm. Here all groups have one linear problem: whatever it
holds besides operations - base load, the group's share of the feeder and the batteries - is the sum
of what its firms hold, so that another group is only other right sides, and the dual simplex method
goes on from the last one.

By duality a group costs the most that any prices ask of it, and they ask of a group what they ask
of its firms (G. Owen, On the Core of Linear Production Games, 1975, doi:10.1007/BF01681356): prices
that were found for one group bound the cost of every other from below.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import TimeGrid
from models.optimizer.complex.master import LEAST_KW, MASTER_LIMIT_S
from models.optimizer.complex.member_problem import Column, Prices
from models.optimizer.complex.relaxed_problem import run_or_restart
from models.optimizer.complex.shared_part import SharedPart, UnsolvedPartError
from models.optimizer.complex.terms import Member, SharedTerms
from models.optimizer.highs_model import new_highs, pass_program
from models.optimizer.linear_program import LinearProgram, Numbers

Group = npt.NDArray[np.bool_]
"""Whether each firm belongs to it, shape (firms,)."""


@dataclass(frozen=True, kw_only=True)
class GroupCost:
    """The cheapest mixture of one group, and the prices that prove it."""

    krw: float
    prices: Prices
    """What one more kW of the firms' equipment costs the group in each interval."""
    held_krw: Numbers
    """What the prices ask of each firm for what it holds, shape (firms,): for its base load, less
    its share of what the feeder and the batteries earn."""
    operated_krw: Numbers
    """What they ask of it for the cheapest of its known operations, shape (firms,). Both summed
    over the group are ``krw``; summed over any other, no more than that one costs."""


class GroupCosts:
    """One linear problem for every group, kept hot."""

    def __init__(
        self, members: Sequence[Member], shares: Numbers, terms: SharedTerms, grid: TimeGrid
    ) -> None:
        parts = [
            SharedPart((member,), terms.part(float(share)), grid)
            for member, share in zip(members, shares, strict=True)
        ]
        linear, _ = parts[0].program()
        held = [filled for _, filled in (part.program() for part in parts)]
        self._lower = np.array([np.append(one.column_lower, one.row_lower) for one in held])
        self._upper = np.array([np.append(one.column_upper, one.row_upper) for one in held])
        self._offset_krw = np.array([one.offset for one in held])
        self._columns, self._rows = linear.columns, linear.is_equality.size
        self._firms, self._steps = len(parts), grid.steps
        self._own_krw = [np.zeros(0) for _ in parts]
        self._drawn_kw = [np.zeros((0, grid.steps)) for _ in parts]
        self._highs = new_highs(gap=0.0)
        pass_program(self._highs, linear, held[0])
        self._add_rows(linear, parts[0].first_of(parts[0].members_kw))

    def _add_rows(self, linear: LinearProgram, first: int) -> None:
        """Add a row a step, the sum of the operations, and one a firm, the sum of its weights."""
        rows = self._steps + self._firms
        starts = np.minimum(np.arange(rows), self._steps).astype(np.int32)
        members_kw = np.arange(first, first + self._steps, dtype=np.int32)
        none = np.zeros(rows)
        self._highs.addRows(
            rows, none, none, self._steps, starts, members_kw, -np.ones(self._steps)
        )
        self._every_row = np.arange(linear.is_equality.size + rows, dtype=np.int32)
        self._every_column = np.arange(linear.columns, dtype=np.int32)

    def add(self, firm: int, operations: Collection[Column]) -> None:
        """Let ``firm`` choose these operations too."""
        for one in operations:
            at = np.flatnonzero(np.abs(one.drawn_kw) > LEAST_KW)
            rows = np.append(self._rows + at, self._rows + self._steps + firm).astype(np.int32)
            values = np.append(one.drawn_kw[at], 1.0)
            self._highs.addCol(one.own_krw, 0.0, np.inf, rows.size, rows, values)
        self._own_krw[firm] = np.append(self._own_krw[firm], [one.own_krw for one in operations])
        self._drawn_kw[firm] = np.vstack(
            [self._drawn_kw[firm], *(one.drawn_kw for one in operations)]
        )

    def of(self, group: Group, *, time_limit_s: float = MASTER_LIMIT_S) -> GroupCost:
        """Return what ``group`` costs; each of its firms must have an operation."""
        lower, upper = self._lower[group].sum(axis=0), self._upper[group].sum(axis=0)
        columns, weight = self._columns, np.append(np.zeros(self._steps), group)
        self._highs.changeColsBounds(columns, self._every_column, lower[:columns], upper[:columns])
        self._highs.changeRowsBounds(
            self._every_row.size,
            self._every_row,
            np.append(lower[columns:], weight),
            np.append(upper[columns:], weight),
        )
        self._highs.changeObjectiveOffset(float(self._offset_krw[group].sum()))
        status = run_or_restart(self._highs, time_limit_s=time_limit_s)
        if status != "optimal":
            raise UnsolvedPartError(
                f"the costs of a group of {group.sum()} firms ended {status}; "
                "check the limits and the state of charge of the community's batteries"
            )
        solution = self._highs.getSolution()
        rows = np.array(solution.row_dual)
        prices = -rows[self._rows : self._rows + self._steps]
        duals = np.append(np.array(solution.col_dual)[:columns], rows[: self._rows])
        bounds = np.where(duals > 0, self._lower, self._upper)
        return GroupCost(
            krw=float(self._highs.getObjectiveValue()),
            prices=prices,
            held_krw=np.where(np.isfinite(bounds), bounds, 0.0) @ duals + self._offset_krw,
            operated_krw=np.array(
                [
                    (own_krw + drawn_kw @ prices).min()
                    for own_krw, drawn_kw in zip(self._own_krw, self._drawn_kw, strict=True)
                ]
            ),
        )
