"""The chart of a firm's load: measured, forecast, planned, and the limits that cost money."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.time_grid import KilowattArray, TimeGrid
from models.forecasting.load_forecast import LoadForecast, Quality, QualityReason
from models.optimizer.schedule import Schedule
from models.tariffs.band import Band
from models.tariffs.bands import interval_bands

BAND_LEVELS = ((0.05, 0.95), (0.1, 0.9))
"""The forecast's bands, wide first."""

_BAND_NAMES = {Band.OFF_PEAK: "off-peak", Band.MID: "mid", Band.PEAK: "peak"}
_TICKS_WANTED = 5
_ROUND_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, kw_only=True)
class BandSpan:
    """A stretch of one time-of-use band."""

    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class LoadChart:
    """What the chart shows on one grid; arrays of shape (grid.steps,), NaN where nothing is."""

    zone: ZoneInfo
    grid: TimeGrid
    issue_time: datetime
    measured_kw: KilowattArray
    quantile_kw: dict[float, KilowattArray]
    planned_kw: KilowattArray | None
    contract_power_kw: float
    demand_floor_kw: float | None
    bands: tuple[BandSpan, ...]
    quality: Quality
    """How much the forecast may be trusted."""
    reasons: tuple[QualityReason, ...]
    """Why it is not full."""

    @property
    def top_kw(self) -> float:
        """The upper end of the axis, a round number above everything drawn."""
        shown = [self.measured_kw, self.quantile_kw[BAND_LEVELS[0][1]]]
        if self.planned_kw is not None:
            shown.append(self.planned_kw)
        highest = max(float(np.nanmax(series, initial=0.0)) for series in shown)
        ticks = round_ticks(max(highest, self.contract_power_kw) * 1.05)
        return ticks[-1]


def load_chart(
    firm: Firm,
    grid: TimeGrid,
    measured_kw: KilowattArray,
    forecast: LoadForecast,
    schedule: Schedule | None,
) -> LoadChart:
    """Lay everything on ``grid``, which begins before the forecast and ends with it."""
    offset = grid.steps - forecast.grid.steps
    levels = sorted({level for pair in BAND_LEVELS for level in pair} | {0.5})
    return LoadChart(
        zone=firm.zone,
        grid=grid,
        issue_time=forecast.issue_time.astimezone(firm.zone),
        measured_kw=measured_kw,
        quantile_kw={level: _after(offset, forecast.quantile(level)) for level in levels},
        planned_kw=None if schedule is None else _after(offset, schedule.planned_import_kw),
        contract_power_kw=firm.contract.power_kw,
        demand_floor_kw=None if schedule is None else schedule.demand_floor_kw,
        bands=_band_spans(firm, grid),
        quality=forecast.quality,
        reasons=forecast.reasons,
    )


def _after(offset: int, values: KilowattArray) -> KilowattArray:
    return np.concatenate([np.full(offset, np.nan), values])


def _band_spans(firm: Firm, grid: TimeGrid) -> tuple[BandSpan, ...]:
    band = interval_bands(firm.contract, grid.starts, firm.zone).band
    edges = [0, *(np.flatnonzero(np.diff(band)) + 1).tolist(), grid.steps]
    return tuple(
        BandSpan(
            name=_BAND_NAMES[Band(int(band[first]))],
            start=grid.at(first).astimezone(firm.zone),
            end=grid.at(last).astimezone(firm.zone),
        )
        for first, last in pairwise(edges)
    )


def round_ticks(highest: float) -> list[float]:
    """Multiples of a round number from 0 to the first that reaches ``highest``.

    Example:
        >>> round_ticks(930)
        [0, 200, 400, 600, 800, 1000]
    """
    rough = max(highest, 1.0) / _TICKS_WANTED
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in _ROUND_STEPS if factor * power >= rough)
    return [step * count for count in range(math.ceil(highest / step) + 1)]
