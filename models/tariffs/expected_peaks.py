"""What counted peak a coming month is expected to have, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.tariffs.billing_month import MONTHS_PER_YEAR, BillingMonth
from models.tariffs.kepco_tables import kepco_tables

Ground = Literal["same_month_last_year", "same_season", "any_month"]
"""What an expectation rests on, the best first."""


@dataclass(frozen=True, kw_only=True)
class ExpectedPeak:
    """The counted peak that a coming month is expected to have."""

    month: BillingMonth
    peak_kw: float
    ground: Ground
    seen_in: BillingMonth
    """The month whose measured peak it is."""


def expected_peak(
    month: BillingMonth, measured_kw: Mapping[BillingMonth, float]
) -> ExpectedPeak | None:
    """Expect what the same month of the last year measured had; else the season's largest.

    Without a month of the same season (summer, spring and autumn, winter, as the tariff parts the
    year) the largest of all counts; without any month there is no expectation.

    Args:
        month: A month to come.
        measured_kw: Counted peaks of months that are over.

    Example:
        >>> july, august = BillingMonth(2025, 7), BillingMonth(2026, 8)
        >>> expected_peak(august, {july: 640.0, BillingMonth(2026, 1): 700.0}).ground
        'same_season'
    """
    last_year = [known for known in measured_kw if known.month == month.month]
    if last_year:
        return _from(month, max(last_year), measured_kw, "same_month_last_year")
    season = kepco_tables().season_by_month
    same_season = [known for known in measured_kw if season[known.month] == season[month.month]]
    if same_season:
        return _from(month, _largest(same_season, measured_kw), measured_kw, "same_season")
    if measured_kw:
        return _from(month, _largest(list(measured_kw), measured_kw), measured_kw, "any_month")
    return None


def months_measured_for(month: BillingMonth) -> tuple[BillingMonth, BillingMonth]:
    """Return the first and the last month whose peaks expectations seen from ``month`` rest on."""
    return month.earlier(MONTHS_PER_YEAR), month.earlier(1)


def _largest(months: list[BillingMonth], measured_kw: Mapping[BillingMonth, float]) -> BillingMonth:
    return max(months, key=lambda known: (measured_kw[known], known))


def _from(
    month: BillingMonth,
    seen_in: BillingMonth,
    measured_kw: Mapping[BillingMonth, float],
    ground: Ground,
) -> ExpectedPeak:
    return ExpectedPeak(month=month, peak_kw=measured_kw[seen_in], ground=ground, seen_in=seen_in)
