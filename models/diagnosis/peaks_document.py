"""Peaks and totals to come as documents: what the API answers of them."""

from __future__ import annotations

from datetime import date
from typing import Literal

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict

from feature_store.time_grid import KilowattArray
from models.diagnosis.complex_outlook import ComplexOutlook, TotalLoad
from models.diagnosis.day_peaks import DayPeak
from models.diagnosis.firm_outlook import FirmOutlook
from models.diagnosis.month_peak import Passing
from models.diagnosis.peak_outlook import BilledPeak, LevelAhead, PeakOutlook
from models.forecasting.load_forecast import QUANTILES, quantile_key

KW_DECIMALS = 3
"""To the watt, finer than any meter reads."""
CHANCE_DECIMALS = 3
"""To the thousandth, which is what one of the months drawn counts."""
LEAST_CHANCE = 0.001
"""Times and days that are less likely are not listed."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class PeakChanceDocument(_Told):
    """How likely a peak is at a time."""

    start: AwareDatetime
    """Start of the interval."""
    chance: float
    """Probability that the day's largest demand lies in it, 0 to 1."""


class DayPeakDocument(_Told):
    """The largest demand of a day."""

    day: date
    """In the firm's zone."""
    measured_kw: float | None
    """The largest of the day measured before the issue time, kW; null if nothing was."""
    quantiles: dict[str, float]
    """The day's largest demand at any hour, kW by probability level."""
    counted_quantiles: dict[str, float] | None
    """The same of the hours that count for the bill, kW; null where none is to come."""
    likeliest_at: AwareDatetime
    """The largest demand to come most likely lies within half an hour of this interval's start."""
    over_chance: float
    """Probability that what was measured is not exceeded any more, 0 to 1."""
    times: list[PeakChanceDocument]
    """When the largest demand comes; intervals below a thousandth are left out."""


class DayChanceDocument(_Told):
    """How likely a day is the first above a level."""

    day: date
    """In the firm's zone."""
    chance: float
    """Probability, 0 to 1."""


class PassingDocument(_Told):
    """How likely, and when, the month's largest demand passes a level."""

    level_kw: float
    """The level, kW."""
    passed: bool
    """Whether what was measured lies above it."""
    chance: float
    """Probability that the month's largest demand does, 0 to 1; 1 if it is passed."""
    expected_at: AwareDatetime | None
    """The likeliest time of the peak on the day by whose end half of the chance lies behind. Null
    where the level is passed already or there is no chance."""
    by_day: list[DayChanceDocument]
    """Days by the probability that they are the first to come above the level; days below a
    thousandth are left out."""


class MonthPeakDocument(_Told):
    """The peak that the billing month under way is billed for."""

    month: str
    """Billing month, `YYYY-MM`."""
    so_far_kw: float
    """The largest counted demand measured in it, kW; 0 if none was."""
    quantiles: dict[str, float]
    """Its largest counted demand when it is over, kW by probability level."""
    ratchet: PassingDocument
    """Of the demand that the month is billed for whatever happens in what is left of it."""
    contract_power: PassingDocument
    """Of the contract power 계약전력, at any hour."""
    asked: PassingDocument | None
    """Of `level_kw` of the query, in the hours that count; null if none was asked about."""


class IntervalChanceDocument(_Told):
    """How likely the load of an interval lies above a level."""

    start: AwareDatetime
    """Start of the interval."""
    chance: float
    """Probability, 0 to 1."""


class LevelAheadDocument(_Told):
    """How likely the load passes a level within the forecast, at any hour."""

    level_kw: float
    """The level, kW."""
    chance: float
    """Probability that some interval lies above it, 0 to 1. Intervals pass it together, so it is
    not one less the product over them."""
    intervals: list[IntervalChanceDocument]
    """Intervals by the probability that they lie above it; those below a thousandth are left
    out."""


class PeaksDocument(_Told):
    """A firm's peaks to come."""

    firm_id: str
    """Id of the firm."""
    issue_time: AwareDatetime
    """When the forecast was made, in the firm's zone. Nothing known later was used."""
    model_version: str
    """Name and version of the model that made it."""
    timezone: str
    """IANA zone of every time and day in this answer."""
    interval: Literal["PT15M"] = "PT15M"
    """Length of each interval."""
    unit: Literal["kW"] = "kW"
    """Unit of every quantile."""
    days: list[DayPeakDocument]
    """Days that the forecast covers to their end, in order."""
    month: MonthPeakDocument | None
    """Null without a demand meter: no demand counts for the bill."""
    level: LevelAheadDocument | None
    """Of `level_kw` of the query; null if none was asked about."""


class TotalDocument(_Told):
    """The load of some firms together."""

    firm_ids: list[str]
    """Ids of the firms, in order."""
    quantiles: dict[str, list[float]]
    """Mean demand of each interval in kW by probability level. They are not the sums of the firms'
    quantiles: firms are rarely all high at once."""
    mean_kw: list[float]
    """Mean of the paths of each interval, kW. Those of feeders and firms add up."""
    peak_quantiles: dict[str, float]
    """The largest demand of all intervals, kW by probability level."""


class FeederDocument(TotalDocument):
    """The load of a feeder."""

    feeder: str
    """Name of the feeder, as the firms declare it."""


class LeftOutDocument(_Told):
    """A firm that is in no total."""

    firm_id: str
    """Id of the firm."""
    reason: str
    """Why it could not be forecast, and what to do."""


class ComplexForecastDocument(_Told):
    """The load to come of all firms together, and of each feeder."""

    issue_time: AwareDatetime
    """When the forecasts were made. Nothing known later was used."""
    timezone: str
    """IANA zone of every time in this answer."""
    interval: Literal["PT15M"] = "PT15M"
    """Length of each interval."""
    unit: Literal["kW"] = "kW"
    """Unit of every quantile."""
    valid_times: list[AwareDatetime]
    """Start of each interval."""
    total: TotalDocument
    """All firms that could be forecast."""
    feeders: list[FeederDocument]
    """Firms by the feeder that they declare, by its name."""
    left_out: list[LeftOutDocument]
    """Firms in no total, by id."""


def peaks_document(known: FirmOutlook, peaks: PeakOutlook) -> PeaksDocument:
    """Return a firm's peaks to come as a document."""
    counted = {one.day: one for one in peaks.counted_days}
    return PeaksDocument(
        firm_id=known.firm.firm_id,
        issue_time=known.issue_time,
        model_version=known.outlook.forecast.model_version,
        timezone=known.firm.zone.key,
        days=[_day(known, one, counted.get(one.day)) for one in peaks.days],
        month=None if peaks.billed is None else _month(peaks.billed),
        level=None if peaks.ahead is None else _level(known, peaks.ahead),
    )


def complex_document(
    outlook: ComplexOutlook, timezone: str, left_out: dict[str, str]
) -> ComplexForecastDocument:
    """Return totals as a document; ``left_out`` holds the reason of each firm that is in none."""
    grid = outlook.grid
    return ComplexForecastDocument(
        issue_time=outlook.issue_time,
        timezone=timezone,
        valid_times=[grid.at(step) for step in range(grid.steps)],
        total=_total(outlook.total),
        feeders=[
            FeederDocument(feeder=feeder, **dict(_total(total)))
            for feeder, total in outlook.by_feeder.items()
        ],
        left_out=[
            LeftOutDocument(firm_id=firm_id, reason=reason)
            for firm_id, reason in sorted(left_out.items())
        ],
    )


def _day(known: FirmOutlook, peak: DayPeak, counted: DayPeak | None) -> DayPeakDocument:
    grid = known.outlook.forecast.grid
    likely = np.flatnonzero(peak.time.probability >= LEAST_CHANCE).tolist()
    return DayPeakDocument(
        day=peak.day,
        measured_kw=None if peak.measured_kw is None else round(peak.measured_kw, KW_DECIMALS),
        quantiles=_by_level(peak.quantiles_kw),
        counted_quantiles=None if counted is None else _by_level(counted.quantiles_kw),
        likeliest_at=peak.likeliest_at,
        over_chance=round(peak.time.over_share, CHANCE_DECIMALS),
        times=[
            PeakChanceDocument(
                start=grid.at(step).astimezone(known.firm.zone),
                chance=round(float(peak.time.probability[step]), CHANCE_DECIMALS),
            )
            for step in likely
        ],
    )


def _level(known: FirmOutlook, ahead: LevelAhead) -> LevelAheadDocument:
    grid, zone = known.outlook.forecast.grid, known.firm.zone
    likely = np.flatnonzero(ahead.by_step >= LEAST_CHANCE).tolist()
    return LevelAheadDocument(
        level_kw=round(ahead.level_kw, KW_DECIMALS),
        chance=round(ahead.chance, CHANCE_DECIMALS),
        intervals=[
            IntervalChanceDocument(
                start=grid.at(step).astimezone(zone),
                chance=round(float(ahead.by_step[step]), CHANCE_DECIMALS),
            )
            for step in likely
        ],
    )


def _month(billed: BilledPeak) -> MonthPeakDocument:
    maximum = billed.month.maximum
    return MonthPeakDocument(
        month=str(billed.month.month),
        so_far_kw=round(maximum.so_far_kw, KW_DECIMALS),
        quantiles=_by_level(maximum.quantiles_kw),
        ratchet=_passing(billed.ratchet),
        contract_power=_passing(billed.contract_power),
        asked=None if billed.asked is None else _passing(billed.asked),
    )


def _passing(passing: Passing) -> PassingDocument:
    return PassingDocument(
        level_kw=round(passing.level_kw, KW_DECIMALS),
        passed=passing.passed,
        chance=round(passing.chance, CHANCE_DECIMALS),
        expected_at=passing.expected_at,
        by_day=[
            DayChanceDocument(day=day, chance=round(chance, CHANCE_DECIMALS))
            for day, chance in passing.by_day
            if chance >= LEAST_CHANCE
        ],
    )


def _total(total: TotalLoad) -> TotalDocument:
    rounded = np.round(total.quantiles_kw, KW_DECIMALS)
    return TotalDocument(
        firm_ids=list(total.firm_ids),
        quantiles={
            quantile_key(level): rounded[:, column].tolist()
            for column, level in enumerate(QUANTILES)
        },
        mean_kw=np.round(total.mean_kw, KW_DECIMALS).tolist(),
        peak_quantiles=_by_level(total.peak_kw),
    )


def _by_level(quantiles_kw: KilowattArray) -> dict[str, float]:
    rounded = np.round(quantiles_kw, KW_DECIMALS).tolist()
    return {quantile_key(level): kw for level, kw in zip(QUANTILES, rounded, strict=True)}
