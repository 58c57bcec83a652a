"""The 15-minute axis: instants, wall clocks across clock changes, and what it refuses."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from feature_store.errors import NaiveTimeError
from feature_store.time_grid import STEPS_PER_DAY, TimeGrid, to_datetime, utc_instant
from tests.builders import MONDAY, SEOUL

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_naive_time_is_refused_with_the_mend():
    with pytest.raises(NaiveTimeError, match=r"write it as 2026-03-02T00:00:00\+09:00"):
        utc_instant(MONDAY.replace(tzinfo=None))


def test_an_off_grid_start_is_refused():
    with pytest.raises(ValueError, match="starts on a quarter hour"):
        TimeGrid(MONDAY + timedelta(minutes=7), steps=1)


def test_the_wall_clock_of_korea_starts_the_day_at_15_utc():
    clock = TimeGrid(MONDAY, STEPS_PER_DAY).clock(SEOUL)
    assert set(clock.date.astype(str)) == {"2026-03-02"}
    assert clock.step_of_day.tolist() == list(range(STEPS_PER_DAY))
    assert set(clock.weekday) == {0}


def test_the_spring_clock_change_skips_an_hour_and_the_autumn_one_doubles_it():
    spring = TimeGrid(datetime(2026, 3, 29, tzinfo=BERLIN), 92)
    assert 2 not in spring.clock(BERLIN).hour
    assert spring.end == datetime(2026, 3, 30, tzinfo=BERLIN)
    autumn = TimeGrid(datetime(2026, 10, 25, tzinfo=BERLIN), 100)
    assert (autumn.clock(BERLIN).hour == 2).sum() == 8
    assert autumn.end == datetime(2026, 10, 26, tzinfo=BERLIN)


def test_an_instant_comes_back_as_it_went():
    assert to_datetime(utc_instant(MONDAY), SEOUL) == MONDAY
    assert to_datetime(np.datetime64("2026-03-01T15:00", "s")).tzinfo is not None
