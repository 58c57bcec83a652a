"""Each uncertain rule has a switch that the bill prints, with its reason, and that changes it."""

from dataclasses import fields

import pytest

from feature_store.entities.firm import Contract
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.monthly_bill import bill
from models.tariffs.switches import USUAL, Switches, switched
from tests.models.tariffs.bill.metered import flat, kwh_of, month_of, pulses

CONTRACT = Contract(power_kw=400, option="II")
APRIL = month_of("2026-04")


def test_every_bill_prints_every_switch_with_its_reason():
    made = bill(CONTRACT, flat("2026-05", 100), month_of("2026-05"))
    choices = made.switches.choices()
    assert [choice.name for choice in choices] == [field.name for field in fields(Switches)]
    assert all(choice.usual and choice.why for choice in choices)


INSTEAD = switched(["assumed_fuel_krw_per_kwh=3"])


def test_an_assumed_fuel_adjustment_can_be_replaced_and_a_known_one_not():
    switches = switched(["assumed_fuel_krw_per_kwh=-1.5"])
    for month, krw in (("2026-05", -111_600), ("2026-07", 372_000)):
        made = bill(CONTRACT, flat(month, 100), month_of(month), switches=switches)
        assert made.krw(LineKind.FUEL) == krw


def test_a_bill_tells_the_figures_that_are_less_certain():
    assumed = bill(CONTRACT, flat("2026-05", 100), month_of("2026-05")).less_certain
    assert [text.split(" from ")[0] for text in assumed] == ["fuel adjustment"]
    told = bill(CONTRACT, flat("2026-05", 100), month_of("2026-05"), switches=INSTEAD)
    assert told.less_certain == ()
    (after,) = bill(CONTRACT, flat("2026-07", 100), month_of("2026-07")).less_certain
    assert "no table after 2026-06-01 was found" in after
    gab = Contract(power_kw=250, tariff_class="industrial_gab_2")
    derived = bill(gab, flat("2021-05", 100), month_of("2021-05")).less_certain
    assert derived[0].startswith("rates from 2021-01-01: derived")


def test_a_contract_power_that_the_class_is_not_for_is_told():
    for power_kw, tariff_class in ((1000, "industrial_gab_2"), (299, "industrial_eul")):
        contract = Contract(power_kw=power_kw, tariff_class=tariff_class)
        (told, _) = bill(contract, flat("2026-05", 100), month_of("2026-05")).less_certain
        assert told.startswith("contract power")
        assert f"not for {power_kw} kW" in told
    limit = Contract(power_kw=299, tariff_class="industrial_gab_2")
    (fuel,) = bill(limit, flat("2026-05", 100), month_of("2026-05")).less_certain
    assert fuel.startswith("fuel")


def test_energy_falls_to_the_parts_of_a_month_by_interval_or_by_days():
    # All of April's energy is drawn on the 20th, a Monday, 10-11 h: mid under either table.
    readings = pulses("2026-04", ("2026-04-20T10:00", 1), kw=300)
    by_interval = bill(CONTRACT, readings, APRIL)
    by_days = bill(CONTRACT, readings, APRIL, switches=Switches(split="by_days"))
    kwh = [
        [
            int(line.quantity)
            for line in made.lines
            if line.kind is LineKind.ENERGY and line.quantity
        ]
        for made in (by_interval, by_days)
    ]
    assert kwh == [[300], [150, 150]]
    assert kwh_of(by_days, LineKind.ENERGY) == kwh_of(by_interval, LineKind.ENERGY)


@pytest.mark.parametrize("month", ["2026-04", "2023-01"])
def test_splitting_by_days_moves_no_kwh_into_another_band(month):
    readings = flat(month, 123)
    by_days = bill(CONTRACT, readings, month_of(month), switches=Switches(split="by_days"))
    assert kwh_of(by_days, LineKind.ENERGY) == kwh_of(
        bill(CONTRACT, readings, month_of(month)), LineKind.ENERGY
    )


def test_the_usual_switches_are_the_default():
    assert switched([]) == USUAL == Switches()
