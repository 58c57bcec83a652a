"""A stationary battery behind the meter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

import cvxpy as cp
import numpy as np
from pydantic import Field, model_validator

from feature_store.entities.firm import Firm
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray, TimeGrid
from models.assets.action import Action
from models.assets.asset import TIE_BREAK_KRW_PER_KWH, TOLERANCE_KW, AssetPlan, Parameters
from models.assets.local_days import day_membership, first_day

TIE_BREAK_KRW_PER_KW = 1e-4
"""Preference for steady power among equally cheap plans: a plan that flickers is not followed.
A thousand changes of 10 kW weigh 1 won."""
EARLY_KRW_PER_KWH = 5e-3
"""Preference for the later of equally cheap hours to discharge in, so that charge is there for a
load that nobody expected: on what is given in a plan's first step, and on what is given later by
the share of the plan that is left. It outweighs steady power."""


class BatteryParameters(Parameters):
    """Limits of a battery; powers are on the AC side."""

    capacity_kwh: float = Field(gt=0)
    max_charge_kw: float = Field(gt=0)
    max_discharge_kw: float = Field(gt=0)
    charge_efficiency: float = Field(gt=0, le=1)
    discharge_efficiency: float = Field(gt=0, le=1)
    min_soc_share: float = Field(ge=0, le=1)
    max_soc_share: float = Field(ge=0, le=1)
    initial_soc_share: float = Field(ge=0, le=1)
    """State of charge at the start of a plan, until a measured one is known."""
    wear_krw_per_kwh: float = Field(ge=0)
    """Cost of ageing per kWh discharged."""
    max_discharge_kwh_per_day: float | None = Field(default=None, gt=0)
    """Most energy discharged on a local day, a limit on cycles; left out, there is none."""
    discharged_today_kwh: float = Field(default=0.0, ge=0)
    """What was discharged on the plan's first day before it, where that is limited."""
    reserve_share: float | None = Field(default=None, ge=0, le=1)
    """State of charge kept back, for an outage or a peak that nobody foresaw. A battery that is
    below it need not fill up, but gives nothing more; left out, nothing is kept back."""

    @model_validator(mode="after")
    def _has_a_window(self) -> Self:
        if self.min_soc_share >= self.max_soc_share:
            raise ValueError(
                f"min_soc_share {self.min_soc_share} leaves nothing below max_soc_share "
                f"{self.max_soc_share}; declare a smaller min_soc_share"
            )
        if self.reserve_share is not None and self.reserve_share >= self.max_soc_share:
            raise ValueError(
                f"reserve_share {self.reserve_share} leaves nothing below max_soc_share "
                f"{self.max_soc_share}; declare a smaller reserve_share"
            )
        return self

    def asset(self, name: str, firm: Firm) -> Battery:
        """Return the battery called ``name``, by the clock of ``firm``."""
        return Battery(name=name, parameters=self, zone=firm.zone)


@dataclass(frozen=True, kw_only=True)
class Battery:
    """Charge and discharge within power, energy and efficiency limits.

    State of charge follows soc[k+1] = soc[k] + dt (eta_c charge[k] - discharge[k] / eta_d), and
    ends at least where it began. No binary keeps charge and discharge apart: doing both at once
    only wastes energy, which no positive price rewards. Surplus solar has its own way out
    (``Solar`` can be curtailed). ``violations`` judges the net power, as the meter does.
    """

    kind: ClassVar[str] = "battery"
    in_readings: ClassVar[bool] = True
    drawing: ClassVar[Action] = "charge"
    feeding: ClassVar[Action] = "discharge"

    name: str
    parameters: BatteryParameters
    zone: ZoneInfo | None = None
    """Whose days a daily limit counts; needed for one only."""

    @property
    def initial_soc_kwh(self) -> float:
        """State of charge at the start of a plan."""
        return self.parameters.initial_soc_share * self.parameters.capacity_kwh

    @property
    def reserve_kwh(self) -> float:
        """What is kept back, as far as it is there at the start; 0 if nothing is."""
        reserved_kwh = (self.parameters.reserve_share or 0.0) * self.parameters.capacity_kwh
        return min(reserved_kwh, self.initial_soc_kwh)

    def discharge_left_kwh(self, grid: TimeGrid) -> KilowattArray:
        """Return what may be discharged on each local day of ``grid``, shape (days,)."""
        declared_kwh = self.parameters.max_discharge_kwh_per_day
        most_kwh = np.inf if declared_kwh is None else declared_kwh
        today = first_day(grid, self._zone)
        return most_kwh - today * min(self.parameters.discharged_today_kwh, most_kwh)

    def discharged_kwh(self, power_kw: KilowattArray, grid: TimeGrid) -> KilowattArray:
        """Return what is discharged on each local day of ``grid``, shape (days,)."""
        return HOURS_PER_STEP * (day_membership(grid, self._zone) @ np.maximum(-power_kw, 0))

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return zeros: a battery that nobody schedules rests."""
        return np.zeros(grid.steps)

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return the battery's variables and constraints over ``grid``."""
        limits = self.parameters
        charge_kw = cp.Variable(
            grid.steps, bounds=[0, limits.max_charge_kw], name=f"{self.name}.charge_kw"
        )
        discharge_kw = cp.Variable(
            grid.steps, bounds=[0, limits.max_discharge_kw], name=f"{self.name}.discharge_kw"
        )
        window_kwh = [
            limits.min_soc_share * limits.capacity_kwh,
            limits.max_soc_share * limits.capacity_kwh,
        ]
        soc_kwh = cp.Variable(grid.steps + 1, bounds=window_kwh, name=f"{self.name}.soc_kwh")
        initial_kwh = cp.Parameter(nonneg=True, name=f"{self.name}.initial_soc_kwh")
        initial_kwh.value = self.initial_soc_kwh

        stored_kw = (
            limits.charge_efficiency * charge_kw - discharge_kw / limits.discharge_efficiency
        )
        power_kw = charge_kw - discharge_kw
        moved_kwh = HOURS_PER_STEP * cp.sum(charge_kw + discharge_kw)
        share_left = np.arange(grid.steps, 0, -1) / grid.steps
        early_kwh = HOURS_PER_STEP * (share_left @ discharge_kw)
        optional, optional_state = self._optional_limits(grid, soc_kwh, discharge_kw)
        return AssetPlan(
            power_kw=power_kw,
            constraints=[
                soc_kwh[0] == initial_kwh,
                soc_kwh[1:] == soc_kwh[:-1] + HOURS_PER_STEP * stored_kw,
                soc_kwh[-1] >= initial_kwh,
                *optional,
            ],
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * moved_kwh
            + EARLY_KRW_PER_KWH * early_kwh
            + TIE_BREAK_KRW_PER_KW * cp.norm1(cp.diff(power_kw)),
            state={"soc_kwh": initial_kwh, **optional_state},
        )

    def _optional_limits(
        self, grid: TimeGrid, soc_kwh: cp.Variable, discharge_kw: cp.Variable
    ) -> tuple[list[cp.Constraint], dict[str, cp.Parameter]]:
        """Return the reserve and the daily limit where they are declared, and their state."""
        limits = self.parameters
        constraints: list[cp.Constraint] = []
        state = {}
        if limits.reserve_share is not None:
            reserve_kwh = cp.Parameter(nonneg=True, name=f"{self.name}.reserve_kwh")
            reserve_kwh.value = self.reserve_kwh
            state["reserve_kwh"] = reserve_kwh
            constraints.append(soc_kwh >= reserve_kwh)
        if limits.max_discharge_kwh_per_day is not None:
            before_kwh = cp.Parameter(nonneg=True, name=f"{self.name}.discharged_today_kwh")
            before_kwh.value = min(limits.discharged_today_kwh, limits.max_discharge_kwh_per_day)
            state["discharged_today_kwh"] = before_kwh
            by_day_kwh = HOURS_PER_STEP * (day_membership(grid, self._zone) @ discharge_kw)
            constraints.append(
                by_day_kwh + first_day(grid, self._zone) * before_kwh
                <= limits.max_discharge_kwh_per_day
            )
        return constraints, state

    @property
    def _zone(self) -> ZoneInfo:
        if self.zone is None:
            raise ValueError(
                f"{self.name}: max_discharge_kwh_per_day needs the zone of its days; pass zone"
            )
        return self.zone

    def cost_krw(self, power_kw: cp.Expression | KilowattArray) -> cp.Expression:
        """Return the wear of what is discharged."""
        per_kw_step = self.parameters.wear_krw_per_kwh * HOURS_PER_STEP
        return per_kw_step * cp.sum(cp.neg(power_kw))

    def billed_krw(self, power_kw: KilowattArray) -> float:
        """See :class:`models.assets.asset.Asset`."""
        discharged_kwh = HOURS_PER_STEP * float(-power_kw[power_kw < 0].sum())
        return self.parameters.wear_krw_per_kwh * discharged_kwh

    def decision_krw(
        self,
        power_kw: KilowattArray,  # noqa: ARG002 - nothing is started or left out
        grid: TimeGrid,  # noqa: ARG002
    ) -> float:
        """Return zero: all its cost is by power."""
        return 0.0

    def soc_kwh(self, power_kw: KilowattArray) -> KilowattArray:
        """Return the state of charge that net powers lead to, shape (steps+1,)."""
        charge_kw, discharge_kw = np.maximum(power_kw, 0), np.maximum(-power_kw, 0)
        stored_kw = (
            self.parameters.charge_efficiency * charge_kw
            - discharge_kw / self.parameters.discharge_efficiency
        )
        stored_kwh = np.cumsum(stored_kw) * HOURS_PER_STEP
        return self.initial_soc_kwh + np.concatenate(([0.0], stored_kwh))

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the power, energy and end-state limits that ``power_kw`` breaks."""
        limits = self.parameters
        soc_kwh = self.soc_kwh(power_kw)
        checks = {
            f"charges above {limits.max_charge_kw:g} kW": power_kw.max() - limits.max_charge_kw,
            f"discharges above {limits.max_discharge_kw:g} kW": -power_kw.min()
            - limits.max_discharge_kw,
            "is emptier than its window": limits.min_soc_share * limits.capacity_kwh
            - soc_kwh.min(),
            "is fuller than its window": soc_kwh.max() - limits.max_soc_share * limits.capacity_kwh,
            "ends emptier than it began": soc_kwh[0] - soc_kwh[-1],
            "goes below its reserve": self.reserve_kwh - soc_kwh.min(),
        }
        if limits.max_discharge_kwh_per_day is not None:
            over_kwh = self.discharged_kwh(power_kw, grid) - self.discharge_left_kwh(grid)
            checks["discharges too much on a day"] = over_kwh.max()
        return tuple(f"{self.name} {what}" for what, by in checks.items() if by > TOLERANCE_KW)
