"""Totals keep every mean exactly, and are as wide as the firms go together, no wider."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.totals import LEAST_DATES, aligned_paths_kw, total_quantiles_kw

PATHS, STEPS = 200, 6
P10, P90 = QUANTILES.index(0.1), QUANTILES.index(0.9)


def some_paths(firms: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    level = random.normal(100.0, 10.0, (firms, PATHS, 1))
    return level + random.normal(0.0, 1.0, (firms, PATHS, STEPS))


def width_kw(aligned_kw: np.ndarray) -> float:
    quantiles_kw = total_quantiles_kw(aligned_kw)
    return float((quantiles_kw[:, P90] - quantiles_kw[:, P10]).mean())


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.integers(0, 250), st.integers(0, 99))
def test_paths_are_moved_and_never_changed(firms, dates, seed):
    paths_kw = some_paths(firms, seed)
    deviation = np.random.default_rng(seed).normal(size=(firms, dates))
    aligned_kw = aligned_paths_kw(paths_kw, deviation, seed=seed)
    for before, after in zip(paths_kw, aligned_kw, strict=True):
        np.testing.assert_array_equal(before[np.lexsort(before.T)], after[np.lexsort(after.T)])


def test_the_mean_of_the_total_is_the_sum_of_the_means():
    paths_kw = some_paths(4)
    aligned_kw = aligned_paths_kw(paths_kw, np.random.default_rng(1).normal(size=(4, 99)), seed=0)
    np.testing.assert_allclose(
        aligned_kw.sum(axis=0).mean(axis=0), paths_kw.mean(axis=1).sum(axis=0), rtol=1e-13
    )


def test_firms_that_were_high_together_make_a_wide_total_and_opposite_ones_a_narrow_one():
    paths_kw = some_paths(2)
    common = np.random.default_rng(1).normal(size=PATHS)
    alone = (width_kw(paths_kw[:1]) + width_kw(paths_kw[1:])) / 2
    same = width_kw(aligned_paths_kw(paths_kw, np.stack([common, common]), seed=0))
    opposite = width_kw(aligned_paths_kw(paths_kw, np.stack([common, -common]), seed=0))
    unrelated = width_kw(
        aligned_paths_kw(paths_kw, np.random.default_rng(2).normal(size=(2, PATHS)), seed=0)
    )
    assert abs(same - 2 * alone) < 0.05 * alone
    assert abs(unrelated - np.sqrt(2) * alone) < 0.2 * alone
    assert opposite < 0.3 * alone


def test_too_few_common_dates_tell_nothing():
    paths_kw = some_paths(2)
    common = np.arange(LEAST_DATES - 1.0)
    few = width_kw(aligned_paths_kw(paths_kw, np.stack([common, common]), seed=0))
    enough = width_kw(
        aligned_paths_kw(paths_kw, np.stack([np.arange(float(LEAST_DATES))] * 2), seed=0)
    )
    assert few < 0.85 * enough


def test_the_quantiles_of_the_total_are_of_sums_and_not_sums_of_quantiles():
    paths_kw = some_paths(5)
    aligned_kw = aligned_paths_kw(paths_kw, np.random.default_rng(3).normal(size=(5, 200)), seed=0)
    summed_kw = sum(weighted_quantiles(firm.T, np.ones(PATHS), QUANTILES) for firm in paths_kw)
    assert width_kw(aligned_kw) < 0.6 * (summed_kw[:, P90] - summed_kw[:, P10]).mean()
    np.testing.assert_allclose(
        total_quantiles_kw(aligned_kw)[:, QUANTILES.index(0.5)],
        np.median(paths_kw.sum(axis=0), axis=0),
        atol=3.0,
    )
