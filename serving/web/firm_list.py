"""The list of firms: what each one could save today, from what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.time_grid import utc_instant
from models.forecasting.load_forecast import LoadForecast
from serving.planner import Planner
from serving.suggestions.suggestion import Accepted, Proposed, State, Suggestion

STALE_AFTER = timedelta(hours=2)
"""Readings older than this are pointed out: a 15-minute meter that is read at all is newer."""


@dataclass(frozen=True, kw_only=True)
class PeakToday:
    """The highest forecast demand of what is left of today."""

    median_kw: float
    high_kw: float
    """Probability level 0.9."""


@dataclass(frozen=True, kw_only=True)
class FirmRow:
    """One firm of the list."""

    firm: Firm
    suggestion: Suggestion | None
    state: State | None
    peak_today: PeakToday | None
    readings_end: datetime | None
    is_stale: bool

    @property
    def saved_krw(self) -> float:
        """What the newest suggestion saves; 0 without one."""
        return self.suggestion.schedule.saved_krw if self.suggestion else 0.0

    @property
    def demand_floor_kw(self) -> float | None:
        """Demand billed this month whatever happens; unknown without a suggestion."""
        return self.suggestion.schedule.demand_floor_kw if self.suggestion else None


@dataclass(frozen=True, kw_only=True)
class FirmList:
    """All firms, the largest saving first, and what they add up to."""

    rows: tuple[FirmRow, ...]

    @property
    def proposed_krw(self) -> float:
        """Savings that await a decision."""
        return sum(row.saved_krw for row in self.rows if isinstance(row.state, Proposed))

    @property
    def accepted_krw(self) -> float:
        """Savings that operators accepted."""
        return sum(row.saved_krw for row in self.rows if isinstance(row.state, Accepted))

    @property
    def waiting(self) -> int:
        """Suggestions that await a decision."""
        return sum(isinstance(row.state, Proposed) for row in self.rows)


def firm_list(planner: Planner) -> FirmList:
    """Read the list; nothing is forecast or planned for it."""
    newest = planner.suggestions.newest_by_firm()
    rows = [_row(planner, firm, newest.get(firm.firm_id)) for firm in planner.firms()]
    return FirmList(rows=tuple(sorted(rows, key=lambda row: -row.saved_krw)))


def _row(planner: Planner, firm: Firm, suggestion: Suggestion | None) -> FirmRow:
    now = planner.now()
    end = planner.readings_end(firm.firm_id)
    return FirmRow(
        firm=firm,
        suggestion=suggestion,
        state=suggestion.state(now) if suggestion else None,
        peak_today=peak_today(firm, suggestion.forecast, now) if suggestion else None,
        readings_end=end and end.astimezone(firm.zone),
        is_stale=end is None or now - end > STALE_AFTER,
    )


def peak_today(firm: Firm, forecast: LoadForecast, now: datetime) -> PeakToday | None:
    """Return the highest demand forecast from now to the firm's midnight, if any of it is."""
    starts = forecast.grid.starts
    local = now.astimezone(firm.zone)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    left = (starts >= utc_instant(now)) & (starts < utc_instant(midnight))
    if not left.any():
        return None
    return PeakToday(
        median_kw=float(np.max(forecast.median_kw[left])),
        high_kw=float(np.max(forecast.quantile(0.9)[left])),
    )
