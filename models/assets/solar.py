"""A solar roof behind the meter, by what the season lets expect of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

import cvxpy as cp
import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict, Field

from feature_store.entities.firm import Firm
from feature_store.time_grid import HOURS_PER_STEP, STEP, KilowattArray, TimeGrid
from models.assets.action import Action
from models.assets.asset import TIE_BREAK_KRW_PER_KWH, TOLERANCE_KW, AssetPlan, Parameters

_HORIZON_DEG = 90.0
_STANDARD_IRRADIANCE_W_PER_M2 = 1000.0
"""Irradiance at which a module gives its peak power (IEC 61215)."""


class SolarParameters(Parameters):
    """A roof's size and where it looks."""

    peak_kw: float = Field(gt=0)
    tilt_deg: float = Field(ge=0, le=90)
    """From the horizontal."""
    azimuth_deg: float = Field(ge=0, le=360)
    """Clockwise from north: south is 180."""
    in_readings: bool = True
    """Whether the meter saw it during the readings; false for a roof that is newer than they."""

    def asset(self, name: str, firm: Firm) -> Solar:
        """Return the roof called ``name``, at the place of ``firm``."""
        return Solar(
            name=name,
            parameters=self,
            latitude_deg=firm.latitude_deg,
            longitude_deg=firm.longitude_deg,
            zone=firm.zone,
        )


class Clearness(BaseModel):
    """How much of a clear sky's yield arrives at the meter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    linke_turbidity: float = Field(gt=0)
    share_by_month: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        min_length=12, max_length=12
    )


@cache
def clearness() -> Clearness:
    """Read the declared clearness."""
    text = files("models.assets").joinpath("solar_clearness.yaml").read_text("utf-8")
    return Clearness.model_validate(yaml.safe_load(text))


@dataclass(frozen=True, kw_only=True)
class Solar:
    """Feed the expected generation, or less of it.

    The expectation is a clear sky scaled to the month's usual yield: right on the mean of many
    days, wrong on any single one. The forecast load is that of the meter: it contains the
    generation of a roof that fed while the readings were taken, not that of a newer one.
    """

    kind: ClassVar[str] = "solar"
    drawing: ClassVar[Action] = "generate"
    feeding: ClassVar[Action] = "generate"

    name: str
    parameters: SolarParameters
    latitude_deg: float
    longitude_deg: float
    zone: ZoneInfo

    @property
    def in_readings(self) -> bool:
        """See :class:`models.assets.asset.Asset`."""
        return self.parameters.in_readings

    def generation_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return the expected generation, >= 0, shape (steps,)."""
        declared = clearness()
        share = np.array(declared.share_by_month)[grid.clock(self.zone).month - 1]
        clear_w_per_m2 = _clear_sky_w_per_m2(self, grid, declared.linke_turbidity)
        return self.parameters.peak_kw * share * clear_w_per_m2 / _STANDARD_IRRADIANCE_W_PER_M2

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return the expected generation as a negative draw."""
        return -self.generation_kw(grid)

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return how much of the generation is thrown away over ``grid``."""
        generation_kw = self.generation_kw(grid)
        curtailed_kw = cp.Variable(
            grid.steps, bounds=[0, generation_kw], name=f"{self.name}.curtailed_kw"
        )
        return AssetPlan(
            power_kw=curtailed_kw - generation_kw,
            constraints=[],
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * HOURS_PER_STEP * cp.sum(curtailed_kw),
        )

    def cost_krw(
        self,
        power_kw: cp.Expression | KilowattArray,  # noqa: ARG002 - sunshine is free
    ) -> cp.Expression:
        """Return zero: neither generating nor curtailing costs anything."""
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
        """Return zero: all its cost is by power."""
        return 0.0

    def soc_kwh(self, power_kw: KilowattArray) -> None:
        """Return nothing: a roof stores no energy."""

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return whether more is fed than expected, or anything is drawn."""
        checks = {
            "draws power": power_kw.max(),
            "feeds more than is expected": (-power_kw - self.generation_kw(grid)).max(),
        }
        return tuple(f"{self.name} {what}" for what, by in checks.items() if by > TOLERANCE_KW)


def _clear_sky_w_per_m2(
    roof: Solar, grid: TimeGrid, linke_turbidity: float
) -> npt.NDArray[np.float64]:
    """Irradiance on the roof under a clear sky at the middle of each step, shape (steps,).

    Source: Ineichen and Perez, Solar Energy 73 (2002), doi:10.1016/S0038-092X(02)00045-2, as
    implemented by pvlib, with an isotropic sky; the site is taken at sea level.
    """
    import pandas as pd
    import pvlib

    middle = pd.DatetimeIndex(grid.starts + STEP // 2, tz="UTC")
    sun = pvlib.solarposition.get_solarposition(middle, roof.latitude_deg, roof.longitude_deg)
    up = sun["apparent_zenith"].to_numpy() < _HORIZON_DEG
    irradiance = np.zeros(grid.steps)
    if not up.any():
        return irradiance
    zenith, azimuth = sun["apparent_zenith"].to_numpy()[up], sun["azimuth"].to_numpy()[up]
    air_mass = pvlib.atmosphere.get_absolute_airmass(pvlib.atmosphere.get_relative_airmass(zenith))
    outside = pvlib.irradiance.get_extra_radiation(middle.day_of_year.to_numpy()[up])
    sky = pvlib.clearsky.ineichen(zenith, air_mass, linke_turbidity, dni_extra=outside)
    on_roof = pvlib.irradiance.get_total_irradiance(
        roof.parameters.tilt_deg,
        roof.parameters.azimuth_deg,
        zenith,
        azimuth,
        sky["dni"],
        sky["ghi"],
        sky["dhi"],
        model="isotropic",
    )
    irradiance[up] = np.maximum(on_roof["poa_global"], 0.0)
    return irradiance
