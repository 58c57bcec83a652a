"""Faults put into the sample's measured years are found, untouched years hardly tell anything."""

from functools import partial

import numpy as np
import pytest

from bench.injected_faults import (
    FAULTS,
    clock_shift,
    copied_hours,
    expansion,
    history_of,
    planned_shutdown,
)
from bench.quality import rests, scored, told_of
from feature_store.quality.catalogue import CATALOGUE, findings
from feature_store.sample.complex import load_sample

SHAPED = ("bakery_g5", "evening_g2", "metal_2", "shop_g4", "warehouse")
"""Firms with a daily shape from which a clock can be read."""
LEAST_PERCENT = {"stuck": 70, "catch_up": 80, "level_step": 75}
"""A meter that sticks at standby looks like a plant at rest, a bad day like a lower outage, and a
multiplier in weeks in which the plant starts or stops like neither of its factors."""


@pytest.fixture(scope="module")
def meters():
    sample = load_sample()
    return tuple((firm, history_of(firm, sample.batch)) for firm in sample.firms)


@pytest.fixture(scope="module")
def untouched(meters):
    return {firm.firm_id: findings(history, firm) for firm, history in meters}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_found_under_its_own_name(kind, meters, untouched):
    score = scored(kind, FAULTS[kind], meters, untouched, tries=1)
    assert score.recall_percent >= LEAST_PERCENT.get(kind, 95)
    assert score.precision_percent >= LEAST_PERCENT.get(kind, 95)


@pytest.mark.parametrize("steps", [4, -4, 36])
def test_a_clock_that_is_an_hour_or_the_zone_off_is_found_where_days_have_a_shape(
    steps, meters, untouched
):
    shaped = tuple(meter for meter in meters if meter[0].firm_id in SHAPED)
    inject = partial(clock_shift, steps=steps)
    score = scored("clock_shift", inject, shaped, untouched, tries=1)
    assert score.recall_percent >= 80
    assert score.precision_percent >= 80


def test_a_planned_shutdown_at_a_constant_low_load_is_no_fault(meters, untouched):
    random = np.random.default_rng(1)
    resting = [meter for meter in meters if rests(*meter)]
    assert len(resting) >= 10
    for firm, history in resting:
        shutdown = planned_shutdown(history, random)
        assert told_of(shutdown, firm, untouched[firm.firm_id]) == []


def test_a_plant_that_grows_by_half_is_no_fault(meters, untouched):
    random = np.random.default_rng(1)
    for firm, history in meters:
        assert told_of(expansion(history, random), firm, untouched[firm.firm_id]) == []


def test_six_hours_copied_from_last_week_are_found_on_every_load(meters, untouched):
    score = scored("duplicate_day", copied_hours, meters, untouched, tries=2)
    assert score.recall_percent >= 95
    assert score.precision_percent >= 95


def test_untouched_years_tell_under_three_findings_a_firm(untouched):
    assert sum(map(len, untouched.values())) < 3 * len(untouched)


def test_the_meters_that_kept_winter_time_are_told(untouched):
    """Two published years are in standard time, while their firms kept the summer's."""
    for firm_id in ("metal_2", "warehouse"):
        spring, autumn = (one for one in untouched[firm_id] if one.kind == "clock_shift")
        assert spring.seen[0].value == -60
        assert autumn.seen[0].value == 60
        assert str(spring.start.date())[:7] == "2026-02"
        assert str(autumn.start.date())[:7] == "2026-09"


def test_works_holidays_are_not_taken_for_night_in_the_day(untouched):
    """Two weeks at a seventh of the usual load, with the rest's own daily shape."""
    assert "clock_shift" not in {one.kind for one in untouched["high_load_bl"]}


def test_the_zeros_that_the_measurements_hold_are_told(untouched):
    zeros = {
        firm_id: one.seen[0].value
        for firm_id, found in untouched.items()
        for one in found
        if one.kind == "false_zero"
    }
    assert zeros == {"high_load_bl": 34, "metal_2": 9}


def test_every_finding_says_what_was_seen_and_what_to_do_in_both_languages(untouched):
    for found in untouched.values():
        for one in found:
            assert one.seen
            assert one.rule
            assert one.advice.ko != one.advice.en != ""
            assert one.start < one.end


def test_every_kind_of_check_is_one_that_is_tried():
    assert {check.kind for check in CATALOGUE} == {*FAULTS, "clock_shift"}
