"""Models are fitted before a replay, each on what was measured before it forecasts."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pytest

from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEP, STEPS_PER_DAY
from tests.fakes.forecaster import LastWeekForecaster
from tests.made_replay import MAY, TWO_MONTHS, a_load, a_site
from training.replay import forecasts
from training.replay.forecasts import (
    DAYS_BEFORE,
    FittedFrom,
    ForecastTask,
    fit_days,
    fitted_before,
    forecasts_of,
)

MAY_1, MAY_20, JUNE_5 = date(2026, 5, 1), date(2026, 5, 20), date(2026, 6, 5)


@dataclass(frozen=True)
class Manifold(LastWeekForecaster):
    """Tells last week's load so many times."""

    times: int = 1

    def predict_many(self, *asked):
        """Forecast from each issue time."""
        return self.times * super().predict_many(*asked)


def fitted(monkeypatch, plan, least_days=0):
    """Fit along a plan; returns the models and what each was fitted on."""
    fitted_on = []

    def fit(_firms, histories, **_sampling):
        (history,) = histories.values()
        if history.grid.steps < least_days * STEPS_PER_DAY:
            raise NotEnoughReadingsError("too few")
        fitted_on.append(history)
        return LastWeekForecaster()

    monkeypatch.setattr(forecasts, "fit_pooled", fit)
    return fitted_before([a_site()], plan), fitted_on


def test_models_are_fitted_weeks_before_the_first_day_and_on_it():
    assert fit_days(MAY) == (date(2026, 3, 27), MAY_1)
    assert (MAY_1 - fit_days(MAY)[0]).days == DAYS_BEFORE


def test_a_model_is_fitted_on_what_was_measured_before_the_midnight_it_begins_at(monkeypatch):
    plan = replace(TWO_MONTHS, first=JUNE_5)
    models, known = fitted(monkeypatch, plan)
    assert [model.first for model in models] == [MAY_1, JUNE_5]
    for model, history in zip(models, known, strict=True):
        begin = np.datetime64(model.first) - np.timedelta64(9, "h")
        assert history.grid.starts[-1] + STEP == begin
        assert (history.known_at[np.isfinite(history.demand_kw)] <= begin).all()


def test_too_little_before_the_replay_is_no_fault_but_at_its_beginning_it_is(monkeypatch):
    models, _ = fitted(monkeypatch, replace(TWO_MONTHS, first=MAY_20), least_days=28)
    assert [model.first for model in models] == [MAY_20]
    with pytest.raises(NotEnoughReadingsError):
        fitted(monkeypatch, MAY, least_days=28)


def test_each_stretch_of_days_is_forecast_by_the_model_fitted_for_it():
    plan = replace(TWO_MONTHS, first=MAY_20)
    models = (FittedFrom(first=MAY_20, forecaster=Manifold(times=1)),)
    _, alone = forecasts_of(ForecastTask(site=a_site(), fitted=models, plan=plan))
    models = (*models, FittedFrom(first=JUNE_5, forecaster=Manifold(times=2)))
    _, made = forecasts_of(ForecastTask(site=a_site(), fitted=models, plan=plan))
    np.testing.assert_array_equal(made.issue, alone.issue)
    later = made.issue >= np.searchsorted(
        a_load().grid.starts, np.datetime64(JUNE_5) - np.timedelta64(9, "h")
    )
    assert later.any()
    assert not later.all()
    np.testing.assert_array_equal(made.quantiles_kw[~later], alone.quantiles_kw[~later])
    np.testing.assert_array_equal(made.quantiles_kw[later], 2 * alone.quantiles_kw[later])
