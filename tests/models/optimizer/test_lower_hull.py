"""The lower convex hull holds the ends, bends upward and lies above no point."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.optimizer.lower_hull import lower_hull


def test_the_points_that_lie_above_are_left_out_by_hand():
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert lower_hull(x, np.array([4.0, 3.5, 1.0, 2.0, 2.0])).tolist() == [0, 2, 4]
    assert lower_hull(x[:1], x[:1]).tolist() == [0]


@given(y=st.lists(st.integers(-100, 100), min_size=2, max_size=30))
def test_it_is_convex_and_below_every_point(y):
    x, values = np.arange(len(y), dtype=float), np.array(y, dtype=float)
    hull = lower_hull(x, values)
    assert (hull[0], hull[-1]) == (0, len(y) - 1)
    assert (np.diff(np.diff(values[hull]) / np.diff(x[hull])) > -1e-9).all()
    assert (np.interp(x, x[hull], values[hull]) <= values + 1e-9).all()
