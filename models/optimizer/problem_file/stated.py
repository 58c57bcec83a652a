"""Prices, export, events and the running interval as a problem states them, laid on its grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import INTERVAL, TimeGrid, floor_to_step
from models.optimizer.demand_response import DemandResponseEvent
from models.optimizer.grid_terms import Export, RunningInterval
from models.optimizer.problem_file.document import (
    EventPart,
    ExportPart,
    PeakPart,
    RunningPart,
    StatedTariff,
)
from models.optimizer.problem_file.errors import (
    EventError,
    OffGridError,
    RunningIntervalError,
    StatedPricesError,
)
from models.optimizer.problem_file.limits import FIRST_YEAR, LAST_YEAR
from models.tariffs.priced_grid import PricedGrid
from models.tariffs.stated_prices import StatedPeak, StatedPrices


def stated_prices(told: StatedTariff, grid: TimeGrid) -> StatedPrices:
    """Return the prices of a grid as they are told."""
    peaks = [_peak(peak, grid) for peak in told.peaks]
    if told.excess_krw_per_kw:
        peaks.append(
            StatedPeak(
                name="above the contract power",
                basic_krw_per_kw=0.0,
                excess_krw_per_kw=told.excess_krw_per_kw,
                counted_steps=np.arange(grid.steps),
            )
        )
    return StatedPrices(
        grid=grid,
        krw_per_kwh=each_step(told.krw_per_kwh, grid.steps, "tariff.krw_per_kwh"),
        months=tuple(peaks),
    )


def stated_floors_kw(told: StatedTariff, prices: StatedPrices) -> npt.NDArray[np.float64]:
    """Return what each peak of the prices is billed for whatever happens, shape (peaks,)."""
    floors_kw = np.zeros(len(prices.months))
    floors_kw[: len(told.peaks)] = [peak.floor_kw for peak in told.peaks]
    return floors_kw


def export_of(told: ExportPart, prices: PricedGrid, *, with_scenarios: bool) -> Export:
    """Return the terms of feeding back.

    With scenarios a kWh fed back may not earn more than one drawn costs: what would pay in one
    path would be bought and sold at once in another.
    """
    krw_per_kwh = each_step(told.krw_per_kwh, prices.grid.steps, "site.export.krw_per_kwh")
    above = np.flatnonzero(krw_per_kwh > prices.krw_per_kwh)
    if with_scenarios and above.size:
        at = prices.grid.at(int(above[0])).isoformat(timespec="minutes")
        raise StatedPricesError(
            f"site.export.krw_per_kwh: at {at} a kWh fed back earns more than one drawn costs, "
            "which cannot be planned over scenarios; lower it to the purchase price, or tell the "
            "load as a path or quantiles"
        )
    return Export(krw_per_kwh=krw_per_kwh, most_kw=np.inf if told.most_kw is None else told.most_kw)


def running_of(told: RunningPart | None, *, may_feed_back: bool) -> RunningInterval | None:
    """Return the interval under way, None where the first one begins now."""
    if told is None:
        return None
    if told.drawn_kwh < 0 and not may_feed_back:
        raise RunningIntervalError(
            f"running.drawn_kwh: {told.drawn_kwh:g} kWh would have been fed back, which is off; "
            "write at least 0, or declare site.export"
        )
    return RunningInterval(drawn_kwh=told.drawn_kwh, elapsed_share=told.elapsed_share)


def events_of(told: Sequence[EventPart], grid: TimeGrid) -> tuple[DemandResponseEvent, ...]:
    """Return events on the grid; two of one name are an error."""
    names = Counter(event.name for event in told)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise EventError(f"events: two are called {twice[0]!r}; give each a name of its own")
    return tuple(_event(event, grid) for event in told)


def _event(told: EventPart, grid: TimeGrid) -> DemandResponseEvent:
    """Return an event on the grid; one that does not lie on it whole is an error."""
    first = step_of(told.start, grid, f"events: the start of {told.name}")
    end = step_of(told.end, grid, f"events: the end of {told.name}")
    if not 0 <= first < end <= grid.steps:
        raise EventError(
            f"events: {told.name} runs from {told.start.isoformat()} to {told.end.isoformat()}, "
            f"and the grid from {grid.start.isoformat()} to {grid.end.isoformat()}; tell the part "
            "that lies in the grid, its start before its end"
        )
    steps = np.arange(first, end)
    return DemandResponseEvent(
        name=told.name,
        start=told.start,
        steps=steps,
        baseline_kw=each_step(told.baseline_kw, steps.size, f"events: baseline_kw of {told.name}"),
        reduction_kw=told.reduction_kw,
        paid_krw_per_kwh=told.paid_krw_per_kwh,
        paid_krw=told.paid_krw,
        penalty_krw_per_kwh=told.penalty_krw_per_kwh,
        optional=told.optional,
    )


def step_of(moment: datetime, grid: TimeGrid, what: str) -> int:
    """Return the number of the interval that begins at ``moment``, also outside of the grid."""
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        raise OffGridError(
            f"{what}, {moment.isoformat()}, lies outside of the years {FIRST_YEAR + 1} to "
            f"{LAST_YEAR - 1}; mend it"
        )
    if floor_to_step(moment) != moment:
        raise OffGridError(
            f"{what}, {moment.isoformat()}, is not on a quarter hour; "
            f"write {floor_to_step(moment).isoformat()}"
        )
    return (moment - grid.start) // INTERVAL


def each_step(told: float | list[float], steps: int, where: str) -> npt.NDArray[np.float64]:
    """Return one value for each of ``steps`` intervals, shape (steps,)."""
    if not isinstance(told, list):
        return np.full(steps, float(told))
    if len(told) != steps:
        raise StatedPricesError(
            f"{where}: {len(told)} values for {steps} intervals; write one for each, or a number"
        )
    return np.array(told, dtype=float)


def _peak(told: PeakPart, grid: TimeGrid) -> StatedPeak:
    steps = np.arange(grid.steps) if told.steps is None else np.unique(told.steps).astype(np.intp)
    if steps.size and not 0 <= steps[0] <= steps[-1] < grid.steps:
        raise StatedPricesError(
            f"tariff.peaks: {told.name} counts intervals {steps[0]} to {steps[-1]}, and the grid "
            f"has 0 to {grid.steps - 1}; number them from the grid's start"
        )
    return StatedPeak(name=told.name, basic_krw_per_kw=told.krw_per_kw, counted_steps=steps)
