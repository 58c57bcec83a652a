"""Probabilities of passing a level: of a step by its quantiles, of a period by whole paths."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from models.forecasting.exceedance import chance_above, chance_above_within
from models.forecasting.scenario_paths import scenario_paths_kw
from tests.models.forecasting.made_analogues import bell_kw, of_days

LEVELS_KW = np.array([85.0, 95.0, 100.0, 108.0, 115.0])


def test_a_step_passes_a_level_as_often_as_its_distribution_says():
    chance = chance_above(bell_kw([100.0, 110.0], 10.0), LEVELS_KW)
    for middle, row in zip((100.0, 110.0), chance, strict=True):
        exact = [1 - NormalDist(middle, 10.0).cdf(level) for level in LEVELS_KW]
        np.testing.assert_allclose(row, exact, atol=0.015)


def test_beyond_the_ends_of_the_curve_nothing_or_all_passes():
    chance = chance_above(bell_kw([100.0], 10.0), np.array([-1.0, 1e6]))
    np.testing.assert_array_equal(chance, [[1.0, 0.0]])


def test_a_period_passes_a_level_in_the_share_of_paths_that_do():
    paths_kw = np.array([[1.0, 5.0, 9.0], [1.0, 2.0, 3.0], [8.0, 1.0, 1.0], [0.0, 0.0, 4.0]])
    last_two = np.array([False, True, True])
    np.testing.assert_allclose(
        chance_above_within(paths_kw, last_two, np.array([0.5, 3.0, 4.0, 9.0])),
        [1.0, 0.5, 0.25, 0.0],
    )
    assert chance_above_within(paths_kw, np.zeros(3, dtype=bool), np.array([-5.0]))[0] == 0


def test_steps_that_go_together_pass_less_often_than_a_product_would_say():
    """Whole days are high or low: the period passes hardly more often than one of its steps."""
    days = of_days([[float(day)] * 8 for day in range(12)])
    quantiles_kw = bell_kw(np.full(8, 100.0), 10.0)
    paths_kw = scenario_paths_kw(quantiles_kw, days, paths=200, seed=0)
    level_kw = np.array([110.0])
    one = chance_above(quantiles_kw, level_kw)[0, 0]
    period = chance_above_within(paths_kw, np.ones(8, dtype=bool), level_kw)[0]
    assert one <= period + 0.01
    assert period < 1.3 * one < 1 - (1 - one) ** 8
