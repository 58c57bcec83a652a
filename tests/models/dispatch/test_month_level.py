"""How far a month may lie off what was expected: asked of the past, on average and by chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.features.load_table import REST_DAY, WORKDAY
from feature_store.time_grid import DAYS_PER_WEEK, STEPS_PER_DAY
from models.dispatch.month_level import (
    UNKNOWN_SPREAD,
    USUAL_SPREAD,
    LevelError,
    level_error,
    month_levels,
)

DAYS = 180
KIND = np.where(np.arange(DAYS) % DAYS_PER_WEEK < 5, WORKDAY, REST_DAY)


def days_at(level) -> np.ndarray:
    """Days whose highest load follows ``level`` but for a little chance."""
    random = np.random.default_rng(0)
    shape = np.sin(np.linspace(0, np.pi, STEPS_PER_DAY))
    return 100 * np.asarray(level)[:, None] * shape * (1 + 0.01 * random.random((DAYS, 1)))


def test_a_steady_past_leaves_little_doubt():
    steady = level_error(days_at(np.ones(DAYS)), KIND)
    assert abs(steady.mean) < 0.01
    assert steady.spread < USUAL_SPREAD


def test_a_past_that_moved_by_two_fifths_leaves_much():
    moved = np.where(np.arange(DAYS) // 30 % 2 == 0, 1.0, 1.4)
    steady = level_error(days_at(np.ones(DAYS)), KIND)
    assert level_error(days_at(moved), KIND).spread > steady.spread + 0.02


def test_a_firm_that_became_lighter_is_expected_lighter_than_its_days_of_old():
    lighter = np.exp(-0.002 * np.arange(DAYS))
    assert level_error(days_at(lighter), KIND).mean < -0.02
    assert level_error(days_at(1 / lighter), KIND).mean > 0.02


def test_the_mean_error_of_a_past_of_two_levels_is_that_worked_out_by_hand():
    # Days are flat, at one level and then a tenth higher, so a past month errs by log(1.1), by
    # nothing, or by -log(1.1) where the median of its heaviest day is the old or the new level.
    level = np.where(np.arange(DAYS) < 150, 1.0, 1.1)
    by_day_kw = 100 * level[:, None] * np.ones((1, STEPS_PER_DAY))
    weeks = range(DAYS - 7, 59, -7)
    errors = []
    for day in weeks:
        after = level[day : day + 28][KIND[day : day + 28] == WORKDAY].max()
        before = np.arange(day)
        before = before[KIND[:day] == WORKDAY]
        weight = 0.5 ** ((day - before) / 45)
        share_low = weight[level[before] == 1.0].sum() / weight.sum()
        count = int((KIND[day : day + 28] == WORKDAY).sum())
        middle = 1.0 if share_low**count >= 0.5 else 1.1
        errors.append(np.log(after / middle))
    weight_of_error = 0.5 ** ((DAYS - np.array(weeks)) / 60)
    months = weight_of_error.sum() / 4
    expected = (weight_of_error @ errors / weight_of_error.sum()) * months / (months + 1)
    assert level_error(by_day_kw, KIND).mean == pytest.approx(expected, abs=1e-9)


def test_too_short_a_past_takes_the_spread_of_the_firms_measured():
    unknown = LevelError(mean=0.0, spread=UNKNOWN_SPREAD)
    assert level_error(days_at(np.ones(DAYS))[:60], KIND[:60]) == unknown
    assert level_error(np.full((DAYS, STEPS_PER_DAY), np.nan), KIND) == unknown


def test_days_with_gaps_are_not_asked():
    by_day_kw = days_at(np.ones(DAYS))
    with_gap = by_day_kw.copy()
    with_gap[150, 40] = np.nan
    with_gap[150, 41:60] = 1e6
    assert level_error(with_gap, KIND).mean == pytest.approx(
        level_error(by_day_kw, KIND).mean, abs=2e-3
    )


@given(st.floats(-0.3, 0.3), st.floats(0, 0.3))
def test_levels_have_the_error_that_they_are_made_with(mean, spread):
    levels = month_levels(LevelError(mean=mean, spread=spread))
    chance = np.array([level.probability for level in levels])
    log = np.log([level.factor for level in levels])
    assert chance.sum() == pytest.approx(1.0)
    assert chance @ log == pytest.approx(mean, abs=1e-9)
    assert np.sqrt(chance @ (log - mean) ** 2) == pytest.approx(spread, abs=1e-9)
