"""A year under one contract is billed by the tables of one day, and its largest demand is found."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from models.diagnosis.billed_year import billed_year, largest_demand_kw, last_year_of
from models.diagnosis.contract_advice import advise
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.billing_month import BillingMonth
from tests.models.tariffs.bill.metered import flat, month_of

CONTRACT = Contract(power_kw=400, option="II")
MAY, JUNE = month_of("2024-05"), month_of("2024-06")
TODAY = date(2026, 11, 22)


def test_months_are_billed_by_the_tables_of_the_day_and_under_the_contract_asked_about():
    readings = flat("2024-05", 100, months=2)
    year = billed_year(CONTRACT, readings, (JUNE,), TODAY)
    assert year.contract == CONTRACT
    (bill,) = year.bills
    assert (bill.month, bill.contract.tariff_date) == (JUNE, TODAY)
    # Mid of a summer since April 2026: 163.8 won.
    assert 163.8 in {float(line.rate) for line in bill.lines if line.kind is LineKind.ENERGY}
    assert year.total_krw == bill.total_krw


def test_a_contract_that_names_its_day_keeps_it():
    then = date(2022, 5, 1)
    contract = CONTRACT.model_copy(update={"tariff_date": then})
    year = billed_year(contract, flat("2024-05", 100), (MAY,), TODAY)
    assert year.bills[0].contract.tariff_date == then


def with_pulse(at: int, kw: float) -> MeteredEnergy:
    """April to July 2024 at 40 kW, and one quarter of an hour at ``kw``."""
    readings = flat("2024-04", 40, months=4)
    kwh = readings.kwh.copy()
    kwh[at] = kw / 4
    return replace(readings, kwh=kwh)


BEGIN, END = 30 * 96, (30 + 31 + 30) * 96
"""The first interval of May 2024, and the first after June."""


@pytest.mark.parametrize(
    ("at", "largest_kw"),
    [(BEGIN - 1, 40), (BEGIN, 90), (BEGIN + 3100, 90), (END - 1, 90), (END, 40)],
)
def test_the_largest_demand_is_that_of_the_months_asked_about(at, largest_kw):
    assert largest_demand_kw(CONTRACT, with_pulse(at, 90), (MAY, JUNE)) == largest_kw


def test_the_largest_demand_is_rounded_half_up_and_gaps_are_none():
    readings = flat("2024-05", 0)
    kwh = readings.kwh.copy()
    kwh[:3] = np.nan
    kwh[7] = 0.125  # 0.5 kW
    assert largest_demand_kw(CONTRACT, replace(readings, kwh=kwh), (MAY,)) == 1
    kwh[7] = 0.12
    assert largest_demand_kw(CONTRACT, replace(readings, kwh=kwh), (MAY,)) == 0
    assert largest_demand_kw(CONTRACT, readings, (month_of("2025-05"),)) == 0


@pytest.mark.parametrize(("first", "months", "count"), [("2024-01", 14, 12), ("2024-04", 11, 11)])
def test_the_last_year_is_twelve_whole_months_or_the_eleven_that_are_known(first, months, count):
    year = last_year_of(CONTRACT, flat(first, 40, months=months))
    assert len(year) == count
    assert year[-1] == BillingMonth(2025, 2)
    assert year[0] == year[-1].earlier(count - 1)


def test_another_class_is_told_with_its_cheapest_option():
    readings = flat("2024-10", 100, months=13)
    (small,) = advise(Contract(power_kw=320, option="II"), readings, day=TODAY).classes
    months = last_year_of(CONTRACT, readings)
    by_option = {
        option: billed_year(
            Contract(tariff_class="industrial_gab_2", power_kw=299, option=option),
            readings,
            months,
            TODAY,
        ).total_krw
        for option in ("I", "II")
    }
    assert by_option["I"] != by_option["II"]
    assert small.year_krw == min(by_option.values()) == by_option[small.contract.option]
