"""A picture of a place's weather as it was known: one panel a unit, the sources as background."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from feature_store.entities.known_weather import HOUR, KnownWeather
from feature_store.entities.weather_batch import VARIABLES, WeatherVariable
from feature_store.errors import SandanError
from feature_store.time_grid import utc_instant

_BACKGROUND = {"observation": "#dcefdc", "reanalysis": "#e3e3ef", "forecast": "#fdf0d5"}
_INK = ("#1f4e79", "#c0504d", "#4f8f4f")
"""Lines of a panel, in the order of ``VARIABLES``: no unit has more of them."""
_PANEL_INCHES = 1.7


def write_plot(known: KnownWeather, moment: datetime, path: Path) -> None:
    """Draw ``known`` into a PNG file, by the clock of the zone of ``moment``.

    A line marks ``moment``: what is right of it was ahead then.
    """
    if path.suffix.lower() != ".png":
        raise SandanError(f"{path}: is no name of a picture; end it with .png")
    if not path.parent.is_dir():
        raise SandanError(f"{path.parent}: there is no such folder; make it first")
    _figure(known, moment).savefig(path, dpi=110)


def _figure(known: KnownWeather, moment: datetime) -> Figure:
    panels: dict[str, list[WeatherVariable]] = {}
    for variable in VARIABLES:
        if np.isfinite(known.values[variable.name]).any():
            panels.setdefault(variable.unit, []).append(variable)
    height = _PANEL_INCHES * len(panels) + 1
    figure = Figure(figsize=(11, height), layout="constrained")
    every_axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False).ravel()
    for axes, (unit, variables) in zip(every_axes, panels.items(), strict=True):
        axes.xaxis_date(tz=moment.tzinfo)
        _panel(axes, known, variables)
        axes.set_ylabel(unit)
        axes.axvline(utc_instant(moment), color="#222222", linewidth=1)
    every_axes[-1].set_xlabel(f"hour, {moment.tzname()}")
    shown = [kind for kind in _BACKGROUND if (known.kind == kind).any()]
    # Matplotlib's own font has no Hangul: a Korean name would be a row of empty boxes.
    place = known.place if known.place.isascii() else "weather"
    figure.suptitle(f"{place}, as known at {moment:%Y-%m-%d %H:%M %Z} (line)")
    figure.legend(
        handles=[Patch(color=_BACKGROUND[kind], label=kind) for kind in shown],
        loc="outside lower right",
        ncols=len(shown),
        fontsize="small",
    )
    return figure


def _panel(axes: Axes, known: KnownWeather, variables: Sequence[WeatherVariable]) -> None:
    hours = known.valid_times
    for kind, colour in _BACKGROUND.items():
        for first, last in _runs(known.kind == kind):
            axes.axvspan(hours[first] - HOUR / 2, hours[last] + HOUR / 2, color=colour, linewidth=0)
    for variable, ink in zip(variables, _INK, strict=False):
        values = known.values[variable.name]
        axes.plot(
            hours, values, color=ink, linewidth=1, marker=".", markersize=3, label=variable.title
        )
    axes.set_xlim(hours[0] - HOUR / 2, hours[-1] + HOUR / 2)
    axes.grid(visible=True, color="#cccccc", linewidth=0.4)
    axes.legend(fontsize="x-small", loc="center left", bbox_to_anchor=(1, 0.5))


def _runs(held: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and last position of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]
