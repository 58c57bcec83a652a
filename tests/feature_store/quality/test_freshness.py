"""How old is too old is learnt from how each meter's readings arrive."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from feature_store.quality.freshness import UNLEARNT, freshness
from feature_store.time_grid import STEP, STEPS_PER_DAY
from tests.builders import MONDAY, a_history, corrected_at
from tests.feature_store.quality.freshness_of_history import fresh

DAYS = 30


def a_live_meter():
    return a_history([50.0] * DAYS * STEPS_PER_DAY)


def a_daily_file(*, at_hour=6):
    """Each day's readings arrive together, the morning after."""
    history = a_live_meter()
    day = np.arange(DAYS * STEPS_PER_DAY) // STEPS_PER_DAY
    midnight = history.grid.starts[0] + (day + 1) * STEPS_PER_DAY * STEP
    return replace(history, known_at=midnight + np.timedelta64(at_hour * 3600, "s"))


def state(history, **after):
    moment = MONDAY + timedelta(days=DAYS) + timedelta(**after)
    return fresh(history, moment=moment)


def test_a_correction_of_everything_is_no_arrival():
    now = MONDAY + timedelta(days=DAYS, minutes=40)
    corrected = corrected_at(a_daily_file(), now)
    assert fresh(corrected, moment=now) == fresh(a_daily_file(), moment=now)


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, "green"), (30, "green"), (40, "amber"), (60, "red")]
)
def test_a_live_meter_is_late_within_the_hour(minutes, expected):
    assert state(a_live_meter(), minutes=minutes).state == expected


@pytest.mark.parametrize(
    ("hours", "expected"), [(6, "green"), (30, "green"), (36, "amber"), (61, "red")]
)
def test_a_daily_file_is_fresh_until_the_next_is_due(hours, expected):
    told = state(a_daily_file(), hours=hours)
    assert told.learnt
    assert told.usual_age == timedelta(hours=30)
    assert told.state == expected


def test_the_reason_tells_age_and_usual_age_in_both_languages():
    reason = state(a_daily_file(), hours=61).reason
    assert "2 d 13 h" in reason.en
    assert "1 d 6 h" in reason.en
    assert "2일 13시간" in reason.ko


def test_a_meter_with_too_few_arrivals_is_held_to_two_hours():
    history = a_live_meter()
    all_at_once = replace(history, known_at=np.full(history.grid.steps, history.known_at[-1]))
    assert not state(all_at_once, hours=1).learnt
    assert [state(all_at_once, hours=h).state for h in (1, 3, 6)] == ["green", "amber", "red"]


def test_a_meter_that_never_reported_is_red():
    assert freshness(None, UNLEARNT, moment=MONDAY).state == "red"
    assert fresh(a_live_meter(), moment=MONDAY).state == "red"


def test_corrections_of_old_readings_do_not_make_a_meter_fresh():
    history = a_live_meter()
    known_at = history.known_at.copy()
    known_at[:10] = known_at[-1] + 8 * STEP
    told = state(replace(history, known_at=known_at), hours=3)
    assert told.newest_end == MONDAY + timedelta(days=DAYS)
    assert told.state == "red"
