"""Why no schedule exists: an irreducible set of limits, in words that name the equipment."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from models.optimizer.highs_model import new_highs, pass_program, run
from models.optimizer.limits import Limit, LimitRows, limits_of
from models.optimizer.linear_program import FilledProgram, LinearProgram, Numbers


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Limits that cannot hold together, though they could without any one of them."""

    limits: tuple[Limit, ...]
    is_irreducible: bool = True
    """False if the time ended before every limit was tried."""

    @property
    def equipment(self) -> tuple[str, ...]:
        """The equipment concerned, in the order of the limits."""
        return tuple(dict.fromkeys(name for limit in self.limits for name in limit.equipment))

    @property
    def reason(self) -> str:
        """What conflicts, and the next step."""
        if len(self.equipment) == 1:
            what = ", ".join(limit.what for limit in self.limits)
            return (
                f"{self.equipment[0]}: no operation satisfies the declared limits from the present "
                f"state on ({what}); change at least one of them"
            )
        limits = "; ".join(limit.text for limit in self.limits)
        return f"these limits cannot hold together: {limits}; change at least one of them"


def conflict_of(linear: LinearProgram, filled: FilledProgram, *, time_limit_s: float) -> Conflict:
    """Return limits of which each is needed for the conflict, by dropping one after the other.

    The relaxation without whole numbers is asked first: where it has no solution either, its
    conflict is found in a fraction of the time. What merely defines a quantity is no limit and is
    never dropped.

    Source: J. W. Chinneck, Feasibility and Infeasibility in Optimization, 2008, the deletion
    filter, doi:10.1007/978-0-387-74932-7.
    """
    deadline = time.perf_counter() + time_limit_s
    limits = limits_of(linear)
    asked = _Filter(linear, filled, limits, relaxed=True, deadline=deadline)
    if asked.has_solution():
        asked = _Filter(linear, filled, limits, relaxed=False, deadline=deadline)
    needed, is_irreducible = [], True
    for number, one in enumerate(limits):
        asked.drop(number)
        verdict = asked.has_solution()
        if verdict is not False:
            asked.restore(number)
            needed.append(one.limit)
            is_irreducible = is_irreducible and verdict is True
    return Conflict(limits=tuple(dict.fromkeys(needed)), is_irreducible=is_irreducible)


class _Filter:
    """A program without a cost, whose limits can be taken away and put back."""

    def __init__(
        self,
        linear: LinearProgram,
        filled: FilledProgram,
        limits: tuple[LimitRows, ...],
        *,
        relaxed: bool,
        deadline: float,
    ) -> None:
        self._linear, self._filled, self._limits = linear, filled, limits
        self._deadline = deadline
        self._is_active = np.ones(len(limits), dtype=np.bool_)
        self._parameters = linear.parameters()
        self._highs = new_highs(gap=0.0)
        pass_program(self._highs, linear, filled, relaxed=relaxed)
        every = np.arange(linear.columns, dtype=np.int32)
        self._highs.changeColsCost(every.size, every, np.zeros(every.size))

    def has_solution(self) -> bool | None:
        """Whether what is left can be satisfied; None if the time has ended."""
        left = self._deadline - time.perf_counter()
        if left <= 0:
            return None
        lower, upper = self._bounds()
        if (lower > upper).any():
            return False
        every = np.arange(lower.size, dtype=np.int32)
        self._highs.changeColsBounds(every.size, every, lower, upper)
        status = run(self._highs, time_limit_s=left)
        return None if status == "out_of_time" else status == "optimal"

    def drop(self, number: int) -> None:
        """Take a limit away; a yes or no stays one."""
        self._is_active[number] = False
        rows = self._limits[number].rows
        free = np.full(rows.size, np.inf)
        self._highs.changeRowsBounds(rows.size, rows, -free, free)

    def restore(self, number: int) -> None:
        """Put a limit back."""
        self._is_active[number] = True
        rows = self._limits[number].rows
        self._highs.changeRowsBounds(
            rows.size, rows, self._filled.row_lower[rows], self._filled.row_upper[rows]
        )

    def _bounds(self) -> tuple[Numbers, Numbers]:
        """Bounds of each column by the limits that are left."""
        linear = self._linear
        is_free = np.zeros(linear.columns, dtype=np.bool_)
        is_kept = np.ones(linear.bounding.row.size, dtype=np.bool_)
        for one, is_active in zip(self._limits, self._is_active, strict=True):
            if not is_active:
                is_free[one.declared_columns] = True
                is_kept[one.bounding_rows] = False
        return linear.bounds(self._parameters, is_free=is_free, is_kept=is_kept)
