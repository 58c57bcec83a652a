"""A firm whose load goes with the weather is forecast better with it, on what was known alone.

The firm cools by the degree and has panels on its roof. Weather that became known after the issue
time changes no bit of a forecast, and without any a forecast is what it was before weather counted.
"""

from dataclasses import replace
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.place_weather import PlaceWeather
from feature_store.features.weather import Weather
from feature_store.time_grid import INTERVAL, STEP, STEPS_PER_DAY, STEPS_PER_HOUR
from feature_store.views import feature_frame
from models.forecasting import lightgbm_quantiles
from models.forecasting.explanation import explain
from models.forecasting.lightgbm_quantiles import BoosterParameters, fit
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.mixture import Mixture
from models.forecasting.ridge_anchor import WEATHER_UNITS
from tests.builders import a_firm, a_history
from tests.fakes.made_load import a_made_load
from tests.fakes.told_weather import a_made_weather, poisoned_after

DAYS, FITTED_DAYS = 150, 120
STEPS = STEPS_PER_DAY
FIRM = a_firm(holiday_country=None)
WEATHER = a_made_weather(DAYS)
COOLING_KW_PER_K = 6.0
PANELS_KW_PER_W_PER_M2 = 0.12
MEDIAN = QUANTILES.index(0.5)


def a_load_that_goes_with(weather: PlaceWeather):
    """The made load with cooling and panels, of the weather as it was measured."""
    load = a_made_load(DAYS)
    hour = load.grid.starts.astype("datetime64[h]").astype(int)
    at_last = np.full(len(hour), weather.moment_s)
    celsius = weather.told.seen("temperature_celsius", hour, at_last)
    sun = weather.told.seen("ghi_w_per_m2", hour + 1, at_last)
    cooling_kw = COOLING_KW_PER_K * np.clip(celsius - 10, 0, None)
    demand_kw = 100 + load.demand_kw + cooling_kw - PANELS_KW_PER_W_PER_M2 * sun
    return a_history(np.maximum(demand_kw, 0.0).tolist())


LOAD = a_load_that_goes_with(WEATHER)
TOLD = replace(LOAD, weather=WEATHER)
ISSUES = LOAD.grid.starts[FITTED_DAYS * STEPS_PER_DAY : -2 * STEPS_PER_DAY : 37]


@cache
def fitted(*, told: bool) -> Mixture:
    """Fitted on the days before the test, with weather or without."""
    history = (TOLD if told else LOAD).as_of(LOAD.grid.at(FITTED_DAYS * STEPS_PER_DAY))
    issues = LOAD.grid.starts[30 * STEPS_PER_DAY : (FITTED_DAYS - 2) * STEPS_PER_DAY : 31]
    frame = feature_frame(FIRM, history, issues, np.arange(0, 2 * STEPS_PER_DAY, 7))
    boosters = fit(frame, BoosterParameters(), version="lightgbm")
    return Mixture(boosters=boosters, version="mixture")


def loss(mixture, history):
    """Pinball loss of all quantiles over the mean load, of the days after the fit."""
    demand_kw = mixture.predict_many(FIRM, history, ISSUES, STEPS)
    first = ((ISSUES - LOAD.grid.starts[0]) // STEP).astype(int)
    actual_kw = LOAD.demand_kw[first[:, None] + np.arange(STEPS)]
    apart_kw = actual_kw[..., None] - demand_kw
    levels = np.array(QUANTILES)
    return 2 * np.maximum(levels * apart_kw, (levels - 1) * apart_kw).mean() / actual_kw.mean()


def test_a_firm_that_cools_and_has_panels_is_forecast_better_with_the_weather():
    without, with_it = loss(fitted(told=False), LOAD), loss(fitted(told=True), TOLD)
    assert with_it < 0.9 * without


@settings(max_examples=6, deadline=None)
@given(step=st.integers(FITTED_DAYS * STEPS_PER_DAY, (DAYS - 2) * STEPS_PER_DAY))
def test_weather_that_became_known_after_the_issue_time_changes_no_bit(step):
    issue = LOAD.grid.starts[[step]]
    later = replace(TOLD, weather=poisoned_after(WEATHER, int(issue[0].astype(int))))
    mixture = Mixture(boosters=fitted(told=True).boosters, version="fresh")
    np.testing.assert_array_equal(
        mixture.predict_many(FIRM, later, issue, STEPS),
        fitted(told=True).predict_many(FIRM, TOLD, issue, STEPS),
    )


def test_what_was_learnt_of_the_weather_as_it_was_known_is_not_kept_for_other_weather():
    """Forecast twice from one issue time: another weather was known in the weeks before."""
    issue = ISSUES[[40]]
    mixture = Mixture(boosters=fitted(told=True).boosters, version="mixture")
    first = mixture.predict_many(FIRM, TOLD, issue, STEPS)
    colder = a_made_weather(DAYS, seed=1)
    again = mixture.predict_many(FIRM, replace(LOAD, weather=colder), issue, STEPS)
    fresh = Mixture(boosters=mixture.boosters, version="mixture")
    np.testing.assert_array_equal(
        again, fresh.predict_many(FIRM, replace(LOAD, weather=colder), issue, STEPS)
    )
    assert (first != again).any()


def test_a_model_that_looks_at_the_weather_answers_without_any():
    demand_kw = fitted(told=True).predict_many(FIRM, LOAD, ISSUES[:3], STEPS)
    assert np.isfinite(demand_kw).all()
    assert (np.diff(demand_kw, axis=2) >= 0).all()


def test_where_no_weather_is_stored_nothing_is_made_of_it():
    mixture = fitted(told=False)
    columns = [lightgbm_quantiles.INPUTS.index(name) for name in Weather().names]
    for booster in mixture.boosters.boosters:
        assert not booster.feature_importance()[columns].any()
    for coefficients in (mixture.boosters.ridge.pool, *mixture.boosters.ridge.of_firm.values()):
        assert not coefficients[:, -len(WEATHER_UNITS) :].any()
    told = explain(mixture, FIRM, LOAD, LOAD.grid.at(140 * STEPS_PER_DAY), STEPS)
    assert not told.parts_kw["weather"].any()


def test_the_weathers_part_is_told_and_the_parts_add_up():
    warmest = 130 + int(np.argmax(_noon_celsius(130, 148)))
    where = LOAD.grid.at(warmest * STEPS_PER_DAY)
    told = explain(fitted(told=True), FIRM, TOLD, where, STEPS)
    total_kw = sum(told.parts_kw.values())
    np.testing.assert_allclose(total_kw, told.forecast.median_kw, rtol=0, atol=1e-6)
    night_kw = told.parts_kw["weather"][: 5 * STEPS_PER_HOUR]
    assert night_kw.mean() > 0.3 * COOLING_KW_PER_K * _off_profile_k(where)[: len(night_kw)].mean()


def _noon_celsius(first_day, last_day):
    noon = LOAD.grid.starts[first_day * STEPS_PER_DAY : last_day * STEPS_PER_DAY : STEPS_PER_DAY]
    hour = noon.astype("datetime64[h]").astype(int) + 12
    return WEATHER.told.seen("temperature_celsius", hour, np.full(len(hour), WEATHER.moment_s))


def _off_profile_k(where):
    issue = LOAD.grid.starts[[(where - LOAD.grid.start) // INTERVAL]]
    frame = feature_frame(FIRM, TOLD, issue, np.arange(STEPS))
    return frame.column("temperature_off_profile_k")
