"""The month's power factor 역률, and what it adds to or takes off the demand charge.

Source: KEPCO terms of supply, 기본공급약관 제41-43조.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_HOUR
from models.tariffs.bill.amounts import cut, whole
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
    unread: int = 0
    """Half hours that should have been judged and were not read: left out of the mean."""
    deemed: bool = False
    """Whether one of the two is taken as its standard, because it was not read or read too
    little."""

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


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """What the half hours of one kind say."""

    percent: int | None
    """Their mean; None if there is none, or too few were read."""
    unread: int


def power_factor(
    readings: MeteredEnergy,
    hour: npt.NDArray[np.int16],
    within: npt.NDArray[np.bool_],
    rule: PowerFactorRule,
    *,
    most_missing_share: float,
) -> PowerFactor | None:
    """Return the power factors of the intervals ``within``, or None if none can be told.

    The mean over half hours, each clipped first; half hours with a missing reading or without
    any use are left out. A kind that was never read, or of which more than ``most_missing_share``
    is missing, is taken as the standard. ``hour`` is the clock hour; arrays have shape
    (grid.steps,), the grid beginning on a half hour.
    """
    first, end = rule.lagging_hours
    hour, within = hour[::_STEPS_PER_HALF_HOUR], within[::_STEPS_PER_HALF_HOUR]
    day = (hour >= first) & (hour < end)
    active = _half_hours(readings.kwh)
    floor, cap = rule.lagging_floor_percent, rule.lagging_cap_percent

    def judged(
        kvarh: Quantities | None, hours: npt.NDArray[np.bool_], clip_percent: tuple[int, int]
    ) -> _Judged:
        if kvarh is None:
            return _Judged(percent=None, unread=0)
        reactive = _half_hours(kvarh)[hours]
        return _judge(active[hours], reactive, clip_percent, most_missing_share)

    lagging = judged(readings.lagging_kvarh, within & day, (floor, cap))
    leading = judged(readings.leading_kvarh, within & ~day, (0, 100))
    if lagging.percent is None and leading.percent is None:
        return None
    return PowerFactor(
        lagging_percent=_or(lagging.percent, rule.lagging_standard_percent),
        leading_percent=_or(leading.percent, rule.leading_standard_percent),
        lagging_standard_percent=rule.lagging_standard_percent,
        lagging_floor_percent=floor,
        lagging_cap_percent=cap,
        leading_standard_percent=rule.leading_standard_percent,
        unread=lagging.unread + leading.unread,
        deemed=lagging.percent is None or leading.percent is None,
    )


def _judge(
    active: Quantities,
    reactive: Quantities,
    clip_percent: tuple[int, int],
    most_missing_share: float,
) -> _Judged:
    """Judge half hours by their energies, all of one shape."""
    unread = np.isnan(active) | np.isnan(reactive)
    count = int(unread.sum())
    used = ~unread & (active > 0)  # an idle half hour has no power factor, whatever is magnetised
    if not used.any() or count > most_missing_share * active.size:
        return _Judged(percent=None, unread=count)
    percent = 100 * active[used] / np.hypot(active[used], reactive[used])
    return _Judged(percent=whole(float(np.clip(percent, *clip_percent).mean())), unread=count)


def _or(percent: int | None, standard_percent: int) -> int:
    return standard_percent if percent is None else percent


def _half_hours(counted: Quantities) -> Quantities:
    return counted[::_STEPS_PER_HALF_HOUR] + counted[1::_STEPS_PER_HALF_HOUR]
