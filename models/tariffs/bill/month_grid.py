"""The intervals of one billing month, and their prices."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.time_grid import INTERVAL, LocalClock, TimeGrid
from models.tariffs.bands import IntervalBands
from models.tariffs.billing_month import BillingMonth
from models.tariffs.grid_prices import BilledMonth, GridPrices


def month_grid(
    first: BillingMonth, meter_reading_day: int, zone: ZoneInfo, *, months: int = 1
) -> TimeGrid:
    """Return every interval of one billing month or of consecutive ones."""
    begin = _midnight(first, meter_reading_day, zone)
    end = _midnight(first.earlier(-months), meter_reading_day, zone)
    steps = (end.astimezone(UTC) - begin.astimezone(UTC)) // INTERVAL
    return TimeGrid(begin, steps=steps)


def prices_of_month(prices: GridPrices, position: int) -> GridPrices:
    """Return the prices of one of the months of ``prices`` as if its grid had been asked for."""
    billed = prices.months[position]
    at = slice(int(billed.steps[0]), int(billed.steps[-1]) + 1)
    bands, clock = prices.bands, prices.bands.clock
    steps = np.arange(billed.steps.size)
    return GridPrices(
        grid=TimeGrid(prices.grid.at(at.start), steps=billed.steps.size),
        bands=IntervalBands(
            clock=LocalClock(
                date=clock.date[at], weekday=clock.weekday[at], step_of_day=clock.step_of_day[at]
            ),
            days=bands.days,
            day=bands.day[at],
            season=bands.season[at],
            band=bands.band[at],
            counted=bands.counted[at],
            off_peak_day=bands.off_peak_day[at],
        ),
        rates_version=prices.rates_version[at],
        listed_krw_per_kwh=prices.listed_krw_per_kwh[at],
        discount_krw_per_kwh=prices.discount_krw_per_kwh[at],
        climate_krw_per_kwh=prices.climate_krw_per_kwh[at],
        fuel_krw_per_kwh=prices.fuel_krw_per_kwh[at],
        months=(
            BilledMonth(
                month=billed.month,
                basic_krw_per_kw=billed.basic_krw_per_kw,
                excess_krw_per_kw=billed.excess_krw_per_kw,
                steps=steps,
                counted_steps=steps[bands.counted[at]],
            ),
        ),
    )


def _midnight(month: BillingMonth, meter_reading_day: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(month.first_day(meter_reading_day), time(), zone)
