"""What a forecast stands on is what was known, without a stuck stretch, and its faults are told."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, STEPS_PER_WEEK
from models.forecasting.known_load import known_load
from tests.builders import a_firm, a_history, corrected_at
from tests.fakes.made_load import a_made_load

FIRM = a_firm(holiday_country=None)
HISTORY = a_made_load(61)
"""Ends with a Friday."""
END = HISTORY.end


def with_last(values_kw):
    """The history with other last values."""
    values_kw = np.asarray(values_kw, dtype=float)
    return a_history([*HISTORY.demand_kw[: -len(values_kw)], *values_kw])


def test_all_that_is_needed_and_nothing_wrong():
    known = known_load(FIRM, HISTORY, END)
    np.testing.assert_array_equal(known.history.demand_kw, HISTORY.demand_kw)
    assert (known.reasons, known.gap_steps, known.end, known.days) == ((), 0, END, 61)
    assert not known.idle
    assert not known.feeds_in


def test_what_came_later_or_was_corrected_later_is_not_seen():
    issue = END - timedelta(days=3)
    doubled = corrected_at(HISTORY, END)
    known = known_load(FIRM, doubled, issue)
    np.testing.assert_array_equal(
        known.history.demand_kw, 2 * HISTORY.demand_kw[: -3 * STEPS_PER_DAY]
    )
    assert known.end == issue


def test_what_came_late_counts_as_if_it_had_been_told_at_once():
    late = replace(HISTORY, known_at=HISTORY.known_at + np.timedelta64(5, "h"))
    known = known_load(FIRM, late, END)
    assert known.gap_steps == 5 * STEPS_PER_HOUR
    ends = known.history.grid.starts + np.timedelta64(15, "m")
    np.testing.assert_array_equal(known.history.known_at, ends)
    assert known.reasons == ("readings_missing",)


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ([-1], ()),
        ([-1, -2], ("readings_missing",)),
        ([-9, -40], ("readings_missing",)),
        ([-40], ()),
        ([-97, -98, -99], ()),
    ],
    ids=["the newest", "the two newest", "two inside", "one inside", "of the day before"],
)
def test_more_than_one_interval_of_the_last_day_is_missed(missing, told):
    demand_kw = HISTORY.demand_kw.copy()
    demand_kw[missing] = np.nan
    assert known_load(FIRM, a_history(demand_kw.tolist()), END).reasons == told


def test_before_the_first_reading_nothing_is_missing():
    three_hours = a_history(HISTORY.demand_kw[: 3 * STEPS_PER_HOUR].tolist())
    assert known_load(FIRM, three_hours, three_hours.end).reasons == ("short_history",)


def test_of_no_reading_nothing_is_known():
    known = known_load(FIRM, a_history([np.nan]), END)
    assert (known.reasons, known.days, known.gap_steps, known.end) == (("no_history",), 0, 0, END)


@pytest.mark.parametrize("hours_ago", [0, 5])
def test_a_stuck_stretch_of_the_last_day_is_hidden_also_when_the_meter_moves_again(hours_ago):
    stuck = slice(-(hours_ago + 8) * STEPS_PER_HOUR, -hours_ago * STEPS_PER_HOUR or None)
    demand_kw = HISTORY.demand_kw.copy()
    demand_kw[stuck] = 199.5
    known = known_load(FIRM, a_history(demand_kw.tolist()), END)
    assert known.reasons == ("stuck_meter",)
    assert not (known.history.demand_kw == 199.5).any()
    assert known.gap_steps == (0 if hours_ago else 8 * STEPS_PER_HOUR)


def test_a_stretch_as_long_as_the_meter_often_shows_is_not_stuck():
    """A furnace that holds 180 kW for ten hours every fourth day holds it today as well."""
    demand_kw = HISTORY.demand_kw.copy()
    for day in range(0, 61, 4):
        demand_kw[day * STEPS_PER_DAY + 20 : day * STEPS_PER_DAY + 60] = 180.0
    assert known_load(FIRM, a_history(demand_kw.tolist()), END).reasons == ()


@pytest.mark.parametrize(("factor", "told"), [(5, True), (0.2, True), (1.5, False), (0.6, False)])
def test_another_level_is_many_times_that_of_alike_days(factor, told):
    shifted = with_last(factor * HISTORY.demand_kw[-STEPS_PER_DAY:])
    assert ("level_shift" in known_load(FIRM, shifted, END).reasons) == told


def test_a_small_load_on_a_day_of_rest_may_treble():
    sunday = END + timedelta(days=2)
    low_kw = a_made_load(63).demand_kw - 45
    low_kw[-STEPS_PER_DAY:] *= 4
    low = a_history(np.maximum(low_kw, 1.0).tolist())
    assert known_load(FIRM, low, sunday).reasons == ()


def test_idle_is_a_firm_that_drew_nothing_for_a_day_at_least():
    for days, idle in ((0.5, False), (1, True), (60, True)):
        zeros = a_history([0.0] * round(days * STEPS_PER_DAY))
        assert known_load(FIRM, zeros, zeros.end).idle == idle
    moved = a_history([0.0] * STEPS_PER_WEEK + [1.0] + [0.0] * STEPS_PER_DAY)
    assert not known_load(FIRM, moved, moved.end).idle
