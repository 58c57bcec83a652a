"""The hours for which a firm declared that its supply is off, and its load without them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.work_calendar import WorkPeriod
from feature_store.time_grid import (
    INTERVAL,
    STEPS_PER_DAY,
    Instants,
    LocalClock,
    TimeGrid,
    local_clock,
)

_DAY = timedelta(days=1)


def in_outage(firm: Firm, grid: TimeGrid) -> npt.NDArray[np.bool_]:
    """Say for each interval whether a planned outage covers it, shape (grid.steps,)."""
    return _covered(firm, grid.starts)


def without_outages(firm: Firm, history: LoadHistory) -> LoadHistory:
    """Return the load with what was drawn in planned outages unknown: it tells of no usual day."""
    if not any(period.kind == "outage" for period in firm.work_calendar):
        return history  # nearly always
    off = in_outage(firm, history.grid)
    earlier = history.superseded
    return replace(
        history,
        demand_kw=np.where(off, np.nan, history.demand_kw),
        known_at=np.where(off, np.datetime64("NaT", "s"), history.known_at),
        superseded=earlier.where(~_covered(firm, earlier.start)),
    )


def _covered(firm: Firm, starts: Instants) -> npt.NDArray[np.bool_]:
    """Whether an outage covers the intervals that start at UTC instants, ascending."""
    covered = np.zeros(len(starts), dtype=np.bool_)
    for period in firm.work_calendar:
        if period.kind == "outage":
            about = (period.first_day - _DAY, period.last_day + 3 * _DAY)  # in any zone
            near = slice(*np.searchsorted(starts, np.array(about, dtype=starts.dtype)))
            covered[near] |= _within(period, local_clock(starts[near], firm.zone))
    return covered


def _within(period: WorkPeriod, clock: LocalClock) -> npt.NDArray[np.bool_]:
    """Whether the clock shows hours of a period, of which each begins on each of its days.

    An hour that the clock shows twice is off twice, one that it skips never.
    """
    begins, _, ends = (period.hours or "").partition("-")
    first, after = _step_of_day(begins), _step_of_day(ends)
    length = after - first if after > first else after - first + STEPS_PER_DAY
    day = (clock.date - np.datetime64(period.first_day)).astype(np.int64)
    since_first = day * STEPS_PER_DAY + clock.step_of_day - first
    days = (period.last_day - period.first_day).days + 1
    within = (since_first >= 0) & (since_first < days * STEPS_PER_DAY)
    return within & (since_first % STEPS_PER_DAY < length)


def _step_of_day(hours: str) -> int:
    """Quarter hours from midnight to ``HH:MM``, of ``24:00`` a whole day."""
    hour, _, minute = hours.partition(":")
    return timedelta(hours=int(hour), minutes=int(minute)) // INTERVAL
