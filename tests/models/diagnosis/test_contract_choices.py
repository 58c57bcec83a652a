"""The contracts that a firm may have follow the classes' powers, voltages and options."""

import pytest

from feature_store.entities.firm import Contract
from models.diagnosis.contract_choices import (
    ClosedClass,
    classes_at,
    options_of,
    powers_kw,
    with_class,
)
from models.tariffs.kepco_tables import PowerRange

LARGE = Contract(power_kw=500, option="III")
SMALL = Contract(tariff_class="industrial_gab_2", power_kw=250, option="I")


@pytest.mark.parametrize(("power_kw", "nearest_kw"), [(3, 4), (4, 4), (299, 299), (300, 299)])
def test_a_range_of_powers_keeps_what_lies_in_it_and_moves_the_rest_to_its_edge(
    power_kw, nearest_kw
):
    assert PowerRange(least=4, most=299).nearest_kw(power_kw) == nearest_kw


def test_a_range_without_a_limit_keeps_every_larger_power():
    assert PowerRange(least=300, most=None).nearest_kw(10_000) == 10_000
    assert PowerRange(least=300, most=None).nearest_kw(299) == 300


def test_options_are_those_of_the_class_at_its_voltage():
    assert options_of(LARGE) == ("I", "II", "III")
    assert options_of(SMALL) == ("I", "II")
    low = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=90)
    assert options_of(low) == ("none",)


def test_a_customer_of_the_highest_voltage_has_one_class():
    assert classes_at("high_c") == ("industrial_eul",)
    assert classes_at("high_a") == ("industrial_gab_2", "industrial_eul")


@pytest.mark.parametrize(
    ("contract", "largest_kw", "asked_kw"),
    [
        (LARGE, 400, (400, 500)),
        (LARGE, 500, (500,)),
        (LARGE, 200, (300, 500)),  # the class begins at 300 kW
        (LARGE, 550, (500, 550)),  # today's is told although it is exceeded
        (SMALL, 280, (250, 280)),
        (SMALL, 320, (250,)),  # 299 kW, the most of the class, would be exceeded
        (Contract(tariff_class="industrial_gab_2", power_kw=350), 200, (200, 299, 350)),
    ],
)
def test_powers_worth_asking_about_are_todays_and_the_least_that_is_not_exceeded(
    contract, largest_kw, asked_kw
):
    assert powers_kw(contract, largest_kw) == asked_kw


def test_another_class_takes_the_power_as_near_as_it_allows_and_an_option_that_it_has():
    moved = with_class(LARGE, "industrial_gab_2", 299)
    assert moved == Contract(tariff_class="industrial_gab_2", power_kw=299, option="II")
    assert with_class(SMALL, "industrial_eul", 250) == Contract(power_kw=300, option="I")
    # A contract power that is exceeded is raised on the way.
    assert with_class(SMALL, "industrial_eul", 340) == Contract(power_kw=340, option="I")


def test_a_class_is_closed_from_the_first_kilowatt_above_its_largest_power():
    closed = with_class(LARGE, "industrial_gab_2", 300)
    assert isinstance(closed, ClosedClass)
    assert closed.tariff_class == "industrial_gab_2"
    assert "300 kW" in closed.reason
    assert "at most 299 kW" in closed.reason
