"""What is known of a meter becomes the input of a bill, and moves between grids unchanged."""

from dataclasses import replace
from datetime import datetime

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.time_grid import TimeGrid
from models.tariffs.bill.metered_energy import MeteredEnergy, metered_energy
from tests.builders import SEOUL

GRID = TimeGrid(datetime(2026, 5, 1, tzinfo=SEOUL), steps=4)
HISTORY = LoadHistory(
    firm_id="works",
    grid=GRID,
    demand_kw=np.array([100.0, 200.0, np.nan, 0.0]),
    known_at=np.full(4, np.datetime64("2026-05-02", "s")),
)
REACTIVE = ReactiveEnergy(
    firm_id="works",
    grid=GRID,
    lagging_kvarh=np.array([1.0, 2.0, np.nan, 0.0]),
    leading_kvarh=np.array([0.0, 0.5, np.nan, 3.0]),
)


def test_a_quarter_of_an_hour_at_a_hundred_kilowatts_is_twenty_five_kilowatt_hours():
    readings = metered_energy(HISTORY, REACTIVE, SEOUL)
    assert (readings.grid, readings.zone) == (GRID, SEOUL)
    np.testing.assert_array_equal(readings.kwh, [25, 50, np.nan, 0])
    np.testing.assert_array_equal(readings.demand_kw, HISTORY.demand_kw)
    np.testing.assert_array_equal(readings.lagging_kvarh, REACTIVE.lagging_kvarh)
    np.testing.assert_array_equal(readings.leading_kvarh, REACTIVE.leading_kvarh)


def test_a_meter_without_reactive_energy_has_none_rather_than_zeros():
    silent = replace(REACTIVE, lagging_kvarh=np.full(4, np.nan), leading_kvarh=np.full(4, np.nan))
    for told in (None, silent):
        readings = metered_energy(HISTORY, told, SEOUL)
        assert readings.lagging_kvarh is None
        assert readings.leading_kvarh is None


def readings() -> MeteredEnergy:
    counted = np.array([1.0, 2.0, 3.0, 4.0])
    return MeteredEnergy(
        grid=GRID,
        zone=SEOUL,
        kwh=counted,
        lagging_kvarh=counted + 10,
        leading_kvarh=counted + 20,
    )


def test_on_another_grid_each_reading_keeps_its_time_and_the_rest_is_missing():
    before = TimeGrid(datetime(2026, 4, 30, 23, 30, tzinfo=SEOUL), steps=4)
    moved = readings().on(before)
    assert (moved.grid, moved.zone) == (before, SEOUL)
    np.testing.assert_array_equal(moved.kwh, [np.nan, np.nan, 1, 2])
    np.testing.assert_array_equal(moved.lagging_kvarh, [np.nan, np.nan, 11, 12])
    np.testing.assert_array_equal(moved.leading_kvarh, [np.nan, np.nan, 21, 22])
    after = TimeGrid(datetime(2026, 5, 1, 0, 45, tzinfo=SEOUL), steps=2)
    np.testing.assert_array_equal(readings().on(after).kwh, [4, np.nan])
    inside = TimeGrid(datetime(2026, 5, 1, 0, 15, tzinfo=SEOUL), steps=2)
    np.testing.assert_array_equal(readings().on(inside).kwh, [2, 3])


def test_a_grid_beside_the_readings_holds_none_of_them():
    for hour in (1, 5):
        later = TimeGrid(datetime(2026, 5, 1, hour, tzinfo=SEOUL), steps=3)
        assert np.isnan(readings().on(later).kwh).all()
    earlier = TimeGrid(datetime(2026, 4, 30, 23, tzinfo=SEOUL), steps=4)
    assert np.isnan(readings().on(earlier).kwh).all()
    assert replace(readings(), lagging_kvarh=None).on(earlier).lagging_kvarh is None
