"""Choose among starts of jobs: relax, round, exchange one start at a time, and prove the rest.

A start decision is one of a group of which exactly one (or at most one) is taken. Most problems
have no other whole numbers; those that have go to branch and bound as they are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Literal

import highspy
import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError
from models.optimizer.highs_model import new_highs, pass_program, run
from models.optimizer.linear_program import FilledProgram, LinearProgram, Numbers, Positions
from models.optimizer.preferences import without_preferences

TRIED_PER_GROUP = 6
"""Most exchanges tried in a group before the next: those that the duals promise most of."""
_HALF = 0.5
"""Halfway from no to yes."""
MOST_ROUNDS = 12
"""Passes over all groups: a bound on the work; what is still to be gained is left to the proof."""


class _OutOfTimeError(SandanError):
    """The time limit has passed."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A solution of the program."""

    x: Numbers
    objective: float
    bound: float
    """No solution costs less."""


@dataclass(frozen=True, kw_only=True)
class OutOfTime:
    """The time ended before the proof did."""

    best: Found | None
    """The best solution by then, None if there was none: it depends on the machine's speed."""


Answer = Found | OutOfTime | Literal["infeasible"]


@dataclass(frozen=True, kw_only=True)
class _Limits:
    """How far to prove, and until when."""

    gap: float
    share: float
    deadline: float


@dataclass(frozen=True, kw_only=True)
class Group:
    """Columns of which one is 1 and the others are 0."""

    columns: Positions
    may_be_none: bool
    """Whether all may be 0."""
    may_be_taken: npt.NDArray[np.bool_]
    """By column: False for a start that is ruled out, and for all others of one that is pinned."""


def search(
    linear: LinearProgram,
    filled: FilledProgram,
    *,
    gap: float,
    gap_share: float = 0.0,
    time_limit_s: float,
) -> Answer:
    """Return a solution proved to ``gap``, the same one whatever the machine's speed.

    The gap is absolute; ``gap_share`` of the least cost is allowed where that is more.

    The steps depend on the numbers alone; only whether they are finished depends on the time.
    """
    limits = _Limits(gap=gap, share=gap_share, deadline=time.perf_counter() + time_limit_s)
    one = _Search(linear, filled, limits)
    try:
        return one.answer()
    except _OutOfTimeError:
        return OutOfTime(best=one.best)


def groups_of(linear: LinearProgram, filled: FilledProgram) -> tuple[Group, ...] | None:
    """Return the groups that hold every undecided whole number once, or None if some do not."""
    column = np.repeat(np.arange(linear.columns), np.diff(linear.matrix_starts))
    row, rows = linear.matrix_rows, linear.is_equality.size
    is_whole = np.zeros(linear.columns, dtype=np.bool_)
    is_whole[linear.integer] = True
    fits = (linear.matrix_values == 1.0) & is_whole[column]
    width = np.bincount(row, minlength=rows)
    is_group = (np.bincount(row[fits], minlength=rows) == width) & (width > 0)
    is_group &= filled.row_upper == 1.0
    is_group[linear.moving_row] = False
    chosen = is_group[row]
    undecided = filled.column_lower != filled.column_upper
    member = np.bincount(column[chosen], minlength=linear.columns)
    binary = (filled.column_lower >= 0.0) & (filled.column_upper <= 1.0)
    if not ((member == 1) & binary)[is_whole & undecided].all():
        return None
    return tuple(
        _group(filled, column[row == at].astype(np.int32), is_optional=not linear.is_equality[at])
        for at in np.flatnonzero(is_group)
    )


def _group(filled: FilledProgram, columns: Positions, *, is_optional: bool) -> Group:
    pinned = filled.column_lower[columns] > _HALF
    return Group(
        columns=columns,
        may_be_none=is_optional and not pinned.any(),
        may_be_taken=pinned if pinned.any() else filled.column_upper[columns] > _HALF,
    )


class _Search:
    """One search, with the HiGHS that it drives."""

    def __init__(self, linear: LinearProgram, filled: FilledProgram, limits: _Limits) -> None:
        self._linear, self._filled, self._limits = linear, filled, limits
        self._gap = limits.gap
        self.best: Found | None = None
        """The best solution so far, with a bound that holds."""
        self._plain = without_preferences(linear, filled)
        self._highs = new_highs(gap=limits.gap)
        pass_program(self._highs, self._plain.linear, self._plain.filled, relaxed=True)

    def answer(self) -> Answer:
        """Relax, round and exchange, prove, and polish."""
        if not self._run():
            return "infeasible"
        bound = float(self._highs.getObjectiveValue())
        whole = self._linear.integer
        if whole.size:
            root = self._highs.getSolution()
            allowed = max(self._limits.gap, self._limits.share * abs(bound))
            best = self._rounded_and_exchanged(np.array(root.col_value), bound, allowed)
            if best is None or best.objective - bound > allowed:
                self._highs.setOptionValue("mip_abs_gap", allowed)
                proved = self._proved(best, bound, np.array(root.col_dual))
                if proved is None:
                    return "infeasible"
                best, bound = proved, proved.bound
            self.best = replace(best, bound=bound)
            self._fix(whole, np.round(best.x[whole]))
        return self._polished(bound)

    def _run(self) -> bool:
        """Solve as it stands; whether there is a solution."""
        left = self._limits.deadline - time.perf_counter()
        if left <= 0:
            raise _OutOfTimeError
        status = run(self._highs, time_limit_s=left)
        if status == "out_of_time":
            raise _OutOfTimeError
        return status == "optimal"

    def _fix(self, columns: Positions, values: Numbers) -> None:
        self._highs.changeColsBounds(columns.size, columns, values, values)

    def _rounded_and_exchanged(
        self, relaxed: Numbers, bound: float, allowed: float
    ) -> Found | None:
        """Exchange starts until none betters the solution, or a pass has made it good enough."""
        groups = groups_of(self._linear, self._filled)
        if groups is None:
            return None
        taken = [_largest(group, relaxed) for group in groups]
        for group, at in zip(groups, taken, strict=True):
            self._take(group, at)
        if not self._run():
            return None
        best = self._solution()
        self.best = replace(best, bound=bound)
        for _ in range(MOST_ROUNDS):
            before = best.objective
            for number, group in enumerate(groups):
                better = self._exchanged(group, taken[number], best)
                if better is not None:
                    taken[number], best = better
                    self.best = replace(best, bound=bound)
            if best.objective <= bound + allowed or best.objective >= before - self._gap:
                break
        return best

    def _exchanged(self, group: Group, taken: int, best: Found) -> tuple[int, Found] | None:
        """Return a better start of one group with its solution; None if there is none.

        By convexity an exchange gains at most what the reduced costs say, so that starts without
        a promise need not be tried.
        """
        duals = np.array(self._highs.getSolution().col_dual)[group.columns]
        now = duals[taken] if taken >= 0 else 0.0
        promised = np.where(group.may_be_taken, now - duals, -np.inf)
        if group.may_be_none:
            promised = np.append(promised, now)  # none is the last choice
        order = np.argsort(-promised, kind="stable")[:TRIED_PER_GROUP]
        tried = order[promised[order] > self._gap]
        for choice in tried:
            at = int(choice) if choice < group.columns.size else -1
            self._take(group, at)
            if self._run() and self._highs.getObjectiveValue() < best.objective - self._gap:
                return at, self._solution()
        if tried.size:
            self._take(group, taken)
            self._run()
        return None

    def _take(self, group: Group, at: int) -> None:
        values = np.zeros(group.columns.size)
        if at >= 0:
            values[at] = 1.0
        self._fix(group.columns, values)

    def _solution(self) -> Found:
        return Found(
            x=np.array(self._highs.getSolution().col_value),
            objective=float(self._highs.getObjectiveValue()),
            bound=-np.inf,
        )

    def _proved(self, best: Found | None, bound: float, duals: Numbers) -> Found | None:
        """Branch and bound over the starts that could still be better than ``best``."""
        whole, filled = self._linear.integer, self._filled
        upper = filled.column_upper[whole].copy()
        if best is not None:
            # Taking such a start costs more than the best known: its reduced cost says so.
            hopeless = (duals[whole] > best.objective - bound) & (filled.column_lower[whole] == 0.0)
            upper[hopeless & (best.x[whole] < _HALF)] = 0.0
        self._highs.changeColsBounds(whole.size, whole, filled.column_lower[whole], upper)
        self._integrality(highspy.HighsVarType.kInteger)
        if best is not None:
            every = np.arange(best.x.size, dtype=np.int32)
            self._highs.setSolution(every.size, every, best.x)
        try:
            found = self._run()
        except _OutOfTimeError:
            self.best = self._branched_to(best, bound)
            raise
        solution = self._solution() if found else best
        proved = float(self._highs.getInfo().mip_dual_bound) if found else bound
        self._integrality(highspy.HighsVarType.kContinuous)
        if solution is None:
            return None
        return replace(solution, bound=max(bound, min(proved, solution.objective)))

    def _branched_to(self, best: Found | None, bound: float) -> Found | None:
        """Return the best solution of a branch and bound that was broken off."""
        info = self._highs.getInfo()
        proved = max(bound, float(info.mip_dual_bound))
        if info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible):
            branched = self._solution()
            if best is None or branched.objective < best.objective:
                best = branched
        return None if best is None else replace(best, bound=min(proved, best.objective))

    def _integrality(self, kind: Any) -> None:  # noqa: ANN401 - highspy is untyped
        whole = self._linear.integer
        kinds = np.full(whole.size, int(kind), dtype=np.uint8)
        self._highs.changeColsIntegrality(whole.size, whole, kinds)

    def _polished(self, bound: float) -> Answer:
        """Choose among equally cheap plans by the preferences, with the starts as they are."""
        self._plain.put_back(self._highs, self._linear, self._filled)
        if not self._run():
            return "infeasible"
        solution = self._solution()
        return replace(solution, bound=min(bound, solution.objective))


def _largest(group: Group, relaxed: npt.NDArray[np.float64]) -> int:
    """Return the place of the largest share, or -1 where none is larger than all of them."""
    shares = relaxed[group.columns]
    at = int(shares.argmax())
    return -1 if group.may_be_none and shares[at] < 1.0 - shares.sum() else at
