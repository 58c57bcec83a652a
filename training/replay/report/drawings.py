"""Pictures of a replay. They hold names and units alone: words stand beside them in the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

import numpy as np
from matplotlib.ticker import PercentFormatter

from training.evaluation.report.picture import RIGHT, WIDTH_INCHES, as_address, blank, plain
from training.replay.figures import Cell
from training.replay.report.peak_event import PeakEvent

LOAD, IMPORT, FORESEEN, SO_FAR, UNCOUNTED = "#d59a2c", "#0072b2", "#222222", "#d55e00", "#eef1f4"
LOWEST_SHOWN = -0.5
"""Captures below are drawn at the edge: one month that went very wrong would squeeze all others."""
MARK_HOURS = 12
"""Between the marks of the clock over two days."""
_ROW_INCHES, _EDGES_INCHES = 0.32, 0.6
_SPREAD = 0.26
"""Half the height of a row that its dots are laid out over."""


def captures(cells: Sequence[Cell], policies: Sequence[str], colours: dict[str, str]) -> str:
    """A row a policy, a dot a cell, a line at the mean."""
    figure, axes = blank(_EDGES_INCHES + _ROW_INCHES * len(policies))
    rank = (np.arange(len(cells)) * 0.618) % 1  # spread evenly whatever their number
    for row, policy in enumerate(policies):
        capture = np.array([cell.capture[policy] for cell in cells])
        known = np.isfinite(capture)
        shown = np.maximum(capture, LOWEST_SHOWN)
        height = row + _SPREAD * (2 * rank - 1)
        for chosen, marker in ((capture >= LOWEST_SHOWN, "o"), (capture < LOWEST_SHOWN, "<")):
            axes.plot(
                shown[chosen & known],
                height[chosen & known],
                color=colours[policy],
                marker=marker,
                markersize=4,
                alpha=0.65,
                linestyle="",
                markeredgewidth=0,
            )
        if known.any():
            mean = max(float(capture[known].mean()), LOWEST_SHOWN)
            axes.plot([mean, mean], [row - 0.4, row + 0.4], color=colours[policy], linewidth=2)
    axes.axvline(1, color=RIGHT, linewidth=1, zorder=0)
    axes.set_yticks(range(len(policies)), policies)
    axes.set_ylim(len(policies) - 0.5, -0.5)
    axes.set_xlim(right=1.04)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    return as_address(figure)


def monthly_peaks(
    peaks_kw: Mapping[str, Sequence[float]], months: Sequence[str], colours: dict[str, str]
) -> str:
    """The peaks of one site, a line a policy."""
    figure, axes = blank(WIDTH_INCHES * 0.55)
    places = np.arange(len(months))
    shift = np.linspace(-0.15, 0.15, len(peaks_kw))
    for (policy, peak_kw), aside in zip(peaks_kw.items(), shift, strict=True):
        axes.plot(
            places + aside,
            peak_kw,
            color=colours[policy],
            marker="o",
            markersize=4.5,
            linewidth=0.8,
        )
    every = max(1, len(months) // 6)
    axes.set_xticks(places[::every], [months[place] for place in places[::every]])
    axes.set_xlim(-0.5, len(months) - 0.5)
    axes.set_ylabel("kW")
    return as_address(figure)


def around_peak(event: PeakEvent) -> str:
    """Loads above, the battery's charge below; the hours that do not count are shaded."""
    figure, first = blank(WIDTH_INCHES * 0.85)
    first.remove()
    powers, charge = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.2))
    hours, store = event.hours, event.store
    powers.plot(hours, event.load_kw, color=LOAD, linewidth=1)
    powers.step(hours, event.so_far_kw, where="post", color=SO_FAR, linewidth=1, linestyle="--")
    powers.plot(hours, event.foreseen_kw, color=FORESEEN, linewidth=0.7, alpha=0.6)
    powers.plot(hours, event.import_kw, color=IMPORT, linewidth=1.4)
    powers.plot(
        hours[event.place], event.import_kw[event.place], color=SO_FAR, marker="o", markersize=5
    )
    charge.plot(hours, event.foreseen_soc_kwh, color=FORESEEN, linewidth=0.7, alpha=0.6)
    charge.plot(hours, event.soc_kwh, color=IMPORT, linewidth=1.4)
    for edge_kwh in (store.least_kwh, store.most_kwh):
        charge.axhline(edge_kwh, color=RIGHT, linewidth=0.8)
    charge.set_ylim(0, 1.08 * max(store.most_kwh, 1.0))
    for axes, unit in ((powers, "kW"), (charge, "kWh")):
        plain(axes)
        axes.set_ylabel(unit)
        axes.set_xlim(hours[0], hours[-1])
        axes.fill_between(
            hours,
            0,
            1,
            where=~event.counted,
            step="post",
            color=UNCOUNTED,
            linewidth=0,
            transform=axes.get_xaxis_transform(),
            zorder=0,
        )
    powers.set_ylim(bottom=0)
    marks = np.arange(np.ceil(hours[0] / MARK_HOURS), hours[-1] / MARK_HOURS + 0.01) * MARK_HOURS
    charge.set_xticks(marks, [_mark(event.first_day, float(mark)) for mark in marks])
    return as_address(figure)


def _mark(first_day: date, hour: float) -> str:
    """The day at midnight, the time at noon."""
    moment = datetime.combine(first_day, time()) + timedelta(hours=hour)
    return f"{moment:%m-%d}" if moment.hour == 0 else f"{moment:%H:%M}"
