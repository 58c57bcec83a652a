"""What batteries do that follow a plan: its power, left only to hold its peak."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PlannedInterval:
    """What a plan has for an interval."""

    power_kw: float
    """Of all batteries; positive charges."""
    peak_kw: float
    """Counted demand that the plan holds."""

    def held_back_kw(self, load_kw: float, free_kw: float, *, counted: bool) -> float:
        """Return the power at a load, as the replay's policy ``rolling`` holds its peak.

        Args:
            load_kw: Without the batteries.
            free_kw: Demand up to which no bill rises.
            counted: Whether the interval's demand can set the billed peak.
        """
        if not counted:
            return self.power_kw
        return min(self.power_kw, max(self.peak_kw, free_kw) - load_kw)
