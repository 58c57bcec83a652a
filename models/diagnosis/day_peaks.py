"""The largest demand of each local day that a forecast covers to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

import numpy as np

from feature_store.time_grid import STEP, KilowattArray, TimeGrid, local_clock, utc_instant
from models.diagnosis.firm_outlook import FirmOutlook
from models.diagnosis.looked_at import Hours, looked_at
from models.forecasting.daily_maximum import (
    Mask,
    PeakTime,
    maximum_quantiles_kw,
    peak_time,
    sampled_maxima,
)
from models.forecasting.scenario_paths import path_seed


@dataclass(frozen=True, kw_only=True)
class DayPeak:
    """The largest demand of a day, from its first interval to its last."""

    day: date
    measured_kw: float | None
    """The largest of the day measured before the forecast; None if nothing was."""
    quantiles_kw: KilowattArray
    """Shape (len(QUANTILES),); never below what was measured."""
    time: PeakTime
    likeliest_at: datetime
    """Start of the interval that the peak to come most likely lies within half an hour of."""
    paths_kw: KilowattArray
    """The day's maximum in each of the forecast's paths, what was measured included, (paths,)."""


def day_peaks(known: FirmOutlook, hours: Hours) -> tuple[DayPeak, ...]:
    """Return the peaks of the days that the outlook covers to their end, in order.

    A day of which no interval to come is looked at is left out.
    """
    starts = known.outlook.forecast.grid.starts
    date_of = local_clock(np.append(starts, starts[-1] + STEP), known.firm.zone).date
    counted = looked_at(known.firm, starts, hours)
    peaks = []
    for day in np.unique(date_of[date_of < date_of[-1]]):
        steps = (date_of[:-1] == day) & counted
        if steps.any():
            measured_kw = _measured_kw(known, day.item(), hours)
            peaks.append(_day_peak(known, day.item(), steps, measured_kw))
    return tuple(peaks)


def _day_peak(known: FirmOutlook, day: date, steps: Mask, measured_kw: float | None) -> DayPeak:
    forecast = known.outlook.forecast
    seed = path_seed(f"{known.firm.firm_id} {day}", forecast.issue_time)
    maxima = sampled_maxima(steps, known.outlook.analogues, known.paths_kw, seed=seed)
    when = peak_time(maxima, steps, forecast.median_kw, measured_kw=measured_kw)
    of_paths_kw = np.where(steps, known.paths_kw, -np.inf).max(axis=1)
    if measured_kw is not None:
        of_paths_kw = np.maximum(of_paths_kw, measured_kw)
    return DayPeak(
        day=day,
        measured_kw=measured_kw,
        quantiles_kw=maximum_quantiles_kw(maxima, measured_kw=measured_kw),
        time=when,
        likeliest_at=forecast.grid.at(when.likeliest_step).astimezone(known.firm.zone),
        paths_kw=of_paths_kw,
    )


def _measured_kw(known: FirmOutlook, day: date, hours: Hours) -> float | None:
    """The largest demand of the day that was measured before the issue time."""
    midnight = datetime.combine(day, time(), known.firm.zone)
    steps = int((utc_instant(known.issue_time) - utc_instant(midnight)) // STEP)
    if steps < 1:
        return None
    before = TimeGrid(midnight, steps)
    demand_kw = known.history.demand_on(before)[looked_at(known.firm, before.starts, hours)]
    measured_kw = demand_kw[np.isfinite(demand_kw)]
    return float(measured_kw.max()) if measured_kw.size else None
