"""Scores equal their definitions written out, forgive no sample its size, and reward the truth."""

from __future__ import annotations

from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.forecasting.load_forecast import QUANTILES
from tests.models.forecasting.made_analogues import bell_kw
from training.scores.path_scores import (
    LEVELS_STOOD_FOR,
    crps_of_quantiles_kw,
    crps_of_sample_kw,
    energy_score_kw,
    variogram_score_kw,
)

LOADS = st.floats(0, 100)
PATHS = arrays(np.float64, (4, 5), elements=LOADS)
ACTUAL = arrays(np.float64, 5, elements=LOADS)


def distance(one, other) -> float:
    return sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)))


@settings(deadline=None)
@given(ACTUAL, PATHS)
def test_the_energy_score_is_its_definition(actual_kw, paths_kw):
    off = sum(distance(path, actual_kw) for path in paths_kw) / 4
    between = sum(distance(one, other) for one, other in combinations(paths_kw, 2)) / (4 * 3)
    assert energy_score_kw(actual_kw, paths_kw) == pytest.approx(
        (off - between) / sqrt(5), abs=1e-4
    )


@settings(deadline=None)
@given(ACTUAL, PATHS)
def test_the_variogram_score_is_its_definition(actual_kw, paths_kw):
    by_lag = []
    for lag in (1, 2):
        pairs = []
        for step in range(5 - lag):
            of_actual = abs(actual_kw[step + lag] - actual_kw[step]) ** 0.5
            of_paths = [abs(path[step + lag] - path[step]) ** 0.5 for path in paths_kw]
            mean = sum(of_paths) / 4
            spread = sum((one - mean) ** 2 for one in of_paths) / 3
            pairs.append((of_actual - mean) ** 2 - spread / 4)
        by_lag.append(sum(pairs) / len(pairs))
    assert variogram_score_kw(actual_kw, paths_kw, lags=(1, 2)) == pytest.approx(
        sum(by_lag) / 2, abs=1e-9
    )


@settings(deadline=None)
@given(LOADS, arrays(np.float64, 6, elements=LOADS))
def test_the_crps_of_a_sample_is_its_definition(actual_kw, sample_kw):
    off = sum(abs(one - actual_kw) for one in sample_kw) / 6
    between = sum(abs(one - other) for one, other in combinations(sample_kw, 2)) / (6 * 5)
    told = crps_of_sample_kw(np.array(actual_kw), sample_kw)
    assert told == pytest.approx(off - between, abs=1e-9)


def test_many_samples_are_scored_as_each_alone():
    random = np.random.default_rng(0)
    actual_kw, sample_kw = random.random((3, 2)), random.random((3, 2, 9))
    together = crps_of_sample_kw(actual_kw, sample_kw)
    assert together.shape == (3, 2)
    assert together[1, 1] == crps_of_sample_kw(actual_kw[1, 1], sample_kw[1, 1])


@given(LOADS, arrays(np.float64, len(QUANTILES), elements=LOADS).map(np.sort))
def test_the_crps_of_quantiles_is_twice_the_pinball_loss_over_the_levels(actual_kw, quantiles_kw):
    expected = 0.0
    for level, share, kw in zip(QUANTILES, LEVELS_STOOD_FOR, quantiles_kw, strict=True):
        below = actual_kw < kw
        expected += (
            2
            * share
            * (kw - actual_kw if below else actual_kw - kw)
            * (1 - level if below else level)
        )
    told = crps_of_quantiles_kw(np.array(actual_kw), quantiles_kw)
    assert told == pytest.approx(expected, abs=1e-9)
    assert LEVELS_STOOD_FOR.sum() == pytest.approx(1)


def test_the_crps_of_quantiles_is_near_that_of_the_whole_distribution():
    """The bell curve's own score: Gneiting and Raftery 2007, equation 21 and below it."""
    random = np.random.default_rng(1)
    actual_kw = random.normal(100, 10, 4000)
    told = crps_of_quantiles_kw(actual_kw, np.repeat(bell_kw([100.0], 10.0), 4000, axis=0)).mean()
    assert told == pytest.approx(10 / sqrt(np.pi), rel=0.04)


@pytest.mark.parametrize(
    "score", [energy_score_kw, lambda y, x: variogram_score_kw(y, x, lags=(1, 2))]
)
def test_the_number_of_paths_does_not_move_the_expected_score(score):
    random = np.random.default_rng(0)

    def mean_score(paths: int) -> float:
        return np.mean(
            [score(random.normal(size=6), random.normal(size=(paths, 6))) for _ in range(6000)]
        )

    assert mean_score(2) == pytest.approx(mean_score(20), rel=0.06)


@pytest.mark.parametrize("told", [0.0, 0.9])
def test_the_true_dependence_scores_best(told):
    """Steps that hang together by 0.9 or not at all: whoever draws it so wins on average."""
    random = np.random.default_rng(0)

    def paths(number: int, together: float) -> np.ndarray:
        common, own = random.normal(size=(number, 1)), random.normal(size=(number, 8))
        return np.sqrt(together) * common + np.sqrt(1 - together) * own

    actual = paths(400, told)
    for score in (energy_score_kw, lambda y, x: variogram_score_kw(y, x, lags=(1, 2, 4))):
        right, wrong = (
            np.mean([score(one, paths(60, together)) for one in actual])
            for together in (told, 0.9 - told)
        )
        assert right < wrong


def test_what_was_not_measured_is_left_out():
    random = np.random.default_rng(0)
    actual_kw, paths_kw = random.random(6), random.random((5, 6))
    holed_kw = actual_kw.copy()
    holed_kw[3] = np.nan
    known = np.isfinite(holed_kw)
    assert energy_score_kw(holed_kw, paths_kw) == energy_score_kw(
        actual_kw[known], paths_kw[:, known]
    )
    assert np.isfinite(variogram_score_kw(holed_kw, paths_kw, lags=(1,)))
