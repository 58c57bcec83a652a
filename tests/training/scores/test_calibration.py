"""Calibration counts the loads at or below each quantile, and parts add up."""

import numpy as np
import pytest

from models.forecasting.load_forecast import QUANTILES
from training.scores.calibration import Calibration


def test_loads_at_or_below_each_quantile_are_counted_and_gaps_are_not():
    demand_kw = np.tile(np.arange(1.0, 12.0), (3, 1))
    told = Calibration.of(np.array([3.0, 11.5, np.nan]), demand_kw)
    assert told.count == 2
    assert told.share_below.tolist() == [0.0, 0.0] + 9 * [0.5]


def test_firms_pool_by_their_cases():
    demand_kw = np.tile(np.arange(1.0, 12.0), (4, 1))
    few = Calibration.of(np.zeros(1), demand_kw[:1])
    many = Calibration.of(np.full(3, 99.0), demand_kw[:3])
    assert Calibration.pooled([few, many]).share_below == pytest.approx(len(QUANTILES) * [0.25])


def test_of_nothing_there_is_no_share():
    nothing = Calibration.pooled([])
    assert np.isnan(nothing.share_below).all()
