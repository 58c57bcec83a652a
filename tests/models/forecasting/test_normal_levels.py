"""Levels between the fitted ones lie where a normal distribution has them, and never cross."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forecasting.lightgbm_quantiles import FITTED_LEVELS
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.normal_levels import at_all_levels

fitted = st.lists(
    st.floats(-1e6, 1e6), min_size=len(FITTED_LEVELS), max_size=len(FITTED_LEVELS)
).map(sorted)


@pytest.mark.parametrize(("middle", "spread"), [(0.0, 1.0), (300.0, 12.5), (-4.0, 0.0)])
def test_quantiles_of_a_normal_distribution_come_back_at_every_level(middle, spread):
    def quantiles(levels):
        return np.array([middle + spread * NormalDist().inv_cdf(level) for level in levels])

    made = at_all_levels(quantiles(FITTED_LEVELS), FITTED_LEVELS)
    np.testing.assert_allclose(made, quantiles(QUANTILES), rtol=1e-12, atol=1e-12)


@given(told=fitted)
def test_fitted_levels_stay_what_they_are(told):
    made = at_all_levels(np.array(told), FITTED_LEVELS)
    kept = [made[QUANTILES.index(level)] for level in FITTED_LEVELS]
    assert kept[:-1] == told[:-1]
    assert kept[-1] == pytest.approx(told[-1], abs=1e-9)  # the sum of two roundings


@given(told=fitted)
def test_what_ascends_still_does(told):
    made = at_all_levels(np.array(told), FITTED_LEVELS)
    assert (np.diff(made) >= 0).all()


def test_rows_do_not_mix():
    told = np.sort(np.random.default_rng(0).normal(size=(3, 4, len(FITTED_LEVELS))), axis=2)
    made = at_all_levels(told, FITTED_LEVELS)
    assert made.shape == (3, 4, len(QUANTILES))
    for place in np.ndindex(3, 4):
        np.testing.assert_array_equal(made[place], at_all_levels(told[place], FITTED_LEVELS))


def test_between_two_levels_the_nearer_score_counts_more_than_the_nearer_level():
    """P10 is halfway between P5 and P20 by no rule but the normal score's: 0.1 is nearer to P5."""
    made = at_all_levels(np.array([0.0, 1.0, 1.0, 1.0, 1.0]), FITTED_LEVELS)
    by_score = NormalDist().inv_cdf
    expected = (by_score(0.1) - by_score(0.05)) / (by_score(0.2) - by_score(0.05))
    assert made[QUANTILES.index(0.1)] == pytest.approx(expected)
    assert expected > 1 / 3 + 0.1
