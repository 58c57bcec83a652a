"""The peaks to come as the page tells them: today's, tomorrow's, and the month's billed level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from feature_store.entities.firm import Firm
from feature_store.errors import SandanError
from feature_store.time_grid import floor_to_step
from models.diagnosis.day_peaks import DayPeak
from models.diagnosis.month_peak import Passing
from models.diagnosis.peak_outlook import peak_outlook
from models.forecasting.load_forecast import QUANTILES
from serving.planner import Planner

LOW, MIDDLE, HIGH = (QUANTILES.index(level) for level in (0.1, 0.5, 0.9))
LEAST_CHANCE = 0.005
"""Below it a chance rounds to 0 %."""


@dataclass(frozen=True, kw_only=True)
class CountedPeak:
    """The largest demand of a day in the hours that count for the bill."""

    low_kw: float
    median_kw: float
    high_kw: float
    """Probability levels 0.1, 0.5 and 0.9; never below what was measured of the day."""
    measured_kw: float | None
    likeliest_at: datetime
    """Start of the interval around which the largest demand still to come most likely lies."""


@dataclass(frozen=True, kw_only=True)
class DayAhead:
    """A day of which something is still to come."""

    day: date
    counted: CountedPeak | None
    """None where no hour to come counts, as on a Sunday."""


@dataclass(frozen=True, kw_only=True)
class PeaksToCome:
    """Everything that the panel tells."""

    issue_time: datetime
    days: tuple[DayAhead, ...]
    billed_level: Passing | None
    """Of what the month is billed for whatever happens; None without a demand meter."""


def peaks_to_come(planner: Planner, firm: Firm) -> PeaksToCome | None:
    """Return the peaks to come as of the quarter hour that is now; None where nothing tells them.

    Not as of the plan's forecast: what came since is what an operator asks for.
    """
    try:
        known = planner.outlook(firm.firm_id, floor_to_step(planner.now()))
        peaks = peak_outlook(known)
    except SandanError:
        return None
    counted = {peak.day: peak for peak in peaks.counted_days}
    return PeaksToCome(
        issue_time=known.issue_time,
        days=tuple(_day(peak.day, counted.get(peak.day)) for peak in peaks.days),
        billed_level=None if peaks.billed is None else peaks.billed.ratchet,
    )


def _day(day: date, counted: DayPeak | None) -> DayAhead:
    if counted is None:
        return DayAhead(day=day, counted=None)
    low_kw, median_kw, high_kw = counted.quantiles_kw[[LOW, MIDDLE, HIGH]].tolist()
    return DayAhead(
        day=day,
        counted=CountedPeak(
            low_kw=low_kw,
            median_kw=median_kw,
            high_kw=high_kw,
            measured_kw=counted.measured_kw,
            likeliest_at=counted.likeliest_at,
        ),
    )
