"""What is told of a declared firm changes its state and its terms, and not what it is."""

from datetime import timedelta

import numpy as np
import pytest

from feature_store.entities.firm import Firm
from feature_store.time_grid import STEPS_PER_HOUR, TimeGrid
from models.optimizer.plan import plan, problem_of
from models.optimizer.problem_file.firm_now import NOTHING_TOLD, FirmNow, site_now
from models.optimizer.schedule import Schedule, Solved
from models.optimizer.site_now import AS_DECLARED
from tests.models.optimizer.example_works import (
    ESS,
    KILN_JOB,
    WEDNESDAY,
    a_day_shape,
    forecast_of,
    history_of,
    works,
)

NOON = WEDNESDAY + timedelta(hours=12)
FORECAST = forecast_of(a_day_shape()[12 * STEPS_PER_HOUR :], start=NOON)
KILN_HOURS = slice(3 * STEPS_PER_HOUR, 5 * STEPS_PER_HOUR)
"""Of the forecast from noon on: usually the kiln runs from 15 to 17 h."""


def told_of_kiln(**parameters) -> FirmNow:
    return FirmNow(states=[{"equipment": "kiln", "measured_at": NOON, "parameters": parameters}])


def a_schedule(firm: Firm, told: FirmNow) -> Schedule:
    now = site_now(told, firm, FORECAST.grid)
    outcome = plan(firm, history_of(), FORECAST, now=now)
    assert isinstance(outcome, Solved)
    return outcome.schedule


def test_where_nothing_is_told_the_site_is_as_declared():
    grid = TimeGrid(NOON, steps=8)
    assert site_now(NOTHING_TOLD, works(ESS), grid) == AS_DECLARED


def test_a_job_that_is_done_leaves_its_usual_hours_and_the_load_beside_it_stays():
    firm = works(KILN_JOB)
    usual = a_schedule(firm, NOTHING_TOLD)
    done = a_schedule(firm, told_of_kiln(runs_done=1))
    assert not done.equipment_kw["kiln"].any()
    assert usual.usual_import_kw[KILN_HOURS] == pytest.approx(FORECAST.median_kw[KILN_HOURS])
    assert done.usual_import_kw[KILN_HOURS] == pytest.approx(FORECAST.median_kw[KILN_HOURS] - 90)
    outside = np.ones(FORECAST.grid.steps, dtype=bool)
    outside[KILN_HOURS] = False
    assert done.usual_import_kw[outside] == pytest.approx(FORECAST.median_kw[outside])


def test_the_rest_of_a_run_that_began_early_comes_beside_the_load_that_the_forecast_shows():
    under_way = a_schedule(works(KILN_JOB), told_of_kiln(runs_done=0, steps_done=6))
    assert under_way.equipment_kw["kiln"].tolist() == [90.0] * 2 + [0.0] * 46
    assert under_way.usual_import_kw[:2] == pytest.approx(FORECAST.median_kw[:2] + 90)


def test_the_chance_of_passing_counts_what_the_equipment_is_told_to_do():
    wide = forecast_of(a_day_shape()[12 * STEPS_PER_HOUR :], start=NOON, spread_kw=60.0)
    firm, history = works(KILN_JOB), history_of(430.0)
    risks = []
    for told in (NOTHING_TOLD, told_of_kiln(runs_done=0, steps_done=6)):
        outcome = plan(firm, history, wide, now=site_now(told, firm, wide.grid))
        risks.append(outcome.schedule.passing_risk)
    # At noon 400 kW and the kiln's 90 kW beside it pass 430 kW for nearly certain.
    assert risks[1].usual > 0.9
    assert risks[0].usual < risks[1].usual


def test_what_the_peak_is_billed_for_anyway_does_not_depend_on_what_is_told():
    firm = works(ESS)
    told = FirmNow(states=[{"equipment": "ESS", "measured_at": NOON, "soc_share": 0.3}])
    first, second = (
        problem_of(firm, history_of(430.0), FORECAST, now=site_now(one, firm, FORECAST.grid))
        for one in (NOTHING_TOLD, told)
    )
    assert first.demand_floor_kw.tolist() == second.demand_floor_kw.tolist()
    assert (first.base.median_kw == second.base.median_kw).all()
    assert second.site.assets[0].parameters.initial_soc_share == 0.3
