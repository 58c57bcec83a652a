"""Where a day's jobs cost least: one small problem of whole numbers when the day begins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cvxpy as cp
import numpy as np

from feature_store.errors import SandanError
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.peak_lines import MOST_LINES, PeakLines
from models.dispatch.policy import Month, Morning, Operation
from models.dispatch.site_operation import SiteOperation
from models.dispatch.storage_plan import NOT_COUNTED_KW
from models.dispatch.storage_value import DayPrices
from models.dispatch.store_operation import StoreOperation
from models.optimizer.hot_problem import HotProblem

PLACED_AT_LEVEL = 0.75
"""Quantile of the load that jobs are placed around: they stay where they are, so some room is left
for a day that turns out heavier. What energy costs does not depend on it."""
GAP_KRW = 100.0
"""Places are proved to be within so much of the cheapest: less than the worth of 0.02 kW of a
month's peak."""
TIME_LIMIT_S = 60.0
"""A day of three jobs takes a second."""

Places = tuple[int, tuple[int, ...]]
"""Of a run: its usual step of the day, and those at which it may start instead."""
ProblemKey = tuple[int, tuple[tuple[Places, ...], ...], bytes]
"""Two days with the same number of intervals, runs and limits on reductions share a problem."""


class NoPlacesError(SandanError):
    """A day's jobs could not be placed."""


@dataclass(frozen=True, kw_only=True)
class DayProblem:
    """A kind of day, compiled, and the numbers it takes."""

    problem: HotProblem
    operation: SiteOperation
    load_kw: cp.Parameter
    counted_load_kw: cp.Parameter
    krw_per_kwh: cp.Parameter
    soc_kwh: cp.Parameter
    held_kw: cp.Parameter
    krw_per_kw: cp.Parameter
    krw_at_zero: cp.Parameter

    def place(
        self, path_kw: KilowattArray, prices: DayPrices, soc_kwh: float, lines: PeakLines
    ) -> Operation:
        """Return what is cheapest for a path of the base load, shape (steps,)."""
        self.load_kw.value = path_kw
        self.counted_load_kw.value = np.where(prices.counted, path_kw, path_kw - NOT_COUNTED_KW)
        self.krw_per_kwh.value = prices.krw_per_kwh
        self.soc_kwh.value = soc_kwh
        self.held_kw.value = lines.held_kw
        self.krw_per_kw.value = lines.krw_per_kw
        # Costs that no plan changes are taken off: the solver's tolerances are relative to them.
        certain_krw = float((lines.krw_per_kw * lines.held_kw + lines.krw_at_zero).max())
        self.krw_at_zero.value = lines.krw_at_zero - certain_krw
        answer = self.problem.solve(time_limit_s=TIME_LIMIT_S)
        if answer.status != "optimal":
            jobs = len(self.operation.runs_kw)
            raise NoPlacesError(
                f"a day's {jobs} jobs have no places that keep all their windows and relations; "
                "widen the windows or take a relation out"
                if answer.status == "infeasible"
                else f"places of a day's {jobs} jobs were not proved within {TIME_LIMIT_S:g} s; "
                "narrow the jobs' windows or declare fewer of them"
            )
        return self.operation.solved()


@dataclass(frozen=True, kw_only=True)
class DayPlaces:
    """Places jobs, a problem a kind of day."""

    month: Month
    flexible: FlexibleLoad
    problems: dict[ProblemKey, DayProblem] = field(default_factory=dict)

    def place(self, morning: Morning, path_kw: KilowattArray, lines: PeakLines) -> Operation:
        """Return the cheapest runs and reductions of a day for one path of its base load.

        The battery is planned beside them, so that a job may lie where the battery will carry it.
        The runs are kept; the rest is decided anew when its interval is run.

        Args:
            morning: When the day begins.
            path_kw: The base load that is planned on, shape (steps,).
            lines: What the day's peak will cost.
        """
        day = self.flexible.over(morning.step, morning.steps)
        key = _problem_key(day)
        _, runs, _ = key
        if day.curtailable is None and not any(starts for of_job in runs for _, starts in of_job):
            resting = Operation.of_battery(np.zeros(morning.steps))
            return replace(resting, runs_kw=day.usual_kw())
        if key not in self.problems:
            self.problems[key] = self._compiled(day)
        return self.problems[key].place(path_kw, self._prices(morning), morning.soc_kwh, lines)

    def told_alike(self, morning: Morning) -> tuple[ProblemKey, bytes, bytes]:
        """Return what a day's places depend on beside its path, its charge and its lines."""
        prices = self._prices(morning)
        key = _problem_key(self.flexible.over(morning.step, morning.steps))
        return key, prices.krw_per_kwh.tobytes(), prices.counted.tobytes()

    def _prices(self, morning: Morning) -> DayPrices:
        within = slice(morning.step, morning.step + morning.steps)
        prices = self.month.prices
        return DayPrices(krw_per_kwh=prices.krw_per_kwh[within], counted=prices.counted[within])

    def _compiled(self, day: FlexibleLoad) -> DayProblem:
        steps = day.grid.steps
        load_kw = cp.Parameter(steps, nonneg=True, name="site.load_kw")
        counted_load_kw = cp.Parameter(steps, name="site.counted_load_kw")
        krw_per_kwh = cp.Parameter(steps, name="grid.krw_per_kwh")
        soc_kwh = cp.Parameter(nonneg=True, name="store.soc_kwh")
        held_kw = cp.Parameter(nonneg=True, name="site.held_kw")
        krw_per_kw = cp.Parameter(MOST_LINES, nonneg=True, name="peak.krw_per_kw")
        krw_at_zero = cp.Parameter(MOST_LINES, name="peak.krw_at_zero")
        peak_kw = cp.Variable(name="site.peak_kw")
        peak_krw = cp.Variable(name="site.peak_krw")
        # Ending as full as it began, the battery can always rest.
        store = StoreOperation.of(self.month.store, steps, soc_kwh=soc_kwh, end_kwh=soc_kwh)
        limit = []
        if np.isfinite(kwh_per_day := self.month.kwh_per_day):
            limit = [HOURS_PER_STEP * cp.sum(store.discharge_kw) <= kwh_per_day]
        operation = SiteOperation.of(store, day)
        added_kw = operation.added_kw
        cost_krw = (
            HOURS_PER_STEP * (krw_per_kwh @ added_kw)
            + store.wear_krw
            + store.tie_break_krw
            + operation.given_up_krw
            + operation.tie_break_krw
            + peak_krw
        )
        problem = cp.Problem(
            cp.Minimize(cost_krw),
            [
                *operation.constraints,
                *limit,
                added_kw >= -load_kw,
                peak_kw >= held_kw,
                peak_kw >= counted_load_kw + added_kw,
                peak_krw >= cp.multiply(krw_per_kw, peak_kw) + krw_at_zero,
            ],
        )
        return DayProblem(
            problem=HotProblem(problem, gap=GAP_KRW),
            operation=operation,
            load_kw=load_kw,
            counted_load_kw=counted_load_kw,
            krw_per_kwh=krw_per_kwh,
            soc_kwh=soc_kwh,
            held_kw=held_kw,
            krw_per_kw=krw_per_kw,
            krw_at_zero=krw_at_zero,
        )


def _problem_key(day: FlexibleLoad) -> ProblemKey:
    runs = tuple(
        tuple((run.usual_start, run.starts) for run in job.runs(day.grid)) for job in day.jobs
    )
    return day.grid.steps, runs, day.limit_kw().tobytes()
