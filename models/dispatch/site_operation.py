"""What battery, jobs and a reducible load may do over a stretch, as a cvxpy problem's parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cvxpy as cp

from feature_store.time_grid import HOURS_PER_STEP
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.storage_value import DayPrices
from models.dispatch.store import Store

TIE_BREAK_KRW_PER_KWH = 1e-4
"""Preference for a battery at rest among equally cheap plans."""


@dataclass(frozen=True, kw_only=True)
class SiteOperation:
    """Variables and limits; expressions of shape (steps,), draws from the grid positive."""

    battery_kw: cp.Expression
    runs_kw: tuple[cp.Expression, ...]
    """Of each job."""
    given_up_kw: cp.Expression
    constraints: list[cp.Constraint]
    wear_krw: cp.Expression
    given_up_krw: cp.Expression
    tie_break_krw: cp.Expression

    @classmethod
    def of(cls, store: Store, flexible: FlexibleLoad, soc_kwh: cp.Parameter | float) -> Self:
        """Return the operation over the stretch of ``flexible``.

        The battery starts at ``soc_kwh`` and ends at least as full: rest is always possible.
        """
        steps = flexible.grid.steps
        charge_kw = cp.Variable(steps, bounds=[0, store.charge_kw], name="store.charge_kw")
        discharge_kw = cp.Variable(steps, bounds=[0, store.discharge_kw], name="store.discharge_kw")
        held_kwh = cp.Variable(
            steps + 1, bounds=[store.least_kwh, store.most_kwh], name="store.soc_kwh"
        )
        stored_kw = store.charge_efficiency * charge_kw - discharge_kw / store.discharge_efficiency
        jobs = [job.plan(flexible.grid) for job in flexible.jobs]
        reduced = flexible.curtailable.plan(flexible.grid) if flexible.curtailable else None
        given_up_kw = cp.Constant([0.0] * steps) if reduced is None else -reduced.power_kw
        plans = [*jobs, *([reduced] if reduced else [])]
        moved_kwh = HOURS_PER_STEP * cp.sum(charge_kw + discharge_kw)
        return cls(
            battery_kw=charge_kw - discharge_kw,
            runs_kw=tuple(plan.power_kw for plan in jobs),
            given_up_kw=given_up_kw,
            constraints=[
                held_kwh[0] == soc_kwh,
                held_kwh[1:] == held_kwh[:-1] + HOURS_PER_STEP * stored_kw,
                held_kwh[steps] >= soc_kwh,
                *(limit for plan in plans for limit in plan.constraints),
            ],
            wear_krw=store.wear_krw_per_kwh * HOURS_PER_STEP * cp.sum(discharge_kw),
            given_up_krw=flexible.krw_per_kwh * HOURS_PER_STEP * cp.sum(given_up_kw),
            tie_break_krw=sum(
                (plan.tie_break_krw for plan in plans), start=TIE_BREAK_KRW_PER_KWH * moved_kwh
            ),
        )

    @property
    def added_kw(self) -> cp.Expression:
        """What is drawn beyond the base load."""
        return sum(self.runs_kw, start=self.battery_kw - self.given_up_kw)

    def energy_krw(self, krw_per_kwh: cp.Parameter | DayPrices) -> cp.Expression:
        """Return what the energy drawn beyond the base load costs."""
        price = krw_per_kwh.krw_per_kwh if isinstance(krw_per_kwh, DayPrices) else krw_per_kwh
        return HOURS_PER_STEP * (price @ self.added_kw)
