"""A problem whose numbers are settled, as arrays alone: small to keep, and easy to put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import cvxpy as cp
import numpy as np

from models.optimizer.linear_program import (
    AffineMap,
    BoundingRows,
    FilledProgram,
    LinearProgram,
    Numbers,
    Positions,
)


@dataclass(frozen=True, kw_only=True)
class FixedProgram:
    """Arrays of one problem; cvxpy's compiled form, many times larger, is let go."""

    linear: LinearProgram
    filled: FilledProgram

    @classmethod
    def of(cls, problem: cp.Problem) -> Self:
        """Compile ``problem`` with the values that its parameters have now."""
        linear = LinearProgram.of(problem)
        filled = linear.filled(linear.parameters())
        column = np.repeat(np.arange(linear.columns), np.diff(linear.matrix_starts))
        moves = filled.moving != 0
        return cls.of_entries(
            rows=np.append(linear.matrix_rows, linear.moving_row[moves]),
            columns=np.append(column, linear.moving_column[moves]),
            values=np.append(linear.matrix_values, filled.moving[moves]),
            linear=linear,
            filled=filled,
        )

    @classmethod
    def of_entries(
        cls,
        *,
        rows: Positions,
        columns: Positions,
        values: Numbers,
        linear: LinearProgram,
        filled: FilledProgram,
    ) -> Self:
        """Return the program of these coefficients, with what is no coefficient as it stands."""
        by_column = np.lexsort((rows, columns))
        in_column = np.bincount(columns, minlength=filled.cost.size)
        none = np.zeros(0, dtype=np.int32)
        return cls(
            linear=LinearProgram(
                program=None,
                variables=linear.variables,
                matrix_starts=np.concatenate(([0], np.cumsum(in_column))).astype(np.int32),
                matrix_rows=rows[by_column].astype(np.int32),
                matrix_values=values[by_column],
                moving_row=none,
                moving_column=none,
                moving_of=_nothing(0),
                integer=linear.integer,
                cost_of=_nothing(filled.cost.size + 1),
                right_of=_nothing(filled.row_upper.size),
                is_equality=linear.is_equality,
                kept_row=linear.kept_row,
                bounding=BoundingRows(
                    row=none,
                    column=none,
                    coefficient=np.zeros(0),
                    right_of=_nothing(0),
                    is_equality=np.zeros(0, dtype=np.bool_),
                ),
            ),
            filled=replace(filled, moving=np.zeros(0)),
        )

    def columns_of(self, variable: cp.Variable) -> Positions:
        """Return where a variable of the problem stands, shape (size,)."""
        (first,) = (at for one, at in self.linear.variables if one.id == variable.id)
        return np.arange(first, first + variable.size, dtype=np.int32)

    def with_costs(self, columns: Positions, added: Numbers) -> FilledProgram:
        """Return the numbers with ``added`` to the costs of some columns."""
        cost = self.filled.cost.copy()
        cost[columns] += added
        return replace(self.filled, cost=cost)


@dataclass(frozen=True, kw_only=True)
class Link:
    """Rows that hold across programs: coefficients times columns add up to ``right``."""

    program: int
    """Number of the program."""
    columns: Positions
    """One of its columns for each row, shape (rows,)."""
    coefficient: float


def side_by_side(
    programs: Sequence[FixedProgram], links: Sequence[Link], right: Numbers
) -> FixedProgram:
    """Return one program of several, whose sum of linked columns is ``right``, shape (rows,)."""
    first_column = np.cumsum([0, *(one.filled.cost.size for one in programs)])
    first_row = np.cumsum([0, *(one.filled.row_upper.size for one in programs)])
    linking = np.arange(right.size) + first_row[-1]
    rows, columns, values = [], [], []
    for number, one in enumerate(programs):
        linear = one.linear
        column = np.repeat(np.arange(linear.columns), np.diff(linear.matrix_starts))
        rows.append(linear.matrix_rows + first_row[number])
        columns.append(column + first_column[number])
        values.append(linear.matrix_values)
    for link in links:
        rows.append(linking)
        columns.append(link.columns + first_column[link.program])
        values.append(np.full(right.size, link.coefficient))
    filled = [one.filled for one in programs]
    linear = replace(
        programs[0].linear,
        variables=tuple(
            (variable, at + int(first))
            for one, first in zip(programs, first_column, strict=False)
            for variable, at in one.linear.variables
        ),
        integer=np.concatenate(
            [one.linear.integer + first for one, first in zip(programs, first_column, strict=False)]
        ).astype(np.int32),
        is_equality=np.concatenate(
            [*(one.linear.is_equality for one in programs), np.ones(right.size, dtype=np.bool_)]
        ),
        kept_row=np.arange(linking.size + first_row[-1], dtype=np.int32),
    )
    return FixedProgram.of_entries(
        rows=np.concatenate(rows),
        columns=np.concatenate(columns),
        values=np.concatenate(values),
        linear=linear,
        filled=FilledProgram(
            cost=np.concatenate([one.cost for one in filled]),
            offset=sum(one.offset for one in filled),
            column_lower=np.concatenate([one.column_lower for one in filled]),
            column_upper=np.concatenate([one.column_upper for one in filled]),
            row_lower=np.concatenate([*(one.row_lower for one in filled), right]),
            row_upper=np.concatenate([*(one.row_upper for one in filled), right]),
            moving=np.zeros(0),
        ),
    )


def _nothing(rows: int) -> AffineMap:
    none = np.zeros(0, dtype=np.intp)
    return AffineMap(row=none, column=none, value=np.zeros(0), rows=rows)
