"""Cold, heat or pressure kept within a band: chiller, cold room, furnace, compressed air."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

import cvxpy as cp
import numpy as np
from pydantic import Field, model_validator

from feature_store.calendar.closed_days import closed_days
from feature_store.entities.firm import Firm
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, KilowattArray, TimeGrid
from models.assets.action import Action
from models.assets.asset import TIE_BREAK_KRW_PER_KWH, TOLERANCE_KW, AssetPlan, Parameters
from models.assets.clock_time import ClockStep, clock_text

TIE_BREAK_KRW_PER_KW = 1e-4
"""Preference for steady power among equally cheap plans, as for a battery."""

_ENERGY_BAND = ("capacity_kwh", "usual_kwh", "standing_loss_kw", "loss_share_per_hour")
_TEMPERATURE_BAND = (
    "min_celsius",
    "max_celsius",
    "usual_celsius",
    "ambient_celsius",
    "kwh_per_degree",
    "loss_kw_per_degree",
)


@dataclass(frozen=True, kw_only=True)
class HeatBalance:
    """A band as energy above its useless end: the warm one of a cold room, the cold one of a kiln.

    The rate of loss is ``standing_loss_kw`` + ``loss_share_per_hour`` x what is stored.
    """

    capacity_kwh: float
    usual_kwh: float
    """What is usually stored."""
    standing_loss_kw: float
    loss_share_per_hour: float

    @property
    def kept_share(self) -> float:
        """Share of what is stored that is still there after a step."""
        return math.exp(-self.loss_share_per_hour * HOURS_PER_STEP)

    @property
    def hours_stored(self) -> float:
        """Energy that a steady kW adds in a step, kWh per kW: the step less what is lost of it."""
        if self.loss_share_per_hour == 0:
            return HOURS_PER_STEP
        return -math.expm1(-self.loss_share_per_hour * HOURS_PER_STEP) / self.loss_share_per_hour


class ThermalStoreParameters(Parameters):
    """A store's band, declared as energy or as temperature, its losses and its machine.

    As energy: ``capacity_kwh``, ``usual_kwh``, ``standing_loss_kw``, ``loss_share_per_hour``. As
    temperature: ``min_celsius`` to ``max_celsius``, ``usual_celsius``, ``ambient_celsius``,
    ``kwh_per_degree``, ``loss_kw_per_degree``; it is a cold store if the ambient is warmer.
    """

    max_kw: float = Field(gt=0)
    """Largest electric draw of the machine."""
    coefficient_of_performance: float = Field(gt=0, le=20)
    """kWh of cold, heat or pressure per kWh drawn; about 3 for a chiller, 1 for a resistance. 20 is
    above any machine between two temperatures that differ by 15 degrees (Carnot)."""
    capacity_kwh: float | None = Field(default=None, gt=0)
    """Width of the band."""
    usual_kwh: float | None = Field(default=None, ge=0)
    """What is usually stored, above the band's useless end."""
    standing_loss_kw: float | None = Field(default=None, ge=0)
    """Loss when nothing of the band is stored."""
    loss_share_per_hour: float | None = Field(default=None, ge=0, lt=1)
    """Share of what is stored that is lost in an hour, on top."""
    min_celsius: float | None = None
    max_celsius: float | None = None
    usual_celsius: float | None = None
    ambient_celsius: float | None = None
    kwh_per_degree: float | None = Field(default=None, gt=0)
    loss_kw_per_degree: float | None = Field(default=None, ge=0)
    """Loss per degree between the store and its surroundings."""
    work_kw: float = Field(default=0.0, ge=0)
    """What work takes out of the store: cold, heat or air, not electricity."""
    work_start: ClockStep = 0
    work_end: ClockStep = STEPS_PER_DAY
    days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (0, 1, 2, 3, 4, 5, 6)
    """Weekdays of the work, Monday 0; there is none on days the firm is closed."""
    initial_kwh: float | None = Field(default=None, ge=0)
    """What is stored at the start of a plan; left out, the usual."""
    initial_celsius: float | None = None
    """The same as a temperature."""

    @property
    def balance(self) -> HeatBalance:
        """The band as energy, however it is declared."""
        if self.capacity_kwh is not None:
            return HeatBalance(
                capacity_kwh=self.capacity_kwh,
                usual_kwh=self.usual_kwh or 0.0,
                standing_loss_kw=self.standing_loss_kw or 0.0,
                loss_share_per_hour=self.loss_share_per_hour or 0.0,
            )
        low, high = self.min_celsius or 0.0, self.max_celsius or 0.0
        heat_kwh, loss_kw = self.kwh_per_degree or 1.0, self.loss_kw_per_degree or 0.0
        useless = high if self._is_cold else low
        return HeatBalance(
            capacity_kwh=heat_kwh * (high - low),
            usual_kwh=self.stored_kwh(self.usual_celsius or 0.0),
            standing_loss_kw=loss_kw * abs((self.ambient_celsius or 0.0) - useless),
            loss_share_per_hour=loss_kw / heat_kwh,
        )

    @property
    def _is_cold(self) -> bool:
        return (self.ambient_celsius or 0.0) >= (self.max_celsius or 0.0)

    def stored_kwh(self, celsius: float) -> float:
        """Return what is stored at a temperature of a store declared by temperatures."""
        low, high = self.min_celsius or 0.0, self.max_celsius or 0.0
        return (self.kwh_per_degree or 0.0) * (high - celsius if self._is_cold else celsius - low)

    def with_more_kwh(self, more_kwh: float) -> Self:
        """Return the same with a band that is wider at its useful end, however it is declared."""
        if self.capacity_kwh is not None:
            return self.model_copy(update={"capacity_kwh": self.capacity_kwh + more_kwh})
        degrees = more_kwh / (self.kwh_per_degree or 1.0)
        if self._is_cold:
            return self.model_copy(update={"min_celsius": (self.min_celsius or 0.0) - degrees})
        return self.model_copy(update={"max_celsius": (self.max_celsius or 0.0) + degrees})

    @property
    def start_kwh(self) -> float:
        """What is stored at the start of a plan."""
        if self.initial_celsius is not None:
            return self.stored_kwh(self.initial_celsius)
        return self.balance.usual_kwh if self.initial_kwh is None else self.initial_kwh

    @model_validator(mode="after")
    def _has_one_band(self) -> Self:
        energy = [name for name in _ENERGY_BAND if getattr(self, name) is not None]
        celsius = [name for name in _TEMPERATURE_BAND if getattr(self, name) is not None]
        if len(energy) * len(celsius) or (
            len(energy) < len(_ENERGY_BAND) and len(celsius) < len(_TEMPERATURE_BAND)
        ):
            raise ValueError(
                f"declare the band either by {', '.join(_ENERGY_BAND)} or by "
                f"{', '.join(_TEMPERATURE_BAND)}, all of them; "
                f"declared are {', '.join(energy + celsius) or 'none'}"
            )
        if (self.initial_kwh is not None and celsius) or (
            self.initial_celsius is not None and energy
        ):
            raise ValueError("declare the start as the band: both in kWh or both in degrees")
        if celsius:
            self._check_temperatures()
        return self

    def _check_temperatures(self) -> None:
        low, high = self.min_celsius or 0.0, self.max_celsius or 0.0
        if low >= high:
            raise ValueError(
                f"min_celsius {low:g} leaves nothing below max_celsius {high:g}; "
                "declare a smaller min_celsius"
            )
        if low < (self.ambient_celsius or 0.0) < high:
            raise ValueError(
                f"ambient_celsius {self.ambient_celsius:g} lies in the band of {low:g} to "
                f"{high:g}, so nothing has to be held; declare a band above or below it"
            )

    @model_validator(mode="after")
    def _holds_the_usual(self) -> Self:
        balance = self.balance
        for name, kwh in (("usual", balance.usual_kwh), ("initial", self.start_kwh)):
            if not -TOLERANCE_KW <= kwh <= balance.capacity_kwh + TOLERANCE_KW:
                raise ValueError(
                    f"{name}_kwh or {name}_celsius lies outside of the band ({kwh:g} of "
                    f"{balance.capacity_kwh:g} kWh); declare one inside"
                )
        if self.work_start >= self.work_end:
            raise ValueError(
                f"work_end {clock_text(self.work_end)} is not after work_start "
                f"{clock_text(self.work_start)}; declare hours within one day"
            )
        lost_kw = balance.standing_loss_kw + balance.loss_share_per_hour * balance.usual_kwh
        needed_kw = (lost_kw + self.work_kw) / self.coefficient_of_performance
        if needed_kw > self.max_kw:
            raise ValueError(
                f"max_kw {self.max_kw:g} cannot hold the usual state: losses and work take "
                f"{needed_kw:g} kW; declare a larger max_kw or smaller losses"
            )
        return self

    def asset(self, name: str, firm: Firm) -> ThermalStore:
        """Return the store called ``name``, on the calendar of ``firm``."""
        return ThermalStore(name=name, parameters=self, firm=firm)


@dataclass(frozen=True, kw_only=True)
class ThermalStore:
    """Keep what is stored within its band; it may be filled beforehand and left to drain.

    With a the share kept over a step and h the hours of a step less the loss within it,
    stored[k+1] = a stored[k] + h (cop power[k] - standing loss - work[k]): exact for powers that
    are steady within a step. Usually a thermostat holds the usual state. A plan ends with no less
    than the thermostat would have left.
    """

    kind: ClassVar[str] = "thermal_store"
    in_readings: ClassVar[bool] = True
    drawing: ClassVar[Action] = "run"
    feeding: ClassVar[Action] = "run"

    name: str
    parameters: ThermalStoreParameters
    firm: Firm
    """Whose clock and calendar the work keeps."""

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return what a thermostat draws that holds the usual state as well as it can."""
        balance, limits = self.parameters.balance, self.parameters
        stored_kwh, taken_kw = limits.start_kwh, self._taken_kw(grid)
        usual_kw = np.zeros(grid.steps)
        for step in range(grid.steps):
            left_kwh = balance.kept_share * stored_kwh - balance.hours_stored * taken_kw[step]
            missing_kw = (balance.usual_kwh - left_kwh) / balance.hours_stored
            usual_kw[step] = min(
                max(missing_kw / limits.coefficient_of_performance, 0.0), limits.max_kw
            )
            stored_kwh = left_kwh + (
                balance.hours_stored * limits.coefficient_of_performance * usual_kw[step]
            )
        return usual_kw

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return the store's draw and state over ``grid``."""
        balance, limits = self.parameters.balance, self.parameters
        draw_kw = cp.Variable(grid.steps, bounds=[0, limits.max_kw], name=f"{self.name}.draw_kw")
        soc_kwh = cp.Variable(
            grid.steps + 1, bounds=[0, balance.capacity_kwh], name=f"{self.name}.soc_kwh"
        )
        initial_kwh = cp.Parameter(nonneg=True, name=f"{self.name}.initial_soc_kwh")
        final_kwh = cp.Parameter(nonneg=True, name=f"{self.name}.final_soc_kwh")
        usual_kw = self.usual_kw(grid)
        initial_kwh.value = np.clip(limits.start_kwh, 0.0, balance.capacity_kwh)
        final_kwh.value = self._final_kwh(grid)
        stored_kw = limits.coefficient_of_performance * draw_kw - self._taken_kw(grid)
        unusual_kw = draw_kw - usual_kw
        return AssetPlan(
            power_kw=draw_kw,
            constraints=[
                soc_kwh[0] == initial_kwh,
                soc_kwh[1:] == balance.kept_share * soc_kwh[:-1] + balance.hours_stored * stored_kw,
                soc_kwh[-1] >= final_kwh,
            ],
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * HOURS_PER_STEP * cp.norm1(unusual_kw)
            + TIE_BREAK_KRW_PER_KW * cp.norm1(cp.diff(unusual_kw)),
            state={"soc_kwh": initial_kwh, "final_soc_kwh": final_kwh},
        )

    def cost_krw(
        self,
        power_kw: cp.Expression | KilowattArray,  # noqa: ARG002 - the band is free to use
    ) -> cp.Expression:
        """Return zero: any state within the band is as good as any other."""
        return cp.Constant(0)

    def billed_krw(
        self,
        power_kw: KilowattArray,  # noqa: ARG002 - it costs nothing by power
    ) -> float:
        """See :class:`models.assets.asset.Asset`."""
        return 0.0

    def decision_krw(
        self,
        power_kw: KilowattArray,  # noqa: ARG002 - nothing is started or left out
        grid: TimeGrid,  # noqa: ARG002
    ) -> float:
        """Return zero: nothing is decided but power."""
        return 0.0

    def soc_kwh(self, power_kw: KilowattArray) -> KilowattArray | None:
        """Return nothing: what is left depends on the hours of work, see :meth:`stored_kwh`."""

    def stored_kwh(self, power_kw: KilowattArray, grid: TimeGrid) -> KilowattArray:
        """Return what is stored at each step and the end, shape (steps+1,)."""
        balance, limits = self.parameters.balance, self.parameters
        stored_kw = limits.coefficient_of_performance * power_kw - self._taken_kw(grid)
        stored_kwh = np.empty(grid.steps + 1)
        stored_kwh[0] = limits.start_kwh
        for step in range(grid.steps):
            stored_kwh[step + 1] = (
                balance.kept_share * stored_kwh[step] + balance.hours_stored * stored_kw[step]
            )
        return stored_kwh

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the power and band limits, and the end state, that ``power_kw`` breaks."""
        stored_kwh = self.stored_kwh(power_kw, grid)
        checks = {
            "feeds power": -power_kw.min(),
            f"draws above {self.parameters.max_kw:g} kW": power_kw.max() - self.parameters.max_kw,
            "leaves its band: too little is stored": -stored_kwh.min(),
            "leaves its band: too much is stored": stored_kwh.max()
            - self.parameters.balance.capacity_kwh,
            "ends with less stored than usual": self._final_kwh(grid) - stored_kwh[-1],
        }
        return tuple(f"{self.name} {what}" for what, by in checks.items() if by > TOLERANCE_KW)

    def _final_kwh(self, grid: TimeGrid) -> float:
        """Return what the thermostat would leave; never more than its usual state."""
        left_kwh = float(self.stored_kwh(self.usual_kw(grid), grid)[-1])
        return max(min(left_kwh, self.parameters.balance.usual_kwh), 0.0)

    def _taken_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return work and standing loss of each step, shape (steps,)."""
        clock = grid.clock(self.firm.zone)
        works = np.isin(clock.weekday, self.parameters.days)
        works &= ~closed_days(self.firm, clock.date)
        works &= clock.step_of_day >= self.parameters.work_start
        works &= clock.step_of_day < self.parameters.work_end
        work_kw = np.where(works, self.parameters.work_kw, 0.0)
        return work_kw + self.parameters.balance.standing_loss_kw
