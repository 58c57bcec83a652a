"""The cheapest months of a site with jobs for one who knew every load: a bound, not a schedule.

Runs may be broken into shares of several places here, so the bill is at most that of the cheapest
real schedule, and what a policy captures of its saving is told too low rather than too high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from feature_store.time_grid import KilowattArray
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.known_load import KnownLoad
from models.dispatch.policy import Month
from models.dispatch.ratchet_month import RatchetMonth
from models.dispatch.site_operation import SiteOperation
from models.dispatch.storage_plan import NoStoragePlanError
from models.optimizer.hot_problem import HotProblem

TIME_LIMIT_S = 1800.0
"""A month of three jobs takes seconds, half a year of them minutes."""


@dataclass(frozen=True, kw_only=True)
class ForeseenMonth:
    """What is done in a month with foresight; arrays of shape (steps,)."""

    battery_kw: KilowattArray
    runs_kw: KilowattArray
    """Of all jobs together, broken as it may be."""
    given_up_kw: KilowattArray


def foreseen_month(month: Month, flexible: FlexibleLoad, known: KnownLoad) -> ForeseenMonth:
    """Return the month with the lowest bill; the battery ends as full as it started."""
    operation, cost_krw, limits = _operated(month, flexible, known)
    charges = len(month.peak_cost.krw_per_kw)
    peak_kw = cp.Variable(nonneg=True, name="site.peak_kw")
    over_kw = cp.Variable(charges, nonneg=True, name="site.over_kw")
    cost_krw += month.peak_cost.krw_per_kw @ over_kw
    limits += [
        _holds_peak(month, operation, known, peak_kw),
        over_kw >= peak_kw - month.peak_cost.above_kw,
    ]
    _solve(cost_krw, limits, 1)
    return _answer(operation)


def foreseen_months(
    months: Sequence[RatchetMonth], flexible: Sequence[FlexibleLoad], known: KnownLoad
) -> list[ForeseenMonth]:
    """Return the months whose bills are lowest together, each remembering peaks of earlier ones."""
    peak_kw = cp.Variable(len(months), nonneg=True, name="site.peak_kw")
    billed_kw = cp.Variable(len(months), nonneg=True, name="site.billed_kw")
    operations, limits = [], []
    total_krw: cp.Expression = cp.Constant(0.0)
    for number, (one, of_month) in enumerate(zip(months, flexible, strict=True)):
        operation, cost_krw, own = _operated(one.month, of_month, known)
        total_krw += cost_krw + one.krw_per_kw * billed_kw[number]
        limits += [
            *own,
            _holds_peak(one.month, operation, known, peak_kw[number]),
            billed_kw[number] >= one.floor_kw,
            *(billed_kw[number] >= peak_kw[of] for of in (*one.remembers, number)),
        ]
        operations.append(operation)
    _solve(total_krw, limits, len(months))
    return [_answer(operation) for operation in operations]


def _operated(
    month: Month, flexible: FlexibleLoad, known: KnownLoad
) -> tuple[SiteOperation, cp.Expression, list[cp.Constraint]]:
    """A month's operation, what it costs besides the peak, and its limits."""
    operation = SiteOperation.of(month.store, flexible, month.store.start_kwh)
    cost_krw = operation.energy_krw(month.prices) + operation.wear_krw + operation.given_up_krw
    base_kw = base_load_kw(month, known)
    return operation, cost_krw, [*operation.constraints, operation.added_kw >= -base_kw]


def _holds_peak(
    month: Month, operation: SiteOperation, known: KnownLoad, peak_kw: cp.Expression
) -> cp.Constraint:
    counted = np.flatnonzero(month.prices.counted)
    return peak_kw >= base_load_kw(month, known)[counted] + operation.added_kw[counted]


def _solve(cost_krw: cp.Expression, limits: list[cp.Constraint], months: int) -> None:
    problem = HotProblem(cp.Problem(cp.Minimize(cost_krw), limits), relaxed=True)
    answer = problem.solve(time_limit_s=TIME_LIMIT_S)
    if answer.status != "optimal":
        raise NoStoragePlanError(
            f"the operation of battery and jobs over {months} months is {answer.status}; check "
            "their limits and the battery's charge at the start"
        )


def _answer(operation: SiteOperation) -> ForeseenMonth:
    steps = operation.battery_kw.size
    runs_kw = [np.asarray(run_kw.value, dtype=np.float64) for run_kw in operation.runs_kw]
    given_up_kw = np.asarray(operation.given_up_kw.value, dtype=np.float64)
    return ForeseenMonth(
        battery_kw=np.asarray(operation.battery_kw.value, dtype=np.float64),
        runs_kw=np.sum(runs_kw, axis=0) if runs_kw else np.zeros(steps),
        given_up_kw=np.maximum(given_up_kw, 0.0),
    )


def base_load_kw(month: Month, known: KnownLoad) -> KilowattArray:
    """Return what a month draws without its jobs and its battery, shape (steps,)."""
    return known.table.demand_kw[month.first : month.first + month.steps]
