"""The cheapest operation of a battery for one path of the load and a value of where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.discharge_limit import DischargeLimit, LeftToday
from models.dispatch.storage_plan import (
    NOT_COUNTED_KW,
    TIME_LIMIT_S,
    NoStoragePlanError,
)
from models.dispatch.storage_value import DayPrices, StateGrid, Values
from models.dispatch.store import Store
from models.dispatch.store_operation import StoreOperation
from models.optimizer.hot_problem import HotProblem


@dataclass(frozen=True, kw_only=True)
class ValuePlan:
    """The problem, and the numbers it takes.

    Where charge and peak end is a mixture of the points of the value's grid, so the solver itself
    takes the lower convex hull of the values; only their costs change from plan to plan.
    """

    problem: HotProblem
    power_kw: cp.Expression
    peak_kw: cp.Variable
    load_kw: cp.Parameter
    counted_load_kw: cp.Parameter
    krw_per_kwh: cp.Parameter
    usable: cp.Parameter
    """1 where the battery may be used, 0 after the end of the month."""
    soc_kwh: cp.Parameter
    held_kw: cp.Parameter
    end_krw: cp.Parameter
    """Value of each point of the grid, shape (socs * peaks,), the least taken off."""
    discharge_limit: DischargeLimit | None = None

    @classmethod
    def of(
        cls,
        store: Store,
        steps: int,
        grid: StateGrid,
        *,
        krw_per_kw: float,
        discharge_kwh_per_day: float = float("inf"),
    ) -> Self:
        """Compile the problem of ``steps`` intervals; nothing is fed into the grid.

        ``krw_per_kw`` is what a kW costs above the highest peak of the value's grid. No more than
        ``discharge_kwh_per_day`` is discharged on a local day.
        """
        peak_kw = cp.Variable(nonneg=True, name="site.peak_kw")
        above_kw = cp.Variable(nonneg=True, name="site.above_grid_kw")
        points = len(grid.soc_kwh) * len(grid.peak_kw)
        share = cp.Variable(points, nonneg=True, name="value.share")
        load_kw = cp.Parameter(steps, name="site.load_kw")
        counted_load_kw = cp.Parameter(steps, name="site.counted_load_kw")
        krw_per_kwh = cp.Parameter(steps, name="grid.krw_per_kwh")
        usable = cp.Parameter(steps, nonneg=True, name="store.usable")
        soc_kwh = cp.Parameter(nonneg=True, name="store.soc_kwh")
        held_kw = cp.Parameter(nonneg=True, name="site.held_kw")
        end_krw = cp.Parameter(points, nonneg=True, name="value.end_krw")
        battery = StoreOperation.of(store, steps, soc_kwh=soc_kwh, end_kwh=store.least_kwh)
        power_kw = battery.power_kw
        limit = DischargeLimit.of(battery.discharge_kw, store.discharge_kw, discharge_kwh_per_day)
        socs, peaks = (
            axis.ravel() for axis in np.meshgrid(grid.soc_kwh, grid.peak_kw, indexing="ij")
        )
        cost_krw = (
            HOURS_PER_STEP * (krw_per_kwh @ power_kw)
            + battery.wear_krw
            + battery.tie_break_krw
            + end_krw @ share
            + krw_per_kw * above_kw
        )
        problem = cp.Problem(
            cp.Minimize(cost_krw),
            [
                *battery.constraints,
                power_kw <= store.charge_kw * usable,
                power_kw >= -store.discharge_kw * usable,
                power_kw >= -load_kw,
                peak_kw >= counted_load_kw + power_kw,
                peak_kw >= held_kw,
                cp.sum(share) == 1,
                socs @ share == battery.end_kwh,
                peaks @ share + above_kw >= peak_kw,
                *(limit.constraints if limit is not None else ()),
            ],
        )
        return cls(
            problem=HotProblem(problem),
            power_kw=power_kw,
            peak_kw=peak_kw,
            load_kw=load_kw,
            counted_load_kw=counted_load_kw,
            krw_per_kwh=krw_per_kwh,
            usable=usable,
            soc_kwh=soc_kwh,
            held_kw=held_kw,
            end_krw=end_krw,
            discharge_limit=limit,
        )

    def solve(  # noqa: PLR0913  the numbers of one plan
        self,
        load_kw: KilowattArray,
        prices: DayPrices,
        end_krw: Values,
        *,
        usable: npt.NDArray[np.bool_],
        soc_kwh: float,
        held_kw: float,
        left: LeftToday | None = None,
    ) -> tuple[KilowattArray, float]:
        """Return the power of each interval and the peak that the plan holds.

        Args:
            load_kw: The path, shape (steps,).
            prices: Of the same intervals.
            end_krw: Expected cost from their end on, shape (socs, peaks).
            usable: Whether the battery may be used, shape (steps,).
            soc_kwh: At the start.
            held_kw: The month's counted peak so far.
            left: What may be discharged today; it must be told where that is limited.
        """
        if self.discharge_limit is not None and left is not None:
            self.discharge_limit.set(left)
        self.load_kw.value = np.maximum(load_kw, 0.0)
        self.counted_load_kw.value = np.where(prices.counted, load_kw, load_kw - NOT_COUNTED_KW)
        self.krw_per_kwh.value = prices.krw_per_kwh
        self.usable.value = usable.astype(np.float64)
        self.soc_kwh.value = soc_kwh
        self.held_kw.value = held_kw
        self.end_krw.value = (end_krw - end_krw.min()).ravel()
        answer = self.problem.solve(time_limit_s=TIME_LIMIT_S)
        if answer.status != "optimal":
            raise NoStoragePlanError(
                f"the battery's plan of {len(load_kw)} intervals is {answer.status}; check its "
                "limits and its state of charge at the start"
            )
        return np.asarray(self.power_kw.value, dtype=np.float64), float(self.peak_kw.value)
