"""A month's maximum holds what was measured, hangs days together, and tells which passes first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forecasting.load_forecast import QUANTILES
from models.forecasting.monthly_maximum import (
    DRAWS,
    LEVEL_SPREAD,
    MonthMaximum,
    NearDays,
    month_maximum,
    past_maximum_quantiles_kw,
)
from tests.models.forecasting.made_analogues import bell_kw

NO_NEAR = NearDays(quantiles_kw=np.empty((0, len(QUANTILES))), together_kw=np.empty((1, 0)))
NO_LATER = np.empty((0, len(QUANTILES)))
TOGETHER = np.arange(200.0)[:, None] * np.ones(2)


def near(middle_kw, spread_kw=10.0) -> NearDays:
    quantiles_kw = bell_kw(middle_kw, spread_kw)
    return NearDays(quantiles_kw=quantiles_kw, together_kw=TOGETHER[:, : len(middle_kw)])


def drawn(near_days=NO_NEAR, later_kw=NO_LATER, so_far_kw=0.0, seed=0) -> MonthMaximum:
    return month_maximum(near_days, later_kw, so_far_kw=so_far_kw, seed=seed)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2), st.integers(0, 25), st.floats(0, 150), st.floats(50, 160))
def test_chances_add_up_and_never_fall_below_what_was_measured(days, later, so_far_kw, level_kw):
    month = drawn(near([100.0] * days), bell_kw([100.0] * later, 10.0), so_far_kw)
    quantiles_kw = month.quantiles_kw
    assert (quantiles_kw >= so_far_kw).all()
    assert (np.diff(quantiles_kw) >= 0).all()
    first = month.first_above(level_kw)
    assert first.shape == (days + later,)
    if so_far_kw > level_kw:
        assert month.chance_above(level_kw) == 1
    else:
        assert np.isclose(first.sum(), month.chance_above(level_kw))


def test_a_higher_level_is_passed_less_likely():
    month = drawn(near([100.0, 100.0]), bell_kw([100.0] * 10, 10.0))
    chances = [month.chance_above(level_kw) for level_kw in np.linspace(90, 150, 20)]
    assert (np.diff(chances) <= 0).all()
    assert chances[0] > 0.99
    assert chances[-1] < 0.05


def test_a_month_without_days_to_come_is_what_was_measured():
    month = drawn(so_far_kw=70.0)
    np.testing.assert_array_equal(month.quantiles_kw, np.full(len(QUANTILES), 70.0))
    assert (month.chance_above(69.9), month.chance_above(70.0)) == (1.0, 0.0)


def test_near_days_are_spread_as_they_were_foretold():
    month = drawn(near([100.0]))
    np.testing.assert_allclose(month.quantiles_kw[1:-1], bell_kw([100.0], 10.0)[0, 1:-1], atol=0.2)


def test_days_that_are_high_together_pass_a_level_less_often_than_apart():
    together = drawn(near([100.0, 100.0]))
    apart = NearDays(
        quantiles_kw=bell_kw([100.0, 100.0], 10.0),
        together_kw=np.stack([np.arange(200.0), np.roll(np.arange(200.0), 77)], axis=1),
    )
    assert together.chance_above(110.0) < drawn(apart).chance_above(110.0)


def test_later_days_share_a_level_that_past_days_do_not_show():
    """Days that never differ: only the common level moves the month's maximum."""
    still_kw = np.full((20, len(QUANTILES)), 100.0)
    month = drawn(later_kw=still_kw)
    spread = np.log(month.month_kw).std()
    assert abs(spread - LEVEL_SPREAD) < 0.005


def test_a_high_day_near_makes_high_days_later_likelier():
    month = drawn(near([100.0, 100.0]), bell_kw([100.0] * 5, 10.0))
    link = np.corrcoef(month.peak_kw[:, 0], month.peak_kw[:, 2:].mean(axis=1))[0, 1]
    assert 0.1 < link < 0.6


def test_the_day_that_passes_first_is_told():
    month = MonthMaximum(
        peak_kw=np.array([[90.0, 120.0, 130.0], [110.0, 80.0, 80.0], [90.0, 80.0, 70.0]]),
        so_far_kw=50.0,
    )
    np.testing.assert_allclose(month.first_above(100.0), [1 / 3, 1 / 3, 0])


def test_newer_days_tell_more_than_older_ones():
    rising = past_maximum_quantiles_kw(np.array([120.0] * 5 + [100.0] * 5))
    falling = past_maximum_quantiles_kw(np.array([100.0] * 5 + [120.0] * 5))
    assert rising[QUANTILES.index(0.4)] > falling[QUANTILES.index(0.4)]
    assert (past_maximum_quantiles_kw(np.r_[np.full(24, 100.0), np.full(50, 500.0)]) == 100.0).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_draws(seed):
    first, again = (drawn(near([100.0]), bell_kw([100.0], 5.0), seed=seed) for _ in range(2))
    np.testing.assert_array_equal(first.peak_kw, again.peak_kw)
    assert first.peak_kw.shape == (DRAWS, 2)
