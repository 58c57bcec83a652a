"""A load that may be reduced for a while, at a cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

import cvxpy as cp
import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from feature_store.entities.firm import Firm
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray, TimeGrid
from models.assets.action import Action
from models.assets.asset import TIE_BREAK_KRW_PER_KWH, TOLERANCE_KW, AssetPlan, Parameters
from models.assets.clock_time import ClockStep, clock_text

TIE_BREAK_KRW_PER_KW = 1e-3
"""Preference for steady reductions among equally cheap plans: people follow them, so the battery
(ten times less) takes what flickers. A hundred changes of 10 kW weigh 1 won."""


class CurtailableLoadParameters(Parameters):
    """How much of a load may be given up, when, and what that costs the firm."""

    max_reduction_kw: float = Field(gt=0)
    max_energy_kwh_per_day: float = Field(gt=0)
    """Most energy given up on one local day; what was given up before the plan is not known."""
    cost_krw_per_kwh: float = Field(ge=0)
    """What a kWh not drawn costs the firm in work or comfort."""
    earliest_start: ClockStep
    latest_end: ClockStep

    @model_validator(mode="after")
    def _has_a_window(self) -> Self:
        if self.earliest_start >= self.latest_end:
            raise ValueError(
                f"latest_end {clock_text(self.latest_end)} is not after earliest_start "
                f"{clock_text(self.earliest_start)}; declare a window within one day"
            )
        return self

    def asset(self, name: str, firm: Firm) -> CurtailableLoad:
        """Return the load called ``name``, by the clock of ``firm``."""
        return CurtailableLoad(name=name, parameters=self, zone=firm.zone)


@dataclass(frozen=True, kw_only=True)
class CurtailableLoad:
    """Reduce a load within a power limit, a daily energy limit and a window of the day."""

    kind: ClassVar[str] = "curtailable_load"
    in_readings: ClassVar[bool] = True
    drawing: ClassVar[Action] = "reduce"
    feeding: ClassVar[Action] = "reduce"

    name: str
    parameters: CurtailableLoadParameters
    zone: ZoneInfo

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return zeros: usually nothing is given up; the load itself is in the forecast."""
        return np.zeros(grid.steps)

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return how far the load is reduced over ``grid``."""
        reduction_kw = cp.Variable(
            grid.steps, bounds=[0, self._limit_kw(grid)], name=f"{self.name}.reduction_kw"
        )
        given_up_kwh = HOURS_PER_STEP * cp.sum(reduction_kw)
        return AssetPlan(
            power_kw=-reduction_kw,
            constraints=[
                HOURS_PER_STEP * (self._days(grid) @ reduction_kw)
                <= self.parameters.max_energy_kwh_per_day
            ],
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * given_up_kwh
            + TIE_BREAK_KRW_PER_KW * cp.norm1(cp.diff(reduction_kw)),
        )

    def cost_krw(self, power_kw: cp.Expression | KilowattArray) -> cp.Expression:
        """Return what the energy given up costs the firm."""
        return self.parameters.cost_krw_per_kwh * HOURS_PER_STEP * cp.sum(cp.neg(power_kw))

    def soc_kwh(self, power_kw: KilowattArray) -> None:
        """Return nothing: a load stores no energy."""

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the power, window and daily limits that ``power_kw`` breaks."""
        given_up_kwh = HOURS_PER_STEP * (self._days(grid) @ -power_kw)
        checks = {
            "draws more than usual": power_kw.max(),
            "is reduced too far or outside of its window": (-power_kw - self._limit_kw(grid)).max(),
            "gives up too much energy on a day": given_up_kwh.max()
            - self.parameters.max_energy_kwh_per_day,
        }
        return tuple(f"{self.name} {what}" for what, by in checks.items() if by > TOLERANCE_KW)

    def _limit_kw(self, grid: TimeGrid) -> KilowattArray:
        """Largest reduction of each step, shape (steps,)."""
        step = grid.clock(self.zone).step_of_day
        in_window = (step >= self.parameters.earliest_start) & (step < self.parameters.latest_end)
        return np.where(in_window, self.parameters.max_reduction_kw, 0.0)

    def _days(self, grid: TimeGrid) -> npt.NDArray[np.float64]:
        """Membership of each step in each local day, shape (days, steps)."""
        dates = grid.clock(self.zone).date
        return (dates == np.unique(dates)[:, None]).astype(np.float64)
