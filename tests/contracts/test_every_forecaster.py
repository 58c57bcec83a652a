"""What the planner and the backtest rely on, asked of every forecaster."""

from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest

from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEP, STEPS_PER_DAY, utc_instant
from feature_store.views import feature_frame
from models.forecasting.forecaster import predict_one
from models.forecasting.ladder import ForecastLadder
from models.forecasting.lightgbm_quantiles import BoosterParameters, fit
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.mixture import Mixture
from models.forecasting.same_day_type_mean import SameDayTypeMean
from models.forecasting.seasonal_naive import SeasonalNaive
from models.forecasting.similar_day import SimilarDay
from models.forecasting.typical_firm import LearntInTraining, TypicalFirms
from tests.builders import MONDAY, a_firm, a_history
from tests.fakes.made_load import a_made_load

DAYS = 90
HISTORY = a_made_load(DAYS)
FIRM = a_firm(holiday_country=None)
STEPS = 2 * STEPS_PER_DAY
ISSUES = HISTORY.grid.starts[[80 * STEPS_PER_DAY, 80 * STEPS_PER_DAY + 37]]


def a_fitted_model():
    issues = HISTORY.grid.starts[40 * STEPS_PER_DAY : 70 * STEPS_PER_DAY : 31]
    frame = feature_frame(FIRM, HISTORY, issues, np.arange(0, STEPS, 7))
    return fit(frame, BoosterParameters(trees=10), version="lightgbm")


BOOSTERS = a_fitted_model()
MIXTURE = Mixture(boosters=BOOSTERS, version="mixture")
PLAIN = LearntInTraining(firms=TypicalFirms())
FORECASTERS = [
    SeasonalNaive(),
    SimilarDay(),
    SameDayTypeMean(),
    ForecastLadder(model=None, typical=PLAIN),
    ForecastLadder(model=replace(MIXTURE, version="laddered"), typical=PLAIN),
    BOOSTERS,
    MIXTURE,
]
learning = pytest.mark.parametrize("model", [BOOSTERS, MIXTURE], ids=lambda f: f.version)
every_forecaster = pytest.mark.parametrize("forecaster", FORECASTERS, ids=lambda f: f.version)


@every_forecaster
def test_it_answers_every_issue_time_step_and_quantile(forecaster):
    demand_kw = forecaster.predict_many(FIRM, HISTORY, ISSUES, STEPS)
    assert demand_kw.shape == (len(ISSUES), STEPS, len(QUANTILES))
    assert np.isfinite(demand_kw).all()
    assert (demand_kw >= 0).all()


@every_forecaster
def test_its_quantiles_never_cross(forecaster):
    demand_kw = forecaster.predict_many(FIRM, HISTORY, ISSUES, STEPS)
    assert (np.diff(demand_kw, axis=2) >= 0).all()


@every_forecaster
def test_readings_after_the_issue_time_change_nothing(forecaster):
    issue = ISSUES[:1]
    known = HISTORY.as_of(HISTORY.grid.at(80 * STEPS_PER_DAY))
    np.testing.assert_array_equal(
        forecaster.predict_many(FIRM, HISTORY, issue, STEPS),
        forecaster.predict_many(FIRM, known, issue, STEPS),
    )


@every_forecaster
def test_a_reading_that_came_late_is_not_used_before_it_came(forecaster):
    yesterday = slice(79 * STEPS_PER_DAY, 80 * STEPS_PER_DAY)
    known_at = HISTORY.known_at.copy()
    known_at[yesterday] = utc_instant(HISTORY.grid.at(85 * STEPS_PER_DAY))
    late = type(HISTORY)(
        firm_id=FIRM.firm_id, grid=HISTORY.grid, demand_kw=HISTORY.demand_kw, known_at=known_at
    )
    missing_kw = HISTORY.demand_kw.copy()
    missing_kw[yesterday] = np.nan
    missing = a_history(missing_kw.tolist())
    np.testing.assert_array_equal(
        forecaster.predict_many(FIRM, late, ISSUES, STEPS),
        forecaster.predict_many(FIRM, missing, ISSUES, STEPS),
    )


@every_forecaster
def test_many_issue_times_are_answered_as_each_alone(forecaster):
    together = forecaster.predict_many(FIRM, HISTORY, ISSUES, STEPS)
    alone = [forecaster.predict_many(FIRM, HISTORY, ISSUES[[k]], STEPS)[0] for k in (0, 1)]
    np.testing.assert_array_equal(together, np.stack(alone))


@every_forecaster
def test_a_working_day_is_told_from_a_sunday(forecaster):
    """80 days from a Monday lie on a Thursday: four days on is a Monday, three a Sunday."""
    demand_kw = forecaster.predict_many(FIRM, HISTORY, ISSUES[:1], 5 * STEPS_PER_DAY)[0]
    by_day = demand_kw[:, QUANTILES.index(0.5)].reshape(5, STEPS_PER_DAY)
    assert by_day[4].max() > 2 * by_day[3].max()


def test_one_issue_time_is_answered_in_the_firms_own_time():
    forecast = predict_one(SimilarDay(), FIRM, HISTORY, HISTORY.end, STEPS)
    assert forecast.issue_time.utcoffset() == MONDAY.utcoffset()
    assert forecast.grid.start == HISTORY.end


@learning
def test_the_model_refuses_a_firm_that_fell_silent(model):
    long_ago = HISTORY.grid.starts[-1:] + 60 * STEPS_PER_DAY * STEP
    with pytest.raises(NotEnoughReadingsError, match="no reading in the four weeks"):
        model.predict_many(FIRM, HISTORY, long_ago, STEPS)


@learning
def test_the_model_scales_with_the_firm(model):
    """A firm ten times the size gets ten times the forecast: one model serves both."""
    large = a_history((HISTORY.demand_kw * 10).tolist())
    np.testing.assert_allclose(
        model.predict_many(FIRM, large, ISSUES, STEPS),
        10 * model.predict_many(FIRM, HISTORY, ISSUES, STEPS),
        rtol=1e-3,
    )


def test_the_same_rows_and_seed_give_the_same_model():
    first, second = BOOSTERS, a_fitted_model()
    assert isinstance(first.boosters[0], lgb.Booster)
    for one, other in zip(first.boosters, second.boosters, strict=True):
        assert one.model_to_string() == other.model_to_string()
