"""The cheapest months for one who knew every load: what no policy can beat.

Runs of jobs may be broken into shares of several places here, so with jobs the bill is at most that
of the cheapest real schedule: a bound, no schedule. What a policy captures of its saving is then
told too low rather than too high, by little: with the three jobs of ``bench/capture.py``, in two
months of each of its two plants, whole runs placed day by day at the bound's peak cost 0.1 to 0.6 %
of the saving more. Branch and bound over a month lifts the bound by 0.1 % of it in 100 seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from feature_store.time_grid import HOURS_PER_STEP
from models.dispatch.known_load import KnownLoad, days_of_positions
from models.dispatch.live import base_load_kw, billed, missing_krw_per_kwh
from models.dispatch.policy import LivedMonth, Month, Operation
from models.dispatch.site_operation import SiteOperation
from models.dispatch.storage_plan import NoStoragePlanError
from models.dispatch.store import Store
from models.dispatch.store_operation import StoreOperation
from models.optimizer.hot_problem import HotProblem

NAME = "perfect-foresight"
TIME_LIMIT_S = 1800.0
"""A month of a battery takes a second and one of three jobs some; half a year of them minutes."""


@dataclass(frozen=True, kw_only=True)
class RatchetMonth:
    """A month of a stretch whose peaks are remembered."""

    month: Month
    krw_per_kw: float
    """Demand charge."""
    floor_kw: float
    """Billed whatever happens in the stretch."""
    remembers: tuple[int, ...]
    """Earlier months of the stretch whose peaks it is billed for."""


def perfect_foresight(month: Month, known: KnownLoad) -> LivedMonth:
    """Return the month with the lowest bill, charge missing at its end bought as for everybody."""
    peak_kw = cp.Variable(name="site.peak_kw")
    over_kw = cp.Variable(len(month.peak_cost.krw_per_kw), nonneg=True, name="site.over_kw")
    foreseen_month = _ForeseenMonth.of(month, known)
    problem = cp.Problem(
        cp.Minimize(foreseen_month.cost_krw + month.peak_cost.krw_per_kw @ over_kw),
        [
            *foreseen_month.constraints,
            peak_kw >= foreseen_month.counted_kw,
            over_kw >= peak_kw - month.peak_cost.above_kw,
        ],
    )
    _solve(problem, 1)
    return foreseen(month, known, foreseen_month.operation.solved())


def foreseen(month: Month, known: KnownLoad, done: Operation) -> LivedMonth:
    """Return a month operated as was decided with foresight."""
    return billed(NAME, month, base_load_kw(month, known), done)


def foreseen_stretch(months: Sequence[RatchetMonth], known: KnownLoad) -> list[Operation]:
    """Return what is done in each month of a stretch that makes all their bills together lowest.

    Each month's billed demand is the largest of its floor, its own counted peak, and those of the
    months that it remembers; charge missing at the end of a month is bought. One linear problem.

    Source: KEPCO terms of supply, 기본공급약관 제68조①.
    """
    peak_kw = cp.Variable(len(months), nonneg=True, name="site.peak_kw")
    billed_kw = cp.Variable(len(months), nonneg=True, name="site.billed_kw")
    foreseen_months = [_ForeseenMonth.of(one.month, known) for one in months]
    cost_krw: cp.Expression = cp.Constant(0)
    constraints = []
    for number, (one, foreseen_month) in enumerate(zip(months, foreseen_months, strict=True)):
        cost_krw += foreseen_month.cost_krw + one.krw_per_kw * billed_kw[number]
        constraints += [
            *foreseen_month.constraints,
            peak_kw[number] >= foreseen_month.counted_kw,
            billed_kw[number] >= one.floor_kw,
            *(billed_kw[number] >= peak_kw[of] for of in (*one.remembers, number)),
        ]
    _solve(cp.Problem(cp.Minimize(cost_krw), constraints), len(months))
    return [foreseen_month.operation.solved() for foreseen_month in foreseen_months]


@dataclass(frozen=True, kw_only=True)
class _ForeseenMonth:
    """A month as part of a problem."""

    operation: SiteOperation
    cost_krw: cp.Expression
    """Besides its peak."""
    counted_kw: cp.Expression
    """Import of the intervals that count."""
    constraints: list[cp.Constraint]

    @classmethod
    def of(cls, month: Month, known: KnownLoad) -> _ForeseenMonth:
        store = _store_operation(month, known)
        operation = SiteOperation.of(store, month.flexible)
        added_kw, base_kw = operation.added_kw, base_load_kw(month, known)
        counted = np.flatnonzero(month.prices.counted)
        return cls(
            operation=operation,
            cost_krw=HOURS_PER_STEP * (month.prices.krw_per_kwh @ added_kw)
            + store.wear_krw
            + store.missing_krw
            + store.tie_break_krw
            + operation.given_up_krw,
            counted_kw=base_kw[counted] + added_kw[counted],
            constraints=[*operation.constraints, added_kw >= -base_kw],
        )


def _store_operation(month: Month, known: KnownLoad) -> StoreOperation:
    """What the battery may do, or each of several, with its limit of every local day."""
    if not month.batteries:
        return _of_store(month, month.store)
    days = days_of_positions(known.table, month.first, month.steps)
    parts = []
    for battery in month.batteries:
        part = _of_store(month, battery.store)
        if battery.left_today_kwh is not None:
            part.constraints.extend(
                HOURS_PER_STEP * cp.sum(part.discharge_kw[positions - month.first])
                <= battery.left_today_kwh
                for positions in days
            )
        parts.append(part)
    return StoreOperation.together(parts)


def _of_store(month: Month, store: Store) -> StoreOperation:
    return StoreOperation.of(
        store,
        month.steps,
        soc_kwh=store.start_kwh,
        end_kwh=store.start_kwh,
        missing_krw_per_kwh=missing_krw_per_kwh(month, store),
    )


def _solve(problem: cp.Problem, months: int) -> None:
    answer = HotProblem(problem, relaxed=True).solve(time_limit_s=TIME_LIMIT_S)
    if answer.status != "optimal":
        raise NoStoragePlanError(
            f"the operation with foresight over {months} months is {answer.status}; check the "
            "limits of battery and jobs, and its state of charge at the start"
        )
