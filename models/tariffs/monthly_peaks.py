"""The largest demand that counts for the bill in each billing month of a history."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import KilowattArray
from models.tariffs.bands import interval_bands
from models.tariffs.billing_month import BillingMonth, billing_month_numbers


def monthly_peaks_kw(
    history: LoadHistory,
    contract: Contract,
    zone: ZoneInfo,
    *,
    first: BillingMonth,
    last: BillingMonth,
) -> dict[BillingMonth, float]:
    """Return the counted peak of every billing month from ``first`` to ``last``, in order.

    A month without a measured interval whose demand counts is left out, and so is, in a month,
    every demand that was not measured (NaN): a gap can hide a peak. Without a demand meter no
    month has one. Only these months are looked up in the tables of hours.
    """
    numbers = billing_month_numbers(history.grid.clock(zone).date, contract.meter_reading_day)
    begin, end = np.searchsorted(numbers, [first.number, last.number + 1])
    if begin == end:
        return {}
    counted = interval_bands(contract, history.grid.starts[begin:end], zone).counted
    return counted_peaks_kw(numbers[begin:end], counted, history.demand_kw[begin:end])


def counted_peaks_kw(
    numbers: npt.NDArray[np.int64], counted: npt.NDArray[np.bool_], demand_kw: KilowattArray
) -> dict[BillingMonth, float]:
    """Return the peak of each billing month over its counted, measured intervals, in order.

    ``numbers`` are the months of the intervals, never falling; all arrays have shape (n,).
    """
    seen = counted & np.isfinite(demand_kw)
    numbers, demand_kw = numbers[seen], demand_kw[seen]
    months, starts = np.unique(numbers, return_index=True)
    peaks_kw = np.maximum.reduceat(demand_kw, starts) if months.size else demand_kw
    return {
        BillingMonth.of_number(int(number)): float(peak_kw)
        for number, peak_kw in zip(months, peaks_kw, strict=True)
    }
