"""The cheapest operation of a battery for one path of the load: a linear problem, compiled once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.discharge_limit import DischargeLimit, LeftToday
from models.dispatch.policy import PeakCost
from models.dispatch.storage_value import DayPrices
from models.dispatch.store import Store
from models.dispatch.store_operation import StoreOperation
from models.optimizer.hot_problem import HotProblem

NOT_COUNTED_KW = 1e6
"""Taken off the demand of an interval that does not count: no peak is as low."""
TIME_LIMIT_S = 60.0
"""A month of one battery takes a second."""


class NoStoragePlanError(SandanError):
    """A battery has no operation within its limits, or none was found in time."""


@dataclass(frozen=True, kw_only=True)
class Reducible:
    """How far a load may be reduced on the way: the running day, and the one after it."""

    today_kw: KilowattArray
    """Limits, 0 from midnight on, shape (steps,)."""
    later_kw: KilowattArray
    """Limits, 0 up to midnight, shape (steps,)."""
    today_kwh: float
    """Energy that may still be given up today."""
    later_kwh: float


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """The reductions of a plan, and the numbers they take."""

    power_kw: cp.Expression
    today_kw: cp.Parameter
    later_kw: cp.Parameter
    today_kwh: cp.Parameter
    later_kwh: cp.Parameter
    constraints: list[cp.Constraint]

    @classmethod
    def of(cls, steps: int) -> Self:
        """Return reductions over ``steps`` with limits to be set."""
        today_kw, later_kw = (
            cp.Variable(steps, nonneg=True, name=f"load.{day}_reduction_kw")
            for day in ("today", "later")
        )
        limits_kw = [cp.Parameter(steps, nonneg=True, name="load.limit_kw") for _ in range(2)]
        limits_kwh = [cp.Parameter(nonneg=True, name="load.limit_kwh") for _ in range(2)]
        return cls(
            power_kw=today_kw + later_kw,
            today_kw=limits_kw[0],
            later_kw=limits_kw[1],
            today_kwh=limits_kwh[0],
            later_kwh=limits_kwh[1],
            constraints=[
                today_kw <= limits_kw[0],
                later_kw <= limits_kw[1],
                HOURS_PER_STEP * cp.sum(today_kw) <= limits_kwh[0],
                HOURS_PER_STEP * cp.sum(later_kw) <= limits_kwh[1],
            ],
        )

    def set(self, reducible: Reducible) -> None:
        """Fill the numbers in."""
        self.today_kw.value, self.later_kw.value = reducible.today_kw, reducible.later_kw
        self.today_kwh.value, self.later_kwh.value = reducible.today_kwh, reducible.later_kwh


@dataclass(frozen=True, kw_only=True)
class StoragePlan:
    """The problem, and the numbers it takes."""

    problem: HotProblem
    power_kw: cp.Expression
    peak_kw: cp.Variable
    load_kw: cp.Parameter
    counted_load_kw: cp.Parameter
    krw_per_kwh: cp.Parameter
    soc_kwh: cp.Parameter
    above_kw: cp.Parameter
    peak_cost: PeakCost
    given_up: GivenUp | None = None
    discharge_limit: DischargeLimit | None = None

    @classmethod
    def of(  # noqa: PLR0913  what a battery's day depends on
        cls,
        store: Store,
        steps: int,
        peak_cost: PeakCost,
        *,
        missing_krw_per_kwh: float,
        given_up_krw_per_kwh: float | None = None,
        discharge_kwh_per_day: float = float("inf"),
    ) -> Self:
        """Compile the problem of ``steps`` intervals.

        The battery ends as full as it is declared to start, or pays ``missing_krw_per_kwh`` for
        what is missing: the day after may begin with less. Nothing is fed into the grid.
        With ``given_up_krw_per_kwh`` a load may be reduced at that cost. No more than
        ``discharge_kwh_per_day`` is discharged on a local day.
        """
        peak_kw = cp.Variable(name="site.peak_kw")
        load_kw = cp.Parameter(steps, name="site.load_kw")
        counted_load_kw = cp.Parameter(steps, name="site.counted_load_kw")
        krw_per_kwh = cp.Parameter(steps, name="grid.krw_per_kwh")
        soc_kwh = cp.Parameter(nonneg=True, name="store.soc_kwh")
        charges = len(peak_cost.krw_per_kw)
        over_kw = cp.Variable(charges, nonneg=True, name="site.over_kw")
        above_kw = cp.Parameter(charges, nonneg=True, name="site.above_kw")
        battery = StoreOperation.of(
            store,
            steps,
            soc_kwh=soc_kwh,
            end_kwh=store.start_kwh,
            missing_krw_per_kwh=missing_krw_per_kwh,
        )
        given_up = None if given_up_krw_per_kwh is None else GivenUp.of(steps)
        limit = DischargeLimit.of(battery.discharge_kw, store.discharge_kw, discharge_kwh_per_day)
        added_kw = battery.power_kw
        if given_up is not None:
            added_kw = added_kw - given_up.power_kw
        cost_krw = (
            HOURS_PER_STEP * (krw_per_kwh @ added_kw)
            + battery.wear_krw
            + peak_cost.krw_per_kw @ over_kw
            + battery.missing_krw
            + battery.tie_break_krw
        )
        if given_up is not None and given_up_krw_per_kwh is not None:
            cost_krw += given_up_krw_per_kwh * HOURS_PER_STEP * cp.sum(given_up.power_kw)
        problem = cp.Problem(
            cp.Minimize(cost_krw),
            [
                *battery.constraints,
                added_kw >= -load_kw,
                peak_kw >= counted_load_kw + added_kw,
                over_kw >= peak_kw - above_kw,
                *(given_up.constraints if given_up is not None else ()),
                *(limit.constraints if limit is not None else ()),
            ],
        )
        return cls(
            problem=HotProblem(problem),
            power_kw=battery.power_kw,
            peak_kw=peak_kw,
            load_kw=load_kw,
            counted_load_kw=counted_load_kw,
            krw_per_kwh=krw_per_kwh,
            soc_kwh=soc_kwh,
            above_kw=above_kw,
            peak_cost=peak_cost,
            given_up=given_up,
            discharge_limit=limit,
        )

    @property
    def given_up_kw(self) -> KilowattArray:
        """Reductions of the last solution, shape (steps,); zeros where nothing may be reduced."""
        if self.given_up is None:
            return np.zeros(self.load_kw.size)
        return np.maximum(np.asarray(self.given_up.power_kw.value, dtype=np.float64), 0.0)

    def solve(  # noqa: PLR0913  the numbers of one plan
        self,
        load_kw: KilowattArray,
        prices: DayPrices,
        *,
        soc_kwh: float,
        held_kw: float,
        reducible: Reducible | None = None,
        left: LeftToday | None = None,
    ) -> tuple[npt.NDArray[np.float64], float]:
        """Return the power of each interval and the peak that the plan holds.

        Args:
            load_kw: The path, shape (steps,).
            prices: Of the same intervals.
            soc_kwh: At the start.
            held_kw: Peak that costs nothing more: what the month has had, or is sure to have.
            reducible: How far the load may be reduced; it must be told where a load may be.
            left: What may be discharged today; it must be told where that is limited.
        """
        if self.given_up is not None and reducible is not None:
            self.given_up.set(reducible)
        if self.discharge_limit is not None and left is not None:
            self.discharge_limit.set(left)
        self.load_kw.value = np.maximum(load_kw, 0.0)
        self.counted_load_kw.value = np.where(prices.counted, load_kw, load_kw - NOT_COUNTED_KW)
        self.krw_per_kwh.value = prices.krw_per_kwh
        self.soc_kwh.value = soc_kwh
        self.above_kw.value = np.maximum(self.peak_cost.above_kw, held_kw)
        answer = self.problem.solve(time_limit_s=TIME_LIMIT_S)
        if answer.status != "optimal":
            raise NoStoragePlanError(
                f"the battery's plan of {len(load_kw)} intervals is {answer.status}; check its "
                "limits and its state of charge at the start"
            )
        return np.asarray(self.power_kw.value, dtype=np.float64), float(self.peak_kw.value)
