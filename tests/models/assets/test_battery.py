"""A battery's energy is accounted for, and each of its limits holds alone."""

from dataclasses import replace
from datetime import datetime

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.time_grid import TimeGrid
from models.assets.battery import Battery, BatteryParameters
from tests.builders import SEOUL
from tests.models.assets.cheapest import cheapest

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


def test_what_is_not_declared_adds_nothing_to_the_problem():
    plain = battery().plan(GRID)
    assert (len(plain.constraints), set(plain.state)) == (3, {"soc_kwh"})
    limited = replace(battery(reserve_share=0.3, max_discharge_kwh_per_day=50), zone=SEOUL)
    assert len(limited.plan(GRID).constraints) == 5


DEAR_THEN_CHEAP = np.array([200.0, 200, 200, 200, 50, 50, 50, 50])


def test_of_equally_dear_hours_the_battery_gives_in_the_later():
    # 5 kWh above what it starts with may be given once bought, in any one of six equal quarters.
    price = np.array([10.0, 10, 200, 200, 200, 200, 200, 200])
    cell = battery(initial_soc_share=0.1, max_soc_share=0.15, wear_krw_per_kwh=0)
    plan = cell.plan(GRID)
    cost_krw = price @ plan.power_kw / 4 + cell.cost_krw(plan.power_kw) + plan.tie_break_krw
    cp.Problem(cp.Minimize(cost_krw), plan.constraints).solve(solver=cp.HIGHS)
    assert plan.power_kw.value[2:] == pytest.approx([0, 0, 0, 0, 0, -16], abs=1e-6)


def test_a_reserve_is_kept_back_by_hand():
    # From 50 kWh to the reserve of 40: 10 kWh give 8 kWh at the plug, at most 10 kWh a step.
    cell = battery(reserve_share=0.4)
    power_kw, _ = cheapest(cell, GRID, DEAR_THEN_CHEAP)
    assert np.maximum(-power_kw, 0).sum() / 4 == pytest.approx(8)
    assert cell.soc_kwh(power_kw).min() == pytest.approx(40)
    assert cell.violations(power_kw, GRID) == ()
    assert any(
        "below its reserve" in found
        for found in cell.violations(np.array([-40.0, 0, 0, 0, 40, 40, 0, 0]), GRID)
    )


def test_a_battery_below_its_reserve_gives_nothing_and_need_not_fill_up():
    cell = battery(reserve_share=0.8)
    power_kw, cost_krw = cheapest(cell, GRID, DEAR_THEN_CHEAP)
    assert (np.abs(power_kw).max(), cost_krw) == (pytest.approx(0, abs=1e-6), pytest.approx(0))
    measured_kw, _ = cheapest(cell, GRID, DEAR_THEN_CHEAP, soc_kwh=85, reserve_kwh=80)
    assert np.maximum(-measured_kw, 0).sum() / 4 == pytest.approx(4)


def test_the_cycle_limit_is_a_local_days():
    over_midnight = TimeGrid(datetime(2026, 7, 1, 23, tzinfo=SEOUL), steps=8)
    cell = replace(
        battery(max_discharge_kwh_per_day=12, discharged_today_kwh=7, wear_krw_per_kwh=0),
        zone=SEOUL,
    )
    price = np.array([200.0, 200, 50, 50, 200, 200, 50, 50])
    power_kw, _ = cheapest(cell, over_midnight, price)
    given_kwh = np.maximum(-power_kw, 0) / 4
    assert (given_kwh[:4].sum(), given_kwh[4:].sum()) == (pytest.approx(5), pytest.approx(12))
    assert cell.violations(power_kw, over_midnight) == ()
    power_kw[0] -= 4.0
    power_kw[3] += 10.0
    assert "ESS discharges too much on a day" in cell.violations(power_kw, over_midnight)


def test_a_cycle_limit_without_a_zone_says_what_is_missing():
    with pytest.raises(ValueError, match="max_discharge_kwh_per_day needs the zone"):
        battery(max_discharge_kwh_per_day=12).plan(GRID)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reserve_share": 0.9}, r"reserve_share 0\.9 leaves nothing below max_soc_share"),
        ({"capacity_kwh": -5}, "greater than 0"),
        ({"charge_efficiency": 1.1}, "less than or equal to 1"),
        ({"max_discharge_kwh_per_day": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_is_refused_with_the_parameter(changes, said):
    with pytest.raises(ValueError, match=said):
        battery(**changes)
