"""Batteries with their charge, and what each and all of them can do in an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, STEPS_PER_HOUR
from models.dispatch.store import Store

LONGEST_DAY_HOURS = (STEPS_PER_DAY + STEPS_PER_HOUR) * HOURS_PER_STEP
"""That on which the clock is put back."""


@dataclass(frozen=True, kw_only=True)
class BatteryNow:
    """A battery with its charge, as it can be used in the running interval."""

    name: str
    store: Store
    charge_kwh: float
    left_today_kwh: float | None = None
    """What it may still discharge today; None without such a limit."""

    def reach_kw(self) -> tuple[float, float]:
        """Return the least and the most power of an interval, whatever the load."""
        least_kw, most_kw = self.store.reach_kw(self.charge_kwh, float("inf"))
        if self.left_today_kwh is not None:
            least_kw = max(least_kw, -self.left_today_kwh / HOURS_PER_STEP)
        return min(least_kw, 0.0), most_kw

    def after_kwh(self, power_kw: float) -> float:
        """Return the charge after an interval."""
        if self.charge_kwh < self.store.least_kwh:  # below its reserve it can be filled alone
            stored_kw = max(power_kw, 0.0) * self.store.charge_efficiency
            return self.charge_kwh + stored_kw * HOURS_PER_STEP
        return self.store.after_kwh(self.charge_kwh, power_kw)

    def after(self, power_kw: float) -> BatteryNow:
        """Return the battery after an interval of the same day."""
        left_kwh = self.left_today_kwh
        if left_kwh is not None:
            left_kwh = max(left_kwh - max(-power_kw, 0.0) * HOURS_PER_STEP, 0.0)
        return BatteryNow(
            name=self.name,
            store=self.store,
            charge_kwh=self.after_kwh(power_kw),
            left_today_kwh=left_kwh,
        )


def reached(store: Store, batteries: Sequence[BatteryNow]) -> Store:
    """Return the store of all batteries with the power that they reach together now."""
    return reaching(store, [battery.reach_kw() for battery in batteries])


def reaching(store: Store, reach_kw: Sequence[tuple[float, float]]) -> Store:
    """Return the store of all batteries with the power that each reaches now, put together."""
    return replace(
        store,
        charge_kw=min(store.charge_kw, sum(most for _, most in reach_kw)),
        discharge_kw=min(store.discharge_kw, -sum(least for least, _ in reach_kw)),
    )


def reach_together_kw(
    reach_kw: Sequence[tuple[float, float]], load_kw: float
) -> tuple[float, float]:
    """Return the least and the most power of all batteries; nothing is fed into the grid.

    Args:
        reach_kw: The least and the most power of each, by its own charge and losses.
        load_kw: Without the batteries.
    """
    least_kw, most_kw = (sum(ends_kw) for ends_kw in zip(*reach_kw, strict=True))
    return max(least_kw, -max(load_kw, 0.0)), most_kw


def usable_charge_kwh(batteries: Sequence[BatteryNow]) -> float:
    """Return what all batteries hold, one below its reserve as if it held that.

    What it lacks is not taken from what the others can give.
    """
    return sum(max(battery.charge_kwh, battery.store.least_kwh) for battery in batteries)


def left_today_kwh(batteries: Sequence[BatteryNow]) -> float:
    """Return what all may still discharge today; infinite where none is limited.

    One without a limit counts with its power over the longest day.
    """
    if all(battery.left_today_kwh is None for battery in batteries):
        return float("inf")
    return sum(
        battery.store.discharge_kw * LONGEST_DAY_HOURS
        if battery.left_today_kwh is None
        else battery.left_today_kwh
        for battery in batteries
    )
