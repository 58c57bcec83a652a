"""A job that may pause does its work in its window, and no cheaper way to do it is missed."""

from datetime import datetime, timedelta
from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.time_grid import TimeGrid
from models.assets.interruptible_job import InterruptibleJob, InterruptibleJobParameters
from tests.builders import SEOUL, a_firm
from tests.models.assets.cheapest import cheapest

WEDNESDAY = datetime(2026, 7, 1, tzinfo=SEOUL)
EIGHT = WEDNESDAY + timedelta(hours=8)
DECLARED = {
    "levels_kw": (40.0,),
    "energy_kwh": 40,
    "usual_start": "09:00",
    "earliest_start": "08:00",
    "latest_end": "11:00",
    "days": (0, 1, 2, 3, 4),
}


def pump(**changes) -> InterruptibleJob:
    return InterruptibleJob(
        name="pump",
        parameters=InterruptibleJobParameters(**DECLARED | changes),
        firm=a_firm(),
    )


def hours_on(pattern, kw=40.0) -> np.ndarray:
    return kw * np.array([character == "#" for character in pattern], dtype=float)


MORNING = TimeGrid(EIGHT, steps=12)


def test_the_usual_run_is_unbroken_from_the_usual_start():
    usual_kw = pump().usual_kw(TimeGrid(WEDNESDAY, steps=96))
    assert np.flatnonzero(usual_kw).tolist() == [36, 37, 38, 39]
    assert usual_kw.max() == 40


def test_the_cheapest_steps_are_chosen_and_as_many_as_the_work_takes():
    # 40 kWh at 40 kW are 4 steps; the 4 cheapest of 12 cost (1 + 2 + 3 + 4) x 10 kWh.
    price = np.array([12, 1, 11, 2, 10, 3, 9, 4, 8, 5, 7, 6], dtype=float)
    power_kw, cost_krw = cheapest(pump(), MORNING, price)
    assert np.flatnonzero(power_kw > 1).tolist() == [1, 3, 5, 7]
    assert cost_krw == pytest.approx(100)


def allowed(pattern, *, least_on, least_off, most_starts, steps) -> bool:
    """The rule in other words: lengths of the stretches of ``pattern``, standing before it."""
    runs = [(on, len(list(stretch))) for on, stretch in groupby(pattern)]
    long_enough = all(
        length >= (least_on if on else least_off)
        for number, (on, length) in enumerate(runs)
        if number < len(runs) - 1 and (number > 0 or on)
    )
    starts = sum(on for on, _ in runs)
    return sum(pattern) == steps and long_enough and starts <= most_starts


@pytest.mark.parametrize(
    ("least_on", "least_off", "most_starts"), [(1, 1, 12), (2, 1, 2), (2, 3, 12), (1, 2, 2)]
)
def test_it_is_as_cheap_as_the_best_of_all_patterns(least_on, least_off, most_starts):
    job = pump(min_on=least_on, min_off=least_off, max_starts=most_starts)
    patterns = np.array(
        [
            pattern
            for pattern in product((0, 1), repeat=12)
            if allowed(
                pattern, least_on=least_on, least_off=least_off, most_starts=most_starts, steps=4
            )
        ]
    )
    rng = np.random.default_rng(least_on + 10 * least_off)
    for _ in range(6):
        price = rng.uniform(50, 250, 12)
        _, cost_krw = cheapest(job, MORNING, price)
        assert cost_krw == pytest.approx((patterns @ price).min() * 10)


def test_the_check_says_the_same_of_every_pattern_as_the_rule():
    job = pump(min_on=2, min_off=2, max_starts=1)
    patterns = np.random.default_rng(5).integers(0, 2, (150, 12))
    whole = [hours_on("." * at + "####" + "." * (8 - at), 1).astype(int) for at in range(9)]
    for pattern in (*patterns.tolist(), *(each.tolist() for each in whole)):
        ok = allowed(pattern, least_on=2, least_off=2, most_starts=1, steps=4)
        found = job.violations(40.0 * np.array(pattern, dtype=float), MORNING)
        assert (found == ()) == ok, (pattern, found)


@pytest.mark.parametrize(
    ("power_kw", "said"),
    [
        (hours_on("....###....."), "leaves work undone on 2026-07-01"),
        (hours_on("....#####..."), "draws more than its work takes on 2026-07-01"),
        (hours_on("....####....", 39), "none of its levels"),
        (hours_on(".#.#####...."), "stays on too short"),
        (hours_on("##..#.##...."), "stays off too short"),
        (hours_on("##..##..##.."), "starts too often on 2026-07-01"),
    ],
)
def test_each_limit_is_noticed(power_kw, said):
    job = pump(min_on="00:30", min_off="00:30", max_starts=2)
    assert any(said in found for found in job.violations(power_kw, MORNING))


def test_a_run_before_the_window_is_noticed():
    night = TimeGrid(WEDNESDAY + timedelta(hours=7), steps=16)
    found = pump().violations(hours_on("#.......####...."), night)
    assert found == ("pump runs outside of its windows",)


def test_of_several_levels_the_lower_ones_finish_the_work_cheaper():
    # 40 kWh: two steps at 60 kW bring 30, one at 40 kW the last 10.
    job = pump(levels_kw=(40.0, 60.0), usual_start="08:00")
    power_kw, cost_krw = cheapest(job, MORNING, np.array([100.0, 100, 120] + [300.0] * 9))
    assert sorted(power_kw[power_kw > 1].round(6)) == [40, 60, 60]
    assert power_kw[2] == pytest.approx(40)
    assert cost_krw == pytest.approx(15 * 100 * 2 + 10 * 120)


def test_work_as_time_is_work_as_energy_at_its_one_level():
    assert pump(energy_kwh=None, duration="01:00").parameters.need_kwh == 40


def test_what_was_done_before_the_grid_is_not_done_again():
    # 09:30: usually two of four steps are done.
    half_past_nine = TimeGrid(EIGHT + timedelta(minutes=90), steps=6)
    assert np.flatnonzero(pump().usual_kw(half_past_nine)).tolist() == [0, 1]
    nearly_done = pump(done_kwh=30, on_before="00:00")
    price = np.array([9.0, 8, 7, 6, 5, 4])
    power_kw, _ = cheapest(nearly_done, half_past_nine, price)
    assert np.flatnonzero(power_kw > 1).tolist() == [5]
    assert nearly_done.violations(power_kw, half_past_nine) == ()
    assert pump(done_kwh=40).violations(np.zeros(6), half_past_nine) == ()


def test_a_measured_state_set_in_the_plan_is_the_same_as_a_declared_one():
    late = TimeGrid(EIGHT + timedelta(minutes=30), steps=10)
    price = np.array([50.0, 90, 80, 20, 60, 10, 70, 30, 40, 100])
    limits = {"min_on": "00:45", "max_starts": 2}
    declared = pump(**limits, done_kwh=10, on_before="00:15", starts_done=1)
    hot, hot_krw = cheapest(
        pump(**limits),
        late,
        price,
        remaining_kwh=30,
        past_on=np.array([0.0, 0.0, 1.0]),
        starts_left=1,
    )
    cold, cold_krw = cheapest(declared, late, price)
    assert hot_krw == pytest.approx(cold_krw)
    assert hot == pytest.approx(cold, abs=1e-6)
    assert declared.violations(hot, late) == ()
    assert hot[:2] == pytest.approx([40, 40], abs=1e-6)  # it has to run on until its least time


def test_the_work_of_a_window_that_outlasts_the_grid_is_done_as_far_as_usual():
    until_half_past_nine = TimeGrid(EIGHT, steps=6)
    power_kw, _ = cheapest(pump(), until_half_past_nine, np.array([5.0, 6, 1, 2, 3, 4]))
    assert np.flatnonzero(power_kw > 1).tolist() == [2, 3]


def test_work_that_no_longer_fits_is_done_as_far_as_it_fits():
    last_quarter = TimeGrid(EIGHT + timedelta(minutes=165), steps=4)
    late = pump(done_kwh=0, on_before="00:00")
    assert late.usual_kw(last_quarter).tolist() == [40, 0, 0, 0]
    assert late.violations(late.usual_kw(last_quarter), last_quarter) == ()


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(0, 95),
    steps=st.integers(1, 250),
    usual=st.integers(32, 40),
    least_on=st.integers(1, 4),
    state=st.tuples(st.none() | st.integers(0, 40), st.none() | st.integers(0, 4)),
)
def test_whatever_the_grid_and_the_state_the_usual_operation_is_allowed(
    start, steps, usual, least_on, state
):
    done, on = state
    job = pump(usual_start=usual, min_on=least_on, min_off=2, done_kwh=done, on_before=on)
    if on and not 32 < start < 44:
        return  # it cannot have run where it may not
    grid = TimeGrid(TimeGrid(WEDNESDAY, steps=96).at(start), steps=steps)
    assert job.violations(job.usual_kw(grid), grid) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"latest_end": "08:45"}, "4 steps of work at 40 kW do not fit in 08:00 to 08:45; widen"),
        ({"usual_start": "10:30"}, "usual_start 10:30 puts the run outside"),
        ({"energy_kwh": None}, "energy_kwh or as duration"),
        ({"duration": "01:00"}, "energy_kwh or as duration"),
        ({"energy_kwh": None, "duration": "01:00", "levels_kw": (10, 20)}, "several levels_kw"),
        ({"min_on": "01:15"}, "min_on 01:15 is longer than the work of 01:00; shorten"),
        ({"min_off": "23:30"}, "min_off 23:30 is longer than the 23:00 between"),
        ({"levels_kw": (-5.0,)}, "greater than 0"),
        ({"done_kwh": -1}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_is_refused_with_the_parameter(changes, said):
    with pytest.raises(ValueError, match=said):
        pump(**changes)
