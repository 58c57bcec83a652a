"""Each check by itself: what breaks its rule, what merely looks like it, and what it learns."""

from datetime import timedelta

import numpy as np
import pytest

from bench.injected_faults import with_readings
from feature_store.entities.firm import Contract
from feature_store.entities.work_calendar import WorkPeriod
from feature_store.quality.catalogue import findings
from feature_store.quality.filled_history import filled
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, TimeGrid
from tests.builders import MONDAY, a_firm, a_history
from tests.fakes.made_load import a_made_load

FIRM = a_firm(holiday_country=None)
FIRM_OF_2_MW = a_firm(holiday_country=None, contract=Contract(power_kw=2_000))
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


def a_furnace(days=60):
    """Day and night about 1,000 kW, never at rest."""
    random = np.random.default_rng(0)
    return a_history((1_000 + 60 * random.standard_normal(days * STEPS_PER_DAY)).tolist())


def test_a_meter_that_sticks_far_below_a_load_that_never_rests_is_stuck():
    furnace = a_furnace()
    changed = furnace.demand_kw.copy()
    changed[at(WORKING, 10 * STEPS_PER_DAY)] = 470.0  # a sixth of the record, below its lowest
    (stuck,) = findings(with_readings(furnace, changed), FIRM_OF_2_MW)
    assert (stuck.kind, stuck.seen[1].value) == ("stuck", 240.0)


def test_a_first_month_that_is_stuck_teaches_no_patience():
    changed = LOAD.demand_kw.copy()
    changed[: 20 * STEPS_PER_DAY] = 210.0
    changed[WEEK] = 190.0
    assert kinds(with_readings(LOAD, changed)) == ["stuck", "stuck"]


@pytest.mark.parametrize("kw", [20 * 250.0, 1e6, 123_456 * 4.0])
@pytest.mark.parametrize("steps", [3, STEPS_PER_HOUR, STEPS_PER_DAY])
def test_impossible_readings_are_told_however_long_they_last(kw, steps):
    noise = np.random.default_rng(0).uniform(1, 1.1, steps)
    changed = put(at(WORKING, steps), kw * noise)
    (found,) = findings(changed, FIRM)
    assert (found.kind, found.severity) == ("implausible", "fault")
    assert found.end - found.start == timedelta(minutes=15) * steps
    filling = filled(changed, FIRM, [found]).demand_kw[at(WORKING, steps)]
    assert filling.max() < 400


def test_far_beyond_every_peak_is_believed_up_to_the_contract_power():
    twice_alone = put(at(WORKING, STEPS_PER_HOUR), 1_100.0)
    assert kinds(twice_alone) == ["implausible"]
    assert kinds(twice_alone, FIRM_OF_2_MW) == []


def test_impossible_readings_do_not_hide_a_later_spike():
    changed = put(at(WORKING, STEPS_PER_DAY), 5e5 + np.arange(STEPS_PER_DAY)).demand_kw.copy()
    changed[50 * STEPS_PER_DAY] = 900.0
    assert kinds(with_readings(LOAD, changed)) == ["implausible", "spike"]


@pytest.mark.parametrize("factor", [4.0, 0.25, 10.0, 60.0, 1000.0])
def test_a_wrong_unit_or_multiplier_is_told_from_its_first_interval_and_left(factor):
    first = 30 * STEPS_PER_DAY + 40
    changed = put(slice(first, None), LOAD.demand_kw[first:] * factor)
    (step,) = findings(changed, FIRM)
    assert step.kind == "level_step"
    assert abs(step.start - (MONDAY + timedelta(days=30, hours=10))) <= timedelta(hours=1)
    assert step.end == changed.grid.end
    assert step.seen[1].value == pytest.approx(factor)
    np.testing.assert_array_equal(filled(changed, FIRM, [step]).demand_kw, changed.demand_kw)


def test_a_multiplier_that_is_put_right_ends_its_finding():
    changed = put(
        slice(WEEK.start - 1_400, WEEK.start), LOAD.demand_kw[at(WEEK.start - 1_400, 1_400)] * 10
    )
    (step,) = findings(changed, FIRM)
    assert step.kind == "level_step"
    assert abs(step.end - (MONDAY + timedelta(days=42))) <= timedelta(hours=2)


@pytest.mark.parametrize("factor", [1.5, 2.0, 0.6])
def test_a_plant_that_grows_or_shrinks_is_no_fault(factor):
    first = 30 * STEPS_PER_DAY
    assert kinds(put(slice(first, None), LOAD.demand_kw[first:] * factor), FIRM_OF_2_MW) == []


def test_a_new_furnace_on_top_of_the_load_is_no_fault():
    first = 30 * STEPS_PER_DAY
    assert kinds(put(slice(first, None), LOAD.demand_kw[first:] + 600.0), FIRM_OF_2_MW) == []


def test_a_plant_that_closes_for_two_weeks_and_opens_again_changed_no_multiplier():
    rest = 48 + 3 * np.random.default_rng(1).standard_normal(14 * STEPS_PER_DAY)
    changed = put(slice(WEEK.start - 14 * STEPS_PER_DAY, WEEK.start), rest)
    assert "level_step" not in kinds(changed)


def test_a_plant_that_comes_back_larger_from_short_time_changed_no_multiplier():
    changed = LOAD.demand_kw.copy()
    stopped, short_time, larger = (slice(day * STEPS_PER_DAY, None) for day in (14, 28, 42))
    changed[stopped] = 15 + np.random.default_rng(1).standard_normal(changed[stopped].size)
    changed[short_time] = LOAD.demand_kw[short_time] / 3  # one line of three, day and night
    changed[larger] = LOAD.demand_kw[larger] * 1.3
    assert "level_step" not in kinds(with_readings(LOAD, changed), FIRM_OF_2_MW)


def test_six_hours_that_repeat_last_week_are_told():
    copy = LOAD.demand_kw[at(WORKING - 7 * STEPS_PER_DAY, 24)].copy()
    (found,) = findings(put(at(WORKING, 24), copy), FIRM)
    assert found.kind == "duplicate_day"
    assert found.end - found.start == timedelta(hours=6)


def test_a_counter_does_not_run_over_twice_in_a_row():
    usual = LOAD.demand_kw[at(WORKING, 2)]
    assert "rollover" not in kinds(put(at(WORKING, 2), usual + 4e5))


def test_half_as_much_again_as_a_furnace_ever_drew_is_a_spike():
    furnace = a_furnace()
    changed = furnace.demand_kw.copy()
    changed[WORKING] = 1_700.0
    assert kinds(with_readings(furnace, changed), FIRM_OF_2_MW) == ["spike"]


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


def test_zero_in_a_planned_outage_is_no_fault():
    day = LOAD.grid.at(WORKING).date()
    outage = WorkPeriod(kind="outage", first_day=day, last_day=day, hours="08:00-18:00")
    firm = a_firm(holiday_country=None, work_calendar=(outage,))
    assert kinds(put(at(WORKING, 6), 0.0), firm) == []


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


def test_a_plant_that_rests_by_another_clock_is_no_displaced_clock():
    first, after = 28 * STEPS_PER_DAY, 38 * STEPS_PER_DAY
    displaced_kw = LOAD.demand_kw[first - 8 : after - 8]
    assert kinds(put(slice(first, after), displaced_kw.copy())) == ["clock_shift"]
    assert "clock_shift" not in kinds(put(slice(first, after), 0.15 * displaced_kw))


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
    short = np.r_[np.full(95, 50.0), 1_400.0, np.full(96, 50.0)]
    assert kinds(a_history(short.tolist())) == []
    assert kinds(a_history((10 * short).tolist())) == ["implausible"]  # but the contract is known
