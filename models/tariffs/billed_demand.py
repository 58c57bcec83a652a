"""The demand that a month is billed for whatever happens in what is left of it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from feature_store.entities.firm import Contract
from feature_store.entities.load_history import LoadHistory
from models.tariffs.billing_month import BillingMonth
from models.tariffs.dated import dates_in_force, version_of
from models.tariffs.kepco_tables import BilledDemandRule, kepco_tables
from models.tariffs.monthly_peaks import monthly_peaks_kw


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
    if not kepco_tables().classes[contract.tariff_class].demand_metered:
        return contract.power_kw
    rule = billed_demand_rule(contract, month)
    peaks_kw = monthly_peaks_kw(
        history, contract, zone, first=month.earlier(rule.window_months - 1), last=month
    )
    looked_at = (*remembered_months(rule, month), month)
    return max(
        rule.minimum_share * contract.power_kw,
        *(peaks_kw.get(earlier, 0.0) for earlier in looked_at),
    )


def billed_demand_rule(contract: Contract, month: BillingMonth) -> BilledDemandRule:
    """Return the rule in force on the first day of ``month``."""
    first_day = np.array([month.first_day(contract.meter_reading_day)], dtype="datetime64[D]")
    versions = kepco_tables().billed_demand
    in_force = dates_in_force(contract, first_day)
    return versions[int(version_of(in_force, versions, "billed demand")[0])]


def remembered_months(rule: BilledDemandRule, month: BillingMonth) -> tuple[BillingMonth, ...]:
    """Return the earlier months whose peaks the bill of ``month`` looks at, in order."""
    window = [month.earlier(back) for back in range(rule.window_months - 1, 0, -1)]
    return tuple(earlier for earlier in window if earlier.month in rule.ratchet_months)
