"""The month's power factor 역률, and what it adds to or takes off the demand charge.

Source: KEPCO terms of supply, 기본공급약관 제41-43조.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_HOUR
from models.tariffs.bill.amounts import cut, half_up, measured
from models.tariffs.bill.metered_energy import MeteredEnergy, Quantities
from models.tariffs.kepco_tables import PowerFactorRule

_STEPS_PER_HALF_HOUR = STEPS_PER_HOUR // 2
"""The terms average power factors of 30 minutes."""


@dataclass(frozen=True, kw_only=True)
class PowerFactor:
    """Power factors held against their standards, whole percent."""

    lagging_percent: int
    leading_percent: int
    lagging_standard_percent: int
    lagging_floor_percent: int
    lagging_cap_percent: int
    leading_standard_percent: int

    @property
    def points_percent(self) -> int:
        """Percentage points below the standards; negative is a bonus, which leading has none."""
        floor, cap = self.lagging_floor_percent, self.lagging_cap_percent
        lagging = min(max(self.lagging_percent, floor), cap)
        below = max(self.leading_standard_percent - self.leading_percent, 0)
        return self.lagging_standard_percent - lagging + below

    def charge_krw(self, basic_krw: Fraction, share_per_percent: Fraction) -> int:
        """Return what is added to a demand charge, cut toward zero."""
        return cut(basic_krw * share_per_percent * self.points_percent)


def power_factor(
    readings: MeteredEnergy,
    hour: npt.NDArray[np.int16],
    within: npt.NDArray[np.bool_],
    rule: PowerFactorRule,
) -> PowerFactor | None:
    """Return the power factors of the intervals ``within``, or None if none can be told.

    The mean over half hours, each clipped first; half hours with a missing reading or without
    any use are left out. A kind that was never read is taken as the standard. ``hour`` is the
    clock hour; arrays have shape (grid.steps,), the grid beginning on a half hour.
    """
    first, end = rule.lagging_hours
    hour, within = hour[::_STEPS_PER_HALF_HOUR], within[::_STEPS_PER_HALF_HOUR]
    day = (hour >= first) & (hour < end)
    active = _half_hours(readings.kwh)
    floor, cap = rule.lagging_floor_percent, rule.lagging_cap_percent
    lagging = _mean_percent(active, readings.lagging_kvarh, within & day, (floor, cap))
    leading = _mean_percent(active, readings.leading_kvarh, within & ~day, (0, 100))
    if lagging is None and leading is None:
        return None
    return PowerFactor(
        lagging_percent=rule.lagging_standard_percent if lagging is None else lagging,
        leading_percent=rule.leading_standard_percent if leading is None else leading,
        lagging_standard_percent=rule.lagging_standard_percent,
        lagging_floor_percent=floor,
        lagging_cap_percent=cap,
        leading_standard_percent=rule.leading_standard_percent,
    )


def _mean_percent(
    active: Quantities,
    kvarh: Quantities | None,
    judged: npt.NDArray[np.bool_],
    clip_percent: tuple[int, int],
) -> int | None:
    """Mean over the half hours ``judged``; all but ``kvarh`` by half hours."""
    if kvarh is None:
        return None
    active, reactive = active[judged], _half_hours(kvarh)[judged]
    apparent = np.sqrt(active**2 + reactive**2)
    known = apparent > 0  # neither idle nor NaN
    if not known.any():
        return None
    percent = np.clip(100 * active[known] / apparent[known], *clip_percent)
    return half_up(measured(percent.mean()))


def _half_hours(counted: Quantities) -> Quantities:
    return counted[::_STEPS_PER_HALF_HOUR] + counted[1::_STEPS_PER_HALF_HOUR]
