"""What of a bill is less certain than its won suggest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from feature_store.entities.firm import Contract
from models.tariffs.bill.month_lines import MeteredMonth
from models.tariffs.billing_month import BillingMonth
from models.tariffs.dated import Dated, LocalDates, dates_in_force, version_of
from models.tariffs.kepco_tables import Addition, ClassTable, kepco_tables


def less_certain(month: MeteredMonth) -> tuple[str, ...]:
    """Return a sentence for each doubt, in the order of the lines.

    Doubtful are figures of the tables that the bill used and that fewer than two independent
    sources agree on, rates of days after the newest table that was found, and a contract power
    that its class is not for.
    """
    instead = month.switches.assumed_fuel_krw_per_kwh
    return tuple(_unmetered_excess(month)) + _less_certain(
        month.contract,
        BillingMonth.of(month.days[0].item(), month.contract.meter_reading_day),
        discounted=bool(month.prices.discount_krw_per_kwh.any()),
        exceeded=month.excess_kw > 0,
        fuel_assumed=instead is None,
    )


@lru_cache(maxsize=4096)  # firms share contracts and months; their readings say three things alone
def _less_certain(
    contract: Contract,
    month: BillingMonth,
    *,
    discounted: bool,
    exceeded: bool,
    fuel_assumed: bool,
) -> tuple[str, ...]:
    tables, day = kepco_tables(), contract.meter_reading_day
    table = tables.classes[contract.tariff_class]
    edges = (np.datetime64(one.first_day(day), "D") for one in (month, month.earlier(-1)))
    dates = dates_in_force(contract, np.arange(*edges))
    rules = table.rules_date(dates, deferred=contract.reform_deferred)
    used = [
        *(_in_force("billed demand", tables.billed_demand, dates) if table.demand_metered else ()),
        *_in_force("rates", table.rates, rules),
        *_in_force("hours", table.hours, rules),
        *(_in_force("deferral", table.deferrals, dates) if contract.reform_deferred else ()),
        *(_in_force("weekend discount", table.weekend_discounts, rules) if discounted else ()),
        *_in_force("climate charge", tables.climate, dates),
        *_in_force("fuel adjustment", _told(tables.fuel, fuel_assumed=fuel_assumed), dates),
        *_in_force("power factor", tables.power_factor, dates),
        *(_in_force("excess over contract power", tables.excess, dates) if exceeded else ()),
        *_in_force("VAT", tables.vat, dates),
        *_in_force("fund", tables.fund, dates),
    ]
    doubted = tuple(
        f"{what} from {version.from_day}: {version.confidence} ({version.source})"
        for what, version in used
        if version.confidence != "two_or_more"
    )
    return (*_of_contract(contract, table, dates), *doubted)


def _unmetered_excess(month: MeteredMonth) -> Iterator[str]:
    contract, excess = month.contract, kepco_tables().excess
    if kepco_tables().classes[contract.tariff_class].demand_metered:
        return
    rule = excess[int(version_of(month.in_force[:1], excess, "excess")[0])]
    used_kwh, most_kwh = month.kwh.sum(), rule.unmetered_kwh_per_kw * contract.power_kw
    if used_kwh > most_kwh:
        yield (
            f"excess: {used_kwh:.0f} kWh are above {rule.unmetered_kwh_per_kw:g} kWh per kW of "
            "contract power, which is charged without a demand meter too; it is not billed here"
        )


def _of_contract(contract: Contract, table: ClassTable, dates: LocalDates) -> Iterator[str]:
    if contract.power_kw not in table.contract_power_kw:
        yield (
            f"contract power: {contract.tariff_class} is for {table.contract_power_kw}, "
            f"not for {contract.power_kw:g} kW"
        )
    if dates.max().item() > table.checked_until:
        yield (
            f"rates of {contract.tariff_class}: no table after {table.checked_until} was found, "
            "so its rates are taken to hold on"
        )


def _told(fuel: Sequence[Addition], *, fuel_assumed: bool) -> Sequence[Addition]:
    """The adjustments that the bill took from the table: a switch replaces those assumed."""
    return [version for version in fuel if fuel_assumed or version.confidence != "assumed"]


def _in_force(
    what: str, versions: Sequence[Dated], dates: LocalDates
) -> Iterator[tuple[str, Dated]]:
    """The versions that reach into the days that the tables are asked for."""
    first, last = dates.min().item(), dates.max().item()
    for version in versions:
        if version.from_day <= last and (version.until is None or version.until >= first):
            yield what, version
