"""The hours for which a firm declared that its supply is off, and its load without them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.work_calendar import WorkPeriod
from feature_store.time_grid import Instants, TimeGrid, utc_instant

_DAY = timedelta(days=1)
_MIDNIGHT = "24:00"


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
            for first, after in _spans(firm, period):
                covered[slice(*np.searchsorted(starts, [first, after]))] = True
    return covered


def _spans(firm: Firm, period: WorkPeriod) -> Iterator[tuple[np.datetime64, np.datetime64]]:
    """From when to when each day of a period is off, as UTC instants."""
    begins, _, ends = (period.hours or "").partition("-")
    over_midnight = ends == _MIDNIGHT or ends < begins
    for days in range((period.last_day - period.first_day).days + 1):
        day = period.first_day + days * _DAY
        last = day + _DAY if over_midnight else day
        end = time() if ends == _MIDNIGHT else time.fromisoformat(ends)
        bounds = (
            datetime.combine(day, time.fromisoformat(begins), firm.zone),
            datetime.combine(last, end, firm.zone),
        )
        first, after = (utc_instant(bound.astimezone(UTC)) for bound in bounds)
        yield first, after
