"""What batteries do that follow a plan: each its own power, left only to hold the plan's peak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feature_store.time_grid import STEP, utc_instant
from models.dispatch.battery_now import BatteryNow, reach_together_kw
from models.dispatch.pooled_store import moved_kw
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class PlannedInterval:
    """What a plan has for an interval."""

    by_battery_kw: Mapping[str, float]
    """Of each battery, by name; positive charges."""
    peak_kw: float
    """Counted demand that the plan holds."""

    @property
    def power_kw(self) -> float:
        """Of all batteries."""
        return sum(self.by_battery_kw.values())

    def most_kw(self, load_kw: float, free_kw: float, *, counted: bool) -> float:
        """Return the power from which on all batteries pass the peak that is held.

        Args:
            load_kw: Without the batteries.
            free_kw: Demand up to which no bill rises.
            counted: Whether the interval's demand can set the billed peak.
        """
        return max(self.peak_kw, free_kw) - load_kw if counted else float("inf")

    def powers_kw(
        self, batteries: Sequence[BatteryNow], load_kw: float, free_kw: float, *, counted: bool
    ) -> tuple[float, ...]:
        """Return the power of each battery at a load; arguments as above.

        Each does what the plan has for it, as far as it reaches. The peak is held as the replay's
        policy ``rolling`` holds it, and only the difference that this needs is shared out.
        """
        reach_kw = [battery.reach_kw() for battery in batteries]
        planned_kw = [
            min(max(self.by_battery_kw[battery.name], least_kw), most_kw)
            for battery, (least_kw, most_kw) in zip(batteries, reach_kw, strict=True)
        ]
        together_kw = sum(planned_kw)
        least_kw, _ = reach_together_kw(reach_kw, load_kw)
        asked_kw = min(together_kw, self.most_kw(load_kw, free_kw, counted=counted))
        return moved_kw(planned_kw, max(asked_kw, least_kw) - together_kw, reach_kw)


@dataclass(frozen=True, kw_only=True)
class FollowedPlan:
    """An accepted plan that a firm's batteries follow."""

    plan_id: str
    """Of the suggestion that was accepted."""
    forecast: LoadForecast
    """That it was made on."""
    schedule: Schedule

    @property
    def until(self) -> datetime:
        """Its end."""
        return self.schedule.grid.end

    def at(self, start: datetime, batteries: Iterable[str]) -> PlannedInterval:
        """Return what it has for batteries, by name, in an interval that it covers."""
        step = int((utc_instant(start) - utc_instant(self.schedule.grid.start)) // STEP)
        return PlannedInterval(
            by_battery_kw={
                name: float(self.schedule.equipment_kw[name][step]) for name in batteries
            },
            peak_kw=self.schedule.planned_peak_kw,
        )
