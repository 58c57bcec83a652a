"""How a forecast's worth changes with the time that it looks ahead."""

from __future__ import annotations

from dataclasses import dataclass

from feature_store.time_grid import STEPS_PER_HOUR, KilowattArray
from training.metrics import cov80, wql

WINDOW_HOURS = 2
"""Width of a window: a firm of 110 forecasts has 880 intervals in each, enough for a coverage that
is right within two or three percent."""


@dataclass(frozen=True, kw_only=True)
class LeadWindow:
    """Figures of the intervals between two lead times."""

    first_hour: float
    last_hour: float
    """Hours after the issue time at which the window ends; the last one may be shorter."""
    wql: float
    """Weighted quantile loss over the mean load of these intervals alone."""
    cov80: float


def by_lead(actual_kw: KilowattArray, demand_kw: KilowattArray) -> tuple[LeadWindow, ...]:
    """Score each window of lead time up to the horizon.

    Args:
        actual_kw: Shape (issue times, steps); NaN where nothing was measured.
        demand_kw: Shape (issue times, steps, len(QUANTILES)).
    """
    steps = actual_kw.shape[1]
    width = WINDOW_HOURS * STEPS_PER_HOUR
    windows = []
    for first in range(0, steps, width):
        last = min(first + width, steps)
        part_kw, forecast_kw = actual_kw[:, first:last], demand_kw[:, first:last]
        windows.append(
            LeadWindow(
                first_hour=first / STEPS_PER_HOUR,
                last_hour=last / STEPS_PER_HOUR,
                wql=wql(part_kw, forecast_kw),
                cov80=cov80(part_kw, forecast_kw),
            )
        )
    return tuple(windows)
