"""A thermal store keeps its band and loses what physics says; it is filled before dear hours."""

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.time_grid import TimeGrid
from models.assets.thermal_store import ThermalStore, ThermalStoreParameters
from tests.builders import SEOUL, a_firm
from tests.models.assets.cheapest import cheapest

GRID = TimeGrid(datetime(2026, 7, 1, 8, tzinfo=SEOUL), steps=32)
TANK = {
    "max_kw": 50,
    "coefficient_of_performance": 3,
    "capacity_kwh": 100,
    "usual_kwh": 40,
    "standing_loss_kw": 15,
    "loss_share_per_hour": 0.0,
}
COLD_ROOM = {
    "max_kw": 30,
    "coefficient_of_performance": 2.5,
    "min_celsius": -24,
    "max_celsius": -18,
    "usual_celsius": -20,
    "ambient_celsius": 20,
    "kwh_per_degree": 10,
    "loss_kw_per_degree": 0.5,
}
KILN = COLD_ROOM | {
    "max_kw": 600,
    "coefficient_of_performance": 1,
    "min_celsius": 800,
    "max_celsius": 850,
    "usual_celsius": 820,
}


def store(declared, **changes) -> ThermalStore:
    return ThermalStore(
        name="chiller", parameters=ThermalStoreParameters(**declared | changes), firm=a_firm()
    )


def test_a_tank_without_drain_by_hand():
    # 20 kW x 3 - 15 kW of loss fill 11.25 kWh in a quarter hour; at rest it loses 3.75.
    power_kw = np.zeros(32)
    power_kw[0] = 20
    assert store(TANK).stored_kwh(power_kw, GRID)[:3].tolist() == pytest.approx([40, 51.25, 47.5])
    assert store(TANK).usual_kw(GRID) == pytest.approx(np.full(32, 5.0))


@pytest.mark.parametrize("declared", [TANK, COLD_ROOM, KILN], ids=["tank", "cold room", "kiln"])
def test_a_wider_band_keeps_all_else(declared):
    narrow = store(declared).parameters
    wide = narrow.with_more_kwh(12.0)
    assert wide.balance.capacity_kwh == pytest.approx(narrow.balance.capacity_kwh + 12.0)
    assert wide.balance.usual_kwh == pytest.approx(narrow.balance.usual_kwh)
    assert wide.balance.standing_loss_kw == pytest.approx(narrow.balance.standing_loss_kw)
    assert ThermalStoreParameters(**wide.model_dump(exclude_none=True)) == wide


def test_a_cold_room_left_alone_warms_as_newtons_law_says():
    # T(t) = 20 - 40 exp(-0.05 t): from -20 to -18.05 degrees in an hour.
    room = store(COLD_ROOM)
    stored_kwh = room.stored_kwh(np.zeros(32), GRID)
    celsius = -18 - stored_kwh[4] / 10
    assert celsius == pytest.approx(20 - 40 * np.exp(-0.05))
    assert room.usual_kw(GRID) == pytest.approx(np.full(32, 0.5 * 40 / 2.5))


def test_a_kiln_is_held_from_the_other_side():
    kiln = store(KILN)
    assert kiln.parameters.balance.usual_kwh == pytest.approx(200)
    assert kiln.usual_kw(GRID) == pytest.approx(np.full(32, 0.5 * 800))
    stored_kwh = kiln.stored_kwh(np.zeros(32), GRID)
    assert 800 + stored_kwh[2] / 10 == pytest.approx(20 + 800 * np.exp(-0.05 / 2))


@settings(max_examples=30, deadline=None)
@given(kw=st.floats(0, 30), start=st.floats(-24, -18), loss=st.floats(0, 3))
def test_the_state_equation_is_what_small_time_steps_lead_to(kw, start, loss):
    room = store(COLD_ROOM, loss_kw_per_degree=loss, initial_celsius=start, max_kw=80)
    celsius, parts = start, 20_000
    for _ in range(parts):
        celsius += (loss * (20 - celsius) - 2.5 * kw) / 10 * 0.25 / parts
    stored_kwh = room.stored_kwh(np.full(32, kw), GRID)
    assert -18 - stored_kwh[1] / 10 == pytest.approx(celsius, abs=1e-4)


def test_it_is_filled_before_the_dear_hours_and_drained_in_them():
    # Loss alone takes 15 kW for 8 h: 120 kWh, 60 of them in the dear half.
    price = np.where(np.arange(32) < 16, 50.0, 200.0)
    power_kw, cost_krw = cheapest(store(TANK), GRID, price)
    assert store(TANK).violations(power_kw, GRID) == ()
    # 100 kWh when the dear half begins, 40 at its end: its 60 kWh of loss come from the store.
    assert cost_krw == pytest.approx((60 + 60) / 3 * 50)
    assert power_kw[16:].sum() == pytest.approx(0, abs=1e-6)


def test_work_is_taken_out_in_its_hours_only():
    workshop = store(
        TANK, work_kw=30, work_start="09:00", work_end="10:00", days=(0, 1, 2, 3, 4), max_kw=20
    )
    assert workshop.usual_kw(GRID)[[3, 4, 7, 8]] == pytest.approx([5, 15, 15, 5])
    saturday = TimeGrid(datetime(2026, 7, 4, 8, tzinfo=SEOUL), steps=32)
    assert workshop.usual_kw(saturday) == pytest.approx(np.full(32, 5.0))


@pytest.mark.parametrize(
    ("power_kw", "said"),
    [
        ([51.0] + [5.0] * 31, "draws above 50 kW"),
        ([-1.0] + [6.0] * 31, "feeds power"),
        ([0.0] * 16 + [20.0] * 16, "too little is stored"),
        ([40.0] * 8 + [0.0] * 24, "too much is stored"),
        ([5.0] * 31 + [4.0], "ends with less stored than usual"),
    ],
)
def test_each_limit_is_noticed(power_kw, said):
    assert any(said in found for found in store(TANK).violations(np.array(power_kw), GRID))


@pytest.mark.parametrize("start_kwh", [0, 10, 90])
def test_from_any_start_the_thermostat_returns_to_the_usual_state(start_kwh):
    tank = store(TANK, initial_kwh=start_kwh)
    usual_kw = tank.usual_kw(GRID)
    assert tank.violations(usual_kw, GRID) == ()
    assert tank.stored_kwh(usual_kw, GRID)[-1] == pytest.approx(40)


def test_a_measured_state_set_in_the_plan_is_the_same_as_a_declared_one():
    price = np.random.default_rng(3).uniform(50, 200, 32)
    declared, declared_krw = cheapest(store(TANK, initial_kwh=70), GRID, price)
    _, measured_krw = cheapest(store(TANK), GRID, price, soc_kwh=70)
    assert measured_krw == pytest.approx(declared_krw)
    assert store(TANK, initial_kwh=70).violations(declared, GRID) == ()


@pytest.mark.parametrize(
    ("declared", "changes", "said"),
    [
        (TANK, {"capacity_kwh": -1}, "greater than 0"),
        (TANK, {"usual_kwh": 120}, "usual_kwh or usual_celsius lies outside of the band"),
        (TANK, {"initial_kwh": 101}, "initial_kwh or initial_celsius lies outside"),
        (TANK, {"usual_kwh": None}, "declare the band either by capacity_kwh"),
        (TANK, {"min_celsius": 3}, "declare the band either by capacity_kwh"),
        (TANK, {"initial_celsius": 3}, "declare the start as the band"),
        (TANK, {"max_kw": 4}, "max_kw 4 cannot hold the usual state: losses and work take 5 kW"),
        (TANK, {"work_start": "10:00", "work_end": "09:00"}, "work_end 09:00 is not after"),
        (COLD_ROOM, {"min_celsius": -18}, "min_celsius -18 leaves nothing below max_celsius -18"),
        (COLD_ROOM, {"ambient_celsius": -20}, "ambient_celsius -20 lies in the band"),
        (COLD_ROOM, {"usual_celsius": -10}, "usual_kwh or usual_celsius lies outside"),
    ],
)
def test_what_cannot_be_is_refused_with_the_parameter(declared, changes, said):
    with pytest.raises(ValueError, match=said):
        store({**declared, **changes})
