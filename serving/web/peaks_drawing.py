"""The daily peaks as SVG path data and positions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from serving.web.chart_drawing import Tick
from serving.web.daily_peaks import DailyPeaks
from serving.web.figure_sizes import PEAKS_SIZES, FigureSize
from serving.web.load_chart import round_ticks

_MONTHS_PER_LABEL = {"wide": 1, "narrow": 3}
"""A month is some 80 units wide on a wide screen, and 25 on a phone."""


@dataclass(frozen=True, kw_only=True)
class MonthTick:
    """Where a month begins."""

    at: float
    first: date
    is_labelled: bool


@dataclass(frozen=True, kw_only=True)
class PeaksDrawing:
    """The figure in one size."""

    size: FigureSize
    days: str
    """The daily peaks as an area with gaps."""
    counted: str
    """A level for each billing month that has a counted peak."""
    billed_y: float
    contract_y: float
    month_ticks: tuple[MonthTick, ...]
    power_ticks: tuple[Tick, ...]


def draw_peaks(peaks: DailyPeaks) -> tuple[PeaksDrawing, ...]:
    """Draw the peaks in every size."""
    return tuple(_draw(peaks, size) for size in PEAKS_SIZES)


def _draw(peaks: DailyPeaks, size: FigureSize) -> PeaksDrawing:
    scale = _Scale(peaks, size)
    return PeaksDrawing(
        size=size,
        days=scale.columns(),
        counted="".join(
            f"M{scale.x(month.first_day)} {scale.y(month.counted_kw)}H{scale.end_x(month.last_day)}"
            for month in peaks.months
            if month.counted_kw is not None
        ),
        billed_y=scale.y(peaks.billed.kw),
        contract_y=scale.y(peaks.contract_power_kw),
        month_ticks=tuple(
            MonthTick(
                at=scale.x(first),
                first=first,
                is_labelled=number % _MONTHS_PER_LABEL[size.name] == 0,
            )
            for number, first in enumerate(_firsts(peaks.first, peaks.last))
        ),
        power_ticks=tuple(
            Tick(at=scale.y(value), value=value) for value in round_ticks(peaks.top_kw)
        ),
    )


def _firsts(first: date, last: date) -> list[date]:
    """First days of the calendar months that begin from ``first`` to ``last``."""
    months = ((first.year * 12 + first.month - 1) + ahead for ahead in range((last - first).days))
    firsts = (date(number // 12, number % 12 + 1, 1) for number in months)
    return [day for day in firsts if first <= day <= last]


class _Scale:
    """From days and kilowatts to positions in a drawing."""

    def __init__(self, peaks: DailyPeaks, size: FigureSize) -> None:
        self._peaks = peaks
        self._size = size
        self._days = (peaks.last - peaks.first).days + 1

    def x(self, day: date) -> float:
        """Where a day begins."""
        return self._x((day - self._peaks.first).days)

    def end_x(self, day: date) -> float:
        """Where a day ends."""
        return self._x((day - self._peaks.first).days + 1)

    def y(self, value_kw: float) -> float:
        share = value_kw / self._peaks.top_kw
        return round(self._size.plot_bottom - self._size.plot_height * share, 1)

    def columns(self) -> str:
        """A column for each known day; those that follow each other share their sides."""
        path: list[str] = []
        before = None
        for day in self._peaks.days:
            y, end = self.y(day.highest_kw), self.end_x(day.day)
            if before is None or (day.day - before).days > 1:
                path.append(f"{'' if before is None else self._close()}M{self.x(day.day)} ")
                path.append(f"{self._size.plot_bottom}V{y}H{end}")
            else:
                path.append(f"V{y}H{end}")
            before = day.day
        return "".join(path) + self._close()

    def _close(self) -> str:
        return f"V{self._size.plot_bottom}Z"

    def _x(self, number: int) -> float:
        return round(self._size.left + self._size.plot_width * number / self._days, 1)
