"""Every vehicle departs with its energy, and is charged only while it is there."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.time_grid import TimeGrid
from models.assets.charger import Charger, ChargerParameters
from tests.builders import SEOUL, a_firm
from tests.models.assets.cheapest import cheapest

WEDNESDAY = datetime(2026, 7, 1, tzinfo=SEOUL)
DECLARED = {
    "max_kw": 20,
    "efficiency": 0.8,
    "arrivals": ("09:00", "13:00"),
    "departures": ("11:00", "14:00"),
    "energy_kwh": (10, 4),
    "days": (0, 1, 2, 3, 4),
}


def forklift(**changes) -> Charger:
    return Charger(
        name="forklift", parameters=ChargerParameters(**DECLARED | changes), firm=a_firm()
    )


def grid(hour: float = 8, steps: int = 32) -> TimeGrid:
    return TimeGrid(WEDNESDAY + timedelta(hours=hour), steps=steps)


def test_usually_each_vehicle_is_charged_at_once():
    # 20 kW bring 4 kWh a quarter hour: 10 kWh take two and a half, 4 kWh take one.
    usual_kw = forklift().usual_kw(grid())
    assert np.flatnonzero(usual_kw).tolist() == [4, 5, 6, 20]
    assert usual_kw[4:7].tolist() == pytest.approx([20, 20, 10])


def test_the_cheapest_hours_of_each_stay_are_used_by_hand():
    price = np.full(32, 100.0)
    price[9:11], price[22] = 40, 30
    power_kw, cost_krw = cheapest(forklift(), grid(), price)
    assert power_kw[[9, 10, 22]] == pytest.approx(20)
    # 12.5 kWh of draw for the first vehicle, 10 of them at 40 won; 5 for the second at 30.
    assert cost_krw == pytest.approx(10 * 40 + 2.5 * 100 + 5 * 30)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({4: 0.0}, "charges too little from 2026-07-01 09:00 on"),
        ({8: 20.0}, "charges too much from 2026-07-01 09:00 on"),
        ({4: 21.0}, "draws above 20 kW"),
        ({6: -10.0}, "feeds power"),
        ({2: 5.0}, "draws while no vehicle is there"),
        ({20: 0.0, 24: 20.0}, "charges too little from 2026-07-01 13:00 on"),
    ],
)
def test_each_limit_is_noticed(changed, said):
    power_kw = forklift().usual_kw(grid())
    for step, kw in changed.items():
        power_kw[step] = kw
    assert any(said in found for found in forklift().violations(power_kw, grid()))


def test_a_vehicle_that_stays_overnight_is_charged_on_either_day():
    night = forklift(arrivals=("20:00",), departures=("06:00",), energy_kwh=(40,), overnight=True)
    over_midnight = grid(18, steps=64)  # until 10:00
    price = np.where(np.arange(64) < 30, 100.0, 50.0)
    power_kw, _ = cheapest(night, over_midnight, price)
    assert night.violations(power_kw, over_midnight) == ()
    assert power_kw[:30].sum() == pytest.approx(0, abs=1e-6)  # before 01:30
    assert power_kw[30:48].sum() / 4 * 0.8 == pytest.approx(40)
    (stay,) = night.sessions(grid(2, steps=8))  # the stay that began on Tuesday
    assert (stay.under_way, stay.need_kwh) == (True, 0.0)


def test_nobody_arrives_on_a_weekend():
    saturday = TimeGrid(datetime(2026, 7, 4, tzinfo=SEOUL), steps=96)
    assert forklift().sessions(saturday) == ()
    assert forklift().violations(np.zeros(96), saturday) == ()


def test_what_a_vehicle_under_way_still_needs_can_be_declared_and_measured():
    ten = grid(10, steps=20)
    assert forklift().sessions(ten)[0].need_kwh == 0  # usually full since 09:45
    price = np.array([9.0, 8, 7, 6] + [5.0] * 16)
    declared, _ = cheapest(forklift(charged_kwh=2), ten, price)
    measured, _ = cheapest(forklift(), ten, price, remaining_kwh=8)
    assert declared[:4] == pytest.approx([0, 0, 20, 20], abs=1e-6)
    assert measured == pytest.approx(declared, abs=1e-6)
    assert forklift(charged_kwh=2, plugged_in=False).usual_kw(ten)[:4].tolist() == [0, 0, 0, 0]


def test_a_stay_that_outlasts_the_grid_is_charged_as_far_as_usual():
    (stay,) = forklift().sessions(grid(9, steps=2))
    assert stay.need_kwh == pytest.approx(8)


@settings(max_examples=60)
@given(
    start=st.integers(0, 95),
    steps=st.integers(1, 200),
    charged=st.none() | st.floats(0, 30),
    there=st.sampled_from([None, True, False]),
)
def test_whatever_the_grid_and_the_state_the_usual_operation_is_allowed(
    start, steps, charged, there
):
    charger = forklift(
        departures=("11:00", "06:00"), overnight=True, charged_kwh=charged, plugged_in=there
    )
    from_then = TimeGrid(TimeGrid(WEDNESDAY, steps=96).at(start), steps=steps)
    assert charger.violations(charger.usual_kw(from_then), from_then) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"departures": ("08:00", "14:00")}, "departures: 08:00 is not after the arrival at 09:00"),
        ({"efficiency": 1.2}, "less than or equal to 1"),
        ({"energy_kwh": (40, 4)}, "energy_kwh 40 cannot be charged from 09:00 on: 20 kW bring 32"),
        ({"energy_kwh": (10,)}, "2 arrivals, 2 departures and 1 values of energy_kwh"),
        ({"arrivals": ("09:00", "10:00")}, "arrivals: 10:00 is before the departure at 11:00"),
        ({"overnight": True}, "departures: the last vehicle is still there"),
        ({"max_kw": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_is_refused_with_the_parameter(changes, said):
    with pytest.raises(ValueError, match=said):
        forklift(**changes)
