"""Figures by lead time blame the hours that went wrong, and no others."""

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from models.forecasting.load_forecast import QUANTILES
from training.metrics import wql
from training.scores.by_lead import by_lead


def perfect(actual_kw):
    return np.repeat(actual_kw[..., None], len(QUANTILES), axis=-1)


def test_an_error_two_to_four_hours_ahead_shows_in_that_window_alone():
    actual_kw = np.full((5, STEPS_PER_DAY), 10.0)
    demand_kw = perfect(actual_kw)
    demand_kw[:, 2 * STEPS_PER_HOUR : 4 * STEPS_PER_HOUR] = 8.0
    windows = by_lead(actual_kw, demand_kw)
    assert [one.wql for one in windows] == pytest.approx([0.0, 0.2] + 10 * [0.0])
    assert [one.cov80 for one in windows] == pytest.approx([1.0, 0.0] + 10 * [1.0])


def test_the_windows_reach_to_the_horizon_and_the_last_may_be_shorter():
    windows = by_lead(np.ones((1, 9)), perfect(np.ones((1, 9))))
    assert [(one.first_hour, one.last_hour) for one in windows] == [(0, 2), (2, 2.25)]


def test_weighted_by_their_load_the_windows_come_to_the_loss_of_all():
    random = np.random.default_rng(2)
    actual_kw = random.uniform(10, 100, (6, STEPS_PER_DAY))
    demand_kw = np.sort(random.uniform(10, 100, (6, STEPS_PER_DAY, len(QUANTILES))), axis=2)
    windows = by_lead(actual_kw, demand_kw)
    load_kw = actual_kw.reshape(6, len(windows), -1).sum(axis=(0, 2))
    assert np.average([one.wql for one in windows], weights=load_kw) == pytest.approx(
        wql(actual_kw, demand_kw)
    )


def test_a_window_in_which_nothing_was_measured_or_used_has_no_loss():
    actual_kw = np.full((1, STEPS_PER_DAY), 10.0)
    demand_kw = perfect(actual_kw)
    actual_kw[:, : 2 * STEPS_PER_HOUR] = np.nan
    actual_kw[:, 2 * STEPS_PER_HOUR : 4 * STEPS_PER_HOUR] = 0.0
    first, second, third, *_ = by_lead(actual_kw, demand_kw)
    assert np.isnan([first.wql, first.cov80, second.wql]).all()
    assert third.wql == 0.0
