"""Weather is missed only where it is foretold: measurements of hours gone by promise none."""

from datetime import timedelta

import numpy as np
import pytest

from feature_store.entities.place_weather import weather_known
from feature_store.time_grid import STEP, STEPS_PER_DAY, utc_instant
from models.forecasting.weather_coverage import lacks_weather
from tests.builders import seconds
from tests.fakes.told_weather import told_weather_of
from tests.made_weather import hour

NOW = hour(100)
AHEAD = utc_instant(NOW) + np.arange(2 * STEPS_PER_DAY) * STEP


def lacks(*told, moment=NOW):
    """Whether it lacks at a moment, where hours were told of so many hours after they began."""
    hours = np.concatenate([seconds(hour(0)) // 3600 + np.asarray(which) for which, _ in told])
    late = np.concatenate([np.full(len(which), after) for which, after in told])
    celsius = np.ones(len(hours))
    weather = told_weather_of(hours, (hours + late) * 3600, celsius, celsius * np.nan)
    return lacks_weather(weather_known(weather, moment), utc_instant(moment), AHEAD)


@pytest.mark.parametrize("hours_late", [0, 1, 24 * 5])
def test_where_only_hours_gone_by_are_told_of_nothing_is_missed(hours_late):
    assert not lacks((range(100), hours_late))


def test_where_hours_were_foretold_those_of_the_day_ahead_are_missed():
    assert lacks((range(100), 1), (range(50), -3))
    assert lacks((range(123), -30))


def test_where_the_whole_day_ahead_is_foretold_nothing_is_missed():
    assert not lacks((range(124), -30))


def test_what_is_foretold_later_is_not_missed_yet():
    told = ((range(100), 1), (range(110, 120), -2))
    assert not lacks(*told)
    assert lacks(*told, moment=hour(109))


def test_where_nothing_is_stored_nothing_is_missed():
    assert not lacks_weather(None, utc_instant(NOW), AHEAD)
    assert not lacks((range(1), 1), moment=NOW - timedelta(hours=50))
