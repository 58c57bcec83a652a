"""What a month's peak so far is worth: more the higher it is, never more than the demand charge."""

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.load_chain import chain_of_days
from models.dispatch.month_value import (
    ExpectedDay,
    ExpectedPart,
    end_of_month_krw,
    month_values,
)
from models.dispatch.storage_value import DayPrices, StateGrid
from models.dispatch.store import Store

KRW_PER_KW = 5000.0
OF_THE_GRID = 0.005
"""Share of the charge by which slopes may be off: values between its points lie on lines."""
STORE = Store(
    least_kwh=0.0,
    most_kwh=100.0,
    charge_kw=50.0,
    discharge_kw=50.0,
    charge_efficiency=0.9,
    discharge_efficiency=0.9,
    wear_krw_per_kwh=0.0,
    start_kwh=50.0,
)
GRID = StateGrid(soc_kwh=np.linspace(0, 100, 5), peak_kw=np.linspace(0, 300, 25))
STEPS = np.arange(STEPS_PER_DAY)


@pytest.fixture(scope="module")
def values():
    """Of a month with four days left, each between 120 and 220 kW at its height."""
    random = np.random.default_rng(1)
    shape = np.where((STEPS > STEPS_PER_DAY // 3) & (STEPS < STEPS_PER_DAY * 3 // 4), 1.0, 0.3)
    days_kw = shape * random.uniform(120, 220, size=(20, 1))
    days_kw += random.uniform(0, 5, days_kw.shape)
    day = ExpectedDay(
        prices=DayPrices(
            krw_per_kwh=np.full(STEPS_PER_DAY, 100.0), counted=np.ones(STEPS_PER_DAY, dtype=bool)
        ),
        parts=(ExpectedPart(probability=1.0, chain=chain_of_days(days_kw, np.ones(20))),),
    )
    end_krw = end_of_month_krw(KRW_PER_KW * GRID.peak_kw, krw_per_kwh=100.0, store=STORE, grid=GRID)
    return month_values([day] * 4, end_krw, STORE, GRID)


def test_there_is_a_value_before_each_day_and_after_the_last(values):
    assert [value.shape for value in values] == [(5, 25)] * 5


def test_a_higher_peak_so_far_never_costs_less_and_never_more_than_the_demand_charge(values):
    for value in values:
        slope = np.diff(value, axis=1) / np.diff(GRID.peak_kw)
        assert slope.min() >= -OF_THE_GRID * KRW_PER_KW
        assert slope.max() <= (1 + OF_THE_GRID) * KRW_PER_KW


def test_the_value_bends_upward_in_the_peak(values):
    for value in values:
        slope = np.diff(value, axis=1) / np.diff(GRID.peak_kw)
        assert np.diff(slope, axis=1).min() >= -0.02 * KRW_PER_KW  # what the grid's lines allow


def test_a_low_peak_is_a_floor_that_some_day_will_pass_and_a_high_one_is_the_bill(values):
    slope = np.diff(values[0], axis=1) / np.diff(GRID.peak_kw)
    assert slope[2, 0] < 0.05 * KRW_PER_KW
    assert slope[2, -1] == pytest.approx(KRW_PER_KW, rel=OF_THE_GRID)


def test_fewer_days_left_make_a_peak_so_far_count_for_more(values):
    at = int(np.searchsorted(GRID.peak_kw, 150))
    slopes = [float(np.diff(value[2])[at]) for value in values]
    assert slopes == sorted(slopes)


def test_more_charge_is_never_worth_less(values):
    for value in values:
        assert np.diff(value, axis=0).max() <= 1e-6


def test_charge_that_is_missing_at_the_end_is_bought_with_its_losses():
    end_krw = end_of_month_krw(np.zeros(25), krw_per_kwh=100.0, store=STORE, grid=GRID)
    assert end_krw[:, 0] == pytest.approx([50 * 100 / 0.9, 25 * 100 / 0.9, 0, -2250, -4500])
