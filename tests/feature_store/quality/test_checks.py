"""Each check by itself: what breaks its rule, what merely looks like it, and what it learns."""

from datetime import timedelta

import numpy as np
import pytest

from bench.injected_faults import with_readings
from feature_store.entities.work_calendar import WorkPeriod
from feature_store.quality.catalogue import findings
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, TimeGrid
from tests.builders import MONDAY, a_firm, a_history
from tests.fakes.made_load import a_made_load

FIRM = a_firm(holiday_country=None)
LOAD = a_made_load(60)
WORKING = 42 * STEPS_PER_DAY + 36
"""9 o'clock of a Monday."""
WEEK = slice(42 * STEPS_PER_DAY, 47 * STEPS_PER_DAY)


def put(where, kw):
    changed = LOAD.demand_kw.copy()
    changed[where] = kw
    return with_readings(LOAD, changed)


def kinds(history, firm=FIRM):
    return [one.kind for one in findings(history, firm)]


def at(first, steps):
    return slice(first, first + steps)


def test_a_made_load_without_a_fault_tells_nothing():
    assert kinds(LOAD) == []


@pytest.mark.parametrize(("steps", "severity"), [(1, "notice"), (8, "warning"), (96, "fault")])
def test_a_gap_weighs_by_its_length(steps, severity):
    (gap,) = findings(put(at(WORKING, steps), np.nan), FIRM)
    assert (gap.kind, gap.severity) == ("gap", severity)
    assert gap.end - gap.start == timedelta(minutes=15) * steps


def test_what_is_not_known_yet_at_the_end_is_no_gap():
    assert kinds(LOAD.as_of(MONDAY + timedelta(days=50))) == []


def test_a_meter_that_repeats_a_working_value_is_stuck_and_says_what_it_learnt():
    (stuck,) = findings(put(at(WORKING, 24), 210.0), FIRM)
    assert stuck.kind == "stuck"
    assert [(one.value, one.unit) for one in stuck.seen] == [(210.0, "kW"), (6.0, "h")]
    assert stuck.learnt is not None
    assert stuck.learnt.value == 2.0


def test_a_meter_that_often_repeats_its_value_must_repeat_it_longer():
    coarse = LOAD.demand_kw.copy()
    for day in range(3, 40, 3):
        coarse[at(day * STEPS_PER_DAY + 36, 14)] = 200.0 + day
    coarse[at(WORKING, 20)] = 210.0
    assert kinds(with_readings(LOAD, coarse)) == []
    coarse[at(WORKING, 32)] = 210.0
    assert kinds(with_readings(LOAD, coarse)) == ["stuck"]


def test_a_week_at_constant_rest_is_no_fault():
    assert kinds(put(WEEK, 12.0)) == []


@pytest.mark.parametrize("kind", ["closure", "summer_shutdown"])
@pytest.mark.parametrize("kw", [0.0, 90.0])
def test_a_declared_closure_may_be_constant_at_any_level(kind, kw):
    first = (MONDAY + timedelta(days=42)).date()
    closed = WorkPeriod(kind=kind, first_day=first, last_day=first + timedelta(days=4))
    assert kinds(put(WEEK, kw)) != []
    assert kinds(put(WEEK, kw), a_firm(holiday_country=None, work_calendar=(closed,))) == []


def test_a_spike_is_one_reading_above_all_that_the_meter_shows():
    (spike,) = findings(put(WORKING, 3_000.0), FIRM)
    assert spike.kind == "spike"
    assert spike.seen[0].value == 3_000.0


def test_an_hour_of_high_load_is_believed():
    assert kinds(put(at(WORKING, STEPS_PER_HOUR), 700.0)) == []


def test_negative_readings_are_told_and_a_wrapped_counter_is_told_apart():
    assert kinds(put(WORKING, -30.0)) == ["negative"]
    usual = LOAD.demand_kw[WORKING]
    assert kinds(put(WORKING, usual - 4e5)) == ["rollover"]
    assert kinds(put(WORKING, usual + 4e6)) == ["rollover"]


def test_zero_in_working_hours_means_not_received():
    (zero,) = findings(put(at(WORKING, 6), 0.0), FIRM)
    assert (zero.kind, zero.severity) == ("false_zero", "fault")


def test_two_days_at_zero_do_not_vouch_for_each_other():
    assert kinds(put(at(WORKING - 36, 2 * STEPS_PER_DAY), 0.0)) == ["false_zero"]


def test_zero_is_believed_where_it_is_usual_then():
    roof = LOAD.demand_kw.reshape(-1, STEPS_PER_DAY).copy()
    roof[::3, 44:52] = 0.0  # a roof that covers the noon of every third day
    assert kinds(with_readings(LOAD, roof.ravel())) == []


@pytest.mark.parametrize("missed", [np.nan, 0.0])
def test_the_energy_of_an_outage_in_one_interval_is_one_finding(missed):
    kw = np.full(9, missed)
    kw[-1] = LOAD.demand_kw[at(WORKING, 9)].sum()
    (one,) = findings(put(at(WORKING, 9), kw), FIRM)
    assert one.kind == "catch_up"
    assert one.end - one.start == timedelta(minutes=15) * 9


def test_a_plant_that_starts_after_a_gap_catches_nothing_up():
    kw = LOAD.demand_kw[at(WORKING - 12, 16)].copy()
    kw[:12] = np.nan  # the gap ends when work begins
    assert kinds(put(at(WORKING - 12, 16), kw)) == ["gap"]


def test_a_load_that_stays_high_after_a_gap_is_no_catch_up():
    night = WORKING - 32
    kw = np.full(26, 150.0) + np.arange(26)  # what two quarter hours at rest would have held
    kw[:2] = np.nan
    assert kinds(put(at(night, 26), kw)) == ["gap"]
    kw[3:] = LOAD.demand_kw[at(night + 3, 23)]
    assert kinds(put(at(night, 26), kw)) == ["catch_up"]


def test_a_day_that_repeats_another_is_told_with_the_original():
    day = slice(WORKING - 36, WORKING - 36 + STEPS_PER_DAY)
    earlier = LOAD.demand_kw[day.start - 7 * STEPS_PER_DAY : day.stop - 7 * STEPS_PER_DAY]
    (copy,) = findings(put(day, earlier.copy()), FIRM)
    assert copy.kind == "duplicate_day"
    assert copy.start == MONDAY + timedelta(days=42)
    assert copy.seen[-1].value == 7
    assert "2026-04-06" in copy.seen[-1].name


def test_a_declared_shift_is_no_displaced_clock():
    first = 28 * STEPS_PER_DAY
    displaced = put(
        slice(first, first + 14 * STEPS_PER_DAY),
        LOAD.demand_kw[first - 8 : first + 14 * STEPS_PER_DAY - 8].copy(),
    )
    start = (MONDAY + timedelta(days=28)).date()
    shift = WorkPeriod(
        kind="shift", first_day=start, last_day=start + timedelta(days=13), hours="10:00-20:00"
    )
    assert kinds(displaced) == ["clock_shift"]
    assert kinds(displaced, a_firm(holiday_country=None, work_calendar=(shift,))) == []


def test_a_lasting_change_of_hours_becomes_the_new_normal():
    first = 20 * STEPS_PER_DAY
    long = a_made_load(120)
    changed = long.demand_kw.copy()
    changed[first:] = long.demand_kw[first - 8 : -8]
    told = findings(with_readings(long, changed), FIRM)
    assert [one.kind for one in told] == ["clock_shift"]
    assert told[0].end < MONDAY + timedelta(days=60)


def test_a_clock_that_the_law_puts_forward_is_no_fault():
    berlin = a_firm(timezone="Europe/Berlin", holiday_country=None)
    grid = TimeGrid(MONDAY, 60 * STEPS_PER_DAY)
    clock = grid.clock(berlin.zone)
    working = (clock.weekday < 5) & (clock.hour >= 8) & (clock.hour < 18)
    noise = np.random.default_rng(0).standard_normal(grid.steps)
    assert clock.date[0] < np.datetime64("2026-03-29") < clock.date[-1]
    assert kinds(a_history((60 + 200 * working + 3 * noise).tolist()), berlin) == []


def test_a_few_days_are_no_past_to_learn_from():
    short = a_history(np.r_[np.full(95, 50.0), 9_000.0, np.full(96, 50.0)].tolist())
    assert kinds(short) == []
