"""A peak's expected cost is convex and never above its bill; plans by it are told by their bill."""

from dataclasses import replace
from datetime import datetime

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.optimizer.hot_problem import HotProblem
from models.optimizer.peak_value import PEAK_VALUE_LINES, PeakValueError, peak_value
from models.optimizer.plan import plan, problem_of
from models.optimizer.rebill import expected_again_krw
from models.optimizer.schedule import Schedule, Solved
from models.optimizer.schedule_site import filled, pricing_of, schedule_site
from models.optimizer.verify import UnsafeScheduleError, verify_schedule
from models.tariffs.value_of_kw import ChargedMonth, ValueOfKw
from tests.builders import SEOUL
from tests.models.optimizer.example_works import (
    BATTERY,
    ESS,
    WEDNESDAY,
    forecast_of,
    history_of,
    works,
)
from tests.models.optimizer.test_later_months import HISTORY, JULY_WEDNESDAY
from tests.models.tariffs.monthly_levels import month

BASIC = 8320.0
PEAKS_KW = np.linspace(0, 1000, 28)


def priced(*anyway_kw: float, basic: float = BASIC) -> ValueOfKw:
    """One month's charge above each demand that is billed anyway."""
    charges = tuple(
        ChargedMonth(
            month=month("2026-06").earlier(-later),
            basic_krw_per_kw=basic,
            anyway_kw=kw,
            expected=None,
        )
        for later, kw in enumerate(anyway_kw)
    )
    return ValueOfKw(month=month("2026-06"), charges=charges)


def test_two_points_make_the_line_between_them():
    value = peak_value(np.array([300.0, 500.0]), np.array([0.0, 4e5]), priced(300.0), days_left=3)
    assert value.krw(250.0) == value.krw(300.0) == 0.0
    assert value.krw(400.0) == pytest.approx(2e5)
    assert value.krw(500.0) == pytest.approx(4e5)
    assert value.krw(600.0) == pytest.approx(4e5 + 100 * BASIC)  # beyond the grid it is the bill
    assert value.days_left == 3


def test_a_dent_upward_is_cut_off_by_the_hull():
    told_krw = np.array([0.0, 3e5, 4e5])
    value = peak_value(np.array([300.0, 400.0, 500.0]), told_krw, priced(300.0), days_left=1)
    assert value.krw(400.0) == pytest.approx(2e5)


def test_below_the_first_peak_that_is_billed_nothing_is_paid_wherever_the_grid_lies():
    told_krw = BASIC * np.maximum(PEAKS_KW - 310.0, 0.0)
    value = peak_value(PEAKS_KW, told_krw, priced(310.0), days_left=0)
    assert value.krw(310.0) == 0.0
    assert value.krw(1000.0) <= BASIC * 690.0 + 1e-6
    assert value.krw(1000.0) == pytest.approx(BASIC * 690.0, rel=0.02)


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    anyway_kw=st.lists(st.floats(0, 1500), min_size=1, max_size=12),
    steep=st.floats(0, 3),
)
def test_cuts_are_convex_never_fall_and_cost_no_more_than_the_bill(seed, anyway_kw, steep):
    random = np.random.default_rng(seed)
    told_krw = np.cumsum(random.normal(1, 1, PEAKS_KW.size)) * steep * BASIC * 40
    priced_by = priced(*anyway_kw)
    value = peak_value(PEAKS_KW, told_krw, priced_by, days_left=5)
    asked_kw = np.linspace(0, 2000, 401)
    cost_krw = np.array([value.krw(kw) for kw in asked_kw])
    slope = np.diff(cost_krw) / np.diff(asked_kw)
    assert (slope >= -1e-6).all()
    assert (np.diff(slope) >= -1e-3).all()
    billed_krw = np.array([priced_by.cost_krw(kw) for kw in asked_kw])
    assert (cost_krw <= billed_krw + 1e-3).all()
    assert (slope <= sum(charge.basic_krw_per_kw for charge in priced_by.charges) + 1e-6).all()
    assert value.cuts.krw_per_kw.shape == (PEAK_VALUE_LINES,)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=27, max_size=27), st.floats(-1e6, 1e6))
def test_values_that_are_convex_and_cheaper_than_the_bill_are_kept_as_they_are(shares, constant):
    slopes = BASIC * np.sort(shares)
    told_krw = constant + np.concatenate([[0.0], np.cumsum(slopes * np.diff(PEAKS_KW))])
    value = peak_value(PEAKS_KW, told_krw, priced(0.0), days_left=5)
    kept_krw = [value.krw(kw) for kw in PEAKS_KW]
    np.testing.assert_allclose(kept_krw, told_krw - told_krw[0], atol=1e-2)


def test_values_that_are_no_numbers_and_a_peak_that_nobody_charges_are_refused():
    with pytest.raises(PeakValueError, match="price the peak by its bill"):
        peak_value(PEAKS_KW, np.full(28, np.nan), priced(0.0), days_left=1)
    with pytest.raises(PeakValueError, match="at least two"):
        peak_value(PEAKS_KW[:1], np.zeros(1), priced(0.0), days_left=1)
    with pytest.raises(PeakValueError, match="no month charges"):
        peak_value(PEAKS_KW, np.zeros(28), priced(), days_left=1)


DEAR = ESS.model_copy(update={"parameters": BATTERY | {"wear_krw_per_kwh": 1_000}})
"""A kWh of it costs 1,000 won: shaving an hour of 100 kW pays at 8,320 won a kW, not at 800."""


def spike(start: datetime = WEDNESDAY):
    load_kw = np.full(96, 300.0)
    load_kw[40:44] = 600.0
    return forecast_of(load_kw, start=start)


def flat_until(passed_kw: float, value: ValueOfKw, share: float = 0.0):
    """A later day will pass ``passed_kw``: below it a kW costs ``share`` of its bill."""
    told_krw = np.array([value.cost_krw(kw) for kw in PEAKS_KW])
    sure_krw = value.cost_krw(passed_kw)
    told_krw = np.where(passed_kw > PEAKS_KW, sure_krw + share * (told_krw - sure_krw), told_krw)
    return peak_value(PEAKS_KW, told_krw, value, days_left=9)


def planned(problem) -> Schedule:
    outcome = schedule_site(problem)
    assert isinstance(outcome, Solved)
    return outcome.schedule


def test_a_peak_that_a_later_day_will_pass_anyway_is_not_shaved():
    problem = problem_of(works(DEAR), history_of(), spike())
    assert problem.value is not None
    by_bill = planned(problem)
    assert by_bill.planned_peak_kw == pytest.approx(500.0)
    assert by_bill.expected_demand is None
    by_value = planned(replace(problem, peak_value=flat_until(700.0, problem.value)))
    assert by_value.moves == ()
    assert by_value.planned_peak_kw == 600.0


def test_a_peak_that_no_day_will_pass_is_shaved_as_by_the_bill():
    problem = problem_of(works(DEAR), history_of(), spike())
    assert problem.value is not None
    by_value = planned(replace(problem, peak_value=flat_until(0.0, problem.value)))
    assert by_value.planned_peak_kw == pytest.approx(500.0)


def test_what_is_told_is_the_bill_and_what_is_expected_stands_apart():
    problem = problem_of(works(ESS), HISTORY, spike(JULY_WEDNESDAY))
    assert problem.value is not None
    valued = replace(problem, peak_value=flat_until(550.0, problem.value, share=0.2))
    schedule = planned(valued)
    peak_kw = schedule.planned_peak_kw
    billed_krw = BASIC * 330.0 + problem.value.cost_krw(peak_kw)
    assert schedule.planned_cost.demand_krw == pytest.approx(billed_krw, abs=1)
    assert schedule.expected_demand is not None
    expected_krw = BASIC * 330.0 + valued.peak_value.krw(peak_kw)
    assert schedule.expected_demand.planned_krw == pytest.approx(expected_krw, abs=1)
    assert schedule.expected_demand.planned_krw < billed_krw
    assert schedule.expected_demand.days_left == 9
    again_krw = expected_again_krw(pricing_of(valued), valued.peak_value, schedule.equipment_kw)
    assert again_krw == pytest.approx(schedule.expected_demand.planned_krw, abs=1)


def test_no_plan_by_value_is_billed_more_than_doing_nothing():
    """A higher peak is expected to cost nothing, and cheap energy would be bought in it."""
    load_kw = np.full(96, 300.0)
    load_kw[32:88] = 400.0  # all hours that count are as high
    problem = problem_of(works(ESS), history_of(), forecast_of(load_kw, start=WEDNESDAY))
    assert problem.value is not None
    nothing = flat_until(1000.0, problem.value)
    outcome = schedule_site(replace(problem, peak_value=nothing))
    assert isinstance(outcome, Solved)
    schedule = outcome.schedule
    assert schedule.saved_krw >= 0
    assert schedule.by_bill_because in {None, "bill_would_rise"}
    if schedule.by_bill_because:
        assert schedule.expected_demand is None
        assert schedule.equipment_kw["ESS"] == pytest.approx(planned(problem).equipment_kw["ESS"])


def test_the_bound_is_below_the_bill_of_every_plan():
    problem = problem_of(works(ESS), history_of(), spike())
    assert problem.value is not None
    outcome = schedule_site(replace(problem, peak_value=flat_until(550.0, problem.value)))
    assert isinstance(outcome, Solved)
    cheapest = planned(problem).planned_cost.total_krw
    assert outcome.bound_krw is not None
    assert outcome.bound_krw <= cheapest + 5


def test_a_verifier_finds_an_expectation_that_is_not_so():
    problem = problem_of(works(ESS), history_of(), spike())
    assert problem.value is not None
    valued = replace(problem, peak_value=flat_until(550.0, problem.value))
    schedule = planned(valued)
    pricing = pricing_of(valued)
    verify_schedule(pricing, schedule)
    expected = schedule.expected_demand
    assert expected is not None
    rosy = replace(
        schedule, expected_demand=replace(expected, planned_krw=expected.planned_krw - 9)
    )
    with pytest.raises(UnsafeScheduleError, match="planned demand charge expected"):
        verify_schedule(pricing, rosy)
    with pytest.raises(UnsafeScheduleError, match="chosen by"):
        verify_schedule(pricing, replace(schedule, expected_demand=None))
    with pytest.raises(UnsafeScheduleError, match="chosen by"):
        verify_schedule(pricing_of(problem), schedule)


def test_other_values_are_numbers_of_the_same_problem_solved_hot():
    problem = problem_of(works(ESS), HISTORY, spike(JULY_WEDNESDAY))
    assert problem.value is not None
    scheduling = filled(replace(problem, peak_value=flat_until(450.0, problem.value)))
    assert scheduling.problem.is_dcp(dpp=True)
    hot = HotProblem(scheduling.problem)
    for passed_kw, share in ((350.0, 0.0), (450.0, 0.3), (700.0, 0.05), (0.0, 0.0)):
        value = flat_until(passed_kw, problem.value, share)
        scheduling.fill(problem.base, list(problem.demand_floor_kw), problem.later_cuts, value)
        answer = hot.solve(time_limit_s=60.0)
        scheduling.problem.solve(solver=cp.HIGHS, warm_start=False)
        assert answer.objective == pytest.approx(scheduling.problem.value, rel=1e-6)


def test_a_grid_over_two_months_has_no_value_of_one_peak():
    start = datetime(2026, 6, 30, tzinfo=SEOUL)
    problem = problem_of(works(ESS), history_of(), forecast_of(np.full(192, 300.0), start=start))
    assert problem.value is not None
    with pytest.raises(PeakValueError, match="a month's value is of one"):
        schedule_site(replace(problem, peak_value=flat_until(500.0, problem.value)))


def test_a_firms_plan_takes_a_value():
    problem = problem_of(works(DEAR), history_of(), spike())
    assert problem.value is not None
    outcome = plan(works(DEAR), history_of(), spike(), peak_value=flat_until(700.0, problem.value))
    assert isinstance(outcome, Solved)
    assert outcome.schedule.moves == ()
    assert outcome.schedule.passing_risk is not None
