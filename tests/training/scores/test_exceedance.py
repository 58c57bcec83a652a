"""The probability of lying above a level follows the quantiles, and is counted as it comes true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.load_forecast import QUANTILES
from training.scores.exceedance import (
    BINS,
    LEVEL_SHARES,
    Reliability,
    exceedances,
    levels_kw,
    probability_above,
)

quantiles_kw = st.lists(st.floats(0, 1000), min_size=len(QUANTILES), max_size=len(QUANTILES)).map(
    lambda drawn: np.sort(np.array(drawn))
)


@given(quantiles_kw, st.floats(-10, 1010), st.floats(0, 500))
def test_a_higher_level_is_never_likelier_to_be_exceeded(demand_kw, level_kw, more_kw):
    lower, higher = (
        float(probability_above(demand_kw[None], at)[0]) for at in (level_kw, level_kw + more_kw)
    )
    assert higher <= lower + 1e-12
    assert higher >= 0.05 - 1e-12
    assert lower <= 0.95 + 1e-12


def test_at_a_quantile_it_is_what_is_left_above_it_and_linear_between():
    demand_kw = np.array([10.0, 11, 13, 14, 15, 16, 17, 18, 19, 20, 25])[None]
    for level, at in zip(QUANTILES, demand_kw[0], strict=True):
        assert probability_above(demand_kw, at)[0] == pytest.approx(1 - level)
    assert probability_above(demand_kw, 12.0)[0] == pytest.approx(1 - 0.15)
    assert probability_above(demand_kw, 9.0)[0] == pytest.approx(0.95)
    assert probability_above(demand_kw, 99.0)[0] == pytest.approx(0.05)


def test_a_forecast_without_spread_says_as_much_as_its_quantiles_can():
    demand_kw = np.full((1, len(QUANTILES)), 50.0)
    assert probability_above(demand_kw, 49.9)[0] == pytest.approx(0.95)
    assert probability_above(demand_kw, 50.0)[0] == pytest.approx(0.05)


def test_the_levels_are_quantiles_of_what_was_measured():
    load_kw = np.arange(101.0)
    assert levels_kw(np.append(load_kw, np.nan)) == pytest.approx((90.0, 95.0, 99.0))


def test_a_firm_younger_than_its_test_has_no_level_and_no_case():
    levels = levels_kw(np.array([np.nan, np.nan]))
    of_levels, reliability = exceedances(np.ones((1, 4)), np.ones((1, 4, len(QUANTILES))), levels)
    assert np.isnan([(one.level_kw, one.brier, one.observed_share) for one in of_levels]).all()
    assert reliability.count.sum() == 0


def test_brier_and_bins_by_hand():
    """Two intervals, 0.95 and 0.05 said of every level; both lie above the lowest alone."""
    actual_kw, demand_kw = np.full((1, 2), 5.0), np.full((1, 2, len(QUANTILES)), 10.0)
    demand_kw[0, 1] = 1.0
    of_levels, reliability = exceedances(actual_kw, demand_kw, (4.0, 6.0, 7.0))
    assert [one.observed_share for one in of_levels] == [1.0, 0.0, 0.0]
    assert [one.brier for one in of_levels] == pytest.approx(3 * [(0.05**2 + 0.95**2) / 2])
    assert reliability.count.tolist() == [3.0] + (BINS - 2) * [0.0] + [3.0]
    assert reliability.said[[0, -1]] == pytest.approx([3 * 0.05, 3 * 0.95])
    assert reliability.happened[[0, -1]].tolist() == [1.0, 1.0]


def test_only_measured_intervals_of_the_first_day_count_and_parts_add_up():
    random = np.random.default_rng(3)
    actual_kw = random.uniform(0, 100, (4, 2 * STEPS_PER_DAY))
    actual_kw[0, :10] = np.nan
    demand_kw = np.sort(random.uniform(0, 100, (*actual_kw.shape, len(QUANTILES))), axis=2)
    levels = (50.0, 60.0, 70.0)
    _, whole = exceedances(actual_kw, demand_kw, levels)
    parts = [exceedances(actual_kw[[at]], demand_kw[[at]], levels)[1] for at in range(4)]
    pooled = Reliability.pooled(parts)
    assert whole.count.sum() == len(LEVEL_SHARES) * (4 * STEPS_PER_DAY - 10)
    np.testing.assert_array_equal(pooled.count, whole.count)
    np.testing.assert_allclose(pooled.said, whole.said)
    np.testing.assert_array_equal(pooled.happened, whole.happened)


def test_probabilities_that_come_true_as_often_as_they_say_lie_on_the_line():
    """Loads drawn from the very quantiles that are forecast, looked at far within the tails."""
    random = np.random.default_rng(4)
    demand_kw = np.sort(random.uniform(0, 100, (400, STEPS_PER_DAY, len(QUANTILES))), axis=2)
    share = random.uniform(0, 1, (400, STEPS_PER_DAY))
    actual_kw = np.array(
        [
            np.interp(one, QUANTILES, path)
            for one, path in zip(share.ravel(), demand_kw.reshape(-1, len(QUANTILES)), strict=True)
        ]
    ).reshape(share.shape)
    _, told = exceedances(actual_kw, demand_kw, (40.0, 50.0, 60.0))
    inner = slice(1, BINS - 1)
    np.testing.assert_allclose(
        told.happened[inner] / told.count[inner], told.said[inner] / told.count[inner], atol=0.03
    )
