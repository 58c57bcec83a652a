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
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, KilowattArray, TimeGrid
from models.assets.action import Action
from models.assets.asset import TIE_BREAK_KRW_PER_KWH, TOLERANCE_KW, AssetPlan, Parameters
from models.assets.clock_time import ClockStep, clock_text
from models.assets.job_decisions import BoolArray
from models.assets.local_days import day_membership, first_day
from models.assets.switching import SwitchingLimits, switching

TIE_BREAK_KRW_PER_KW = 1e-3
"""Preference for steady reductions among equally cheap plans: people follow them, so the battery
(ten times less) takes what flickers. A hundred changes of 10 kW weigh 1 won."""


class CurtailableLoadParameters(Parameters):
    """How much of a load may be given up, when, and what that costs the firm."""

    max_reduction_kw: float = Field(gt=0)
    max_energy_kwh_per_day: float = Field(gt=0)
    """Most energy given up on one local day."""
    cost_krw_per_kwh: float = Field(ge=0)
    """What a kWh not drawn costs the firm in work or comfort."""
    earliest_start: ClockStep
    latest_end: ClockStep
    min_reduction_kw: float = Field(default=0.0, ge=0)
    """Least depth of a reduction; needed where its duration is limited."""
    min_duration: ClockStep = 0
    """Least time that one reduction lasts, ``HH:MM``."""
    max_duration: ClockStep = STEPS_PER_DAY
    """Longest time that one reduction lasts; then the load is as usual for a step at least."""
    notice: ClockStep = 0
    """How far ahead a reduction has to be announced: none begins sooner after the plan's start."""
    recovery_share: float = Field(default=0.0, ge=0, le=1)
    """Share of the energy given up that is drawn again afterwards."""
    recovery: ClockStep = 0
    """Time over which it is drawn again, evenly, from the next step on."""
    given_up_today_kwh: float = Field(default=0.0, ge=0)
    """What was given up on the plan's first day before it."""

    @property
    def limits_duration(self) -> bool:
        """Whether the length of a reduction is limited."""
        return self.min_duration > 1 or self.max_duration < STEPS_PER_DAY

    @model_validator(mode="after")
    def _has_a_window(self) -> Self:
        if self.earliest_start >= self.latest_end:
            raise ValueError(
                f"latest_end {clock_text(self.latest_end)} is not after earliest_start "
                f"{clock_text(self.earliest_start)}; declare a window within one day"
            )
        return self

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        if self.min_reduction_kw > self.max_reduction_kw:
            raise ValueError(
                f"min_reduction_kw {self.min_reduction_kw:g} is above max_reduction_kw "
                f"{self.max_reduction_kw:g}; declare a smaller min_reduction_kw"
            )
        if self.limits_duration and self.min_reduction_kw == 0:
            raise ValueError(
                "min_duration and max_duration need min_reduction_kw above 0: a reduction by "
                "nothing has no length; declare the least depth that counts as one"
            )
        if self.max_duration < max(self.min_duration, 1):
            raise ValueError(
                f"max_duration {clock_text(self.max_duration)} is below min_duration "
                f"{clock_text(self.min_duration)} or nothing; declare a longer one"
            )
        if self.min_duration > self.latest_end - self.earliest_start:
            raise ValueError(
                f"min_duration {clock_text(self.min_duration)} does not fit in "
                f"{clock_text(self.earliest_start)} to {clock_text(self.latest_end)}; shorten it "
                "or widen earliest_start and latest_end"
            )
        if self.recovery_share > 0 and self.recovery == 0:
            raise ValueError(
                "recovery_share needs recovery: the time over which the energy is drawn again, "
                "such as 01:00"
            )
        return self

    def asset(self, name: str, firm: Firm) -> CurtailableLoad:
        """Return the load called ``name``, by the clock of ``firm``."""
        return CurtailableLoad(name=name, parameters=self, zone=firm.zone)


@dataclass(frozen=True, kw_only=True)
class CurtailableLoad:
    """Reduce a load within a power limit, a daily energy limit and a window of the day.

    What is drawn again follows the reduction by a fixed rule, so that the net power tells both. No
    reduction lies so near to the grid's end that what it draws again would lie beyond it, where
    no plan pays for it.
    """

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
        limits = self.parameters
        reduction_kw = cp.Variable(
            grid.steps, bounds=[0, self._limit_kw(grid)], name=f"{self.name}.reduction_kw"
        )
        before_kwh = cp.Parameter(nonneg=True, name=f"{self.name}.given_up_today_kwh")
        before_kwh.value = min(limits.given_up_today_kwh, limits.max_energy_kwh_per_day)
        given_up_kwh = HOURS_PER_STEP * cp.sum(reduction_kw)
        by_day_kwh = HOURS_PER_STEP * (day_membership(grid, self.zone) @ reduction_kw)
        power_kw: cp.Expression = -reduction_kw
        if limits.recovery_share > 0:
            power_kw = (self._drawn_again(grid.steps) - np.eye(grid.steps)) @ reduction_kw
        return AssetPlan(
            power_kw=power_kw,
            constraints=[
                by_day_kwh + first_day(grid, self.zone) * before_kwh
                <= limits.max_energy_kwh_per_day,
                *self._durations(grid, reduction_kw),
            ],
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * given_up_kwh
            + TIE_BREAK_KRW_PER_KW * cp.norm1(cp.diff(reduction_kw)),
            state={"given_up_today_kwh": before_kwh},
        )

    def cost_krw(self, power_kw: cp.Expression | KilowattArray) -> cp.Expression:
        """Return what the energy given up costs the firm; what is drawn again gives none back."""
        cost_krw_per_kw = self.parameters.cost_krw_per_kwh * HOURS_PER_STEP
        if self.parameters.recovery_share == 0:
            return cost_krw_per_kw * cp.sum(cp.neg(power_kw))
        reduction_per_kw = np.linalg.inv(
            self._drawn_again(power_kw.shape[0]) - np.eye(power_kw.shape[0])
        )
        return cost_krw_per_kw * cp.sum(reduction_per_kw @ power_kw)

    def decision_krw(
        self,
        power_kw: KilowattArray,  # noqa: ARG002 - nothing is started or left out
        grid: TimeGrid,  # noqa: ARG002
    ) -> float:
        """Return zero: all its cost is by power."""
        return 0.0

    def soc_kwh(self, power_kw: KilowattArray) -> None:
        """Return nothing: a load stores no energy."""

    def reduction_kw(self, power_kw: KilowattArray) -> KilowattArray:
        """Return what is given up, by the net power, shape (steps,)."""
        if self.parameters.recovery_share == 0:
            return -power_kw
        again = self._drawn_again(power_kw.size)
        reduction_kw = np.linalg.solve(again - np.eye(power_kw.size), power_kw)
        return reduction_kw.astype(np.float64)

    def left_kwh(self, grid: TimeGrid) -> KilowattArray:
        """Return what may be given up on each local day of ``grid``, shape (days,)."""
        most_kwh = self.parameters.max_energy_kwh_per_day
        today = first_day(grid, self.zone)
        return most_kwh - today * min(self.parameters.given_up_today_kwh, most_kwh)

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the power, window, daily, duration and notice limits that ``power_kw`` breaks."""
        limits = self.parameters
        reduction_kw = self.reduction_kw(power_kw)
        given_up_kwh = HOURS_PER_STEP * (day_membership(grid, self.zone) @ reduction_kw)
        left_kwh = self.left_kwh(grid)
        reduced = reduction_kw > TOLERANCE_KW
        shallow_kw = np.where(reduced, limits.min_reduction_kw - reduction_kw, 0.0)
        checks = {
            "draws more than usual": (-reduction_kw).max(),
            "is reduced too far or outside of its window": (
                reduction_kw - self._limit_kw(grid)
            ).max(),
            "gives up too much energy on a day": (given_up_kwh - left_kwh).max(),
            f"is reduced by less than {limits.min_reduction_kw:g} kW": shallow_kw.max(),
        }
        broken = [what for what, by in checks.items() if by > TOLERANCE_KW]
        if limits.limits_duration:
            broken += self._broken_durations(reduced)
        return tuple(f"{self.name} {what}" for what in broken)

    def _durations(self, grid: TimeGrid, reduction_kw: cp.Variable) -> list[cp.Constraint]:
        """Return least depth and least and longest time, where they are declared."""
        limits = self.parameters
        if limits.min_reduction_kw == 0:
            return []
        on = cp.Variable(grid.steps, boolean=True, name=f"{self.name}.reduced_on")
        past = cp.Parameter(self._switching.memory, nonneg=True, name=f"{self.name}.past_on")
        past.value = np.zeros(self._switching.memory)
        constraints = [
            reduction_kw <= cp.multiply(self._limit_kw(grid), on),
            reduction_kw >= limits.min_reduction_kw * on,
            *switching(self.name, on, past, self._switching).constraints,
        ]
        ends = np.arange(limits.max_duration, grid.steps)
        if limits.max_duration < STEPS_PER_DAY and ends.size:
            ago = ends[:, None] - np.arange(grid.steps)[None, :]
            at_once = ((ago >= 0) & (ago <= limits.max_duration)).astype(np.float64)
            constraints.append(at_once @ on <= limits.max_duration)
        return constraints

    def _broken_durations(self, reduced: BoolArray) -> list[str]:
        edges = np.flatnonzero(np.diff(reduced.astype(np.int8), prepend=0, append=0))
        lengths = edges[1::2] - edges[::2]
        ended = edges[1::2] < reduced.size
        broken = []
        if (lengths[ended] < self.parameters.min_duration).any():
            broken.append("is reduced too short at once")
        if (lengths > self.parameters.max_duration).any():
            broken.append("is reduced too long at once")
        return broken

    @property
    def _switching(self) -> SwitchingLimits:
        return SwitchingLimits(min_on=max(self.parameters.min_duration, 1), min_off=1)

    def _limit_kw(self, grid: TimeGrid) -> KilowattArray:
        """Largest reduction of each step, shape (steps,)."""
        limits = self.parameters
        step = grid.clock(self.zone).step_of_day
        allowed = (step >= limits.earliest_start) & (step < limits.latest_end)
        allowed &= np.arange(grid.steps) >= limits.notice
        if limits.recovery_share > 0:
            allowed &= np.arange(grid.steps) < grid.steps - limits.recovery
        return np.where(allowed, limits.max_reduction_kw, 0.0)

    def _drawn_again(self, steps: int) -> npt.NDArray[np.float64]:
        """Draw in each step per kW given up in each, shape (steps, steps); zero from now on."""
        limits = self.parameters
        ago = np.arange(steps)[:, None] - np.arange(steps)[None, :]
        return np.where(
            (ago >= 1) & (ago <= limits.recovery), limits.recovery_share / limits.recovery, 0.0
        )
