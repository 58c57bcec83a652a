"""Widths bring the coverage to what it should be, within bounds, and never cross quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.forecasting.load_forecast import QUANTILES
from models.forecasting.width import AS_IT_IS, LEAST, MOST, Width
from tests.models.forecasting.made_analogues import bell_kw

RISING = arrays(np.float64, len(QUANTILES), elements=st.floats(0, 50)).map(np.cumsum)
LOGARITHMS = st.floats(LEAST, MOST)


@given(RISING, LOGARITHMS, LOGARITHMS)
def test_widened_quantiles_neither_cross_nor_fall_below_zero(quantiles_kw, down, up):
    applied = Width(down=down, up=up).applied(quantiles_kw)
    assert (np.diff(applied) >= 0).all()
    assert (applied >= 0).all()
    assert applied[QUANTILES.index(0.5)] == quantiles_kw[QUANTILES.index(0.5)]


def test_each_side_is_stretched_on_its_own():
    quantiles_kw = bell_kw([100.0], 10.0)[0]
    applied = Width(up=np.log(2)).applied(quantiles_kw)
    np.testing.assert_allclose(applied[:5], quantiles_kw[:5])
    np.testing.assert_allclose(applied[6:] - 100, 2 * (quantiles_kw[6:] - 100))


def test_no_width_changes_nothing():
    quantiles_kw = bell_kw([100.0], 10.0)[0]
    np.testing.assert_array_equal(AS_IT_IS.applied(quantiles_kw), quantiles_kw)


@pytest.mark.parametrize("true_spread", [7.0, 10.0, 14.0])
def test_in_the_long_run_about_a_tenth_lies_beyond_each_outer_decile(true_spread):
    random = np.random.default_rng(0)
    told_kw = bell_kw([100.0], 10.0)[0]
    width, beyond = AS_IT_IS, []
    for measured_kw in random.normal(100.0, true_spread, 3000):
        issued_kw = width.applied(told_kw)
        beyond.append((measured_kw < issued_kw[1], measured_kw > issued_kw[9]))
        width = width.learned(issued_kw, measured_kw)
    np.testing.assert_allclose(np.mean(beyond[500:], axis=0), 0.1, atol=0.025)


@pytest.mark.parametrize(("measured_kw", "down", "up"), [(1e6, LEAST, MOST), (0.0, MOST, LEAST)])
def test_whatever_comes_the_width_stays_within_its_bounds(measured_kw, down, up):
    width = AS_IT_IS
    for _ in range(500):
        width = width.learned(width.applied(bell_kw([100.0], 10.0)[0]), measured_kw)
    assert LEAST <= width.down <= MOST
    assert LEAST <= width.up <= MOST
    assert (width.up > width.down) == (up > down)
