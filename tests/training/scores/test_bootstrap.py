"""Intervals come from whole weeks drawn within each firm, alike for those that are compared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.time_grid import STEP, STEPS_PER_DAY
from models.forecasting.load_forecast import QUANTILES
from training.metrics import score
from training.scores.bootstrap import (
    WeeklyRatio,
    interval,
    ratio_interval,
    weekly_ratios,
)

START = np.datetime64("2026-03-02T00:00:00")


def ratios(*values, weight=1.0):
    return WeeklyRatio(above=np.array(values) * weight, below=np.full(len(values), weight))


@given(seed=st.integers(0, 100), gaps=st.booleans())
@settings(max_examples=20, deadline=None)
def test_all_weeks_together_are_the_score_itself(seed, gaps):
    random = np.random.default_rng(seed)
    issues = START + np.arange(0, 45) * (STEPS_PER_DAY // 2) * STEP
    actual_kw = random.uniform(10, 100, (45, STEPS_PER_DAY + 7))
    if gaps:
        actual_kw[random.uniform(size=actual_kw.shape) < 0.2] = np.nan
    demand_kw = np.sort(random.uniform(10, 100, (*actual_kw.shape, len(QUANTILES))), axis=2)
    whole = score(actual_kw, demand_kw)
    by_week = weekly_ratios(issues, actual_kw, demand_kw)
    assert {name: one.value for name, one in by_week.items()} == pytest.approx(
        {name: getattr(whole, name) for name in by_week}
    )
    assert {len(one.above) for one in by_week.values()} == {4}


def test_a_week_is_seven_days_from_the_first_issue_time_on():
    days = np.array([0, 6, 7, 13, 30])
    actual_kw = np.full((5, STEPS_PER_DAY), 10.0)
    demand_kw = np.full((5, STEPS_PER_DAY, len(QUANTILES)), 10.0)
    demand_kw[2] = 8.0
    found = weekly_ratios(START + days * STEPS_PER_DAY * STEP, actual_kw, demand_kw)["nmae"]
    assert found.below == pytest.approx(np.array([2, 2, 1]) * 10 * STEPS_PER_DAY)
    assert found.above == pytest.approx(np.array([0, 1, 0]) * 2 * STEPS_PER_DAY)


def test_weeks_that_are_all_alike_leave_no_doubt():
    found = interval([ratios(0.2, 0.2, 0.2), ratios(0.4, 0.4)])
    assert (found.value, found.low, found.high) == pytest.approx((0.3, 0.3, 0.3))


def test_the_interval_is_as_wide_as_the_mean_of_so_many_weeks_is_uncertain():
    """For equal weights it is near the normal interval of a mean, 1.96 standard errors each way."""
    weeks = np.random.default_rng(0).normal(1.0, 0.2, 60)
    found = interval([ratios(*weeks)])
    error = weeks.std() / np.sqrt(len(weeks))
    assert found.value == pytest.approx(weeks.mean())
    assert found.low == pytest.approx(weeks.mean() - 1.96 * error, abs=0.3 * error)
    assert found.high == pytest.approx(weeks.mean() + 1.96 * error, abs=0.3 * error)


def test_a_firm_counts_as_much_as_any_other_however_large_its_load():
    small, large = ratios(0.1, 0.3), ratios(0.6, 0.8, weight=1000.0)
    assert interval([small, large]).value == pytest.approx((0.2 + 0.7) / 2)


def test_weeks_that_are_hard_for_both_do_not_blur_their_ratio():
    hard = ratios(0.1, 0.5, 0.9, 0.2)
    half = ratios(0.05, 0.25, 0.45, 0.1)
    found = ratio_interval([half, half], [hard, hard])
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_the_same_seed_draws_the_same_weeks():
    some = [ratios(*np.random.default_rng(1).uniform(size=30))]
    assert interval(some, seed=3) == interval(some, seed=3)
    assert interval(some, seed=3) != interval(some, seed=4)


def test_of_a_single_week_nothing_can_be_said():
    found = interval([ratios(0.2), ratios(0.1, 0.3)])
    assert found.value == pytest.approx(0.2)
    assert np.isnan([found.low, found.high]).all()
