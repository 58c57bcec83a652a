"""Where the supply is off a forecast goes to standby: never up, never crossing, never fed in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feature_store.time_grid import STEPS_PER_WEEK
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.planned_outages import STANDBY_STEPS, standing_by

kw = st.floats(-1e4, 1e4)


@given(
    forecast=st.lists(st.lists(kw, min_size=11, max_size=11), min_size=1, max_size=5),
    known=st.lists(kw | st.just(float("nan")), max_size=50),
    off=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_whatever_was_forecast_and_known_the_quantiles_stay_in_order(forecast, known, off):
    demand_kw = np.sort(forecast, axis=1)
    where = np.array(off[: len(demand_kw)])
    made = standing_by(demand_kw, where, np.array(known))
    assert (np.diff(made, axis=1) >= 0).all()
    assert (made[where] >= 0).all()
    assert (made[where] <= np.maximum(demand_kw[where], 0)).all()
    np.testing.assert_array_equal(made[~where], demand_kw[~where])


def test_standby_is_what_was_drawn_at_the_lowest_of_late():
    known_kw = np.full(6 * STEPS_PER_WEEK, 200.0)
    known_kw[::5] = 40.0
    known_kw[:-STANDBY_STEPS] = 3.0  # long ago
    demand_kw = np.tile(np.linspace(100, 300, len(QUANTILES)), (2, 1))
    made = standing_by(demand_kw, np.array([True, False]), known_kw)
    assert (made[0] == 40.0).all()


def test_of_a_firm_without_readings_the_lowest_that_is_thought_possible_stands():
    demand_kw = np.linspace(100, 300, len(QUANTILES))[None]
    assert (standing_by(demand_kw, np.array([True]), np.array([np.nan])) == 100).all()
