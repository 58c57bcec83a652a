"""A chain of loads: chances that sum to one, levels that rise, states that carry the load."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.load_chain import (
    HIGHEST_SHARE,
    JUMP_SHARE,
    MEANS,
    SCORES,
    chain_of_days,
    next_mean,
    start_of_day,
)

STEPS = 12


def some_days(seed: int, days: int) -> np.ndarray:
    """Days that are heavy or light as a whole."""
    random = np.random.default_rng(seed)
    return 100 * random.uniform(0.5, 1.5, (days, 1)) + 10 * random.random((days, STEPS))


@given(seed=st.integers(0, 1000), days=st.integers(1, 30))
def test_chances_sum_to_one_and_levels_rise(seed, days):
    chain = chain_of_days(some_days(seed, days), np.linspace(0.1, 1, days))
    assert (chain.moves >= 0).all()
    np.testing.assert_allclose(chain.moves.sum(axis=2), 1.0)
    assert (np.diff(chain.levels_kw, axis=1) >= 0).all()
    assert np.isfinite(chain.moves).all()


def test_the_start_of_a_day_is_a_distribution():
    assert start_of_day().sum() == pytest.approx(1.0, abs=1e-12)
    assert (start_of_day() > 0).all()
    assert start_of_day().shape == (len(SCORES) * len(MEANS),)


def test_the_highest_level_lies_a_little_above_the_highest_load_seen():
    days_kw = some_days(3, 20)
    chain = chain_of_days(days_kw, np.ones(20))
    np.testing.assert_allclose(chain.levels_kw[:, -1], HIGHEST_SHARE * days_kw.max(axis=0))


def test_states_between_two_levels_carry_the_load():
    chain = chain_of_days(some_days(3, 20), np.ones(20))
    lowest_kw, highest_kw = chain.levels_kw[4, 0], chain.levels_kw[4, -1]
    for load_kw in np.linspace(lowest_kw, highest_kw, 9):
        weight = chain.states_of(4, float(load_kw), 0.0)
        assert weight.sum() == pytest.approx(1.0)
        assert float(weight @ chain.state_kw[4]) == pytest.approx(load_kw, rel=1e-6)


def test_a_load_beyond_the_levels_is_the_outermost_state():
    chain = chain_of_days(some_days(3, 20), np.ones(20))
    weight = chain.states_of(4, 1e6, 0.0).reshape(len(SCORES), len(chain.means))
    assert weight[-1].sum() == pytest.approx(1.0)
    assert chain.score_of(4, 1e6) == SCORES[-1]


def test_a_heavy_day_stays_heavier_than_a_light_one():
    chain = chain_of_days(some_days(5, 60), np.ones(60))
    states = len(SCORES) * len(MEANS)
    heavy, light = np.zeros(states), np.zeros(states)
    heavy[-1], light[0] = 1.0, 1.0
    for step in range(STEPS - 1):
        heavy, light = heavy @ chain.moves[step], light @ chain.moves[step]
    assert heavy @ chain.state_kw[-1] > 1.3 * (light @ chain.state_kw[-1])


def test_loads_without_memory_forget_where_they_were():
    random = np.random.default_rng(8)
    chain = chain_of_days(100 + 50 * random.random((200, STEPS)), np.ones(200))
    heavy, light = chain.moves[5][-1], chain.moves[5][0]
    assert abs((heavy - light) @ chain.state_kw[6]) < 15


def test_a_day_at_a_level_moves_alike_between_higher_loads():
    chain = chain_of_days(some_days(3, 20), np.ones(20))
    higher = chain.at_level(1.2)
    np.testing.assert_allclose(higher.levels_kw, 1.2 * chain.levels_kw)
    np.testing.assert_array_equal(higher.moves, chain.moves)
    assert len(chain.from_step(5).levels_kw) == STEPS - 5


def test_the_mean_of_the_last_hours_begins_with_the_first_score_and_follows_slowly():
    assert next_mean(None, 1.5) == 1.5
    mean = 0.0
    for _ in range(STEPS_PER_DAY):
        mean = next_mean(mean, 1.0)
    assert mean == pytest.approx(1.0, abs=1e-3)
    assert next_mean(0.0, 1.0) < 0.1


def test_a_load_may_leap_from_anywhere_to_anywhere():
    chain = chain_of_days(some_days(3, 20), np.ones(20))
    to_level = chain.moves[:-1].reshape(STEPS - 1, -1, len(SCORES), len(MEANS)).sum(axis=3)
    share_of_highest = 0.0228  # of a bell curve above 2, midway between the two highest scores
    assert (to_level[..., -1] > 0.99 * JUMP_SHARE * share_of_highest).all()
