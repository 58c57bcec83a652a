"""Maxima are those of past days and paths, never below what was measured; their time is told."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.forecasting.daily_maximum import (
    SampledMaxima,
    maximum_quantiles_kw,
    peak_time,
    sampled_maxima,
)
from models.forecasting.load_forecast import QUANTILES
from tests.models.forecasting.made_analogues import in_parts, of_days

EVERY = np.ones(4, dtype=bool)
DAYS = of_days([[1, 2, 9, 0], [5, 1, 1, 0], [0, 0, 7, 8]], weight=[1, 1, 2])
PATHS_KW = np.array([[3.0, 1, 1, 1], [1, 1, 1, 4.0]])
MEDIAN = QUANTILES.index(0.5)


def sampled(peaks_kw, steps, weight=None) -> SampledMaxima:
    weight = np.ones(len(peaks_kw)) if weight is None else np.array(weight, dtype=float)
    return SampledMaxima(
        peak_kw=np.array(peaks_kw, dtype=float), step=np.array(steps), weight=weight / weight.sum()
    )


def test_half_of_the_maxima_are_of_days_by_weight_and_half_of_paths():
    maxima = sampled_maxima(EVERY, DAYS, PATHS_KW, seed=0)
    assert maxima.peak_kw.tolist() == [9, 5, 8, 3, 4]
    assert maxima.step.tolist() == [2, 0, 3, 0, 3]
    np.testing.assert_allclose(maxima.weight, [1 / 8, 1 / 8, 1 / 4, 1 / 4, 1 / 4])


def test_only_the_steps_asked_about_are_looked_at():
    maxima = sampled_maxima(np.array([False, True, False, False]), DAYS, PATHS_KW, seed=0)
    assert maxima.peak_kw.tolist() == [2, 1, 0, 1, 1]
    assert set(maxima.step.tolist()) == {1}


def test_without_enough_days_alike_all_are_of_paths():
    for analogues in (None, of_days([[1, 2, 9, 0], [5, 1, 1, 0]])):
        assert sampled_maxima(EVERY, analogues, PATHS_KW, seed=0).peak_kw.tolist() == [3, 4]


def test_a_day_that_was_not_measured_there_does_not_count():
    loads = of_days([[1, 2, 9, 0], [np.nan, 1, 1, 0], [4, 0, 7, 8], [6, 0, 0, 0]])
    first = np.array([True, False, False, False])
    maxima = sampled_maxima(first, loads, PATHS_KW, seed=0)
    assert maxima.peak_kw.tolist() == [1, 4, 6, 3, 1]
    assert np.isclose(maxima.weight.sum(), 1)


def test_over_two_target_days_a_past_day_is_followed():
    """Loads are the numbers of the days: who goes on has one number on both, the maximum."""
    days = dict.fromkeys(range(1, 6), 1.0)
    analogues = in_parts((days, 2), (dict.fromkeys(range(5, 0, -1), 1.0), 2), members=5)
    maxima = sampled_maxima(EVERY, analogues, np.zeros((2, 4)), seed=0)
    of_days_kw = maxima.peak_kw[:-2]
    assert np.bincount(of_days_kw.astype(int))[1:].tolist() == [len(of_days_kw) // 5] * 5


def test_a_target_day_without_days_alike_leaves_the_maximum_to_the_paths():
    analogues = in_parts(({1: 1, 2: 1, 3: 1}, 2), ({1: 1, 2: 1}, 2), members=3)
    assert sampled_maxima(EVERY, analogues, PATHS_KW, seed=0).peak_kw.tolist() == [3, 4]
    first_day = np.array([True, True, False, False])
    assert len(sampled_maxima(first_day, analogues, PATHS_KW, seed=0).peak_kw) == 5


@given(
    arrays(np.float64, 9, elements=st.floats(0, 500)),
    st.one_of(st.none(), st.floats(0, 700)),
)
def test_the_distribution_rises_and_is_never_below_what_was_measured(peaks_kw, measured_kw):
    quantiles_kw = maximum_quantiles_kw(
        sampled(peaks_kw, np.zeros(9, dtype=int)), measured_kw=measured_kw
    )
    assert (np.diff(quantiles_kw) >= 0).all()
    assert measured_kw is None or (quantiles_kw >= measured_kw).all()


def test_the_median_is_that_of_the_weighted_maxima():
    assert maximum_quantiles_kw(sampled([1, 5, 9], [0, 0, 0], [1, 1, 1]))[MEDIAN] == 5
    assert maximum_quantiles_kw(sampled([1, 5, 9], [0, 0, 0], [1, 1, 6]))[MEDIAN] > 7


def test_the_likeliest_time_is_where_most_past_peaks_lay():
    steps = 40
    maxima = sampled([50, 51, 52, 53], [10, 11, 30, 12])
    when = peak_time(maxima, np.ones(steps, dtype=bool), np.zeros(steps))
    assert when.likeliest_step == 11 or abs(when.likeliest_step - 11) <= 1
    assert np.isclose(when.probability.sum(), 1)
    assert when.probability[8:15].sum() > 0.7
    assert when.over_share == 0


def test_where_past_peaks_are_undecided_the_forecast_decides():
    steps = 40
    maxima = sampled([50, 50], [10, 30])
    median_kw = np.zeros(steps)
    median_kw[28:33] = 20.0
    when = peak_time(maxima, np.ones(steps, dtype=bool), median_kw)
    assert when.likeliest_step == 30


def test_a_peak_falls_into_no_step_that_is_not_looked_at():
    looked_at = np.zeros(40, dtype=bool)
    looked_at[10:20] = True
    when = peak_time(sampled([50], [10]), looked_at, np.arange(40.0))
    assert not when.probability[~looked_at].any()
    assert looked_at[when.likeliest_step]


def test_what_was_measured_may_stand():
    """Three of four courses of the rest stay below the 60 kW of the morning."""
    maxima = sampled([50, 55, 40, 90], [5, 6, 7, 20])
    when = peak_time(maxima, np.ones(40, dtype=bool), np.zeros(40), measured_kw=60.0)
    assert when.over_share == 0.75
    assert np.isclose(when.probability.sum(), 0.25)
    assert abs(when.likeliest_step - 20) <= 2
    done = peak_time(maxima, np.ones(40, dtype=bool), np.zeros(40), measured_kw=100.0)
    assert done.over_share == 1
    assert not done.probability.any()
