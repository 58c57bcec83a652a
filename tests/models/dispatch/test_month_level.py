"""How far a month may lie off what was expected: little after a steady past, else more."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.features.load_table import REST_DAY, WORKDAY
from feature_store.time_grid import DAYS_PER_WEEK, STEPS_PER_DAY
from models.dispatch.month_level import UNKNOWN_SPREAD, level_spread, month_levels

DAYS = 180
KIND = np.where(np.arange(DAYS) % DAYS_PER_WEEK < 5, WORKDAY, REST_DAY)


def days_at(level) -> np.ndarray:
    """Days whose highest load follows ``level`` but for a little chance."""
    random = np.random.default_rng(0)
    shape = np.sin(np.linspace(0, np.pi, STEPS_PER_DAY))
    return 100 * np.asarray(level)[:, None] * shape * (1 + 0.01 * random.random((DAYS, 1)))


def test_a_steady_past_leaves_little_doubt():
    assert level_spread(days_at(np.ones(DAYS)), KIND) < 0.02


def test_a_past_that_moved_by_a_fifth_leaves_much():
    moved = np.where(np.arange(DAYS) // 30 % 2 == 0, 1.0, 1.2)
    assert level_spread(days_at(moved), KIND) > 0.05


def test_too_short_a_past_takes_the_spread_of_the_firms_measured():
    assert level_spread(days_at(np.ones(DAYS))[:70], KIND[:70]) == UNKNOWN_SPREAD
    assert level_spread(np.full((DAYS, STEPS_PER_DAY), np.nan), KIND) == UNKNOWN_SPREAD


@given(st.floats(0, 0.3))
def test_levels_have_the_spread_that_they_are_made_with(spread):
    levels = month_levels(spread)
    chance = np.array([level.probability for level in levels])
    log = np.log([level.factor for level in levels])
    assert chance.sum() == pytest.approx(1.0)
    assert chance @ log == pytest.approx(0.0, abs=1e-9)
    assert np.sqrt(chance @ log**2) == pytest.approx(spread)
