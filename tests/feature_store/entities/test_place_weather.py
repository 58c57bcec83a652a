"""Laid out for frames, each variable shows at every moment what the versions that tell it show."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.entities.place_weather import SEEN_VARIABLES, told_weather, weather_known
from feature_store.entities.weather_versions import VERSION_COLUMNS, WeatherVersions
from feature_store.time_grid import utc_instant
from tests.builders import seconds
from tests.made_weather import PLACE, hour

HOUR_S = 3600
LAST = hour(200)
moments = st.integers(-30, 40)  # hours from the first
versions = st.lists(
    st.tuples(
        st.sampled_from(["forecast", "reanalysis", "observation"]),
        st.integers(0, 5),
        moments,
        moments,
        st.none() | st.floats(-50, 50),
        st.none() | st.floats(0, 1000),
    ),
    max_size=25,
    unique_by=lambda told: told[:4],
)


def frame_of(told):
    """Versions as the store has them."""
    rows = [
        {
            "kind": kind,
            "valid_time": seconds(hour(at)),
            "issued_at": seconds(hour(issued)),
            "known_at": seconds(hour(known)),
            "temperature_celsius": celsius,
            "ghi_w_per_m2": ghi,
        }
        for kind, at, issued, known, celsius, ghi in told
    ]
    return pl.DataFrame(rows, schema=VERSION_COLUMNS)


@given(told=versions, asked=st.lists(st.tuples(moments, st.integers(0, 5)), min_size=1))
def test_it_shows_what_the_versions_that_tell_a_variable_show(told, asked):
    rows = frame_of(told)
    issues = np.array([utc_instant(hour(issue)) for issue, _ in asked])
    hours = np.array([utc_instant(hour(at)) for _, at in asked])
    laid_out = told_weather(PLACE, rows)
    for variable in SEEN_VARIABLES:
        tell = rows.filter(pl.col(variable).is_not_null())
        every = WeatherVersions(place=PLACE, start=hour(0), end=hour(6), moment=LAST, rows=tell)
        known = every.as_known_at(issues, hours)
        seen = laid_out.seen(variable, hours.astype(int) // HOUR_S, issues.astype(int))
        np.testing.assert_array_equal(seen, known.values[variable])


def test_a_station_without_a_pyranometer_does_not_hide_the_reanalysis():
    measured, modelled = ("observation", 2, 2, 3, 5.0, None), ("reanalysis", 2, 2, 9, 4.0, 300.0)
    laid_out = told_weather(PLACE, frame_of([measured, modelled]))
    asked_at = np.array([seconds(hour(8)), seconds(hour(9))])
    two = np.full(2, seconds(hour(2)) // HOUR_S)
    assert laid_out.seen("temperature_celsius", two, asked_at).tolist() == [5.0, 5.0]
    np.testing.assert_array_equal(laid_out.seen("ghi_w_per_m2", two, asked_at), [np.nan, 300.0])


def test_of_hours_that_nobody_told_of_nothing_is_known():
    laid_out = told_weather(PLACE, frame_of([("forecast", 2, 0, 0, 5.0, None)]))
    hours = np.array([seconds(hour(at)) // HOUR_S for at in (-1000, 1, 2, 3, 1000)])
    asked_at = np.full(5, seconds(hour(9)))
    seen = laid_out.seen("temperature_celsius", hours, asked_at)
    np.testing.assert_array_equal(seen, [np.nan, np.nan, 5.0, np.nan, np.nan])
    assert np.isnan(laid_out.seen("ghi_w_per_m2", hours, asked_at)).all()


def test_what_was_known_at_a_moment_is_whole_from_where_the_readings_end():
    """A forecast asked for from the end of the readings may look at what came until it is made."""
    rows = frame_of([("forecast", 5, 0, 0, 5.0, None), ("forecast", 5, 3, 3, 7.0, None)])
    issued = np.array([seconds(hour(at)) for at in (1, 2, 3)])
    weather = weather_known(told_weather(PLACE, rows), LAST).as_of(hour(4))
    assert weather.asked_at(issued).tolist() == issued.tolist()
    moved = weather.whole_from(hour(2))
    four = seconds(hour(4))
    assert moved.asked_at(issued).tolist() == [issued[0], four, four]
    earlier = moved.as_of(hour(1) + timedelta(minutes=30))
    assert (earlier.asked_at(issued) <= seconds(hour(1.5))).all()


def test_its_digest_follows_what_was_known_and_nothing_else():
    one = ("forecast", 5, 0, 0, 5.0, None)
    later, older = ("forecast", 5, 3, 3, 7.0, None), ("forecast", 1, 0, 0, 5.0, None)
    since = utc_instant(hour(3))

    def digest(*told, moment):
        laid_out = told_weather(PLACE, frame_of(told))
        return weather_known(laid_out, moment).digest(since)

    known = digest(one, moment=hour(2))
    assert digest(one, later, older, moment=hour(2)) == known
    assert digest(one, later, moment=hour(4)) != known


@pytest.mark.parametrize("known_from", [0, 3])
def test_before_anything_was_told_there_is_no_weather(known_from):
    laid_out = told_weather(PLACE, frame_of([("forecast", 5, 0, known_from, 5.0, None)]))
    assert weather_known(laid_out, hour(known_from) - timedelta(seconds=1)) is None
    assert weather_known(laid_out, hour(known_from)) is not None
