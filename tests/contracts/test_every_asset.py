"""What the optimiser relies on, asked of every kind of equipment."""

import re
from datetime import datetime
from pathlib import Path
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
from serving.web.words import EQUIPMENT_KINDS
from tests.builders import SEOUL, a_firm

ROOT = Path(__file__).parents[2]
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
    "interruptible_job": {
        "levels_kw": [30.0, 50.0],
        "energy_kwh": 110,
        "usual_start": "13:00",
        "earliest_start": "10:00",
        "latest_end": "22:00",
        "days": [0, 1, 2, 3, 4],
        "min_on": "00:30",
        "min_off": "00:45",
        "max_starts": 3,
    },
    "thermal_store": {
        "max_kw": 60,
        "coefficient_of_performance": 3.0,
        "min_celsius": -24,
        "max_celsius": -18,
        "usual_celsius": -20,
        "ambient_celsius": 25,
        "kwh_per_degree": 20,
        "loss_kw_per_degree": 0.8,
        "work_kw": 40,
        "work_start": "09:00",
        "work_end": "18:00",
    },
    "charger": {
        "max_kw": 22,
        "efficiency": 0.9,
        "arrivals": ["11:00", "18:00"],
        "departures": ["13:00", "07:00"],
        "energy_kwh": [15.0, 60.0],
        "days": [0, 1, 2, 3, 4],
        "overnight": True,
    },
    "generator": {
        "min_kw": 50,
        "max_kw": 120,
        "fuel_krw_per_kwh": 180,
        "start_krw": 4000,
        "min_on": "01:00",
        "min_off": "00:30",
        "max_starts": 2,
    },
    "solar": {"peak_kw": 150, "tilt_deg": 10, "azimuth_deg": 180},
}
FURTHER = {
    "cycled_battery": (
        "battery",
        {"max_discharge_kwh_per_day": 150, "discharged_today_kwh": 60, "reserve_share": 0.4},
    ),
    "optional_runs": (
        "shiftable_job",
        {"later_usual_starts": ["18:00", "21:00"], "worth_krw": 9000},
    ),
    "late_runs": (
        "shiftable_job",
        {"later_usual_starts": ["18:00"], "runs_done": 0, "steps_done": 1, "latest_end": "20:00"},
    ),
    "job_by_time": (
        "interruptible_job",
        {"levels_kw": [50.0], "energy_kwh": None, "duration": "03:00"},
    ),
    "job_under_way": (
        "interruptible_job",
        {"earliest_start": "08:00", "done_kwh": 20, "on_before": "00:15", "starts_done": 2},
    ),
    "steady_reduction": (
        "curtailable_load",
        {
            "min_reduction_kw": 20,
            "min_duration": "00:45",
            "max_duration": "01:30",
            "notice": "01:00",
            "recovery_share": 0.6,
            "recovery": "01:00",
            "given_up_today_kwh": 30,
        },
    ),
    "reduction_under_way": (
        "curtailable_load",
        {
            "min_reduction_kw": 20,
            "min_duration": "00:45",
            "max_duration": "01:30",
            "notice": "01:00",
            "recovery_share": 0.6,
            "recovery": "01:00",
            "reduced_before_kw": [60, 0, 45, 45, 45],
            "announced_kw": [40, 0, 30],
        },
    ),
    "air_receiver": (
        "thermal_store",
        {
            **dict.fromkeys(key for key in DECLARED["thermal_store"] if "celsius" in key),
            "kwh_per_degree": None,
            "loss_kw_per_degree": None,
            "capacity_kwh": 30,
            "usual_kwh": 12,
            "standing_loss_kw": 2,
            "loss_share_per_hour": 0.05,
        },
    ),
    "late_vehicle": ("charger", {"arrivals": ["08:00", "18:00"], "charged_kwh": 3}),
    "running_generator": ("generator", {"min_off": "01:00", "starts_done": 1}),
}
"""The same kinds with what may be declared besides, by name: kind and what differs."""


def _declared(kind, changes):
    merged = DECLARED[kind] | changes
    return {name: value for name, value in merged.items() if value is not None}


SITE = site_of(
    a_firm(
        equipment=(
            *(
                Equipment(name=f"the_{kind}", kind=kind, parameters=parameters)
                for kind, parameters in DECLARED.items()
            ),
            *(
                Equipment(name=name, kind=kind, parameters=_declared(kind, changes))
                for name, (kind, changes) in FURTHER.items()
            ),
        )
    )
)

every_asset = pytest.mark.parametrize("asset", SITE.assets, ids=lambda asset: asset.name)
every_declared_kind = pytest.mark.parametrize("kind", KINDS)


def solved(asset, objective, *constraints) -> np.ndarray:
    plan = asset.plan(GRID)
    problem = cp.Problem(
        cp.Minimize(objective(plan)), [*plan.constraints, *(c(plan) for c in constraints)]
    )
    problem.solve(solver=cp.HIGHS, warm_start=False, mip_rel_gap=0.0)
    assert problem.status == cp.OPTIMAL
    return np.asarray(plan.power_kw.value)


def paid_krw(asset, plan, price) -> cp.Expression:
    return price @ plan.power_kw + asset.cost_krw(plan.power_kw) + plan.decision_krw


def test_every_kind_is_asked():
    assert set(DECLARED) == set(KINDS)


@every_declared_kind
def test_operators_and_those_who_declare_are_told_of_every_kind(kind):
    documented = (ROOT / "docs" / "data-formats.md").read_text("utf-8")
    (row,) = (line for line in documented.splitlines() if line.startswith(f"| `{kind}` |"))
    assert {f"`{name}`" for name in KINDS[kind].model_fields} <= set(re.findall("`[a-z_]+`", row))
    assert kind in EQUIPMENT_KINDS


@every_asset
def test_power_has_one_value_per_step(asset):
    assert asset.plan(GRID).power_kw.shape == (GRID.steps,)
    assert asset.usual_kw(GRID).shape == (GRID.steps,)


@every_asset
def test_power_has_a_largest_and_a_least_value_as_events_need(asset):
    assert np.isfinite(asset.plan(GRID).power_kw.get_bounds()).all()


@every_asset
def test_the_problem_compiles_once_and_then_takes_numbers(asset):
    plan = asset.plan(GRID)
    price = cp.Parameter(GRID.steps)
    objective = cp.Minimize(paid_krw(asset, plan, price) + plan.tie_break_krw)
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
    assert asset.decision_krw(usual_kw, GRID) == 0
    preferred_kw = solved(asset, lambda plan: plan.tie_break_krw)
    assert preferred_kw == pytest.approx(usual_kw, abs=1e-6)


@every_asset
@settings(max_examples=12, deadline=None)
@given(start=st.integers(0, 7 * 96), steps=st.integers(2, 200))
def test_on_any_grid_the_usual_operation_is_allowed_and_one_of_its_plans(asset, start, steps):
    grid = TimeGrid(GRID.at(start), steps=steps)
    usual_kw, plan = asset.usual_kw(grid), asset.plan(grid)
    assert asset.violations(usual_kw, grid) == ()
    far_kw = cp.norm_inf(plan.power_kw - usual_kw)
    problem = cp.Problem(cp.Minimize(far_kw), plan.constraints)
    problem.solve(solver=cp.HIGHS, warm_start=False)
    assert problem.value == pytest.approx(0, abs=1e-5)


@every_asset
def test_every_state_says_whose_it_is_and_what(asset):
    for name, parameter in asset.plan(GRID).state.items():
        assert parameter.name().startswith(f"{asset.name}.")
        assert parameter.name().endswith(name)


@every_asset
@settings(max_examples=10, deadline=None)
@given(price=arrays(np.float64, GRID.steps, elements=st.floats(1, 400)))
def test_what_decisions_cost_in_the_plan_is_what_its_powers_tell(asset, price):
    plan = asset.plan(GRID)
    problem = cp.Problem(cp.Minimize(paid_krw(asset, plan, price)), plan.constraints)
    problem.solve(solver=cp.HIGHS, warm_start=False, mip_rel_gap=0.0)
    told_krw = asset.decision_krw(np.asarray(plan.power_kw.value), GRID)
    assert plan.decision_krw.value == pytest.approx(told_krw, abs=1e-3)


@every_asset
@settings(max_examples=20, deadline=None)
@given(power_kw=arrays(np.float64, 48, elements=st.floats(-500, 500)))
def test_what_is_solved_for_is_what_plain_sums_bill(asset, power_kw):
    solved_for_krw = float(asset.cost_krw(power_kw).value)
    assert asset.billed_krw(power_kw) == pytest.approx(solved_for_krw, rel=1e-9, abs=1e-9)


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
    power_kw = solved(asset, lambda plan: paid_krw(asset, plan, price))
    assert asset.violations(power_kw, GRID) == ()


@every_asset
@settings(max_examples=10, deadline=None)
@given(price=arrays(np.float64, GRID.steps, elements=st.floats(1, 400)))
def test_its_cheapest_operation_costs_no_more_than_the_usual_one(asset, price):
    power_kw = solved(asset, lambda plan: paid_krw(asset, plan, price))
    usual_kw = asset.usual_kw(GRID)
    cost_krw = asset.cost_krw(power_kw).value + asset.decision_krw(power_kw, GRID)
    assert price @ power_kw + cost_krw <= price @ usual_kw + 1e-3


@every_asset
def test_a_store_ends_no_emptier_than_it_began_and_others_store_nothing(asset):
    power_kw = solved(asset, lambda plan: cp.sum(plan.power_kw))
    soc_kwh = asset.soc_kwh(power_kw)
    if soc_kwh is not None:
        assert soc_kwh.shape == (GRID.steps + 1,)
        assert soc_kwh[-1] >= soc_kwh[0] - TOLERANCE_KW
