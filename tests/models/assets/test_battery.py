"""A battery's energy is accounted for, and each of its limits holds alone."""

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.time_grid import TimeGrid
from models.assets.battery import Battery, BatteryParameters
from tests.builders import SEOUL

GRID = TimeGrid(datetime(2026, 7, 1, tzinfo=SEOUL), steps=8)
LIMITS = {
    "capacity_kwh": 100,
    "max_charge_kw": 40,
    "max_discharge_kw": 40,
    "charge_efficiency": 0.9,
    "discharge_efficiency": 0.8,
    "min_soc_share": 0.1,
    "max_soc_share": 0.9,
    "initial_soc_share": 0.5,
    "wear_krw_per_kwh": 10,
}


def battery(**changes) -> Battery:
    return Battery(name="ESS", parameters=BatteryParameters(**LIMITS | changes))


def test_a_charge_and_a_discharge_by_hand():
    # 40 kW in for 15 min stores 40 x 0.25 x 0.9 = 9 kWh; 28.8 kW out takes 28.8 x 0.25 / 0.8 = 9.
    power_kw = np.array([40.0, -28.8, 0, 0, 0, 0, 0, 0])
    assert battery().soc_kwh(power_kw).tolist() == pytest.approx(
        [50, 59, 50, 50, 50, 50, 50, 50, 50]
    )
    assert battery().violations(power_kw, GRID) == ()
    assert battery().cost_krw(power_kw).value == pytest.approx(28.8 * 0.25 * 10)


@pytest.mark.parametrize(
    ("power_kw", "said"),
    [
        ([41, -10, 0, 0, 0, 0, 0, 0], "charges above 40 kW"),
        ([40, 40, -41, 0, 0, 0, 0, 0], "discharges above 40 kW"),
        ([-40, -40, -40, -40, 40, 40, 40, 40], "emptier than its window"),
        ([40, 40, 40, 40, 40, 0, 0, 0], "fuller than its window"),
        ([-8, 0, 0, 0, 0, 0, 0, 0], "ends emptier"),
    ],
)
def test_each_limit_is_noticed_alone(power_kw, said):
    found = battery().violations(np.array(power_kw, dtype=float), GRID)
    assert any(said in violation for violation in found)


@given(kwh=st.floats(0.1, 30), charge=st.floats(0.5, 1), discharge=st.floats(0.5, 1))
def test_a_round_trip_loses_what_the_efficiencies_say(kwh, charge, discharge):
    cell = battery(charge_efficiency=charge, discharge_efficiency=discharge)
    given_back_kwh = kwh * charge * discharge
    power_kw = np.array([kwh * 4, -given_back_kwh * 4, 0, 0, 0, 0, 0, 0])
    assert cell.soc_kwh(power_kw)[-1] == pytest.approx(50)


def test_a_window_without_room_is_refused_with_both_figures():
    with pytest.raises(ValueError, match=r"min_soc_share 0\.9 leaves nothing below"):
        battery(min_soc_share=0.9)
