"""The scaled error is one for last week's load, and is not fooled by gaps."""

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_WEEK
from models.forecasting.load_forecast import QUANTILES
from training.scores.scaled_error import mase


def forecast(median_kw):
    return np.repeat(median_kw[..., None], len(QUANTILES), axis=-1)


def test_last_weeks_load_as_median_has_an_error_of_one():
    """The load grows by 3 kW a week, before the test and in it."""
    load_kw = 100 + 3.0 * (np.arange(6 * STEPS_PER_WEEK) // STEPS_PER_WEEK)
    before_kw, actual_kw = load_kw[:-STEPS_PER_WEEK], load_kw[-STEPS_PER_WEEK:].reshape(7, -1)
    assert mase(actual_kw, forecast(actual_kw - 3), before_kw) == pytest.approx(1.0)
    assert mase(actual_kw, forecast(actual_kw + 1.5), before_kw) == pytest.approx(0.5)


def test_a_gap_before_the_test_leaves_its_weeks_out_and_shifts_no_other():
    week_kw = np.random.default_rng(1).uniform(0, 100, STEPS_PER_WEEK)
    before_kw = np.concatenate([week_kw + 2 * number for number in range(4)])
    before_kw[1000:1100] = np.nan
    actual_kw = np.full((2, STEPS_PER_DAY), 50.0)
    assert mase(actual_kw, forecast(actual_kw + 1), before_kw) == pytest.approx(0.5)


def test_only_the_first_day_and_what_was_measured_count():
    before_kw = np.concatenate([np.zeros(STEPS_PER_WEEK), np.full(STEPS_PER_WEEK, 10.0)])
    actual_kw = np.full((1, 2 * STEPS_PER_DAY), 50.0)
    median_kw = actual_kw + 5
    median_kw[0, 3] = 1e6
    median_kw[0, STEPS_PER_DAY:] = 1e6
    actual_kw[0, 3] = np.nan
    assert mase(actual_kw, forecast(median_kw), before_kw) == pytest.approx(0.5)


@pytest.mark.parametrize("before_kw", [np.zeros(0), np.full(3 * STEPS_PER_WEEK, 7.0)])
def test_where_no_week_differs_from_the_one_before_there_is_no_figure(before_kw):
    actual_kw = np.full((1, STEPS_PER_DAY), 50.0)
    assert np.isnan(mase(actual_kw, forecast(actual_kw), before_kw))
