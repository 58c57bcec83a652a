"""The largest demand of the billing month under way, and when it passes a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from feature_store.time_grid import KilowattArray, LocalClock, local_clock, utc_instant
from models.diagnosis.day_peaks import DayPeak
from models.diagnosis.firm_outlook import FirmOutlook
from models.diagnosis.later_days import LaterDay, later_days
from models.diagnosis.looked_at import Hours, looked_at
from models.forecasting.daily_maximum import Mask
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.monthly_maximum import MonthMaximum, NearDays, month_maximum
from models.forecasting.scenario_paths import path_seed
from models.tariffs.bill.month_grid import month_grid
from models.tariffs.billing_month import BillingMonth


@dataclass(frozen=True, kw_only=True)
class Passing:
    """How likely, and when, the month's peak passes a level."""

    level_kw: float
    passed: bool
    """Whether what was measured lies above the level."""
    chance: float
    """1 if it is passed."""
    by_day: tuple[tuple[date, float], ...]
    """Probability that each day to come is the first of them above the level, in order."""
    expected_at: datetime | None
    """Likeliest time of the peak on the day by whose end half of the chance lies behind; None where
    there is no chance, or it is passed."""


@dataclass(frozen=True, kw_only=True)
class MonthPeak:
    """The largest demand of a billing month, of the intervals that are looked at."""

    month: BillingMonth
    maximum: MonthMaximum
    days: tuple[DayPeak | LaterDay, ...]
    """The days to come, in order: those of the maximum."""

    def passing(self, level_kw: float) -> Passing:
        """Return how likely and when the peak passes a level."""
        first = self.maximum.first_above(level_kw)
        passed = self.maximum.so_far_kw > level_kw
        expected_at = None
        if first.any() and not passed:
            half = int(np.searchsorted(np.cumsum(first), first.sum() / 2))
            expected_at = self.days[half].likeliest_at
        return Passing(
            level_kw=level_kw,
            passed=passed,
            chance=self.maximum.chance_above(level_kw),
            by_day=tuple(
                (one.day, chance) for one, chance in zip(self.days, first.tolist(), strict=True)
            ),
            expected_at=expected_at,
        )


def month_peak(known: FirmOutlook, near: Sequence[DayPeak], hours: Hours) -> MonthPeak | None:
    """Return the peak of the billing month under way; None if none of its intervals is looked at.

    Args:
        known: The firm at an issue time; the month is the one that it lies in.
        near: Peaks of the days that the forecast covers, of the same ``hours``.
        hours: Which intervals are looked at.
    """
    firm, today = known.firm, known.issue_time.date()
    reading_day = firm.contract.meter_reading_day
    month = BillingMonth.of(today, reading_day)
    grid = month_grid(month, reading_day, firm.zone)
    counted = looked_at(firm, grid.starts, hours)
    if not counted.any():
        return None
    clock = local_clock(grid.starts, firm.zone)
    within = [one for one in near if one.day <= clock.date[-1].item()]
    last_near = max([today, *(one.day for one in within)])
    later = _days_after(last_near, known, clock, counted)
    measured = counted & (grid.starts < utc_instant(known.issue_time))
    measured_kw = known.history.demand_on(grid)[measured]
    maximum = month_maximum(
        NearDays(quantiles_kw=_quantiles_kw(within), together_kw=_together_kw(within)),
        _quantiles_kw(later),
        so_far_kw=float(measured_kw[np.isfinite(measured_kw)].max(initial=0.0)),
        seed=path_seed(f"{firm.firm_id} {month} {hours}", known.issue_time),
    )
    return MonthPeak(month=month, maximum=maximum, days=(*within, *later))


def _days_after(
    last_near: date, known: FirmOutlook, clock: LocalClock, counted: Mask
) -> tuple[LaterDay, ...]:
    """The days of the month after the last that the forecast covers and that are looked at."""
    ahead = counted & (clock.date > np.datetime64(last_near))
    days = np.unique(clock.date[ahead])
    step = clock.step_of_day.astype(np.int64)
    steps = [step[ahead & (clock.date == day)] for day in days]
    return later_days(known.firm, known.past, [day.item() for day in days], steps)


def _quantiles_kw(days: Sequence[DayPeak | LaterDay]) -> KilowattArray:
    """Quantiles of the peaks of days, shape (days, len(QUANTILES))."""
    return np.array([one.quantiles_kw for one in days]).reshape(-1, len(QUANTILES))


def _together_kw(near: Sequence[DayPeak]) -> KilowattArray:
    """Maxima of the days in each path, shape (paths, days)."""
    if not near:
        return np.empty((1, 0))
    return np.stack([one.paths_kw for one in near], axis=1)
