"""Which figures of the tables a bill used that fewer than two independent sources agree on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from feature_store.entities.firm import Contract
from models.tariffs.bill.month_lines import MeteredMonth
from models.tariffs.billing_month import BillingMonth
from models.tariffs.dated import Dated, LocalDates, dates_in_force
from models.tariffs.kepco_tables import kepco_tables


def less_certain(month: MeteredMonth) -> tuple[str, ...]:
    """Return one sentence a figure, in the order of the lines."""
    return _less_certain(
        month.contract,
        BillingMonth.of(month.days[0].item(), month.contract.meter_reading_day),
        discounted=bool(month.prices.discount_krw_per_kwh.any()),
        exceeded=month.excess_kw > 0,
    )


@lru_cache(maxsize=4096)  # firms share contracts and months; their readings say two things alone
def _less_certain(
    contract: Contract, month: BillingMonth, *, discounted: bool, exceeded: bool
) -> tuple[str, ...]:
    tables, day = kepco_tables(), contract.meter_reading_day
    table = tables.classes[contract.tariff_class]
    edges = (np.datetime64(one.first_day(day), "D") for one in (month, month.earlier(-1)))
    dates = dates_in_force(contract, np.arange(*edges))
    rules = table.rules_date(dates, deferred=contract.reform_deferred)
    used = [
        *_in_force("rates", table.rates, rules),
        *_in_force("hours", table.hours, rules),
        *(_in_force("weekend discount", table.weekend_discounts, rules) if discounted else ()),
        *_in_force("climate charge", tables.climate, dates),
        *_in_force("fuel adjustment", tables.fuel, dates),
        *_in_force("power factor", tables.power_factor, dates),
        *(_in_force("excess over contract power", tables.excess, dates) if exceeded else ()),
        *_in_force("VAT", tables.vat, dates),
        *_in_force("fund", tables.fund, dates),
    ]
    return tuple(
        f"{what} from {version.from_day}: {version.confidence} ({version.source})"
        for what, version in used
        if version.confidence != "two_or_more"
    )


def _in_force(
    what: str, versions: Sequence[Dated], dates: LocalDates
) -> Iterator[tuple[str, Dated]]:
    """The versions that reach into the days that the tables are asked for."""
    first, last = dates.min().item(), dates.max().item()
    for version in versions:
        if version.from_day <= last and (version.until is None or version.until >= first):
            yield what, version
