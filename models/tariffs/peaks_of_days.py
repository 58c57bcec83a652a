"""The counted peak of each billing month, from the highest demand in the hours of its days."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_store.entities.daily_load import DailyLoad
from feature_store.entities.firm import Contract
from feature_store.time_grid import Instants
from models.tariffs.bands import interval_bands
from models.tariffs.billing_month import BillingMonth, billing_month_numbers
from models.tariffs.monthly_peaks import counted_peaks_kw


def peaks_of_days_kw(
    days: Sequence[DailyLoad], contract: Contract, zone: ZoneInfo
) -> dict[BillingMonth, float]:
    """Return the counted peak of every billing month that ``days`` are of, in order.

    It is what :func:`models.tariffs.monthly_peaks.monthly_peaks_kw` says of the readings of these
    days: the tables of hours go by the whole hour of the clock.

    Args:
        days: In the order of time.
        contract: Whose hours and meter-reading day.
        zone: Zone of the firm.
    """
    if not days:
        return {}
    by_hour_kw = np.array([day.highest_by_hour_kw for day in days], dtype=np.float64)
    dates = np.array([day.day for day in days], dtype="datetime64[D]")
    hours = dates[:, None] + np.arange(by_hour_kw.shape[1]).astype("timedelta64[h]")
    known = np.isfinite(by_hour_kw)  # an hour that spring leaves out never is
    bands = interval_bands(contract, _instants(hours[known], zone), zone)
    numbers = billing_month_numbers(bands.clock.date, contract.meter_reading_day)
    return counted_peaks_kw(numbers, bands.counted, by_hour_kw[known])


def _instants(local: npt.NDArray[np.datetime64], zone: ZoneInfo) -> Instants:
    """UTC instants of times of the clock; of an hour that autumn repeats, the first."""
    return (
        pl.Series(local.astype("datetime64[ms]"))
        .dt.replace_time_zone(zone.key, ambiguous="earliest")
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
        .to_numpy()
        .astype("datetime64[s]")
    )
