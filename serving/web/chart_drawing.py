"""The chart of a firm's load as SVG path data and positions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.time_grid import KilowattArray, TimeGrid, utc_instant
from serving.web.figure_sizes import CHART_SIZES, FigureSize
from serving.web.load_chart import BAND_LEVELS, LoadChart, round_ticks


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A labelled position on an axis."""

    at: float
    value: float = 0.0
    moment: datetime | None = None
    is_midnight: bool = False


@dataclass(frozen=True, kw_only=True)
class Shade:
    """A shaded stretch of time."""

    name: str
    x: float
    width: float


@dataclass(frozen=True, kw_only=True)
class ChartDrawing:
    """The chart in one size, as SVG path data and positions."""

    size: FigureSize
    measured: str
    median: str
    planned: str
    wide_band: str
    narrow_band: str
    contract_y: float
    floor_y: float | None
    issue_x: float
    shades: tuple[Shade, ...]
    time_ticks: tuple[Tick, ...]
    power_ticks: tuple[Tick, ...]


def draw_chart(chart: LoadChart) -> tuple[ChartDrawing, ...]:
    """Draw the chart in every size."""
    return tuple(_draw(chart, size) for size in CHART_SIZES)


def _draw(chart: LoadChart, size: FigureSize) -> ChartDrawing:
    scale = _Scale(chart, size)
    wide, narrow = BAND_LEVELS
    return ChartDrawing(
        size=size,
        measured=scale.line(chart.measured_kw),
        median=scale.line(chart.quantile_kw[0.5]),
        planned="" if chart.planned_kw is None else scale.line(chart.planned_kw),
        wide_band=scale.area(chart.quantile_kw[wide[0]], chart.quantile_kw[wide[1]]),
        narrow_band=scale.area(chart.quantile_kw[narrow[0]], chart.quantile_kw[narrow[1]]),
        contract_y=scale.y(chart.contract_power_kw),
        floor_y=None if chart.demand_floor_kw is None else scale.y(chart.demand_floor_kw),
        issue_x=scale.x_of(chart.issue_time),
        shades=tuple(
            Shade(
                name=span.name,
                x=scale.x_of(span.start),
                width=round(scale.x_of(span.end) - scale.x_of(span.start), 1),
            )
            for span in chart.bands
            if span.name != "off-peak"
        ),
        time_ticks=time_ticks(chart.grid, chart.zone, size),
        power_ticks=tuple(
            Tick(at=scale.y(value), value=value) for value in round_ticks(chart.top_kw)
        ),
    )


class _Scale:
    """From times and kilowatts to positions in a drawing."""

    def __init__(self, chart: LoadChart, size: FigureSize) -> None:
        self._grid = chart.grid
        self._size = size
        self._top_kw = chart.top_kw

    def x(self, step: float) -> float:
        return round(self._size.left + self._size.plot_width * step / self._grid.steps, 1)

    def x_of(self, moment: datetime) -> float:
        return x_of(moment, self._grid, self._size)

    def y(self, value_kw: float) -> float:
        share = value_kw / self._top_kw
        return round(self._size.plot_bottom - self._size.plot_height * share, 1)

    def line(self, values_kw: KilowattArray) -> str:
        """A staircase: each value holds for its whole interval; a gap where it is NaN."""
        path: list[str] = []
        drawing = False
        for step, value in enumerate(values_kw.tolist()):
            if math.isnan(value):
                drawing = False
                continue
            y = self.y(value)
            path.append(f"{'L' if drawing else 'M'}{self.x(step)} {y}H{self.x(step + 1)}")
            drawing = True
        return "".join(path)

    def area(self, lower_kw: KilowattArray, upper_kw: KilowattArray) -> str:
        """The stretch between two staircases that share their gaps."""
        steps = np.flatnonzero(np.isfinite(lower_kw)).tolist()
        if not steps:
            return ""
        there = [f"L{self.x(k)} {self.y(upper_kw[k])}H{self.x(k + 1)}" for k in steps]
        back = [f"L{self.x(k + 1)} {self.y(lower_kw[k])}H{self.x(k)}" for k in reversed(steps)]
        return "M" + "".join(there)[1:] + "".join(back) + "Z"


def x_of(moment: datetime, grid: TimeGrid, size: FigureSize) -> float:
    """Position of a moment, kept inside the drawing."""
    span = (utc_instant(grid.end) - utc_instant(grid.start)).astype(float)
    share = float((utc_instant(moment) - utc_instant(grid.start)).astype(float) / span)
    return round(size.left + size.plot_width * min(max(share, 0.0), 1.0), 1)


def time_ticks(grid: TimeGrid, zone: ZoneInfo, size: FigureSize) -> tuple[Tick, ...]:
    """Label round hours of the firm's wall clock."""
    hours = (grid.at(step).astimezone(zone) for step in range(grid.steps + 1))
    return tuple(
        Tick(
            at=x_of(moment, grid, size),
            moment=moment,
            is_midnight=moment.hour == 0,
        )
        for moment in hours
        if moment.minute == 0 and moment.hour % size.hours_per_tick == 0
    )
