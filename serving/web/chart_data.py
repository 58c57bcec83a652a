"""The chart's series as the script reads them; it replaces the drawing where script is on."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from feature_store.time_grid import KilowattArray
from serving.web.load_chart import BAND_LEVELS, LoadChart
from serving.web.texts import Texts
from serving.web.words import BANDS


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True)


class SeriesData(_Data):
    """One series; ``role`` names its look in the style sheet."""

    role: str
    label: str
    kw: list[float | None]


class LineData(_Data):
    """A level that is the same all the time."""

    role: str
    label: str
    kw: float


class SpanData(_Data):
    """A shaded stretch between two UTC epoch seconds."""

    role: str
    label: str
    start: int
    end: int


class ChartData(_Data):
    """Everything the script draws."""

    timezone: str
    times: list[int]
    """Start of each interval, UTC epoch seconds."""
    issue_time: int
    top_kw: float
    series: list[SeriesData]
    lines: list[LineData]
    spans: list[SpanData]


def chart_data(chart: LoadChart, texts: Texts) -> dict[str, object]:
    """Write a chart as JSON in one language."""
    _ = texts.gettext
    series = [
        SeriesData(role=f"q{level:g}", label=f"q{level:g}", kw=_values(chart.quantile_kw[level]))
        for pair in BAND_LEVELS
        for level in pair
    ]
    median = chart.quantile_kw[0.5]
    series.append(SeriesData(role="median", label=_("Forecast, median"), kw=_values(median)))
    series.append(SeriesData(role="measured", label=_("Measured"), kw=_values(chart.measured_kw)))
    if chart.planned_kw is not None:
        label = _("With the plan")
        series.append(SeriesData(role="planned", label=label, kw=_values(chart.planned_kw)))
    lines = [LineData(role="contract", label=_("Contract power"), kw=chart.contract_power_kw)]
    if chart.demand_floor_kw is not None:
        label = _("Billed demand so far")
        lines.append(LineData(role="floor", label=label, kw=chart.demand_floor_kw))
    return ChartData(
        timezone=chart.zone.key,
        times=chart.grid.starts.astype(np.int64).tolist(),
        issue_time=int(chart.issue_time.timestamp()),
        top_kw=chart.top_kw,
        series=series,
        lines=lines,
        spans=[
            SpanData(
                role=span.name,
                label=_(BANDS[span.name]),
                start=int(span.start.timestamp()),
                end=int(span.end.timestamp()),
            )
            for span in chart.bands
        ],
    ).model_dump(mode="json")


def _values(values_kw: KilowattArray) -> list[float | None]:
    return [None if np.isnan(value) else round(value, 1) for value in values_kw.tolist()]
