"""Past days alike are checked as they come, parted by target day, and weighed by what is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.forecasting.analogue_loads import NO_DAY
from models.forecasting.outlook import Outlook
from tests.models.forecasting.made_analogues import in_parts, of_days
from tests.models.forecasting.made_forecast import a_forecast

TWO_PARTS = in_parts(({1: 1, 2: 1, 3: 2}, 4), ({2: 1, 3: 1, 4: 2}, 5), members=4)


def test_the_steps_are_parted_where_the_members_change():
    assert TWO_PARTS.parts == (slice(0, 4), slice(4, 9))
    assert TWO_PARTS.part_days(1).tolist() == [2, 3, 4, NO_DAY]


def test_shares_are_the_weights_over_their_sum():
    np.testing.assert_allclose(TWO_PARTS.shares, [[0.25, 0.25, 0.5, 0], [0.25, 0.25, 0.5, 0]])


def test_what_was_not_measured_weighs_nothing():
    loads = of_days([[1, 1], [2, np.nan], [3, 3], [4, 4]])
    np.testing.assert_allclose(loads.shares, [[2 / 7, 1 / 7, 2 / 7, 2 / 7]])


def test_where_the_supply_is_off_no_day_draws_more_than_standby():
    loads = of_days([[9, 9], [2, np.nan], [-3, 3]])
    off, standby_kw = np.array([True, False]), np.array([5.0, 1.0])
    lowered = loads.at_standby(off, standby_kw)
    np.testing.assert_array_equal(lowered.demand_kw, [[5, 2, 0], [9, np.nan, 3]])
    np.testing.assert_array_equal(lowered.shares, loads.shares)
    np.testing.assert_array_equal(loads.at_standby(~off, standby_kw).demand_kw[1], [1, np.nan, 1])
    assert loads.at_standby(np.zeros(2, dtype=bool), standby_kw) is loads


def test_two_days_are_too_few_to_tell_how_a_day_goes():
    assert not of_days([[1, 1], [2, 2]]).shares.any()
    assert not of_days([[1, 1], [2, 2], [3, 3]], weight=[1, 1, 0]).shares.any()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"weight": -np.ones((9, 4))}, "negative"),
        ({"weight": np.full((9, 4), np.nan)}, "not finite"),
        ({"weight": np.ones((9, 3))}, "one shape"),
        ({"weight": np.ones((9, 4))}, "has no day"),
        ({"day": np.ones((9, 4), dtype=np.int64)}, "two columns"),
    ],
)
def test_members_that_contradict_themselves_are_refused(changed, said):
    with pytest.raises(ValueError, match=said):
        replace(TWO_PARTS, **changed)


def test_analogues_of_another_horizon_are_refused():
    with pytest.raises(ValueError, match="9 steps"):
        Outlook(forecast=a_forecast(np.full(8, 100.0)), analogues=TWO_PARTS)
