"""The limit on what is discharged on a day, as a part of a plan that reaches into the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cvxpy as cp
import numpy as np

from feature_store.time_grid import HOURS_PER_STEP


@dataclass(frozen=True, kw_only=True)
class LeftToday:
    """What may be discharged of the running day when a plan begins."""

    steps: int
    """Intervals until its midnight."""
    kwh: float


@dataclass(frozen=True, kw_only=True)
class DischargeLimit:
    """The limit over at most two days, and the numbers it takes.

    What is discharged is told apart by variables, not by coefficients: a solver that goes on from
    the last basis wants a matrix that stays.
    """

    most_kw: float
    today_kw: cp.Parameter
    """Most power until midnight, 0 from then on, shape (steps,)."""
    later_kw: cp.Parameter
    """0 until midnight, most power from then on, shape (steps,)."""
    left_kwh: cp.Parameter
    constraints: list[cp.Constraint]

    @classmethod
    def of(cls, discharge_kw: cp.Expression, most_kw: float, kwh_per_day: float) -> Self | None:
        """Return the limit of a plan's discharge, shape (steps,); None where it is infinite."""
        if not np.isfinite(kwh_per_day):
            return None
        steps = discharge_kw.size
        given_kw = [
            cp.Variable(steps, nonneg=True, name=f"store.{day}_discharge_kw")
            for day in ("today", "later")
        ]
        limits_kw = [cp.Parameter(steps, nonneg=True, name="store.limit_kw") for _ in range(2)]
        left_kwh = cp.Parameter(nonneg=True, name="store.left_today_kwh")
        return cls(
            most_kw=most_kw,
            today_kw=limits_kw[0],
            later_kw=limits_kw[1],
            left_kwh=left_kwh,
            constraints=[
                discharge_kw == given_kw[0] + given_kw[1],
                given_kw[0] <= limits_kw[0],
                given_kw[1] <= limits_kw[1],
                HOURS_PER_STEP * cp.sum(given_kw[0]) <= left_kwh,
                HOURS_PER_STEP * cp.sum(given_kw[1]) <= kwh_per_day,
            ],
        )

    def set(self, left: LeftToday) -> None:
        """Fill the numbers in."""
        today = np.arange(self.today_kw.size) < left.steps
        self.today_kw.value = np.where(today, self.most_kw, 0.0)
        self.later_kw.value = np.where(today, 0.0, self.most_kw)
        self.left_kwh.value = left.kwh
