"""What a firm drew on one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class DailyLoad:
    """A firm's load of one local day, as far as it is known."""

    day: date
    """In the firm's zone."""
    steps_known: int
    """Intervals that are known; a day has 92 to 100 where clocks change, else 96."""
    kwh: float
    """Energy of those."""
    highest_kw: float
    """The largest mean demand among them."""
    highest_at: datetime
    """Start of the first interval that had it, in the firm's zone."""
    highest_by_hour_kw: tuple[float | None, ...]
    """The largest mean demand in each of the 24 hours of the clock; None where none is known. What
    a tariff counts for the bill goes by the hour."""
