"""What a forecast is explained by adds up to it, and a closed day is told as one."""

from datetime import date, timedelta

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY
from feature_store.views import feature_frame
from models.forecasting.explanation import explain
from models.forecasting.lightgbm_quantiles import BoosterParameters, fit
from models.forecasting.mixture import Mixture
from tests.builders import a_firm
from tests.fakes.made_load import a_made_load

HISTORY = a_made_load(90)
WHERE = HISTORY.grid.at(85 * STEPS_PER_DAY)
CLOSED = date.fromisoformat(str((WHERE + timedelta(days=1)).date()))


@pytest.fixture(scope="module")
def mixture():
    issues = HISTORY.grid.starts[40 * STEPS_PER_DAY : 80 * STEPS_PER_DAY : 31]
    frame = feature_frame(a_firm(holiday_country=None), HISTORY, issues, np.arange(0, 192, 7))
    boosters = fit(frame, BoosterParameters(trees=10), version="lightgbm")
    return Mixture(boosters=boosters, version="mixture")


@pytest.mark.parametrize("steps", [1, STEPS_PER_DAY, 7 * STEPS_PER_DAY])
def test_the_parts_add_up_to_the_median(mixture, steps):
    firm = a_firm(holiday_country=None, closure_days=(CLOSED,))
    told = explain(mixture, firm, HISTORY, WHERE, steps)
    total_kw = sum(told.parts_kw.values())
    np.testing.assert_allclose(total_kw, told.forecast.median_kw, rtol=0, atol=1e-6)
    for part_kw in told.parts_kw.values():
        assert np.isfinite(part_kw).all()


def test_a_closed_working_day_lowers_the_load_and_says_so(mixture):
    """Tuesday and Wednesday: the Wednesday is closed."""
    firm = a_firm(holiday_country=None, closure_days=(CLOSED,))
    told = explain(mixture, firm, HISTORY, WHERE, 2 * STEPS_PER_DAY)
    today_kw, tomorrow_kw = np.split(told.parts_kw["closure"], 2)
    assert (today_kw == 0).all()
    assert tomorrow_kw.min() < -0.3 * told.parts_kw["weekday_profile"].max()


def test_an_open_day_is_not_told_as_closed(mixture):
    told = explain(mixture, a_firm(holiday_country=None), HISTORY, WHERE, STEPS_PER_DAY)
    assert (told.parts_kw["closure"] == 0).all()
    assert np.abs(told.parts_kw["weekday_profile"]).max() > np.abs(told.parts_kw["calendar"]).max()
