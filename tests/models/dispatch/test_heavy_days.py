"""Days fall into light and heavy ones, and then their chains draw days as heavy as they were."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.month_peak import tops_drawn_kw
from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.heavy_days import PARTS, TOP_STEPS, by_heaviness, day_top_kw
from models.dispatch.load_chain import (
    MEANS,
    NO_MEAN,
    SCORES,
    chain_of_days,
    start_of_day,
)

DAYS = 80


def light_and_heavy_days() -> np.ndarray:
    """Days between 100 and 300 kW at their height, each with a chance of its own."""
    random = np.random.default_rng(4)
    shape = np.clip(np.sin(np.linspace(0, np.pi, STEPS_PER_DAY)), 0.2, None)
    height_kw = random.uniform(100, 300, size=(DAYS, 1))
    return height_kw * shape * (1 + 0.05 * random.standard_normal((DAYS, STEPS_PER_DAY)))


@given(st.integers(0, 1000), st.integers(1, 60))
def test_every_day_is_in_one_part_and_parts_weigh_about_the_same(seed, days):
    random = np.random.default_rng(seed)
    days_kw, weight = random.random((days, STEPS_PER_DAY)), random.uniform(0.1, 1, days)
    parts = by_heaviness(days_kw, weight)
    assert sorted(np.concatenate(parts)) == list(range(days))
    if len(parts) > 1:
        shares = [weight[part].sum() / weight.sum() for part in parts]
        largest = weight.max() / weight.sum()
        assert np.abs(np.array(shares) - 1 / PARTS).max() <= largest + 1e-12


def test_lighter_parts_come_first():
    days_kw = light_and_heavy_days()
    parts = by_heaviness(days_kw, np.ones(DAYS))
    tops = [day_top_kw(days_kw[part]) for part in parts]
    assert len(parts) == PARTS
    assert all(light.max() <= heavy.min() for light, heavy in itertools.pairwise(tops))


def test_the_top_is_the_mean_of_the_highest_hours_and_unknown_with_a_gap():
    day_kw = np.zeros(STEPS_PER_DAY)
    day_kw[30 : 30 + TOP_STEPS] = 80.0
    with_gap = day_kw.copy()
    with_gap[5] = np.nan
    np.testing.assert_array_equal(day_top_kw(np.stack([day_kw, with_gap])), [80.0, np.nan])


def test_chains_of_parts_draw_light_days_as_light_as_they_were_and_one_chain_does_not():
    days_kw, weight = light_and_heavy_days(), np.ones(DAYS)
    random = np.random.default_rng(9)
    parts = by_heaviness(days_kw, weight)
    drawn = np.concatenate(
        [
            tops_drawn_kw(chain_of_days(days_kw[part], weight[part], NO_MEAN), 500, random)
            for part in parts
        ]
    )
    of_one = tops_drawn_kw(chain_of_days(days_kw, weight), 2000, random)
    light = np.quantile(day_top_kw(days_kw), 0.1)
    assert np.quantile(drawn, 0.1) == pytest.approx(light, rel=0.08)
    assert np.quantile(of_one, 0.1) > 1.15 * light


def test_a_chain_without_the_mean_has_a_state_a_level():
    chain = chain_of_days(light_and_heavy_days(), np.ones(DAYS), NO_MEAN)
    assert chain.moves.shape == (STEPS_PER_DAY, len(SCORES), len(SCORES))
    np.testing.assert_allclose(chain.moves.sum(axis=2), 1.0)
    assert start_of_day(chain.means).shape == (len(SCORES),)
    assert start_of_day().shape == (len(SCORES) * len(MEANS),)
    assert chain.states_of(4, 150.0, 0.7).sum() == pytest.approx(1.0)
