"""The curve meets its quantiles, never turns back, is undone by its inverse, and has an end."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.forecasting.load_forecast import QUANTILES
from models.forecasting.normal_score import even_scores, level_of_score, normal_score
from models.forecasting.quantile_curve import demand_of_score_kw, level_of_demand
from tests.models.forecasting.made_analogues import bell_kw

LEVELS = np.array(QUANTILES)
RISING = arrays(np.float64, len(QUANTILES), elements=st.floats(0, 50)).map(np.cumsum)
SCORES = arrays(np.float64, 9, elements=st.floats(-5, 5))


def test_scores_are_those_of_the_bell_curve():
    for level in (0.001, 0.05, 0.3, 0.5, 0.95, 0.999):
        exact = NormalDist().inv_cdf(level)
        assert abs(normal_score(np.array(level)) - exact) < 1e-4
        assert abs(level_of_score(np.array(exact)) - level) < 1e-6


def test_even_scores_part_the_distribution_evenly():
    np.testing.assert_allclose(level_of_score(even_scores(4)), [0.125, 0.375, 0.625, 0.875])


@given(RISING)
def test_the_curve_meets_its_quantiles(quantiles_kw):
    np.testing.assert_allclose(
        demand_of_score_kw(quantiles_kw, normal_score(LEVELS)), quantiles_kw, atol=1e-9
    )


@given(RISING, SCORES)
def test_the_curve_never_turns_back_nor_below_zero(quantiles_kw, scores):
    demand_kw = demand_of_score_kw(quantiles_kw, np.sort(scores))
    assert (np.diff(demand_kw) >= -1e-9).all()
    assert (demand_kw >= 0).all()


@given(RISING, arrays(np.float64, 9, elements=st.floats(-10, 700)))
def test_probabilities_rise_with_the_demand_from_0_to_1(quantiles_kw, demand_kw):
    level = level_of_demand(quantiles_kw, np.sort(demand_kw))
    assert (np.diff(level) >= 0).all()
    assert ((level >= 0) & (level <= 1)).all()


@given(arrays(np.float64, len(QUANTILES), elements=st.floats(1, 50)).map(np.cumsum), SCORES)
def test_a_rising_curve_is_undone_by_its_inverse(quantiles_kw, scores):
    inside = np.clip(scores, -1.6, 2.7)
    demand_kw = demand_of_score_kw(quantiles_kw, inside)
    np.testing.assert_allclose(
        level_of_demand(quantiles_kw, demand_kw), level_of_score(inside), atol=1e-6
    )


def test_each_halving_of_the_tail_adds_the_distance_of_the_last_two_quantiles():
    quantiles_kw = bell_kw([100.0], 10.0)[0]
    step_kw = quantiles_kw[-1] - quantiles_kw[-2]
    tail_kw = demand_of_score_kw(quantiles_kw, normal_score(np.array([0.975, 0.9875])))
    np.testing.assert_allclose(tail_kw, quantiles_kw[-1] + step_kw * np.array([1, 2]))
    assert (
        demand_of_score_kw(quantiles_kw, np.array([4.0]))[0] <= quantiles_kw[-1] + 4.001 * step_kw
    )


def test_a_load_that_stands_still_is_its_value_for_certain():
    still_kw = np.full(len(QUANTILES), 40.0)
    np.testing.assert_array_equal(
        level_of_demand(still_kw, np.array([39.9, 40.0, 40.1])), [0.0, 1.0, 1.0]
    )


def test_a_flat_part_counts_whole():
    """A machine that is off on four of ten days draws nothing with that probability."""
    often_off_kw = np.array([0, 0, 0, 0, 0, 50, 60, 70, 80, 90, 95.0])
    assert abs(level_of_demand(often_off_kw, np.array([0.0]))[0] - 0.4) < 1e-6
