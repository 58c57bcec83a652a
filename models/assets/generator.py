"""A generator behind the meter: diesel, or heat and power together."""

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
from models.assets.clock_time import ClockStep
from models.assets.job_decisions import BoolArray
from models.assets.local_days import day_membership, first_day
from models.assets.switching import SwitchingLimits, broken_times, past_on, starts_of, switching


class GeneratorParameters(Parameters):
    """Limits of a generator and what it burns."""

    min_kw: float = Field(gt=0)
    """Least output while it runs."""
    max_kw: float = Field(gt=0)
    fuel_krw_per_kwh: float = Field(ge=0)
    """Fuel and upkeep per kWh of electricity; less what its heat saves elsewhere."""
    start_krw: float = Field(default=0.0, ge=0)
    """Cost of one start."""
    min_on: ClockStep = 1
    """Least time that it runs at once, ``HH:MM``."""
    min_off: ClockStep = 1
    """Least time between two runs."""
    max_starts: int | None = Field(default=None, ge=1)
    """Most starts on a local day."""
    on_before: ClockStep = 0
    """How long it has run at the start of a plan, 00:00 if it stands."""
    starts_done: int = Field(default=0, ge=0)
    """Starts of today before the plan."""

    @property
    def switching(self) -> SwitchingLimits:
        """Its least times in steps; a pause or a run of no length is none."""
        return SwitchingLimits(min_on=max(self.min_on, 1), min_off=max(self.min_off, 1))

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.min_kw > self.max_kw:
            raise ValueError(
                f"min_kw {self.min_kw:g} is above max_kw {self.max_kw:g}; declare a smaller min_kw"
            )
        return self

    def asset(self, name: str, firm: Firm) -> Generator:
        """Return the generator called ``name``, by the clock of ``firm``."""
        return Generator(name=name, parameters=self, zone=firm.zone)


@dataclass(frozen=True, kw_only=True)
class Generator:
    """Feed between a least and a largest output while it runs; it usually stands.

    A generator that runs when the plan begins usually stops as soon as it may.
    """

    kind: ClassVar[str] = "generator"
    in_readings: ClassVar[bool] = True
    drawing: ClassVar[Action] = "generate"
    feeding: ClassVar[Action] = "generate"

    name: str
    parameters: GeneratorParameters
    zone: ZoneInfo

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return zeros, but for the least time of a run under way."""
        on_before, least = self.parameters.on_before, self.parameters.switching.min_on
        held = np.arange(grid.steps) < (least - on_before if on_before else 0)
        return np.where(held, -self.parameters.min_kw, 0.0)

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return when it runs, and what it feeds, over ``grid``."""
        limits = self.parameters
        on = cp.Variable(grid.steps, boolean=True, name=f"{self.name}.running_on")
        fed_kw = cp.Variable(grid.steps, bounds=[0, limits.max_kw], name=f"{self.name}.fed_kw")
        past = cp.Parameter(limits.switching.memory, nonneg=True, name=f"{self.name}.past_on")
        past.value = self._past_on()
        switched = switching(self.name, on, past, limits.switching)
        state = {"past_on": past}
        constraints = [
            fed_kw >= limits.min_kw * on,
            fed_kw <= limits.max_kw * on,
            *switched.constraints,
        ]
        if limits.max_starts is not None:
            done = cp.Parameter(nonneg=True, name=f"{self.name}.starts_done")
            done.value = limits.starts_done
            state["starts_done"] = done
            today = first_day(grid, self.zone)
            by_day = day_membership(grid, self.zone) @ switched.start_on
            constraints.append(by_day + today * done <= limits.max_starts)
        unusual_kw = -fed_kw - self.usual_kw(grid)
        return AssetPlan(
            power_kw=-fed_kw,
            constraints=constraints,
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * HOURS_PER_STEP * cp.norm1(unusual_kw),
            decision_krw=limits.start_krw * cp.sum(switched.start_on),
            state=state,
        )

    def cost_krw(self, power_kw: cp.Expression | KilowattArray) -> cp.Expression:
        """Return the fuel of what is fed."""
        return self.parameters.fuel_krw_per_kwh * HOURS_PER_STEP * cp.sum(cp.neg(power_kw))

    def billed_krw(self, power_kw: KilowattArray) -> float:
        """See :class:`models.assets.asset.Asset`."""
        fed_kwh = HOURS_PER_STEP * float(-power_kw[power_kw < 0].sum())
        return self.parameters.fuel_krw_per_kwh * fed_kwh

    def decision_krw(
        self,
        power_kw: KilowattArray,
        grid: TimeGrid,  # noqa: ARG002 - starts show in the power
    ) -> float:
        """Return what the starts cost."""
        return self.parameters.start_krw * float(
            starts_of(self._running(power_kw), self._past_on()).sum()
        )

    def soc_kwh(self, power_kw: KilowattArray) -> None:
        """Return nothing: a generator stores no energy."""

    def starts_by_day(self, power_kw: KilowattArray, grid: TimeGrid) -> npt.NDArray[np.float64]:
        """Return how often it starts on each local day, those of today done, shape (days,)."""
        starts = starts_of(self._running(power_kw), self._past_on())
        today = first_day(grid, self.zone)
        return day_membership(grid, self.zone) @ starts + today * self.parameters.starts_done

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the outputs, least times and starts that ``power_kw`` breaks."""
        limits, past, on = self.parameters, self._past_on(), self._running(power_kw)
        most = np.inf if limits.max_starts is None else max(limits.max_starts, limits.starts_done)
        checks = {
            "draws power": power_kw.max(),
            f"feeds above {limits.max_kw:g} kW": -power_kw.min() - limits.max_kw,
            f"feeds below {limits.min_kw:g} kW": (limits.min_kw + power_kw[on]).max(initial=0.0),
            "starts too often on a day": self.starts_by_day(power_kw, grid).max() - most,
        }
        broken = [what for what, by in checks.items() if by > TOLERANCE_KW]
        broken += broken_times(on, past, limits.switching)
        return tuple(f"{self.name} {what}" for what in broken)

    def _running(self, power_kw: KilowattArray) -> BoolArray:
        return power_kw < -TOLERANCE_KW

    def _past_on(self) -> npt.NDArray[np.float64]:
        return past_on(self.parameters.switching, on_before=self.parameters.on_before)
