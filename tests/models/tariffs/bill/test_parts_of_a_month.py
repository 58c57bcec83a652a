"""A month across a change of tariff or season is billed in parts, each kWh in one of them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from models.tariffs.bands import interval_bands
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.month_grid import month_grid
from models.tariffs.bill.monthly_bill import bill, bills
from models.tariffs.bill.statement import Bill
from models.tariffs.switches import Switches
from tests.builders import SEOUL
from tests.models.tariffs.bill.metered import flat, kwh_of, month_of, pulses

CONTRACT = Contract(power_kw=400, option="II")


def rows(made: Bill, kind: LineKind = LineKind.ENERGY) -> list[tuple]:
    """Band, first and last day, and kWh of each line of a kind."""
    return [
        (
            None if line.band is None else line.band.name.lower(),
            line.days and tuple(map(str, line.days)),
            int(line.quantity),
        )
        for line in made.lines
        if line.kind is kind
    ]


def test_a_part_has_a_line_for_each_band_that_has_an_hour_in_it():
    # Read on the 28th: 28 February 2026, a Saturday, is the only winter day, and has no peak.
    contract = CONTRACT.model_copy(update={"meter_reading_day": 28})
    readings = flat("2026-03", 100, reading_day=28)
    found = rows(bill(contract, readings, month_of("2026-03")))
    saturday, spring = ("2026-02-28", "2026-02-28"), ("2026-03-01", "2026-03-27")
    assert [(band, days) for band, days, _ in found] == [
        ("off_peak", saturday),
        ("mid", saturday),
        ("off_peak", spring),
        ("mid", spring),
        ("peak", spring),
    ]
    assert sum(kwh for _, days, kwh in found if days == saturday) == 2400
    by_days = bill(contract, readings, month_of("2026-03"), switches=Switches(split="by_days"))
    assert [band for band, days, _ in rows(by_days) if days == saturday] == [
        "off_peak",
        "mid",
        "peak",
    ]


def test_by_days_the_last_part_takes_what_the_others_leave():
    # 1.000001 kWh over twice 15 days: half a kWh is rounded up first, and nothing is left.
    readings = pulses("2026-04", ("2026-04-20T10:00", 0.25), kw=4)
    kwh = np.where(readings.kwh > 0, 1.000001, 0.0)
    made = bill(
        CONTRACT,
        replace(readings, kwh=kwh),
        month_of("2026-04"),
        switches=Switches(split="by_days"),
    )
    assert [kwh for band, _, kwh in rows(made) if band == "mid"] == [1, 0]


def test_by_days_a_short_part_gets_its_days_share():
    # 15 April to 14 May 2026: one day under the old table, 29 under the new one.
    contract = CONTRACT.model_copy(update={"meter_reading_day": 15})
    readings = flat("2026-05", 0, reading_day=15)
    kwh = readings.kwh.copy()
    kwh[20 * 96 + 40] = 300.0  # 5 May is a holiday: off-peak
    made = bill(
        contract,
        replace(readings, kwh=kwh),
        month_of("2026-05"),
        switches=Switches(split="by_days"),
    )
    assert [kwh for band, _, kwh in rows(made) if band == "off_peak"] == [10, 290]


def test_a_month_without_a_change_names_no_days():
    assert {
        days for _, days, _ in rows(bill(CONTRACT, flat("2026-05", 100), month_of("2026-05")))
    } == {None}


def test_a_class_with_one_price_has_one_line():
    low = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=90)
    assert rows(bill(low, flat("2026-05", 10), month_of("2026-05"))) == [(None, None, 7440)]


def test_a_changed_fuel_adjustment_splits_its_line_and_no_kwh_is_lost():
    # Read on the 15th, a bill from 15 June to 14 July spans two quarters.
    contract = CONTRACT.model_copy(update={"meter_reading_day": 15})
    made = bill(
        contract,
        flat("2026-07", 100.3, reading_day=15),
        month_of("2026-07"),
        switches=Switches(assumed_fuel_krw_per_kwh=1.0),
    )
    energy = sum(kwh for _, _, kwh in rows(made))
    fuel = rows(made, LineKind.FUEL)
    assert [days for _, days, _ in fuel] == [
        ("2026-06-15", "2026-06-30"),
        ("2026-07-01", "2026-07-14"),
    ]
    assert sum(kwh for _, _, kwh in fuel) == energy
    assert fuel[0][2] == round(16 * 24 * 100.3)
    assert [float(line.rate) for line in made.lines if line.kind is LineKind.FUEL] == [1.0, 5.0]
    assert rows(made, LineKind.CLIMATE) == [(None, None, energy)]


@pytest.mark.parametrize(
    ("setting", "billed"), [("ordinary", {"peak": 100}), ("off_peak", {"off_peak": 100})]
)
def test_a_designated_holiday_that_no_bill_has_confirmed_is_what_the_switch_says(setting, billed):
    readings = pulses("2025-06", ("2025-06-03T14:00", 1))  # a presidential election
    switches = Switches(unconfirmed_holidays=setting)
    alone = bill(CONTRACT, readings, month_of("2025-06"), switches=switches)
    (of_many,) = bills(CONTRACT, readings, switches=switches)
    assert kwh_of(alone, LineKind.ENERGY) == kwh_of(of_many, LineKind.ENERGY) == billed
    usual = bill(CONTRACT, readings, month_of("2025-06"))
    assert kwh_of(usual, LineKind.ENERGY) == {"peak": 100}


def test_no_instant_has_no_band():
    nothing = interval_bands(CONTRACT, np.array([], dtype="datetime64[s]"), SEOUL)
    assert nothing.band.size == nothing.counted.size == nothing.days.size == 0
    assert nothing.day.dtype == np.intp


def test_days_are_those_from_the_first_to_the_last_touched():
    grid = month_grid(month_of("2026-05"), 15, SEOUL)
    bands = interval_bands(CONTRACT, grid.starts, SEOUL)
    assert (bands.days[0].item(), bands.days[-1].item()) == (date(2026, 4, 15), date(2026, 5, 14))
    assert bands.days.size == 30
    assert bands.day[[0, 95, 96, -1]].tolist() == [0, 0, 1, 29]
