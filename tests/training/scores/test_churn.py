"""Churn is what the median moved on the intervals that two successive issues share."""

import numpy as np
import pytest

from feature_store.time_grid import STEP, STEPS_PER_DAY
from models.forecasting.load_forecast import QUANTILES
from training.scores.churn import churn

START = np.datetime64("2026-03-02T00:00:00")
HALF_DAY = STEPS_PER_DAY // 2


def issued(*steps):
    return START + np.array(steps) * STEP


def forecast(path_kw, steps, at):
    """Each issue's forecast is cut from one path, so that it never changes its mind."""
    median_kw = np.stack([path_kw[first : first + steps] for first in at])
    return np.repeat(median_kw[..., None], len(QUANTILES), axis=-1)


def test_a_forecast_that_never_changes_its_mind_has_none():
    path_kw = np.random.default_rng(0).uniform(10, 20, 10 * STEPS_PER_DAY)
    at = (0, HALF_DAY, 2 * STEPS_PER_DAY)
    demand_kw = forecast(path_kw, 3 * STEPS_PER_DAY, at)
    actual_kw = demand_kw[..., 0]
    assert churn(issued(*at), actual_kw, demand_kw) == 0.0


def test_a_shift_of_the_median_counts_over_the_mean_load_on_shared_intervals_alone():
    """Three issues; the second says 3 kW more, the third takes it back on the half day they share.

    What the second says of the half day that only it forecasts stays unseen.
    """
    at = (0, HALF_DAY, STEPS_PER_DAY)
    demand_kw = forecast(np.full(9 * STEPS_PER_DAY, 30.0), STEPS_PER_DAY, at)
    demand_kw[1] += 3.0
    actual_kw = np.full((3, STEPS_PER_DAY), 30.0)
    assert churn(issued(*at), actual_kw, demand_kw) == pytest.approx(0.1)
    demand_kw[2, HALF_DAY:] = 1e6
    assert churn(issued(*at), actual_kw, demand_kw) == pytest.approx(0.1)


def test_other_quantiles_may_move():
    at = (0, HALF_DAY)
    demand_kw = forecast(np.full(9 * STEPS_PER_DAY, 30.0), STEPS_PER_DAY, at)
    demand_kw[1, :, -1] += 50
    assert churn(issued(*at), demand_kw[..., 0], demand_kw) == 0.0


def test_issues_without_a_shared_interval_tell_nothing():
    at = (0, STEPS_PER_DAY)
    demand_kw = forecast(np.full(9 * STEPS_PER_DAY, 30.0), STEPS_PER_DAY, at)
    assert np.isnan(churn(issued(*at), demand_kw[..., 0], demand_kw))
