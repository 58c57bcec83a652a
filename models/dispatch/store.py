"""A battery as it is dispatched: how far it reaches, and what an interval does to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.assets.battery import Battery


@dataclass(frozen=True, kw_only=True)
class Store:
    """Limits of one battery; powers are on the AC side, positive draws."""

    least_kwh: float
    most_kwh: float
    charge_kw: float
    discharge_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    wear_krw_per_kwh: float
    """Cost of ageing per kWh discharged."""
    start_kwh: float
    """State of charge before the first interval."""

    @classmethod
    def of(cls, battery: Battery) -> Store:
        """Return what ``battery`` declares."""
        limits = battery.parameters
        return cls(
            least_kwh=limits.min_soc_share * limits.capacity_kwh,
            most_kwh=limits.max_soc_share * limits.capacity_kwh,
            charge_kw=limits.max_charge_kw,
            discharge_kw=limits.max_discharge_kw,
            charge_efficiency=limits.charge_efficiency,
            discharge_efficiency=limits.discharge_efficiency,
            wear_krw_per_kwh=limits.wear_krw_per_kwh,
            start_kwh=battery.initial_soc_kwh,
        )

    def reach_kw(self, soc_kwh: float, load_kw: float) -> tuple[float, float]:
        """Return the least and the most power of an interval; nothing is fed into the grid."""
        room_kwh, held_kwh = self.most_kwh - soc_kwh, soc_kwh - self.least_kwh
        most = min(self.charge_kw, room_kwh / (self.charge_efficiency * HOURS_PER_STEP))
        least = min(self.discharge_kw, held_kwh * self.discharge_efficiency / HOURS_PER_STEP)
        return -min(max(least, 0.0), max(load_kw, 0.0)), max(most, 0.0)

    def after_kwh(self, soc_kwh: float, power_kw: float) -> float:
        """Return the state of charge after an interval of ``power_kw``."""
        stored_kw = (
            power_kw * self.charge_efficiency
            if power_kw > 0
            else power_kw / self.discharge_efficiency
        )
        after = soc_kwh + stored_kw * HOURS_PER_STEP
        return min(max(after, self.least_kwh), self.most_kwh)  # rounding alone can leave the window

    def charge_kwh(self, power_kw: KilowattArray) -> KilowattArray:
        """Return the state of charge that powers lead to, at each start and at the end."""
        charge_kw, discharge_kw = np.maximum(power_kw, 0.0), np.maximum(-power_kw, 0.0)
        stored_kw = self.charge_efficiency * charge_kw - discharge_kw / self.discharge_efficiency
        return self.start_kwh + np.concatenate(([0.0], np.cumsum(stored_kw) * HOURS_PER_STEP))
