"""Pictures of a backtest as SVG that stands in the page itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.load_forecast import QUANTILES
from training.evaluation.firm_figures import FirmFigures
from training.evaluation.overall_figures import OverallFigures
from training.evaluation.report.picture import (
    COLOURS,
    RIGHT,
    WIDTH_INCHES,
    as_address,
    blank,
    legend,
    plain,
)
from training.evaluation.shown_days import ShownDay
from training.metrics import P10, P50, P90
from training.scores.exceedance import BINS

OUTER, INNER, MEDIAN, MEASURED = "#d3e4f3", "#9cc3e6", "#1f4e79", "#222222"
MARK_HOURS = 6
"""Between the marks of a day's clock."""
MIN_LOSS_AXIS = 0.01
"""Top of an axis of losses that are all zero."""
MANY_HOURS = 72
"""Ahead, from which on marks a day apart are enough."""


def colours_of(forecasters: Sequence[str]) -> dict[str, str]:
    """Give each forecaster the colour that it has on the whole page."""
    return {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(forecasters)}


def calibration(overall: Mapping[str, OverallFigures]) -> str:
    """Share of the loads at or below each quantile, against the share there should be."""
    figure, axes = blank(WIDTH_INCHES * 0.8)
    axes.plot([0, 1], [0, 1], color=RIGHT, linewidth=1)
    for name, colour in colours_of(list(overall)).items():
        share = overall[name].calibration.share_below
        axes.plot(QUANTILES, share, color=colour, marker="o", markersize=3, label=name)
    axes.set_xlabel("forecast quantile")
    axes.set_ylabel("share of loads at or below it")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    legend(axes)
    return as_address(figure)


def reliability(overall: Mapping[str, OverallFigures]) -> str:
    """How often a level was exceeded, against how likely that was said to be; counts below."""
    figure = Figure(figsize=(WIDTH_INCHES, WIDTH_INCHES * 0.8), layout="constrained")
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    axes.plot([0, 1], [0, 1], color=RIGHT, linewidth=1)
    names = list(overall)
    width = 1 / BINS / (len(names) + 1)
    left = np.arange(BINS) / BINS + width / 2
    for number, (name, colour) in enumerate(colours_of(names).items()):
        told = overall[name].reliability
        some = told.count > 0
        axes.plot(
            told.said[some] / told.count[some],
            told.happened[some] / told.count[some],
            color=colour,
            marker="o",
            markersize=3,
            label=name,
        )
        counts.bar(
            left + number * width, np.maximum(told.count, 1), width, 0, align="edge", color=colour
        )
    axes.set_ylabel("share that lay above")
    axes.set_ylim(0, 1)
    axes.set_xlim(0, 1)
    counts.set_yscale("log")
    counts.set_ylabel("intervals")
    counts.set_xlabel("probability said")
    for one in (axes, counts):
        plain(one)
    legend(axes)
    return as_address(figure)


def by_lead(overall: Mapping[str, OverallFigures], field: str, label: str) -> str:
    """One figure in each window of lead time, mean over firms."""
    figure, axes = blank(WIDTH_INCHES * 0.6)
    highest = MIN_LOSS_AXIS
    for name, colour in colours_of(list(overall)).items():
        windows = overall[name].windows
        hours = [(one.first_hour + one.last_hour) / 2 for one in windows]
        values = [getattr(one, field) for one in windows]
        highest = max([highest, *(value for value in values if np.isfinite(value))])
        axes.plot(
            hours, values, color=colour, marker="o", markersize=2.5, linewidth=1.2, label=name
        )
    if field == "cov80":
        axes.axhline(0.8, color=RIGHT, linewidth=1)
        axes.set_ylim(0, 1)
    else:
        axes.set_ylim(0, highest * 1.1)
    axes.set_xlabel("hours ahead")
    axes.set_ylabel(label)
    axes.set_xlim(left=0)
    axes.set_xticks(np.arange(0, hours[-1] + 1, MARK_HOURS if hours[-1] <= MANY_HOURS else 24))
    legend(axes)
    return as_address(figure)


def by_firm(firms: Sequence[FirmFigures], field: str, *, right: float | None = None) -> str:
    """One figure of each firm, a dot a forecaster; of a share, a line where it would be right."""
    names = list(firms[0].of)
    figure, axes = blank(0.9 + 0.22 * len(firms))
    place = np.arange(len(firms))
    for name, colour in colours_of(names).items():
        values = [firm.of[name].figures[field] for firm in firms]
        axes.plot(values, place, color=colour, marker="o", markersize=5, linestyle="", label=name)
    axes.set_yticks(place, [firm.firm_id for firm in firms])
    axes.set_ylim(len(firms) - 0.5, -0.5)
    axes.set_xlim(left=0)
    if right is not None:
        axes.axvline(right, color=RIGHT, linewidth=1, zorder=0)
        axes.set_xlim(right=1)
    return as_address(figure)


def fan(day: ShownDay) -> str:
    """One day's quantiles beside what was measured."""
    figure, axes = blank(WIDTH_INCHES * 0.48)
    hours = day.first_hour + np.arange(len(day.actual_kw)) * 24 / STEPS_PER_DAY
    outer, inner = (0, -1), (P10, P90)
    for (low, high), colour in ((outer, OUTER), (inner, INNER)):
        axes.fill_between(
            hours, day.demand_kw[:, low], day.demand_kw[:, high], color=colour, linewidth=0
        )
    axes.plot(hours, day.demand_kw[:, P50], color=MEDIAN, linewidth=1)
    axes.plot(hours, day.actual_kw, color=MEASURED, linewidth=1, linestyle=(0, (3, 1)))
    marks = np.arange(np.ceil(hours[0] / MARK_HOURS), hours[-1] / MARK_HOURS + 1) * MARK_HOURS
    axes.set_xticks(marks, [f"{mark % 24:.0f} h" for mark in marks])
    axes.set_xlim(hours[0], hours[0] + 24)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("kW")
    return as_address(figure)
