"""A bill remembers peaks and notices of earlier months, and says which it looked at."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from models.tariffs.bill.bill_cases import read_bill_cases
from models.tariffs.bill.charges import totals
from models.tariffs.bill.errors import BillCasesError
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.monthly_bill import bills
from models.tariffs.bill.ratchet import Origin, billed_demand
from models.tariffs.bill.statement import PastMonths
from models.tariffs.bill.verification import verify
from models.tariffs.bill.what_if import WhatIf, changed
from models.tariffs.switches import Switches, switched
from tests.models.tariffs.bill.metered import flat, month_of, pulses

CONTRACT = Contract(power_kw=400, option="II")
MAY, JUNE, AUGUST = month_of("2026-05"), month_of("2026-06"), month_of("2025-08")
FLOOR_KW = 120


@pytest.mark.parametrize(
    ("peaks_kw", "kw", "origin", "month", "otherwise_kw"),
    [
        ({MAY: 200.0, AUGUST: 150.0}, 200, Origin.THIS_MONTH, MAY, 150.0),
        ({MAY: 150.0, AUGUST: 200.0}, 200, Origin.EARLIER_MONTH, AUGUST, 200.0),
        ({MAY: 200.0, AUGUST: 200.0}, 200, Origin.THIS_MONTH, MAY, 200.0),
        ({MAY: 120.0}, FLOOR_KW, Origin.FLOOR, None, 120.0),
        ({MAY: 120.4}, FLOOR_KW, Origin.THIS_MONTH, MAY, 120.0),
        ({}, FLOOR_KW, Origin.FLOOR, None, 120.0),
    ],
)
def test_the_largest_of_month_ratchet_and_floor_is_billed(
    peaks_kw, kw, origin, month, otherwise_kw
):
    demand = billed_demand(CONTRACT, MAY, peaks_kw)
    assert (demand.kw, demand.origin, demand.month) == (kw, origin, month)
    assert demand.otherwise_kw == otherwise_kw
    assert set(demand.looked_at_kw) == set(peaks_kw)
    assert (AUGUST in demand.unknown) == (AUGUST not in peaks_kw)
    assert MAY not in demand.unknown


def test_a_small_contract_has_its_own_small_floor():
    demand = billed_demand(Contract(power_kw=1, tariff_class="industrial_gab_2"), MAY, {})
    assert demand.otherwise_kw == 0.3


def test_without_a_demand_meter_nothing_is_looked_at():
    low = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=90)
    demand = billed_demand(low, MAY, {MAY: 200.0})
    assert (demand.kw, demand.origin, demand.otherwise_kw) == (90, Origin.CONTRACT_POWER, 90)
    assert (demand.month, demand.looked_at_kw, demand.unknown) == (None, {}, ())


@pytest.mark.parametrize(
    ("kw", "hours", "charged"),
    [(450, "all", True), (450, "counted", False), (400, "all", False)],
)
def test_a_night_above_the_contract_power_in_an_unbilled_month_is_a_notice(kw, hours, charged):
    night = pulses("2026-05", ("2026-05-05T03:00", 0.25), ("2026-06-10T14:00", 1), kw=kw, months=2)
    kwh = np.where(np.arange(night.kwh.size) > 35 * 96, night.kwh * 450 / kw, night.kwh)
    (june,) = bills(
        CONTRACT,
        replace(night, kwh=kwh),
        months=(JUNE,),
        switches=Switches(excess_hours=hours),
    )
    assert june.krw(LineKind.EXCESS) == (50 * 8320 * 1.5 if charged else 0)


def test_a_month_at_the_contract_power_is_no_notice():
    readings = flat("2026-05", 400, months=2)
    kwh = np.where(np.arange(readings.kwh.size) >= 31 * 96, 450 / 4, readings.kwh)
    may, june = bills(CONTRACT, replace(readings, kwh=kwh))
    assert (may.krw(LineKind.EXCESS), june.krw(LineKind.EXCESS)) == (0, 0)


def test_a_bill_remembers_what_the_readings_before_it_peaked_at():
    readings = flat("2026-02", 100, months=4)
    kwh = readings.kwh.copy()
    kwh[10 * 96 + 56] = 300 / 4  # Wednesday 11 February, 14:00
    (may,) = bills(CONTRACT, replace(readings, kwh=kwh), months=(MAY,))
    assert (may.demand.kw, may.demand.month) == (300, month_of("2026-02"))
    assert may.formula.demand_krw == 300 * 8320
    told = PastMonths(peaks_kw={month_of("2026-02"): 250.0})
    (may,) = bills(CONTRACT, replace(readings, kwh=kwh), months=(MAY,), past=told)
    assert may.demand.kw == 250
    entered = PastMonths(peaks_kw={MAY: 310.0})
    (may,) = bills(CONTRACT, replace(readings, kwh=kwh), months=(MAY,), past=entered)
    assert (may.demand.kw, may.demand.origin) == (310, Origin.THIS_MONTH)
    assert may.formula.demand_krw == 310 * 8320


def test_days_of_a_bill_are_the_first_and_last_of_its_month():
    contract = CONTRACT.model_copy(update={"meter_reading_day": 15})
    (may,) = bills(contract, flat("2026-05", 100, reading_day=15))
    assert (may.first_day.isoformat(), may.last_day.isoformat()) == ("2026-04-15", "2026-05-14")


def test_what_is_collected_beside_the_bill_bears_neither_vat_nor_fund():
    foot = totals(10_000, vat_share=Fraction(1, 10), fund_share=Fraction(27, 1000), beside_krw=2503)
    assert (foot.subtotal, foot.vat, foot.fund) == (10_000, 1000, 270)
    assert (foot.raw_total, foot.total) == (13_773, 13_770)


def test_a_checked_case_names_its_lines():
    text = """
ratchet_cases:
  - {id: r, contract_kw: 400, current: 2026-05, monthly_max_kw: {2026-05: 200},
     counted: [2026-05], expected_billed_kw: 200}
excess_cases: [{id: e, contract_kw: 400, max_kw: 450, basic: 8320, expected_charge: 624000}]
power_factor_cases:
  - {id: p, basic_charge: 1000000, std: 92, cap: 97, lag: 50, lead: 90, floor: 70, std_lead: 93,
     expected: 50000}
band_cases:
  - {start: '2026-07-01T05:00:00+00:00', band: mid, version: x}
  - {start: '2026-07-01T14:00', band: mid}
  - {start: '2026-05-06T11:00', band: mid}
  - {start: '2026-05-06T11:00', band: peak, class: industrial_gab_2}
approximate_bills: [{about: 1}]
"""
    made = verify(read_bill_cases(text, what="cases"))
    lines = [(line.case, line.line, line.differs) for line in made.lines]
    assert lines == [
        ("r", "billed_kw", False),
        ("r", "counted", False),
        ("e", "charge", False),
        ("p", "charge", False),
        ("2026-07-01T05:00", "band", False),
        ("2026-07-01T05:00", "version", True),
        ("2026-07-01T14:00", "band", False),
        ("2026-05-06T11:00", "band", False),  # the new hours, which (갑)Ⅱ got on 1 June
        ("2026-05-06T11:00", "band", False),
    ]
    assert made.not_checked == ("?",)


@pytest.mark.parametrize(
    "inputs",
    [
        "{energy: {mid: {kwh: 10, rate: 100}}, fund_rate: 0.027}",
        "{billed_demand_kw: 10, basic_won_per_kw: 100, fund_rate: 0.027}",
        "{billed_demand_kw: 10, basic_won_per_kw: 100, energy: {mid: {kwh: 10, rate: 100}}}",
        "{billed_demand_kw: 10, energy: {mid: {kwh: 10, rate: 100}}, fund_rate: 0.027}",
    ],
)
def test_a_total_needs_the_demand_charge_energy_and_the_fund(inputs):
    text = f"bills: [{{id: x, inputs: {inputs}, expected: {{total: 1}}}}]"
    (line,) = verify(read_bill_cases(text, what="one")).lines
    assert line.computed is None


def test_climate_is_charged_on_the_total_that_is_stated_and_excess_needs_a_rate():
    inputs = (
        "{energy: {mid: {kwh: 90, rate: 100}}, total_kwh: 100, climate_rate: 9, "
        "excess: {contract_kw: 400, max_kw: 450}}"
    )
    text = f"bills: [{{id: x, inputs: {inputs}, expected: {{climate: 900, excess: 5}}}}]"
    lines = {line.line: line.computed for line in verify(read_bill_cases(text, what="x")).lines}
    assert lines == {"climate": 900, "excess": None}


def test_june_still_remembers_the_july_before_and_july_does_not():
    readings = flat("2025-07", 100, months=13)
    kwh = readings.kwh.copy()
    kwh[56] = 300 / 4  # Tuesday 1 July 2025, 14:00
    past_year = replace(readings, kwh=kwh)
    (june,) = bills(CONTRACT, past_year, months=(JUNE,))
    assert (june.demand.kw, june.demand.month) == (300, month_of("2025-07"))
    (july,) = bills(CONTRACT, past_year, months=(month_of("2026-07"),))
    assert (july.demand.kw, july.demand.month) == (FLOOR_KW, None)


def test_a_case_that_is_no_mapping_is_refused_with_its_place():
    with pytest.raises(BillCasesError, match=r"bills\.0: "):
        read_bill_cases("bills: [1]", what="mine")


def test_the_ladder_of_the_excess_is_told_as_less_certain_where_it_was_used():
    told = switched(["assumed_fuel_krw_per_kwh=5"])
    (within,) = bills(CONTRACT, flat("2026-05", 400), switches=told)
    (above,) = bills(CONTRACT, flat("2026-05", 401), switches=told)
    assert [text.split(" from ")[0] for text in above.less_certain] == [
        "excess over contract power"
    ]
    assert within.less_certain == ()


def test_a_month_can_be_billed_by_the_tables_of_another_day():
    then = date(2022, 5, 1)
    assert changed(CONTRACT, WhatIf(tariff_date=then)).tariff_date == then
