"""Peaks of billing months that are over, as a problem tells them, and which of them it needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import INTERVAL, TimeGrid
from models.optimizer.problem_file.errors import MissingPastPeaksError, ProblemError
from models.site import Site
from models.tariffs.bands import interval_bands
from models.tariffs.billed_demand import billed_demand_rule, remembered_months
from models.tariffs.billing_month import MONTHS_PER_YEAR, BillingMonth, billing_month_numbers
from models.tariffs.grid_prices import GridPrices
from models.tariffs.kepco_tables import kepco_tables


def history_of_peaks(
    site: Site, prices: GridPrices, told_kw: Mapping[str, float | None]
) -> LoadHistory:
    """Return a history in which each month's one known interval is its peak.

    A month that a bill of the grid looks at, before its start, must be named: a
    :class:`MissingPastPeaksError` says which are not. One that is named as not known is a gap.
    """
    peaks_kw = {BillingMonth.parse(text): peak_kw for text, peak_kw in told_kw.items()}
    running = prices.months[0].month
    ahead = sorted(month for month in peaks_kw if month > running)
    if ahead:
        raise ProblemError(
            f"past_peaks_kw: {ahead[0]} begins after the grid does, in {running}; leave it out"
        )
    missing = [month for month in _needed(site, prices) if month not in peaks_kw]
    if missing:
        raise MissingPastPeaksError(
            f"past_peaks_kw: the peaks of {', '.join(map(str, missing))} are not told, and the "
            f"bills of {', '.join(billed.name for billed in prices.months)} look at them; write "
            "each in kW, or null where it is not known"
        )
    oldest = max(min([*peaks_kw, running]), running.earlier(MONTHS_PER_YEAR))
    return _history(site, oldest, running, peaks_kw)  # no bill and no expectation looks further


def _needed(site: Site, prices: GridPrices) -> list[BillingMonth]:
    """Months before the grid, and the running one, whose peaks the grid's bills look at."""
    if not kepco_tables().classes[site.contract.tariff_class].demand_metered:
        return []
    running = prices.months[0].month
    needed = {
        month
        for billed in prices.months
        for month in remembered_months(
            billed_demand_rule(site.contract, billed.month), billed.month
        )
        if month < running
    }
    begins = running.first_day(site.contract.meter_reading_day)
    if prices.grid.start > datetime.combine(begins, time(), site.zone):
        needed.add(running)
    return sorted(needed)


def _history(
    site: Site,
    first: BillingMonth,
    last: BillingMonth,
    peaks_kw: Mapping[BillingMonth, float | None],
) -> LoadHistory:
    day = site.contract.meter_reading_day
    start = datetime.combine(first.first_day(day), time(), site.zone)
    end = datetime.combine(last.earlier(-1).first_day(day), time(), site.zone)
    grid = TimeGrid(start, steps=(end.astimezone(UTC) - start.astimezone(UTC)) // INTERVAL)
    numbers = billing_month_numbers(grid.clock(site.zone).date, day)
    counted = interval_bands(site.contract, grid.starts, site.zone).counted
    demand_kw = np.full(grid.steps, np.nan)
    for month, peak_kw in peaks_kw.items():
        of_month = np.flatnonzero(counted & (numbers == month.number))
        if of_month.size and peak_kw is not None:
            demand_kw[of_month[0]] = peak_kw
    return LoadHistory(firm_id=site.firm_id, grid=grid, demand_kw=demand_kw, known_at=grid.starts)
