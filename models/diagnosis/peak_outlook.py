"""A firm's peaks to come: of the days ahead and of its billing month, and what they may pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.diagnosis.day_peaks import DayPeak, day_peaks
from models.diagnosis.firm_outlook import FirmOutlook
from models.diagnosis.month_peak import MonthPeak, Passing, month_peak
from models.forecasting.exceedance import Shares, chance_above, chance_above_within
from models.tariffs.billed_demand import demand_floor_kw


@dataclass(frozen=True, kw_only=True)
class BilledPeak:
    """What is to be expected of the peak that the month under way is billed for."""

    month: MonthPeak
    """Of the hours that count for the bill."""
    ratchet: Passing
    """Of what the month is billed for whatever happens in what is left of it."""
    contract_power: Passing
    """Of the contract power, over all hours."""
    asked: Passing | None
    """Of a level that was asked about, in the hours that count; None if none was."""


@dataclass(frozen=True, kw_only=True)
class LevelAhead:
    """How likely the load passes a level within the forecast, at any hour."""

    level_kw: float
    chance: float
    """That some interval lies above it."""
    by_step: Shares
    """That each interval does, shape (steps,)."""


@dataclass(frozen=True, kw_only=True)
class PeakOutlook:
    """What is to be expected of a firm's peaks."""

    days: tuple[DayPeak, ...]
    """Of all hours, in order."""
    counted_days: tuple[DayPeak, ...]
    """Of the hours that count for the bill; a Sunday has none."""
    billed: BilledPeak | None
    """None without a demand meter."""
    ahead: LevelAhead | None
    """None if no level was asked about."""


def peak_outlook(known: FirmOutlook, *, level_kw: float | None = None) -> PeakOutlook:
    """Return a firm's peaks to come.

    Args:
        known: The firm at an issue time; its history reaches back over the 12 billing months
            before, which the ratchet looks at.
        level_kw: A level to be asked about, e.g. a limit that a plan should keep.
    """
    every = day_peaks(known, "all")
    counted = day_peaks(known, "counted")
    month = month_peak(known, counted, "counted")
    of_all_hours = month_peak(known, every, "all")
    billed = None
    if month is not None and of_all_hours is not None:
        contract, zone = known.firm.contract, known.firm.zone
        floor_kw = demand_floor_kw(known.history, contract, zone, month.month)
        billed = BilledPeak(
            month=month,
            ratchet=month.passing(floor_kw),
            contract_power=of_all_hours.passing(contract.power_kw),
            asked=None if level_kw is None else month.passing(level_kw),
        )
    ahead = None if level_kw is None else _ahead(known, level_kw)
    return PeakOutlook(days=every, counted_days=counted, billed=billed, ahead=ahead)


def _ahead(known: FirmOutlook, level_kw: float) -> LevelAhead:
    quantiles_kw, asked_kw = known.outlook.forecast.demand_kw, np.array([level_kw])
    every = np.ones(len(quantiles_kw), dtype=np.bool_)
    return LevelAhead(
        level_kw=level_kw,
        chance=float(chance_above_within(known.paths_kw, every, asked_kw)[0]),
        by_step=chance_above(quantiles_kw, asked_kw)[:, 0],
    )
