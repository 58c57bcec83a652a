"""A load that may be reduced for a while, at a cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Self
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
from models.assets.local_days import before_today, day_membership, first_day
from models.assets.rebound import Rebound
from models.assets.switching import SwitchingLimits, past_on, switching

TIE_BREAK_KRW_PER_KW = 1e-3
"""Preference for steady reductions among equally cheap plans: people follow them, so the battery
(ten times less) takes what flickers. A hundred changes of 10 kW weigh 1 won."""

Reduction = Annotated[float, Field(ge=0)]


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
    """How far ahead a reduction has to be announced: sooner after the plan's start there is none
    but what ``announced_kw`` tells."""
    recovery_share: float = Field(default=0.0, ge=0, le=1)
    """Share of the energy given up that is drawn again afterwards."""
    recovery: ClockStep = 0
    """Time over which it is drawn again, evenly, from the next step on."""
    given_up_today_kwh: float = Field(default=0.0, ge=0)
    """What was given up on the plan's first day before it, where it is more than
    ``reduced_before_kw`` tells."""
    reduced_before_kw: tuple[Reduction, ...] = ()
    """By how much it was reduced in each quarter hour before a plan, the last one just before its
    start; before them, and left out, by nothing. At most a day."""
    announced_kw: tuple[Reduction, ...] = ()
    """By how much at most it may be reduced in each quarter hour from a plan's start on, as it was
    announced in time: no more of them than ``notice`` has. After them, and left out, by nothing."""

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

    @model_validator(mode="after")
    def _was_possible(self) -> Self:
        most_kw = self.max_reduction_kw + TOLERANCE_KW
        for name in ("reduced_before_kw", "announced_kw"):
            deepest_kw = max(getattr(self, name), default=0.0)
            if deepest_kw > most_kw:
                raise ValueError(
                    f"{name} holds {deepest_kw:g}, above max_reduction_kw "
                    f"{self.max_reduction_kw:g}; tell by how much the load is reduced, in kW, or "
                    "declare a larger max_reduction_kw"
                )
        if len(self.reduced_before_kw) > STEPS_PER_DAY:
            raise ValueError(
                f"reduced_before_kw has {len(self.reduced_before_kw)} values; tell the last "
                f"{STEPS_PER_DAY} quarter hours at most"
            )
        if len(self.announced_kw) > self.notice:
            raise ValueError(
                f"announced_kw has {len(self.announced_kw)} values, longer than notice "
                f"{clock_text(self.notice)}; leave out what need not be announced yet"
            )
        least_kw = min((kw for kw in self.announced_kw if kw > TOLERANCE_KW), default=np.inf)
        if least_kw < self.min_reduction_kw - TOLERANCE_KW:
            raise ValueError(
                f"announced_kw holds {least_kw:g}, below min_reduction_kw "
                f"{self.min_reduction_kw:g}; write 0 where nothing is reduced"
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
    no plan pays for it. A reduction under way usually goes on, at least depth, for what is left of
    its least time; where its window or its day's energy ends before, that is long enough.
    """

    kind: ClassVar[str] = "curtailable_load"
    in_readings: ClassVar[bool] = False
    """Usual is what follows from reductions before the plan, and no forecast knows of them."""
    drawing: ClassVar[Action] = "reduce"
    feeding: ClassVar[Action] = "reduce"

    name: str
    parameters: CurtailableLoadParameters
    zone: ZoneInfo

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return what earlier reductions lead to, zeros without; the load is in the forecast."""
        reduction_kw = self._usual_reduction_kw(grid)
        return self._rebound.drawn_kw(reduction_kw) - reduction_kw

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return how far the load is reduced over ``grid``."""
        limits, usual_kw = self.parameters, self._usual_reduction_kw(grid)
        reduction_kw = cp.Variable(
            grid.steps, bounds=[0, self._window_kw(grid)], name=f"{self.name}.reduction_kw"
        )
        today_kwh = cp.Parameter(nonneg=True, name=f"{self.name}.given_up_today_kwh")
        today_kwh.value = self._given_up_today_kwh(grid)
        state = {"given_up_today_kwh": today_kwh}
        given_up_kwh = HOURS_PER_STEP * cp.sum(reduction_kw - usual_kw)
        by_day_kwh = HOURS_PER_STEP * (day_membership(grid, self.zone) @ reduction_kw)
        constraints: list[cp.Constraint] = [
            by_day_kwh + first_day(grid, self.zone) * today_kwh <= limits.max_energy_kwh_per_day
        ]
        power_kw: cp.Expression = -reduction_kw
        if limits.recovery_share > 0:
            most_kw = limits.recovery_share * (limits.max_reduction_kw + TOLERANCE_KW)
            again_kw = cp.Variable(grid.steps, bounds=[0, most_kw], name=f"{self.name}.again_kw")
            drawn_again_kw = cp.Parameter(
                grid.steps, nonneg=True, name=f"{self.name}.drawn_again_kw"
            )
            drawn_again_kw.value = self._rebound.drawn_kw(np.zeros(grid.steps))
            state["drawn_again_kw"] = drawn_again_kw
            constraints.append(again_kw == drawn_again_kw)
            power_kw = self._rebound.net(grid.steps) @ reduction_kw + again_kw
        if limits.notice > 0:
            announced_kw = cp.Parameter(
                min(limits.notice, grid.steps), nonneg=True, name=f"{self.name}.announced_kw"
            )
            announced_kw.value, state["announced_kw"] = self._announced_kw(grid), announced_kw
            constraints.append(reduction_kw[: announced_kw.size] <= announced_kw)
        durations, durations_state = self._durations(grid, reduction_kw)
        return AssetPlan(
            power_kw=power_kw,
            constraints=[*constraints, *durations],
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * given_up_kwh
            + TIE_BREAK_KRW_PER_KW * cp.norm1(cp.diff(reduction_kw - usual_kw)),
            state=state | durations_state,
        )

    def cost_krw(self, power_kw: cp.Expression | KilowattArray) -> cp.Expression:
        """Return what the energy given up costs the firm; what is drawn again gives none back."""
        cost_krw_per_kw = self.parameters.cost_krw_per_kwh * HOURS_PER_STEP
        if self.parameters.recovery_share == 0:
            return cost_krw_per_kw * cp.sum(cp.neg(power_kw))
        steps = power_kw.shape[0]
        own_kw = power_kw - self._rebound.drawn_kw(np.zeros(steps))
        return cost_krw_per_kw * cp.sum(np.linalg.inv(self._rebound.net(steps)) @ own_kw)

    def billed_krw(self, power_kw: KilowattArray) -> float:
        """See :class:`models.assets.asset.Asset`."""
        reduction_kw = self.reduction_kw(power_kw)
        if self.parameters.recovery_share == 0:
            reduction_kw = np.maximum(reduction_kw, 0.0)
        return float(self.parameters.cost_krw_per_kwh * HOURS_PER_STEP * reduction_kw.sum())

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
        return self._rebound.reduction_kw(power_kw)

    def left_kwh(self, grid: TimeGrid) -> npt.NDArray[np.float64]:
        """Return what may be given up on each local day of ``grid``, shape (days,)."""
        today_kwh = first_day(grid, self.zone) * self._given_up_today_kwh(grid)
        return self.parameters.max_energy_kwh_per_day - today_kwh

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the power, window, daily, duration and notice limits that ``power_kw`` breaks."""
        limits = self.parameters
        reduction_kw = self.reduction_kw(power_kw)
        given_up_kwh = HOURS_PER_STEP * (day_membership(grid, self.zone) @ reduction_kw)
        left_kwh = self.left_kwh(grid)
        reduced = reduction_kw > TOLERANCE_KW
        shallow_kw = np.where(reduced, limits.min_reduction_kw - reduction_kw, 0.0)
        most_kw, announced_kw = self._window_kw(grid), self._announced_kw(grid)
        most_kw[: announced_kw.size] = np.minimum(most_kw[: announced_kw.size], announced_kw)
        too_far = "is reduced too far or outside of its window"
        if limits.notice:
            too_far += " or of what was announced"
        checks = {
            "draws more than usual": (-reduction_kw).max(),
            too_far: (reduction_kw - most_kw).max(),
            "gives up too much energy on a day": (given_up_kwh - left_kwh).max(),
            f"is reduced by less than {limits.min_reduction_kw:g} kW": shallow_kw.max(),
        }
        broken = [what for what, by in checks.items() if by > TOLERANCE_KW]
        if limits.limits_duration:
            broken += self._broken_durations(reduced, grid)
        return tuple(f"{self.name} {what}" for what in broken)

    def _durations(
        self, grid: TimeGrid, reduction_kw: cp.Variable
    ) -> tuple[list[cp.Constraint], dict[str, cp.Parameter]]:
        """Return least depth and least and longest time, where they are declared, and the state."""
        limits = self.parameters
        if limits.min_reduction_kw == 0:
            return [], {}
        on = cp.Variable(grid.steps, boolean=True, name=f"{self.name}.reduced_on")
        past = cp.Parameter(self._switching.memory, nonneg=True, name=f"{self.name}.past_on")
        past.value = past_on(self._switching, on_before=self._on_before(grid))
        state = {"past_on": past}
        constraints = [
            reduction_kw <= cp.multiply(self._window_kw(grid), on),
            reduction_kw >= limits.min_reduction_kw * on,
            *switching(self.name, on, past, self._switching).constraints,
        ]
        if limits.max_duration < STEPS_PER_DAY:
            step = np.arange(grid.steps)
            ago = step[:, None] - step[None, :]
            at_once = ((ago >= 0) & (ago <= limits.max_duration)).astype(np.float64)
            so_far = cp.Parameter(grid.steps, nonneg=True, name=f"{self.name}.so_far_on")
            so_far.value = np.clip(limits.max_duration - step, 0, self._on_before(grid))
            state["so_far_on"] = so_far
            constraints.append(at_once @ on + so_far <= limits.max_duration)
        return constraints, state

    def _broken_durations(self, reduced: BoolArray, grid: TimeGrid) -> list[str]:
        longest = self.parameters.max_duration
        before = min(self._on_before(grid), longest)
        whole = np.concatenate([np.ones(before, dtype=bool), reduced]).astype(np.int8)
        edges = np.flatnonzero(np.diff(whole, prepend=0, append=0))
        lengths, end = edges[1::2] - edges[::2], edges[1::2]
        ended = end < whole.size
        broken = []
        if (lengths[ended] < self.parameters.min_duration).any():
            broken.append("is reduced too short at once")
        if (lengths > longest).any():
            broken.append("is reduced too long at once")
        return broken

    @property
    def _switching(self) -> SwitchingLimits:
        return SwitchingLimits(min_on=max(self.parameters.min_duration, 1), min_off=1)

    def _on_before(self, grid: TimeGrid) -> int:
        """For how many steps it has been reduced; long enough where it cannot go on longer."""
        length = self._under_way
        return max(length, self.parameters.min_duration - self._held_on(grid)) if length else 0

    @property
    def _under_way(self) -> int:
        """For how many steps the reduction under way has lasted, 0 for none."""
        limits = self.parameters
        if limits.min_reduction_kw == 0:
            return 0
        reduced = np.array(limits.reduced_before_kw) >= limits.min_reduction_kw - TOLERANCE_KW
        return int(np.argmin([*reduced[::-1], False]))

    def _held_on(self, grid: TimeGrid) -> int:
        """For how many steps of the grid the reduction under way has to go on."""
        limits, length = self.parameters, self._under_way
        if not 0 < length < limits.min_duration:
            return 0
        least_kwh = HOURS_PER_STEP * limits.min_reduction_kw
        by_day_kwh = least_kwh * np.cumsum(day_membership(grid, self.zone), axis=1)
        left_kwh = self.left_kwh(grid)[:, None] + TOLERANCE_KW
        is_left = (by_day_kwh <= left_kwh).all(axis=0)
        possible = (self._window_kw(grid) > 0) & is_left
        return min(int(np.argmin([*possible, False])), limits.min_duration - length)

    def _usual_reduction_kw(self, grid: TimeGrid) -> KilowattArray:
        """Least reduction of each step, shape (steps,)."""
        held = np.arange(grid.steps) < self._held_on(grid)
        return np.where(held, self.parameters.min_reduction_kw, 0.0)

    def _window_kw(self, grid: TimeGrid) -> KilowattArray:
        """Largest reduction of each step, were it announced, shape (steps,)."""
        limits = self.parameters
        step = grid.clock(self.zone).step_of_day
        allowed = (step >= limits.earliest_start) & (step < limits.latest_end)
        if limits.recovery_share > 0:
            allowed &= np.arange(grid.steps) < grid.steps - limits.recovery
        return np.where(allowed, limits.max_reduction_kw, 0.0)

    def _announced_kw(self, grid: TimeGrid) -> KilowattArray:
        """Largest reduction of the first steps, shape (steps that need notice,).

        What is left of the least time of a reduction under way was announced with it.
        """
        limits = self.parameters
        told_kw = np.zeros(limits.notice)
        told_kw[: len(limits.announced_kw)] = limits.announced_kw
        told_kw = told_kw[: grid.steps]
        return np.maximum(told_kw, self._usual_reduction_kw(grid)[: told_kw.size])

    def _given_up_today_kwh(self, grid: TimeGrid) -> float:
        """Return what was given up on the grid's first day before it, as far as it counts."""
        limits = self.parameters
        before_kw = np.array(limits.reduced_before_kw)
        today = before_today(grid, self.zone, steps=before_kw.size)
        known_kwh = HOURS_PER_STEP * float(before_kw[today].sum())
        return min(max(limits.given_up_today_kwh, known_kwh), limits.max_energy_kwh_per_day)

    @property
    def _rebound(self) -> Rebound:
        limits = self.parameters
        return Rebound.of(limits.recovery_share, limits.recovery, limits.reduced_before_kw)
