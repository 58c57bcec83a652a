"""Quantiles of weighted samples are what sorting and drawing a line by hand gives, row by row."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.weighted_quantiles import weighted_quantiles

LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
values = st.floats(-1e6, 1e6)
weights = st.one_of(st.just(0.0), st.floats(1e-3, 1e3))
samples = st.lists(st.tuples(st.one_of(st.just(math.nan), values), weights), min_size=1, max_size=9)


def of_row(told, levels=LEVELS):
    """The quantiles of one sample, a list of values with weights."""
    kw, weight = np.array(told, dtype=float).T
    return weighted_quantiles(kw[None], weight[None], levels)[0]


def by_hand(told, level):
    """Midpoints of the weights on a line from 0 to 1, and straight lines between the values."""
    kept = sorted(
        ((kw, weight) for kw, weight in told if math.isfinite(kw) and weight > 0),
        key=lambda one: one[0],
    )
    if not kept:
        return math.nan
    total, before, places = math.fsum(weight for _, weight in kept), 0.0, []
    for _, weight in kept:
        places.append((before + weight / 2) / total)
        before += weight
    return float(np.interp(level, places, [kw for kw, _ in kept]))


@given(told=samples)
def test_they_are_what_is_worked_out_by_hand(told):
    expected = [by_hand(told, level) for level in LEVELS]
    scale = max([abs(kw) for kw, _ in told if math.isfinite(kw)], default=0.0)
    np.testing.assert_allclose(of_row(told), expected, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("sample", [64, 65, 300])
def test_so_are_those_of_large_samples(sample):
    random = np.random.default_rng(sample)
    kw = random.integers(0, 40, sample).astype(float)  # many are equal
    kw[random.random(sample) < 0.1] = np.nan
    told = list(zip(kw, random.random(sample), strict=True))
    expected = [by_hand(told, level) for level in LEVELS]
    np.testing.assert_allclose(of_row(told), expected, rtol=1e-9, atol=1e-9)


@given(sample=st.lists(values, min_size=1, max_size=12), weight=st.floats(1e-3, 1e3))
def test_of_equal_weights_they_are_the_quantiles_that_numpy_calls_hazens(sample, weight):
    made = of_row([(kw, weight) for kw in sample])
    expected = np.quantile(sample, LEVELS, method="hazen")
    np.testing.assert_allclose(made, expected, rtol=1e-9, atol=1e-3)


@given(told=samples, extra=st.lists(values, max_size=4), place=st.integers(0, 9))
def test_a_value_without_weight_and_one_not_known_count_for_nothing(told, extra, place):
    more = [(kw, 0.0) for kw in extra] + [(math.nan, 5.0), (math.inf, 5.0), (-math.inf, 5.0)]
    np.testing.assert_array_equal(of_row(told[:place] + more + told[place:]), of_row(told))


@given(told=samples)
def test_they_ascend_and_stay_among_the_values_that_count(told):
    made = of_row(told)
    counted = [kw for kw, weight in told if math.isfinite(kw) and weight > 0]
    if not counted:
        assert np.isnan(made).all()
        return
    assert (np.diff(made) >= 0).all()
    assert min(counted) <= made[0]
    assert made[-1] <= max(counted)


@given(told=samples, factor=st.sampled_from([0.25, 2.0, 1024.0]))
def test_only_the_proportion_of_the_weights_counts(told, factor):
    scaled = [(kw, weight * factor) for kw, weight in told]
    np.testing.assert_array_equal(of_row(scaled), of_row(told))


def test_one_value_is_every_quantile_of_itself():
    assert of_row([(7.0, 0.3)]).tolist() == [7.0] * len(LEVELS)


def test_a_heavy_value_draws_the_middle_to_itself():
    assert of_row([(0.0, 1.0), (10.0, 98.0), (20.0, 1.0)], (0.5,)).tolist() == [10.0]
    assert of_row([(0.0, 1.0), (10.0, 3.0)], (0.125, 0.375, 0.625)).tolist() == [0.0, 5.0, 10.0]


@pytest.mark.parametrize("one_for_all", [True, False])
def test_each_row_of_many_is_as_it_is_alone(one_for_all):
    random = np.random.default_rng(0)
    kw = random.normal(size=(4, 5, 6))
    kw[random.random(kw.shape) < 0.3] = np.nan
    kw[1, 2] = np.nan
    weight = random.random(6 if one_for_all else kw.shape)
    made = weighted_quantiles(kw, weight, LEVELS)
    assert made.shape == (4, 5, len(LEVELS))
    assert np.isnan(made[1, 2]).all()
    for place in np.ndindex(4, 5):
        own = weight if one_for_all else weight[place]
        alone = weighted_quantiles(kw[place][None], own[None], LEVELS)[0]
        np.testing.assert_array_equal(made[place], alone)


def test_what_is_asked_about_is_left_as_it_was():
    kw, weight = np.array([[3.0, np.nan, 1.0]]), np.array([[1.0, 1.0, 0.0]])
    before = kw.copy(), weight.copy()
    weighted_quantiles(kw, weight, LEVELS)
    np.testing.assert_array_equal(kw, before[0])
    np.testing.assert_array_equal(weight, before[1])


@pytest.mark.parametrize("sample", [12, 300])
def test_a_row_among_thousands_gets_the_bits_it_gets_alone(sample):
    rng = np.random.default_rng(sample)
    values = rng.integers(0, 9, (1500, sample)).astype(float)  # many are equal
    values[rng.random(values.shape) < 0.1] = np.nan
    values[7] = np.nan
    weights = rng.random(sample)

    together = weighted_quantiles(values, weights, (0.1, 0.5, 0.9))

    alone = [weighted_quantiles(row[None], weights, (0.1, 0.5, 0.9))[0] for row in values]
    np.testing.assert_array_equal(together, alone)
