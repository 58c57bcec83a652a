"""The last year of a firm in billing months, billed under one contract by the tables of one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil

import numpy as np

from feature_store.entities.firm import Contract
from feature_store.errors import NotEnoughReadingsError
from models.tariffs.bill.amounts import whole
from models.tariffs.bill.largest_demand import largest_kw
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.month_grid import month_grid
from models.tariffs.bill.monthly_bill import bills
from models.tariffs.bill.statement import Bill
from models.tariffs.billing_month import MONTHS_PER_YEAR, BillingMonth
from models.tariffs.kepco_tables import kepco_tables


@dataclass(frozen=True, kw_only=True)
class BilledYear:
    """A year's bills."""

    contract: Contract
    bills: tuple[Bill, ...]

    @property
    def total_krw(self) -> int:
        """What is to be paid for all months, with VAT and fund."""
        return sum(bill.total_krw for bill in self.bills)


LEAST_MONTHS = MONTHS_PER_YEAR - 1
"""A measured year that begins inside a month has eleven whole ones; fewer would miss seasons."""


def last_year_of(contract: Contract, readings: MeteredEnergy) -> tuple[BillingMonth, ...]:
    """Return the last whole billing months of ``readings``, in order: twelve, or else eleven.

    Fewer are a :class:`NotEnoughReadingsError`.
    """
    day, zone = contract.meter_reading_day, readings.zone
    begin = readings.grid.start.astimezone(zone)
    last = BillingMonth.of(readings.grid.end.astimezone(zone).date(), day).earlier(1)
    year = [last.earlier(back) for back in range(MONTHS_PER_YEAR - 1, -1, -1)]
    whole = tuple(month for month in year if month_grid(month, day, zone).start >= begin)
    if len(whole) < LEAST_MONTHS:
        raise NotEnoughReadingsError(
            f"advice needs {LEAST_MONTHS} whole billing months up to {last}, and the readings, "
            f"which begin on {begin:%Y-%m-%d %H:%M}, hold {len(whole)}; import older ones with "
            "'sandan readings import', or ask again later"
        )
    return whole


def billed_year(
    contract: Contract, readings: MeteredEnergy, months: tuple[BillingMonth, ...], day: date
) -> BilledYear:
    """Bill ``months`` under ``contract`` as if the tables in force on ``day`` had always held.

    Readings before ``months`` tell the peaks that the first of them remember. A contract that
    names a ``tariff_date`` of its own keeps it.
    """
    dated = contract.model_copy(update={"tariff_date": contract.tariff_date or day})
    return BilledYear(contract=contract, bills=bills(dated, readings, months=months))


def least_power_kw(contract: Contract, year: BilledYear, largest_kw: int) -> int:
    """Return the least contract power that the year would not have exceeded, whole kW.

    The largest demand; without a demand meter also what the use of every month allows.

    Source: KEPCO terms of supply, 기본공급약관 제67조의3.
    """
    if kepco_tables().classes[contract.tariff_class].demand_metered:
        return largest_kw
    most_kwh = max(bill.kwh for bill in year.bills)
    return max(largest_kw, ceil(most_kwh / kepco_tables().excess[-1].unmetered_kwh_per_kw))


def largest_demand_kw(
    contract: Contract, readings: MeteredEnergy, months: tuple[BillingMonth, ...]
) -> int:
    """Return the largest demand of ``months`` in any hour, half-up to 1 kW as it is billed."""
    span = month_grid(months[0], contract.meter_reading_day, readings.zone, months=len(months))
    demand_kw = readings.on(span).demand_kw
    return whole(largest_kw(demand_kw, np.ones(span.steps, dtype=np.bool_)))
