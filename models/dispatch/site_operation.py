"""What battery, jobs and a reducible load may do over a stretch, as a cvxpy problem's parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cvxpy as cp
import numpy as np

from feature_store.time_grid import HOURS_PER_STEP
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.policy import Operation
from models.dispatch.store_operation import StoreOperation


@dataclass(frozen=True, kw_only=True)
class SiteOperation:
    """Variables and limits; expressions of shape (steps,), draws from the grid positive."""

    store: StoreOperation
    runs_kw: tuple[cp.Expression, ...]
    """Of each job."""
    given_up_kw: cp.Expression
    constraints: list[cp.Constraint]
    given_up_krw: cp.Expression
    tie_break_krw: cp.Expression
    """Of jobs and load alone."""

    @classmethod
    def of(cls, store: StoreOperation, flexible: FlexibleLoad | None) -> Self:
        """Return the operation of a battery and what is beside it, over the same stretch."""
        if flexible is None:
            return cls(
                store=store,
                runs_kw=(),
                given_up_kw=cp.Constant(np.zeros(store.power_kw.shape)),
                constraints=store.constraints,
                given_up_krw=cp.Constant(0),
                tie_break_krw=cp.Constant(0),
            )
        plans = {asset.name: asset.plan(flexible.grid) for asset in flexible.assets}
        given_up_kw: cp.Expression = cp.Constant(np.zeros(flexible.grid.steps))
        if flexible.curtailable is not None:
            given_up_kw = -plans[flexible.curtailable.name].power_kw
        tie_break_krw: cp.Expression = cp.Constant(0)
        for plan in plans.values():
            tie_break_krw += plan.tie_break_krw
        return cls(
            store=store,
            runs_kw=tuple(plans[job.name].power_kw for job in flexible.jobs),
            given_up_kw=given_up_kw,
            constraints=[
                *store.constraints,
                *(limit for plan in plans.values() for limit in plan.constraints),
                *flexible.relation_constraints(plans),
            ],
            given_up_krw=flexible.krw_per_kwh * HOURS_PER_STEP * cp.sum(given_up_kw),
            tie_break_krw=tie_break_krw,
        )

    @property
    def added_kw(self) -> cp.Expression:
        """What is drawn beyond the base load."""
        if self.given_up_kw.is_constant() and not self.runs_kw:
            return self.store.power_kw
        return sum(self.runs_kw, start=self.store.power_kw - self.given_up_kw)

    def solved(self) -> Operation:
        """Return what the last solution does."""
        battery_kw = np.asarray(self.store.power_kw.value, dtype=np.float64)
        runs_kw = np.array([run_kw.value for run_kw in self.runs_kw], dtype=np.float64)
        given_up_kw = np.asarray(self.given_up_kw.value, dtype=np.float64)
        batteries_kw = [np.asarray(part_kw.value) for part_kw in self.store.parts_kw]
        return Operation(
            battery_kw=battery_kw,
            runs_kw=runs_kw.reshape(-1, len(battery_kw)),
            given_up_kw=np.maximum(given_up_kw, 0.0),
            batteries_kw=np.array(batteries_kw, dtype=np.float64) if batteries_kw else None,
        )
