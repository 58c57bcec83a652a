"""A plan may be made for courses of the load: few stand for many, on them it is cheapest."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY
from models.optimizer.base_load import BaseLoad
from models.optimizer.load_paths import PLANNED_PATHS, planned_on_paths
from models.optimizer.plan import plan, problem_of
from models.optimizer.schedule import Solved
from models.optimizer.schedule_site import pricing_of
from tests.fakes.made_load import a_made_load
from tests.models.optimizer.example_works import CHILLER_LOAD, ESS, a_day_shape, forecast_of, works
from tests.models.optimizer.test_later_months import HISTORY, JULY_WEDNESDAY

STEPS = 4


def test_each_group_of_paths_is_stood_for_by_its_middle_one():
    highest_kw = np.arange(24.0)
    paths_kw = np.zeros((24, STEPS))
    paths_kw[:, 0] = 100.0  # does not count
    paths_kw[:, 2] = highest_kw[::-1]
    told = BaseLoad(median_kw=np.zeros(STEPS), cautious_kw=np.zeros(STEPS), undrawn_kwh=0.0)
    base = planned_on_paths(told, paths_kw, np.array([1, 2, 3]))
    assert base.scenarios.probability == pytest.approx(np.full(PLANNED_PATHS, 1 / PLANNED_PATHS))
    assert base.scenarios.paths_kw[:, 2].tolist() == np.arange(1.0, 24, 2).tolist()
    assert base.median_kw.tolist() == pytest.approx([100, 0, 12, 0])
    # 0.8 lies in the tenth twelfth.
    assert base.cautious_kw.tolist() == pytest.approx([100, 0, 19, 0])


def test_a_plan_for_courses_is_cheaper_on_them_than_one_for_quantiles():
    forecast = forecast_of(a_day_shape(day_kw=340.0), start=JULY_WEDNESDAY, spread_kw=200.0)
    firm = works(ESS, CHILLER_LOAD)
    on_courses = firm.model_copy(update={"planned_load": "scenarios"})
    pricing = pricing_of(problem_of(on_courses, HISTORY, forecast))
    costs_krw = []
    for one in (firm, on_courses):
        outcome = plan(one, HISTORY, forecast)
        assert isinstance(outcome, Solved)
        costs_krw.append(pricing.cost(outcome.schedule.equipment_kw).total_krw)
        assert outcome.schedule.passing_risk is not None
    by_quantile_krw, by_courses_krw = costs_krw
    assert by_courses_krw < by_quantile_krw - 100
    assert outcome.schedule.planned_cost.total_krw == pytest.approx(by_courses_krw)


def test_what_is_measured_after_the_issue_time_changes_no_course():
    history = a_made_load(60, start=JULY_WEDNESDAY - timedelta(days=45))
    forecast = forecast_of(a_day_shape(day_kw=340.0), start=JULY_WEDNESDAY, spread_kw=200.0)
    firm = works(ESS).model_copy(update={"planned_load": "scenarios"})
    later = np.arange(history.grid.steps) >= 45 * STEPS_PER_DAY
    changed = replace(history, demand_kw=np.where(later, 3 * history.demand_kw, history.demand_kw))
    earlier = replace(history, demand_kw=np.where(later, history.demand_kw, 9.0))
    before, after, other = (
        problem_of(firm, one, forecast).base.scenarios.paths_kw
        for one in (history, changed, earlier)
    )
    np.testing.assert_array_equal(before, after)
    assert (before != other).any()
