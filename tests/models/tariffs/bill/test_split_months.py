"""A month in which rates change: the kWh of its parts are those of the month."""

from dataclasses import replace

import numpy as np

from feature_store.entities.firm import Contract
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.monthly_bill import bill
from models.tariffs.switches import Switches
from tests.models.tariffs.bill.metered import flat, kwh_of, month_of, pulses

CONTRACT = Contract(power_kw=500, option="II")
APRIL = month_of("2026-04")


def test_the_parts_of_a_band_add_up_to_the_band_rounded_once():
    readings = flat("2026-04", 0)
    kwh = readings.kwh.copy()
    # 0.5 kWh in mid hours of Monday 6 and Monday 20 April, on either side of the reform.
    kwh[5 * 96 + 40] = kwh[19 * 96 + 40] = 0.5
    made = bill(CONTRACT, replace(readings, kwh=kwh), APRIL)
    assert sum(kwh_of(made, LineKind.ENERGY).values()) == 1
    assert kwh_of(made, LineKind.CLIMATE) == {"": 1}


def test_no_more_is_discounted_than_a_part_is_billed():
    # All use on Sundays 11-14 h after the reform; by days, half of it is billed before.
    readings = pulses("2026-04", ("2026-04-19T11:00", 3), ("2026-04-26T11:00", 3), kw=400)
    made = bill(CONTRACT, readings, APRIL, switches=Switches(split="by_days"))
    discounted = kwh_of(made, LineKind.WEEKEND_DISCOUNT)["off_peak"]
    second = [line for line in made.lines if line.kind is LineKind.ENERGY][-3:]
    assert discounted == sum(int(line.quantity) for line in second) == 1_200
    by_interval = bill(CONTRACT, readings, APRIL)
    assert kwh_of(by_interval, LineKind.WEEKEND_DISCOUNT)["off_peak"] == 2_400


def test_a_flat_month_is_billed_the_same_kwh_whatever_the_split():
    readings = flat("2026-04", 333.3)
    totals = {
        sum(kwh_of(bill(CONTRACT, readings, APRIL, switches=Switches(split=split)), kind).values())
        for split in ("by_interval", "by_days")
        for kind in (LineKind.ENERGY, LineKind.CLIMATE)
    }
    assert len(totals) == 1
    assert abs(totals.pop() - np.sum(readings.kwh)) <= 1.5  # three bands, half a kWh each
