"""What readers of weather rely on, asked of the ledger and of the fake that stands in for it.

At every moment an hour shows the best that was known of it by then, and nothing that came later.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from feature_store.entities.weather_batch import VARIABLES
from feature_store.errors import NaiveTimeError
from feature_store.time_grid import INTERVAL, utc_instant
from tests.builders import MONDAY, a_batch, a_firm, seconds
from tests.made_weather import PLACE, a_weather, hour, weather_of

SECOND = timedelta(seconds=1)
LATER = MONDAY + timedelta(days=30)


def shown(store, moment, *, first=0, hours=3, place=PLACE):
    return store.as_of(moment).weather(place, hour(first), hour(first + hours))


def celsius(store, moment, **asked):
    known = shown(store, moment, **asked)
    return known.values["temperature_celsius"].tolist()


def told(instant):
    return utc_instant(instant)


def test_a_forecast_is_known_from_the_moment_it_is_handed_out(store):
    store.append_weather(a_weather([1.0, 2.0], known_at=hour(-2)), recorded_at=LATER)
    np.testing.assert_equal(celsius(store, hour(-2)), [1.0, 2.0, np.nan])
    np.testing.assert_equal(celsius(store, hour(-2) - SECOND), [np.nan] * 3)


def test_an_hour_tells_its_kind_its_issue_and_how_far_ahead_it_was_told(store):
    store.append_weather(a_weather([1.0, 2.0], known_at=hour(-2)), recorded_at=LATER)
    known = shown(store, MONDAY)
    assert known.kind.tolist() == ["forecast", "forecast", ""]
    assert known.valid_times.tolist() == [told(hour(at)).item() for at in range(3)]
    assert (known.issued_at[:2] == told(hour(-2))).all()
    assert (known.known_at[:2] == told(hour(-2))).all()
    assert np.isnat(known.issued_at[2])
    assert np.isnat(known.known_at[2])
    ahead = [np.timedelta64(2, "h"), np.timedelta64(3, "h"), np.timedelta64("NaT")]
    np.testing.assert_array_equal(known.lead_time, ahead)


def test_each_variable_is_there_and_nan_where_nobody_told_it(store):
    store.append_weather(a_weather([1.0], wind_speed_m_per_s=[2.5]), recorded_at=LATER)
    known = shown(store, LATER, hours=1)
    assert set(known.values) == {variable.name for variable in VARIABLES}
    assert known.values["wind_speed_m_per_s"].tolist() == [2.5]
    assert np.isnan(known.values["ghi_w_per_m2"]).all()


def test_the_newest_issue_holds_from_when_it_is_known_and_the_older_one_before(store):
    store.append_weather(a_weather([1.0, 2.0, 3.0], known_at=hour(-4)), recorded_at=LATER)
    store.append_weather(a_weather([5.0, 6.0], known_at=hour(-1)), recorded_at=LATER)
    assert celsius(store, hour(-1)) == [5.0, 6.0, 3.0]
    assert celsius(store, hour(-1) - SECOND) == [1.0, 2.0, 3.0]


def test_an_older_issue_that_comes_in_later_does_not_take_the_place_of_a_newer_one(store):
    store.append_weather(a_weather([5.0], known_at=hour(-1)), recorded_at=MONDAY)
    store.append_weather(a_weather([1.0], known_at=hour(-4)), recorded_at=LATER)
    assert celsius(store, LATER, hours=1) == [5.0]
    assert celsius(store, hour(-2), hours=1) == [1.0]


def test_a_correction_of_an_older_issue_does_not_take_the_place_of_a_newer_one(store):
    store.append_weather(a_weather([1.0, 2.0], known_at=hour(-4)), recorded_at=hour(-4))
    store.append_weather(a_weather([5.0], known_at=hour(-2)), recorded_at=hour(-2))
    store.append_weather(a_weather([9.0, 9.5], known_at=hour(-4)), recorded_at=hour(-1))
    assert celsius(store, LATER, hours=2) == [5.0, 9.5]
    assert celsius(store, hour(-1) - SECOND, hours=2) == [5.0, 2.0]


def test_a_correction_holds_from_its_recording_on_and_keeps_its_issue(store):
    store.append_weather(a_weather([1.0], known_at=hour(-4)), recorded_at=hour(-4))
    store.append_weather(a_weather([2.0], known_at=hour(-4)), recorded_at=hour(-1))
    after = shown(store, hour(-1), hours=1)
    assert after.values["temperature_celsius"].tolist() == [2.0]
    assert after.issued_at[0] == told(hour(-4))
    assert after.known_at[0] == told(hour(-1))
    assert celsius(store, hour(-1) - SECOND, hours=1) == [1.0]


def test_an_observation_holds_once_it_is_known_however_new_the_forecast_is(store):
    observed = a_weather([7.0], kind="observation", known_at=hour(30))
    store.append_weather(observed, recorded_at=hour(30))
    store.append_weather(a_weather([1.0, 2.0], known_at=hour(-1)), recorded_at=LATER)
    store.append_weather(a_weather([3.0, 4.0], known_at=hour(31)), recorded_at=LATER)
    assert celsius(store, hour(30) - SECOND, hours=2) == [1.0, 2.0]
    assert celsius(store, hour(30), hours=2) == [7.0, 2.0]
    after = shown(store, LATER, hours=2)
    assert after.values["temperature_celsius"].tolist() == [7.0, 4.0]
    assert after.kind.tolist() == ["observation", "forecast"]
    assert after.lead_time[0] == np.timedelta64(0, "s")


def test_of_what_was_measured_a_station_holds_before_the_reanalysis(store):
    store.append_weather(
        a_weather([7.0], kind="observation", known_at=hour(30)), recorded_at=hour(30)
    )
    modelled = a_weather([8.0, 9.0], kind="reanalysis", known_at=hour(120))
    store.append_weather(modelled, recorded_at=hour(120))
    assert celsius(store, LATER, hours=2) == [7.0, 9.0]
    np.testing.assert_equal(celsius(store, hour(120) - SECOND, hours=2), [7.0, np.nan])


def test_all_values_of_an_hour_are_from_one_source(store):
    store.append_weather(a_weather([1.0], kma_sky_code=[3.0]), recorded_at=LATER)
    store.append_weather(a_weather([7.0], kind="observation", known_at=hour(30)), recorded_at=LATER)
    known = shown(store, LATER, hours=1)
    assert known.values["temperature_celsius"].tolist() == [7.0]
    assert np.isnan(known.values["kma_sky_code"][0])


def test_what_was_measured_is_not_known_before_its_hour(store):
    early = a_weather([7.0], kind="observation", first=2, known_at=hour(1))
    store.append_weather(early, recorded_at=LATER)
    np.testing.assert_equal(celsius(store, hour(2) - SECOND), [np.nan] * 3)
    np.testing.assert_equal(celsius(store, hour(2)), [np.nan, np.nan, 7.0])


def test_a_measured_value_put_right_is_a_correction_whenever_the_file_says_it_was_known(store):
    first = a_weather([7.0], kind="reanalysis", known_at=hour(50))
    store.append_weather(first, recorded_at=hour(50))
    final = a_weather([7.5], kind="reanalysis", known_at=hour(120))
    store.append_weather(final, recorded_at=hour(2000))
    assert celsius(store, hour(2000) - SECOND, hours=1) == [7.0]
    assert celsius(store, hour(2000), hours=1) == [7.5]


def test_a_file_that_tells_fewer_variables_takes_none_away(store):
    full = a_weather([7.0], kind="observation", known_at=hour(30), cloud_share=[0.5])
    store.append_weather(full, recorded_at=hour(30))
    fewer = a_weather([7.5], kind="observation", known_at=hour(30))
    store.append_weather(fewer, recorded_at=hour(40))
    known = shown(store, LATER, hours=1)
    assert known.values["temperature_celsius"].tolist() == [7.5]
    assert known.values["cloud_share"].tolist() == [0.5]


def test_an_hour_of_which_a_file_tells_nothing_leaves_what_others_told(store):
    store.append_weather(a_weather([1.0, 2.0]), recorded_at=LATER)
    silent = a_weather([None, 7.0], kind="observation", known_at=hour(30))
    store.append_weather(silent, recorded_at=LATER)
    assert celsius(store, LATER, hours=2) == [1.0, 7.0]


def test_places_do_not_see_each_other(store):
    store.append_weather(a_weather([1.0]), recorded_at=LATER)
    store.append_weather(a_weather([9.0], place='say "58,74"'), recorded_at=LATER)
    assert celsius(store, LATER, hours=1) == [1.0]
    assert celsius(store, LATER, hours=1, place='say "58,74"') == [9.0]
    np.testing.assert_equal(celsius(store, LATER, hours=1, place="elsewhere"), [np.nan])


def test_the_hours_are_the_full_ones_from_the_start_to_before_the_end(store):
    store.append_weather(a_weather([1.0, 2.0, 3.0]), recorded_at=LATER)
    known = store.as_of(LATER)
    between = known.weather(PLACE, hour(0) + INTERVAL, hour(2))
    assert between.values["temperature_celsius"].tolist() == [2.0]
    up_to = known.weather(PLACE, hour(0), hour(2) + INTERVAL)
    assert up_to.values["temperature_celsius"].tolist() == [1.0, 2.0, 3.0]


def test_times_without_an_offset_and_times_that_go_back_are_refused(store):
    known = store.as_of(LATER)
    with pytest.raises(NaiveTimeError):
        known.weather(PLACE, datetime(2026, 3, 2), hour(2))  # noqa: DTZ001  the point of the test
    with pytest.raises(ValueError, match="not later"):
        known.weather(PLACE, hour(2), hour(2))


def test_what_was_known_at_many_moments_is_picked_from_the_versions(store):
    store.append_weather(a_weather([1.0, 2.0], known_at=hour(-4)), recorded_at=LATER)
    store.append_weather(a_weather([5.0], known_at=hour(-1)), recorded_at=LATER)
    observed = a_weather([7.0], kind="observation", known_at=hour(30))
    store.append_weather(observed, recorded_at=LATER)
    versions = store.as_of(LATER).weather_versions(PLACE, hour(0), hour(2))
    moments = [told(hour(at)) for at in (30, -2, -1, -5, -1)]
    valid = [told(hour(at)) for at in (0, 0, 0, 0, 1)]
    picked = versions.as_known_at(np.array(moments), np.array(valid))
    np.testing.assert_equal(
        picked.values["temperature_celsius"], np.array([7.0, 1.0, 5.0, np.nan, 2.0])
    )
    assert picked.kind.tolist() == ["observation", "forecast", "forecast", "", "forecast"]


def test_versions_hold_nothing_that_became_known_later(store):
    store.append_weather(a_weather([1.0], known_at=hour(-4)), recorded_at=LATER)
    store.append_weather(a_weather([5.0], known_at=hour(-1)), recorded_at=LATER)
    versions = store.as_of(hour(-2)).weather_versions(PLACE, hour(0), hour(1))
    assert versions.rows["temperature_celsius"].to_list() == [1.0]
    with pytest.raises(ValueError, match="later than"):
        versions.as_known_at(np.array([told(hour(-1))]), np.array([told(hour(0))]))


def test_a_whole_file_of_several_issues_and_places_is_kept(store):
    issues = [
        a_weather([float(number)], known_at=hour(-number), place=place).rows
        for number in range(1, 5)
        for place in ("a", "b")
    ]
    store.append_weather(weather_of(pl.concat(issues), kind="forecast"), recorded_at=LATER)
    for place in ("a", "b"):
        told_then = [celsius(store, hour(-at), hours=1, place=place) for at in range(1, 5)]
        assert told_then == [[1.0], [2.0], [3.0], [4.0]]


def test_the_moment_of_knowledge_may_be_in_any_zone(store):
    store.append_weather(a_weather([1.0], known_at=hour(-2)), recorded_at=LATER)
    assert celsius(store, hour(-2).astimezone(UTC), hours=1) == [1.0]


def celsius_of_history(history, issue, *, first, hours):
    """The temperatures that a firm's history shows an issue time."""
    at = np.array([seconds(hour(first + number)) // 3600 for number in range(hours)])
    asked_at = history.weather.asked_at(np.full(hours, seconds(issue)))
    return history.weather.told.seen("temperature_celsius", at, asked_at).tolist()


def test_with_a_firms_load_comes_the_weather_of_its_place_as_it_was_known(store):
    for firm_id, place in (("kiln_works", PLACE), ("press_shop", None), ("bakery", "nowhere")):
        store.declare(a_firm(firm_id, weather_place=place), known_at=hour(-9))
        store.append(a_batch([1.0] * 96, firm_id=firm_id), recorded_at=LATER)
    store.append_weather(a_weather([1.0, 2.0, 3.0], known_at=hour(-4)), recorded_at=LATER)
    store.append_weather(a_weather([5.0, 6.0], known_at=hour(2)), recorded_at=LATER)
    elsewhere = a_weather([9.0] * 3, known_at=hour(-1), place="mokpo")
    store.append_weather(elsewhere, recorded_at=LATER)
    for days in (None, 100):
        history = store.as_of(hour(20)).history("kiln_works", days=days)
        assert celsius_of_history(history, hour(20), first=0, hours=3) == [5.0, 6.0, 3.0]
        assert celsius_of_history(history, hour(1), first=0, hours=3) == [1.0, 2.0, 3.0]
        then = store.as_of(hour(1)).history("kiln_works", days=days)
        assert celsius_of_history(then, hour(20), first=0, hours=3) == [1.0, 2.0, 3.0]
        assert celsius_of_history(history.as_of(hour(1)), hour(20), first=0, hours=1) == [1.0]
        for other in ("press_shop", "bakery"):
            assert store.as_of(hour(20)).history(other, days=days).weather is None
