"""What the optimiser relies on, asked of every kind of equipment."""

from datetime import datetime
from typing import get_args

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from feature_store.entities.firm import Equipment
from feature_store.time_grid import TimeGrid
from models.assets.action import Action
from models.assets.asset import TOLERANCE_KW
from models.site import KINDS, site_of
from tests.builders import SEOUL, a_firm

GRID = TimeGrid(datetime(2026, 7, 1, 9, tzinfo=SEOUL), steps=96)
DECLARED = {
    "battery": {
        "capacity_kwh": 500,
        "max_charge_kw": 250,
        "max_discharge_kw": 200,
        "charge_efficiency": 0.95,
        "discharge_efficiency": 0.9,
        "min_soc_share": 0.1,
        "max_soc_share": 0.9,
        "initial_soc_share": 0.5,
        "wear_krw_per_kwh": 20,
    },
    "shiftable_job": {
        "profile_kw": [80.0, 80.0, 40.0, 40.0],
        "usual_start": "15:00",
        "earliest_start": "08:00",
        "latest_end": "24:00",
        "days": [0, 1, 2, 3, 4],
    },
    "curtailable_load": {
        "max_reduction_kw": 60,
        "max_energy_kwh_per_day": 90,
        "cost_krw_per_kwh": 300,
        "earliest_start": "09:00",
        "latest_end": "20:00",
    },
    "solar": {"peak_kw": 150, "tilt_deg": 10, "azimuth_deg": 180},
}
SITE = site_of(
    a_firm(
        equipment=tuple(
            Equipment(name=f"the_{kind}", kind=kind, parameters=parameters)
            for kind, parameters in DECLARED.items()
        )
    )
)

every_asset = pytest.mark.parametrize("asset", SITE.assets, ids=lambda asset: asset.kind)


def solved(asset, objective, *constraints) -> np.ndarray:
    plan = asset.plan(GRID)
    problem = cp.Problem(
        cp.Minimize(objective(plan)), [*plan.constraints, *(c(plan) for c in constraints)]
    )
    problem.solve(solver=cp.HIGHS, warm_start=False, mip_rel_gap=0.0)
    assert problem.status == cp.OPTIMAL
    return np.asarray(plan.power_kw.value)


def test_every_kind_is_asked():
    assert set(DECLARED) == set(KINDS)


@every_asset
def test_power_has_one_value_per_step(asset):
    assert asset.plan(GRID).power_kw.shape == (GRID.steps,)
    assert asset.usual_kw(GRID).shape == (GRID.steps,)


@every_asset
def test_the_problem_compiles_once_and_then_takes_numbers(asset):
    plan = asset.plan(GRID)
    price = cp.Parameter(GRID.steps)
    objective = cp.Minimize(
        price @ plan.power_kw + asset.cost_krw(plan.power_kw) + plan.tie_break_krw
    )
    assert cp.Problem(objective, plan.constraints).is_dpp()


@every_asset
def test_every_variable_says_whose_it_is_and_its_unit(asset):
    plan = asset.plan(GRID)
    variables = cp.Problem(cp.Minimize(cp.sum(plan.power_kw)), plan.constraints).variables()
    assert variables
    for variable in variables:
        assert variable.name().startswith(f"{asset.name}.")
        assert variable.name().endswith(("_kw", "_kwh", "_on"))


@every_asset
def test_its_actions_are_words_that_the_page_knows(asset):
    assert {asset.drawing, asset.feeding} <= set(get_args(Action))


@every_asset
def test_its_state_is_filled_with_what_is_declared(asset):
    assert all(parameter.value is not None for parameter in asset.plan(GRID).state.values())


@every_asset
def test_the_usual_operation_is_allowed_free_and_what_the_tie_break_prefers(asset):
    usual_kw = asset.usual_kw(GRID)
    assert asset.violations(usual_kw, GRID) == ()
    assert asset.cost_krw(usual_kw).value == 0
    preferred_kw = solved(asset, lambda plan: plan.tie_break_krw)
    assert preferred_kw == pytest.approx(usual_kw, abs=1e-6)


@every_asset
def test_far_too_much_power_either_way_is_a_violation_that_names_it(asset):
    for power_kw in (1e6, -1e6):
        found = asset.violations(np.full(GRID.steps, power_kw), GRID)
        assert found
        assert all(violation.startswith(asset.name) for violation in found)


@every_asset
def test_one_step_of_unusual_power_beyond_its_limits_is_noticed(asset):
    power_kw = asset.usual_kw(GRID).copy()
    power_kw[np.argmin(np.abs(power_kw))] += 1000.0
    assert asset.violations(power_kw, GRID)


@every_asset
@settings(max_examples=20, deadline=None)
@given(price=arrays(np.float64, GRID.steps, elements=st.floats(1, 400)))
def test_whatever_the_prices_its_cheapest_operation_breaks_no_limit(asset, price):
    power_kw = solved(asset, lambda plan: price @ plan.power_kw + asset.cost_krw(plan.power_kw))
    assert asset.violations(power_kw, GRID) == ()


@every_asset
@settings(max_examples=10, deadline=None)
@given(price=arrays(np.float64, GRID.steps, elements=st.floats(1, 400)))
def test_its_cheapest_operation_costs_no_more_than_the_usual_one(asset, price):
    power_kw = solved(asset, lambda plan: price @ plan.power_kw + asset.cost_krw(plan.power_kw))
    usual_kw = asset.usual_kw(GRID)
    assert price @ power_kw + asset.cost_krw(power_kw).value <= price @ usual_kw + 1e-3


@every_asset
def test_a_store_ends_no_emptier_than_it_began_and_others_store_nothing(asset):
    power_kw = solved(asset, lambda plan: cp.sum(plan.power_kw))
    soc_kwh = asset.soc_kwh(power_kw)
    if soc_kwh is not None:
        assert soc_kwh.shape == (GRID.steps + 1,)
        assert soc_kwh[-1] >= soc_kwh[0] - TOLERANCE_KW
