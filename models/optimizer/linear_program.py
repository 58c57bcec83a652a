"""A compiled cvxpy problem as the arrays that HiGHS reads, refilled without compiling again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int32]
"""Indices as HiGHS counts them."""


class NotParametrisedError(SandanError):
    """A problem cannot be refilled: it would have to be compiled for every set of numbers."""


class UnsetNumberError(SandanError):
    """A parameter has no value, or one that is no number."""


@dataclass(frozen=True, kw_only=True)
class AffineMap:
    """From parameters (and a last 1) to numbers: a sparse matrix, without its empty rows' cost.

    cvxpy's own tensors have one row for every place of the matrix that could hold a coefficient,
    tens of millions for a week; stored by rows they would take a minute.
    """

    row: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]
    value: Numbers
    rows: int

    def at(self, parameters: Numbers) -> Numbers:
        """Return the numbers, shape (rows,)."""
        terms = self.value * parameters[self.column]
        return np.bincount(self.row, weights=terms, minlength=self.rows).astype(np.float64)

    def only(self, rows: npt.NDArray[np.intp], *, of: int) -> AffineMap:
        """Return the map to some of the numbers, in the order named; ``of`` counts them all."""
        place = np.full(of, -1)
        place[rows] = np.arange(rows.size)
        kept = place[self.row] >= 0
        return AffineMap(
            row=place[self.row[kept]],
            column=self.column[kept],
            value=self.value[kept],
            rows=rows.size,
        )


@dataclass(frozen=True, kw_only=True)
class FilledProgram:
    """The numbers of one set of parameters: least cost x within bounds on x and on A x."""

    cost: Numbers
    offset: float
    """Added to the cost of every x."""
    column_lower: Numbers
    column_upper: Numbers
    row_lower: Numbers
    row_upper: Numbers
    moving: Numbers
    """The coefficients of A that parameters touch, shape (moving,)."""


@dataclass(frozen=True, kw_only=True)
class BoundingRows:
    """Rows with one constant coefficient: they bound their column."""

    row: Positions
    """In cvxpy's order."""
    column: Positions
    coefficient: Numbers
    right_of: AffineMap
    """To the right sides."""
    is_equality: npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class LinearProgram:
    """What of a compiled problem stays, and how its parameters become numbers.

    Rows with a single constant coefficient are bounds on their column: a bound costs the simplex
    method nothing, a row makes every step of it dearer.
    """

    program: Any
    """cvxpy's compiled form."""
    variables: tuple[tuple[cp.Variable, int], ...]
    """The problem's own variables, and where each begins in x."""
    matrix_starts: Positions
    """Where each column begins in the next two, shape (columns + 1,)."""
    matrix_rows: Positions
    matrix_values: Numbers
    """The constant coefficients, by columns."""
    moving_row: Positions
    moving_column: Positions
    moving_of: AffineMap
    """To the coefficients that parameters touch."""
    integer: Positions
    """The columns that take whole numbers."""
    cost_of: AffineMap
    """To the costs and, last, the offset."""
    right_of: AffineMap
    """To the right sides of the rows kept."""
    is_equality: npt.NDArray[np.bool_]
    """By row kept; the others are at most their right side."""
    kept_row: Positions
    """The rows kept, in cvxpy's order."""
    bounding: BoundingRows

    @classmethod
    def of(cls, problem: cp.Problem) -> Self:
        """Compile ``problem``; one that is not DPP is a :class:`NotParametrisedError`."""
        if not problem.is_dcp(dpp=True):
            raise NotParametrisedError(
                "a parameter multiplies another one, or an expression that holds one; write each "
                "product as one parameter times an expression of variables alone"
            )
        data, _, _ = problem.get_problem_data(cp.HIGHS)
        program = data["param_prob"]
        own = {parameter.id for parameter in problem.parameters()}
        is_kept = all(parameter.id in own for parameter in program.parameters)
        if not is_kept or any(one.id not in program.var_id_to_col for one in problem.variables()):
            raise NotParametrisedError(
                "a parameter or variable is declared symmetric, diagonal or sparse; declare it "
                "dense"
            )
        return cls._of_program(problem, program)

    @classmethod
    def _of_program(cls, problem: cp.Problem, program: Any) -> Self:  # noqa: ANN401 - untyped
        rows, columns = program.constr_size, program.x.size
        entries = program.A.tocoo()
        is_right = entries.row >= rows * columns
        right_of = AffineMap(
            row=entries.row[is_right] - rows * columns,
            column=entries.col[is_right],
            value=entries.data[is_right],
            rows=rows,
        )
        # cvxpy writes A x + b in its cone, HiGHS A x <= b: the coefficients change sign.
        place, source, value = (
            entries.row[~is_right],
            entries.col[~is_right],
            -entries.data[~is_right],
        )
        moving = np.unique(place[source != program.A.shape[1] - 1])
        is_fixed = ~np.isin(place, moving) & (value != 0)
        moving_column, moving_row = np.divmod(moving, rows)
        column, row = np.divmod(place[is_fixed], rows)
        fixed = value[is_fixed]

        width = np.bincount(row, minlength=rows) + 2 * np.bincount(moving_row, minlength=rows)
        bounds = width[row] == 1
        kept = np.flatnonzero(width != 1)
        kept_place = np.full(rows, -1)
        kept_place[kept] = np.arange(kept.size)
        by_column = np.lexsort((row[~bounds], column[~bounds]))
        in_column = np.bincount(column[~bounds], minlength=columns)
        is_equality = np.arange(rows) < program.cone_dims.zero
        is_moving = np.isin(place, moving)
        costs = program.q.tocoo()
        return cls(
            program=program,
            variables=tuple((one, program.var_id_to_col[one.id]) for one in problem.variables()),
            matrix_starts=np.concatenate(([0], np.cumsum(in_column))).astype(np.int32),
            matrix_rows=kept_place[row[~bounds]][by_column].astype(np.int32),
            matrix_values=fixed[~bounds][by_column],
            moving_row=kept_place[moving_row].astype(np.int32),
            moving_column=moving_column.astype(np.int32),
            moving_of=AffineMap(
                row=np.searchsorted(moving, place[is_moving]),
                column=source[is_moving],
                value=value[is_moving],
                rows=moving.size,
            ),
            integer=_whole(program),
            cost_of=AffineMap(row=costs.row, column=costs.col, value=costs.data, rows=columns + 1),
            right_of=right_of.only(kept, of=rows),
            is_equality=is_equality[kept],
            kept_row=kept.astype(np.int32),
            bounding=BoundingRows(
                row=row[bounds].astype(np.int32),
                column=column[bounds].astype(np.int32),
                coefficient=fixed[bounds],
                right_of=right_of.only(row[bounds], of=rows),
                is_equality=is_equality[row[bounds]],
            ),
        )

    @property
    def columns(self) -> int:
        """Length of x."""
        return self.matrix_starts.size - 1

    def parameters(self) -> Numbers:
        """Return the values that the problem's parameters have now, and a 1 for the constants."""
        program = self.program
        values = np.ones(program.total_param_size + 1)
        for parameter in program.parameters:
            value = parameter.value
            if value is None or not np.isfinite(value).all():
                raise UnsetNumberError(
                    f"{parameter.name()} has no value, or one that is no number; fill the problem "
                    "before it is solved"
                )
            first = program.param_id_to_col[parameter.id]
            values[first : first + parameter.size] = np.ravel(value, order="F")
        return values

    def filled(self, parameters: Numbers) -> FilledProgram:
        """Return the numbers that ``parameters`` (see :meth:`parameters`) lead to."""
        cost = self.cost_of.at(parameters)
        right = self.right_of.at(parameters)
        lower, upper = self.bounds(parameters)
        return FilledProgram(
            cost=cost[:-1],
            offset=float(cost[-1]),
            column_lower=lower,
            column_upper=upper,
            row_lower=np.where(self.is_equality, right, -np.inf),
            row_upper=right,
            moving=self.moving_of.at(parameters),
        )

    def values(self, x: Numbers) -> list[tuple[cp.Variable, Numbers]]:
        """Return the problem's variables with their part of x, whole numbers exactly whole."""
        if self.integer.size:
            x = x.copy()
            x[self.integer] = np.round(x[self.integer])
        return [
            (variable, x[first : first + variable.size].reshape(variable.shape, order="F"))
            for variable, first in self.variables
        ]

    def bounds(
        self,
        parameters: Numbers,
        *,
        is_free: npt.NDArray[np.bool_] | None = None,
        is_kept: npt.NDArray[np.bool_] | None = None,
    ) -> tuple[Numbers, Numbers]:
        """Return lower and upper bound of each column, by declaration and by bounding rows.

        The declared bounds of columns that are ``is_free`` and the bounding rows that are not
        ``is_kept`` are left out; a yes or no stays one.
        """
        lower = self._declared(self.program.lower_bounds, self.program.lb_tensor, parameters)
        upper = self._declared(self.program.upper_bounds, self.program.ub_tensor, parameters)
        lower = np.full(self.columns, -np.inf) if lower is None else lower
        upper = np.full(self.columns, np.inf) if upper is None else upper
        if is_free is not None:
            lower[is_free], upper[is_free] = -np.inf, np.inf
        boolean = [position[0] for position in self.program.x.boolean_idx]
        lower[boolean] = np.maximum(lower[boolean], 0.0)
        upper[boolean] = np.minimum(upper[boolean], 1.0)
        rows = self.bounding
        bound = rows.right_of.at(parameters) / rows.coefficient
        is_upper = rows.is_equality | (rows.coefficient > 0)
        is_lower = rows.is_equality | (rows.coefficient < 0)
        if is_kept is not None:
            is_upper, is_lower = is_upper & is_kept, is_lower & is_kept
        np.minimum.at(upper, rows.column[is_upper], bound[is_upper])
        np.maximum.at(lower, rows.column[is_lower], bound[is_lower])
        return lower, upper

    def block_of(self, rows: Positions) -> npt.NDArray[np.intp]:
        """Return the constraint that each row (in cvxpy's order) belongs to."""
        ends = np.cumsum([constraint.size for constraint in self.program.constraints])
        return np.searchsorted(ends, rows, side="right")

    def parameter_names(self, to: AffineMap, rows: npt.NDArray[np.intp]) -> tuple[str, ...]:
        """Return the names of the parameters that ``rows`` of a map depend on."""
        columns = np.unique(to.column[np.isin(to.row, rows)])
        first_of = self.program.param_id_to_col
        return tuple(
            one.name()
            for one in self.program.parameters
            if ((columns >= first_of[one.id]) & (columns < first_of[one.id] + one.size)).any()
        )

    @staticmethod
    def _declared(fixed: Numbers | None, of: Any, parameters: Numbers) -> Numbers | None:  # noqa: ANN401
        if of is not None:
            return np.asarray(of @ parameters, dtype=np.float64).ravel()
        return None if fixed is None else np.array(fixed, dtype=np.float64)


def _whole(program: Any) -> Positions:  # noqa: ANN401 - cvxpy is untyped here
    """Return the columns that take whole numbers."""
    positions = [*program.x.boolean_idx, *program.x.integer_idx]
    return np.array([position[0] for position in positions], dtype=np.int32)
