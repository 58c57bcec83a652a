"""Filling names its rule for each interval, conserves energy, and never touches what came in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.injected_faults import FAULTS, with_readings
from feature_store.quality.catalogue import findings
from feature_store.quality.catch_up import CatchUp
from feature_store.quality.filled_history import filled
from feature_store.quality.filling_rule import FillingRule
from feature_store.quality.gaps import Gaps
from feature_store.quality.meter_record import Run, record_of
from feature_store.time_grid import STEPS_PER_DAY
from tests.builders import MONDAY, a_firm, a_history
from tests.fakes.made_load import a_made_load

FIRM = a_firm(holiday_country=None)
LOAD = a_made_load(60)
WORKING = 42 * STEPS_PER_DAY + 36
"""9 o'clock of a Monday."""


def put(first, kw):
    changed = LOAD.demand_kw.copy()
    changed[first : first + len(kw)] = kw
    return with_readings(LOAD, changed)


def fill(history):
    return filled(history, FIRM, findings(history, FIRM))


@settings(max_examples=200, deadline=None)
@given(
    first=st.integers(1, 58 * STEPS_PER_DAY),
    steps=st.integers(2, STEPS_PER_DAY),
    total_kw=st.floats(0, 1e6),
    missed=st.sampled_from([np.nan, 0.0]),
)
def test_a_catch_up_spread_over_its_outage_keeps_all_of_its_energy(first, steps, total_kw, missed):
    kw = np.full(steps, missed)
    kw[-1] = total_kw
    received = record_of(put(first, kw), FIRM)
    trusted = record_of(put(first, np.full(steps, np.nan)), FIRM)
    filling = CatchUp().replacement(received, trusted, Run(first=first, after=first + steps))
    assert filling.rule == FillingRule.ENERGY_SPREAD
    assert filling.kw.sum() == pytest.approx(total_kw, rel=1e-12)
    assert (filling.kw >= 0).all()


def test_a_working_day_that_arrived_at_once_gets_its_shape_back():
    first, steps = WORKING, 20
    kw = np.full(steps + 1, np.nan)
    kw[-1] = LOAD.demand_kw[first : first + steps + 1].sum()
    filling = fill(put(first, kw))
    spread = slice(first, first + steps + 1)
    assert (filling.rule[spread] == FillingRule.ENERGY_SPREAD).all()
    assert filling.demand_kw[spread] == pytest.approx(LOAD.demand_kw[spread], rel=0.3)


def test_of_overlapping_findings_the_first_of_the_catalogue_has_its_way():
    kw = np.full(21, np.nan)
    kw[-1] = LOAD.demand_kw[WORKING : WORKING + 21].sum()
    history = put(WORKING, kw)
    (caught_up,) = findings(history, FIRM)
    (gap,) = Gaps().find(record_of(history, FIRM))
    for found in ((caught_up, gap), (gap, caught_up)):
        rule = filled(history, FIRM, found).rule[WORKING : WORKING + 21]
        assert (rule == FillingRule.ENERGY_SPREAD).all()


@settings(max_examples=40, deadline=None)
@given(kinds=st.lists(st.sampled_from(sorted(FAULTS)), max_size=3), seed=st.integers(0, 1000))
def test_the_raw_readings_are_kept_and_what_is_not_flagged_equals_them(kinds, seed):
    history, random = LOAD, np.random.default_rng(seed)
    for kind in kinds:
        history = FAULTS[kind](history, random).history
    before = history.demand_kw.copy()
    filling = fill(history)
    np.testing.assert_array_equal(history.demand_kw, before)
    np.testing.assert_array_equal(filling.raw.demand_kw, before)
    np.testing.assert_array_equal(filling.demand_kw[~filling.filled], before[~filling.filled])
    assert not np.isnan(filling.demand_kw[~filling.filled]).any()


def test_a_short_gap_is_a_straight_line():
    filling = fill(put(WORKING, np.full(2, np.nan)))
    before, after = LOAD.demand_kw[WORKING - 1], LOAD.demand_kw[WORKING + 2]
    assert filling.demand_kw[WORKING : WORKING + 2] == pytest.approx(
        [before + (after - before) / 3, before + 2 * (after - before) / 3]
    )
    assert (filling.rule[WORKING : WORKING + 2] == FillingRule.STRAIGHT_LINE).all()
    assert filling.filled.sum() == 2


def test_a_long_gap_is_what_alike_days_draw():
    filling = fill(put(WORKING, np.full(24, np.nan)))
    gap = slice(WORKING, WORKING + 24)
    assert (filling.rule[gap] == FillingRule.ALIKE_DAYS).all()
    assert filling.demand_kw[gap] == pytest.approx(LOAD.demand_kw[gap], rel=0.4)


def test_a_counter_that_ran_over_is_mended_exactly():
    true_kw = LOAD.demand_kw[WORKING]
    filling = fill(put(WORKING, np.array([true_kw - 400_000.0])))
    assert filling.demand_kw[WORKING] == pytest.approx(true_kw)
    assert filling.rule[WORKING] == FillingRule.COUNTER_SIZE


def test_a_displaced_clock_is_told_and_its_readings_stay():
    first = 28 * STEPS_PER_DAY
    history = put(first, LOAD.demand_kw[first - 8 : first + 21 * STEPS_PER_DAY - 8].copy())
    (shift,) = [one for one in findings(history, FIRM) if one.kind == "clock_shift"]
    assert shift.seen[0].value == 120
    assert not fill(history).filled.any()


def test_where_nothing_alike_is_known_nothing_is_made_up():
    kw = np.r_[np.full(4, 10.0), np.full(8, np.nan), np.full(4, 10.0)]
    history = a_history(kw.tolist())
    filling = fill(history)
    assert (filling.rule[4:12] == FillingRule.UNKNOWN).all()
    assert np.isnan(filling.demand_kw[4:12]).all()


def test_a_history_without_any_reading_stays_as_it_is():
    history = a_history([np.nan] * 4, start=MONDAY)
    assert findings(history, FIRM) == ()
    assert not fill(history).filled.any()
