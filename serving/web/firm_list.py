"""The list of firms: what each one could save today, from what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.quality.freshness import Freshness
from feature_store.storage.meter_watch import MeterWatch
from feature_store.time_grid import utc_instant
from models.forecasting.load_forecast import LoadForecast
from serving.planner import Planner
from serving.suggestions.suggestion import Accepted, Proposed, State, Suggestion


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
    freshness: Freshness | None
    """Of the meter that has kept its firm waiting longest; None if none is in service."""

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


def firm_list(planner: Planner, watch: MeterWatch) -> FirmList:
    """Read the list; nothing is forecast or planned for it."""
    newest = planner.suggestions.newest_by_firm()
    now, firms = planner.now(), planner.firms()
    fresh = watch.freshness.of_firms(firms, moment=now)
    rows = [_row(firm, newest.get(firm.firm_id), fresh[firm.firm_id].worst, now) for firm in firms]
    return FirmList(rows=tuple(sorted(rows, key=lambda row: -row.saved_krw)))


def _row(
    firm: Firm, suggestion: Suggestion | None, fresh: Freshness | None, now: datetime
) -> FirmRow:
    return FirmRow(
        firm=firm,
        suggestion=suggestion,
        state=suggestion.state(now) if suggestion else None,
        peak_today=peak_today(firm, suggestion.forecast, now) if suggestion else None,
        freshness=fresh,
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
