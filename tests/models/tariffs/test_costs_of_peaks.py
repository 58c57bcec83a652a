"""What peaks cost, in the month and in later ones, is the sum of won that a person adds up."""

from datetime import datetime

import cvxpy as cp
import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.time_grid import TimeGrid
from models.tariffs.demand_charge import demand_cost_krw, excess_cost_krw
from models.tariffs.grid_prices import grid_prices
from models.tariffs.later_demand import DemandCuts, later_demand_cost_krw
from tests.builders import SEOUL

CONTRACT = Contract(power_kw=400, option="II")
BASIC = 8320
HOUR = TimeGrid(datetime(2026, 7, 1, 14, tzinfo=SEOUL), steps=4)


def test_later_months_cost_nothing_up_to_what_they_are_billed_anyway_and_their_rates_above():
    # One month is billed 100 kW anyway and the next 150: 8,320 won a kW above 100, twice from 150.
    cuts = DemandCuts(
        krw_per_kw=np.array([BASIC, 2.0 * BASIC]),
        intercept_krw=np.array([-100.0 * BASIC, -250.0 * BASIC]),
    )
    peaks_kw = np.array([90.0, 100.0, 120.0, 200.0])
    costs_krw = later_demand_cost_krw([peaks_kw], [cuts]).value
    assert costs_krw.tolist() == [0, 0, 20 * BASIC, 100 * BASIC + 50 * BASIC]
    both = later_demand_cost_krw([peaks_kw, peaks_kw], [cuts, cuts]).value
    assert both.tolist() == [0, 0, 40 * BASIC, 300 * BASIC]
    assert later_demand_cost_krw([], []).value == 0


def test_a_peak_without_its_months_is_refused():
    cuts = DemandCuts(krw_per_kw=np.array([1.0]), intercept_krw=np.array([0.0]))
    with pytest.raises(ValueError, match="shorter"):
        later_demand_cost_krw([np.array(5.0), np.array(6.0)], [cuts])


def test_each_path_pays_for_its_own_peak_and_its_own_excess():
    prices = grid_prices(CONTRACT, HOUR, SEOUL)
    paths_kw = np.array([[100.0, 450.0], [300.0, 420.0], [200.0, 10.0], [0.0, 0.0]])
    demand = demand_cost_krw(paths_kw, np.array([120.0]), prices)
    assert demand.value.tolist() == [300 * BASIC, 450 * BASIC]
    excess = excess_cost_krw(paths_kw, 400, prices)
    assert excess.value.tolist() == [0, 50 * BASIC * 1.5]
    quiet = demand_cost_krw(np.full(4, 20.0), np.array([120.0]), prices)
    assert quiet.value == 120 * BASIC


def test_a_grid_over_two_months_pays_the_demand_charge_twice():
    night = TimeGrid(datetime(2026, 7, 31, 21, tzinfo=SEOUL), steps=48)
    prices = grid_prices(CONTRACT, night, SEOUL)
    import_kw = np.zeros(48)
    import_kw[:4] = 250  # 31 July, 21-22 h: counted in July, and August remembers it
    floors_kw = np.array([120.0, 130.0])
    assert demand_cost_krw(import_kw, floors_kw, prices).value == 2 * 250 * BASIC
    import_kw[:4], import_kw[44:] = 0, 250  # 1 August is a Saturday; 8-9 h counts, July is over
    assert demand_cost_krw(import_kw, floors_kw, prices).value == (120 + 250) * BASIC
    import_kw[:] = 0
    import_kw[4:12] = 450  # 22-24 h: no demand that is billed, yet above the contract power
    assert demand_cost_krw(import_kw, floors_kw, prices).value == (120 + 130) * BASIC
    assert excess_cost_krw(import_kw, 400, prices).value == 50 * BASIC * 1.5


def test_a_decision_is_priced_as_its_numbers_are():
    prices = grid_prices(CONTRACT, HOUR, SEOUL)
    import_kw = cp.Variable(4)
    cost_krw = demand_cost_krw(import_kw, np.array([120.0]), prices)
    problem = cp.Problem(cp.Minimize(cost_krw), [cp.sum(import_kw) == 1000])
    problem.solve(solver=cp.HIGHS)
    assert problem.value == pytest.approx(250 * BASIC)
