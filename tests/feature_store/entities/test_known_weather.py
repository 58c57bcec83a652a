"""Known weather lies on full hours, cannot be changed, and versions answer only what they cover."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.entities.known_weather import HOUR, KnownWeather, valid_hours
from feature_store.entities.weather_batch import VARIABLES
from feature_store.entities.weather_versions import PRECEDENCE
from feature_store.time_grid import to_datetime, utc_instant
from tests.fakes.memory_weather import MemoryWeather
from tests.made_weather import PLACE, a_weather, hour

moments = st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001  drawn naive
    lambda naive: naive.replace(tzinfo=UTC, microsecond=0)
)


@given(start=moments, seconds=st.integers(1, 10 * 3600))
def test_valid_hours_are_all_the_full_hours_from_start_to_before_end(start, seconds):
    end = start + timedelta(seconds=seconds)
    hours = [to_datetime(instant) for instant in valid_hours(start, end)]
    assert all(start <= one < end for one in hours)
    assert all((one.minute, one.second) == (0, 0) for one in hours)
    first = start.replace(minute=0, second=0)
    everything = [first + number * timedelta(hours=1) for number in range(12)]
    assert hours == [one for one in everything if start <= one < end]


def test_arrays_cannot_be_written_to():
    store = MemoryWeather()
    store.append(a_weather([1.0]), recorded_at=hour(0))
    known = store.known(PLACE, hour(0), hour(2), moment=hour(9))
    for array in (*known.values.values(), known.kind, known.known_at, known.issued_at):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_arrays_of_other_lengths_and_other_variables_are_refused():
    hours = valid_hours(hour(0), hour(2))
    unknown = np.full(2, np.datetime64("NaT", "s"))

    def made(values):
        return KnownWeather(
            place=PLACE,
            valid_times=hours,
            values=values,
            kind=np.array(["", ""]),
            issued_at=unknown,
            known_at=unknown,
        )

    made({variable.name: np.zeros(2) for variable in VARIABLES})
    with pytest.raises(ValueError, match="one value an hour"):
        made({variable.name: np.zeros(3) for variable in VARIABLES})
    with pytest.raises(ValueError, match="not VARIABLES"):
        made({"snow": np.zeros(2)})


def test_versions_refuse_what_they_do_not_cover():
    versions = MemoryWeather().versions(PLACE, hour(0), hour(3), moment=hour(5))
    at = [utc_instant(hour(number)) for number in range(7)]
    for valid in (utc_instant(hour(-1)), at[3]):
        with pytest.raises(ValueError, match="longer time"):
            versions.as_known_at(np.array([at[0]]), np.array([valid]))
    with pytest.raises(ValueError, match="later moment"):
        versions.as_known_at(np.array([at[6]]), np.array([at[0]]))
    with pytest.raises(ValueError, match="one for each"):
        versions.as_known_at(np.array(at[:2]), np.array(at[:1]))
    assert np.isnat(versions.as_known_at(np.array([at[5]]), np.array([at[2]])).known_at).all()


def test_asking_leaves_the_hours_that_were_asked_about_as_they_are():
    versions = MemoryWeather().versions(PLACE, hour(0), hour(3), moment=hour(5))
    hours = valid_hours(hour(0), hour(3))
    versions.as_known_at(np.full(3, utc_instant(hour(4))), hours)
    hours[0] += HOUR  # still theirs to change


def test_every_kind_has_a_place_in_the_precedence():
    assert set(PRECEDENCE) == {"forecast", "observation", "reanalysis"}
