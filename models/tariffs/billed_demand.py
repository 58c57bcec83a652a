"""The demand that a month is billed for whatever happens in what is left of it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from feature_store.entities.firm import Contract
from feature_store.entities.load_history import LoadHistory
from models.tariffs.bands import interval_bands
from models.tariffs.billing_month import BillingMonth, billing_month_numbers
from models.tariffs.dated import dates_in_force, version_of
from models.tariffs.kepco_tables import BilledDemandRule, kepco_tables


def demand_floor_kw(
    history: LoadHistory, contract: Contract, zone: ZoneInfo, month: BillingMonth
) -> float:
    """Return the least billed demand 요금적용전력 of ``month``, given what was measured.

    The largest of the counted 15-minute demands of December, January, February, July, August
    and September within the last 12 billing months including ``month``, of the counted demands
    of ``month`` so far, and of 30 % of the contract power. Without a demand meter it is the
    contract power. Demand that was not measured (NaN) is left out, so a gap can hide a peak.
    Not rounded; a bill rounds half-up to 1 kW.

    Source: KEPCO terms of supply, 기본공급약관 제68조①②.
    """
    tables = kepco_tables()
    if not tables.classes[contract.tariff_class].demand_metered:
        return contract.power_kw
    rule = _rule(month, contract)
    window = _in_window(history, contract, zone, month, rule)
    demand_kw = history.demand_kw[window]
    starts = history.grid.starts[window]
    bands = interval_bands(contract, starts, zone)
    numbers = billing_month_numbers(bands.clock.date, contract.meter_reading_day)
    remembered = np.isin(numbers % 12 + 1, rule.ratchet_months) | (numbers == month.number)
    billed_kw = demand_kw[bands.counted & remembered & np.isfinite(demand_kw)]
    return float(max(billed_kw.max(initial=0.0), rule.minimum_share * contract.power_kw))


def _rule(month: BillingMonth, contract: Contract) -> BilledDemandRule:
    first_day = np.array([month.first_day(contract.meter_reading_day)], dtype="datetime64[D]")
    versions = kepco_tables().billed_demand
    in_force = dates_in_force(contract, first_day)
    return versions[int(version_of(in_force, versions, "billed demand")[0])]


def _in_window(
    history: LoadHistory,
    contract: Contract,
    zone: ZoneInfo,
    month: BillingMonth,
    rule: BilledDemandRule,
) -> slice:
    """Return the steps of the billing months that the bill of ``month`` can look at."""
    dates = history.grid.clock(zone).date
    numbers = billing_month_numbers(dates, contract.meter_reading_day)
    first, end = np.searchsorted(numbers, [month.number - rule.window_months + 1, month.number + 1])
    return slice(int(first), int(end))
