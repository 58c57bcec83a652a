"""A target sees the weather of its clock hour as it was known, and how far it is off the usual."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.features.sight import Asked
from feature_store.features.weather import Weather
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from feature_store.views import features_of
from tests.builders import a_firm, seconds
from tests.fakes.made_load import a_made_load
from tests.fakes.told_weather import a_made_weather, told_weather_of

DAYS = 60
FIRM = a_firm(holiday_country=None)
LOAD = a_made_load(DAYS)
WEATHER = a_made_weather(DAYS)
TOLD = replace(LOAD, weather=WEATHER)
THURSDAY = 45 * STEPS_PER_DAY
HOUR_S = 3600


def frame(history, issue, leads, firm=FIRM):
    """Features of one issue time, a position in the history."""
    issue_times = history.grid.starts[[issue]]
    asked = Asked(firm=firm, history=history, issue_times=issue_times, leads=np.array(leads))
    return features_of([asked])


def told(frame):
    """The columns of the weather, shape (rows, columns)."""
    return np.stack([frame.column(name) for name in Weather().names], axis=1)


def weather_by_day(celsius, ghi=0.0):
    """One temperature a day, by the number of the day, known from its first hour on."""
    midnight = seconds(LOAD.grid.start) // HOUR_S
    hour = midnight + np.arange(24 * len(celsius) + 1)
    of_day = np.repeat(celsius, 24)
    known_at = np.full(len(hour), hour[0] * HOUR_S)
    sun = np.full(len(hour), ghi)
    return replace(WEATHER, told=told_weather_of(hour, known_at, [*of_day, of_day[-1]], sun))


def test_the_usual_is_the_mean_of_the_days_of_the_kind_the_newer_the_more():
    celsius = np.full(DAYS, 20.0)
    celsius[44] = 30.0  # a Wednesday, the newest of the working days
    celsius[41] = 99.0  # a Sunday, of another kind
    celsius[45] = 28.0
    history = replace(LOAD, weather=weather_by_day(celsius, ghi=100.0))
    made = frame(history, THURSDAY, [50])
    weights = 0.85 ** np.arange(12)
    usual = 20 + 10 * weights[0] / weights.sum()
    assert made.column("temperature_celsius") == 28.0
    assert made.column("irradiance_w_per_m2") == 100.0
    assert made.column("temperature_off_profile_k") == pytest.approx(28 - usual)
    assert made.column("irradiance_off_profile_w_per_m2") == pytest.approx(0.0, abs=1e-9)


def test_a_day_whose_load_is_not_known_is_no_part_of_the_usual():
    celsius = np.full(DAYS, 20.0)
    celsius[44] = 30.0
    demand_kw = LOAD.demand_kw.copy()
    demand_kw[44 * STEPS_PER_DAY : 45 * STEPS_PER_DAY] = np.nan
    history = replace(LOAD, demand_kw=demand_kw, weather=weather_by_day(celsius))
    made = frame(history, THURSDAY, [50])
    assert made.column("temperature_off_profile_k") == pytest.approx(0.0, abs=1e-9)


def test_irradiance_is_of_the_hour_that_the_target_lies_in_and_temperature_holds_at_its_start():
    hour = seconds(LOAD.grid.start) // HOUR_S + 45 * 24 + np.arange(24)
    number = np.arange(24.0)
    weather = replace(WEATHER, told=told_weather_of(hour, hour * 0, number, number))
    made = frame(replace(LOAD, weather=weather), THURSDAY, [5 * STEPS_PER_HOUR + 3])
    assert made.column("temperature_celsius") == 5.0
    assert made.column("irradiance_w_per_m2") == 6.0


def test_leads_one_after_another_get_the_bits_that_each_gets_alone():
    whole = told(frame(TOLD, THURSDAY + 37, range(2 * STEPS_PER_DAY)))
    for leads in ([0], [191], [3, 150], [100, 2, 61]):
        np.testing.assert_array_equal(told(frame(TOLD, THURSDAY + 37, leads)), whole[leads])


def test_of_many_firms_each_sees_the_weather_of_its_own_place():
    other = replace(LOAD, weather=a_made_weather(DAYS, seed=1))
    leads, issues = np.arange(0, 192, 5), LOAD.grid.starts[THURSDAY : THURSDAY + 400 : 111]
    asked = [
        Asked(firm=a_firm(f"firm-{number}"), history=history, issue_times=issues, leads=leads)
        for number, history in enumerate((TOLD, LOAD, other, TOLD))
    ]
    together = np.split(features_of(asked).values, len(asked))
    for one, values in zip(asked, together, strict=True):
        np.testing.assert_array_equal(features_of([one]).values, values)
    columns = slice(-len(Weather().names), None)
    assert np.isnan(together[1][:, columns]).all()
    assert (together[0][:, columns] != together[2][:, columns]).any()


def test_a_target_that_nobody_foretold_is_unknown():
    celsius = np.full(46, 20.0)
    made = frame(replace(LOAD, weather=weather_by_day(celsius)), THURSDAY, [50, 150])
    assert np.isfinite(made.column("temperature_off_profile_k")).tolist() == [True, False]
