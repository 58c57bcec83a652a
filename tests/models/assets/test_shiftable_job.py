"""A job runs whole, once a working day, in its window, and only runs still to come can move."""

from datetime import date, datetime
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.time_grid import TimeGrid
from models.assets.shiftable_job import ShiftableJob, ShiftableJobParameters
from tests.builders import SEOUL, a_firm
from tests.models.assets.cheapest import cheapest

WEDNESDAY = datetime(2026, 7, 1, tzinfo=SEOUL)


def job(*, closure_days: tuple[date, ...] = (), **changes) -> ShiftableJob:
    declared = {
        "profile_kw": (80.0, 60.0, 40.0, 20.0),
        "usual_start": "15:00",
        "earliest_start": "08:00",
        "latest_end": "18:00",
        "days": (0, 1, 2, 3, 4),
    }
    return ShiftableJob(
        name="kiln",
        parameters=ShiftableJobParameters(**declared | changes),
        firm=a_firm(closure_days=closure_days),
    )


def grid(start: datetime = WEDNESDAY, *, steps: int = 96) -> TimeGrid:
    return TimeGrid(start, steps=steps)


def test_the_usual_run_lies_at_the_usual_start():
    usual_kw = job().usual_kw(grid())
    assert usual_kw[60:64].tolist() == [80, 60, 40, 20]
    assert usual_kw.sum() == 200


def test_it_may_start_from_the_windows_beginning_until_it_just_fits():
    (run,) = job().runs(grid())
    assert run.usual_start == 60
    assert run.starts == tuple(range(32, 69))


def test_it_runs_on_its_weekdays_but_not_on_closure_days_and_holidays():
    five_days = grid(datetime(2026, 7, 15, tzinfo=SEOUL), steps=6 * 96)  # Wednesday to Monday
    starts = [run.usual_start // 96 for run in job().runs(five_days)]
    assert starts == [0, 1, 5]  # 17 July is a public holiday, then comes the weekend
    closed = job(closure_days=(date(2026, 7, 16),))
    assert [run.usual_start // 96 for run in closed.runs(five_days)] == [0, 5]


def test_a_run_under_way_and_one_already_over_keep_their_place():
    under_way = job().runs(grid(WEDNESDAY.replace(hour=15, minute=30), steps=20))
    assert [(run.usual_start, run.starts) for run in under_way] == [(-2, ())]
    kept_kw = job().usual_kw(grid(WEDNESDAY.replace(hour=15, minute=30), steps=20))
    assert kept_kw[:3].tolist() == [40, 20, 0]
    assert job().runs(grid(WEDNESDAY.replace(hour=16), steps=20)) == ()


def test_a_run_that_outlasts_the_horizon_keeps_its_place_and_is_cut_there():
    until_half_past_three = grid(steps=62)
    (run,) = job().runs(until_half_past_three)
    assert run.starts == ()
    assert job().usual_kw(until_half_past_three)[60:].tolist() == [80, 60]


def test_starts_before_the_issue_time_and_past_the_horizon_are_not_offered():
    (run,) = job().runs(grid(WEDNESDAY.replace(hour=12), steps=20))  # until 17:00
    assert run.starts == tuple(range(17))


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ([], "does not run once and whole on 2026-07-01"),
        ([40, 50], "does not run once and whole on 2026-07-01"),
        ([20], "draws outside of its windows"),
    ],
)
def test_a_missing_a_doubled_and_a_misplaced_run_are_noticed(starts, said):
    power_kw = np.zeros(96)
    for start in starts:
        power_kw[start : start + 4] = [80, 60, 40, 20]
    assert any(said in found for found in job().violations(power_kw, grid()))


def test_a_broken_run_is_noticed():
    power_kw = np.zeros(96)
    power_kw[[40, 41, 43, 44]] = [80, 60, 40, 20]
    assert job().violations(power_kw, grid())


@settings(max_examples=50)
@given(
    start_step=st.integers(0, 95),
    steps=st.integers(1, 300),
    length=st.integers(1, 40),
    usual=st.integers(0, 95),
)
def test_whatever_the_grid_the_usual_runs_break_no_limit(start_step, steps, length, usual):
    if usual + length > 96:
        usual = 96 - length
    anyhow = job(
        profile_kw=(50.0,) * length, usual_start=usual, earliest_start=0, latest_end="24:00"
    )
    from_then = TimeGrid(grid().at(start_step), steps=steps)
    assert anyhow.violations(anyhow.usual_kw(from_then), from_then) == ()
    for run in anyhow.runs(from_then):
        assert all(0 <= start <= steps - length for start in run.starts)
        assert not run.starts or run.usual_start in run.starts


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"latest_end": "08:45"}, "do not fit in 08:00 to 08:45"),
        ({"usual_start": "17:15"}, "usual_start 17:15 puts the run outside"),
        ({"usual_start": "15:10"}, "'15:10' is no quarter hour"),
        ({"latest_end": "25:00"}, "'25:00' is no quarter hour"),
    ],
)
def test_a_window_that_does_not_hold_the_work_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        job(**changes)


EVENING = TimeGrid(datetime(2026, 7, 1, 12, tzinfo=SEOUL), steps=14)
BATCHES = {
    "profile_kw": (60.0, 0.0, 20.0),
    "usual_start": "12:00",
    "later_usual_starts": ("13:30",),
    "earliest_start": "12:00",
    "latest_end": "15:30",
}


def profile_at(*starts, profile_kw=(60.0, 0.0, 20.0), steps=14) -> np.ndarray:
    power_kw = np.zeros(steps)
    for start in starts:
        power_kw[start : start + len(profile_kw)] += profile_kw
    return power_kw


def test_several_runs_of_a_day_are_placed_as_cheaply_as_can_be_and_apart():
    rng = np.random.default_rng(1)
    batches = job(**BATCHES)
    pairs = [(a, b) for a, b in product(range(12), repeat=2) if b >= a + 3]
    for _ in range(10):
        price = rng.uniform(50, 250, 14)
        power_kw, cost_krw = cheapest(batches, EVENING, price)
        assert cost_krw == pytest.approx(min(profile_at(*pair) @ price / 4 for pair in pairs))
        assert batches.violations(power_kw, EVENING) == ()


def test_the_check_finds_the_runs_of_every_pair_and_of_no_other():
    batches = job(**BATCHES)
    for first, second in product(range(12), repeat=2):
        allowed = second >= first + 3 or first >= second + 3
        found = batches.violations(profile_at(first, second), EVENING)
        assert (found == ()) == allowed, (first, second)
    assert batches.violations(profile_at(4), EVENING)
    assert batches.violations(profile_at(0, 4, 8), EVENING)
    running = batches.running(profile_at(2, 8), EVENING)
    assert np.flatnonzero(running).tolist() == [2, 3, 4, 8, 9, 10]  # idle steps are part of a run


def test_a_run_whose_electricity_costs_more_than_it_is_worth_is_left_out():
    # A run takes 20 kWh: at 100 won per kWh it costs 2,000 and at 200 won 4,000.
    worth = job(**BATCHES, worth_krw=3000)
    dear = np.where(np.arange(14) < 3, 100.0, 200.0)
    power_kw, cost_krw = cheapest(worth, EVENING, dear)
    assert power_kw == pytest.approx(profile_at(0), abs=1e-6)
    assert cost_krw == pytest.approx(2000 + 3000)
    assert worth.decision_krw(power_kw, EVENING) == 3000
    assert worth.violations(power_kw, EVENING) == ()
    assert worth.violations(np.zeros(14), EVENING) == ()
    assert worth.decision_krw(np.zeros(14), EVENING) == 6000
    assert worth.violations(profile_at(0)[:14] * 0.5, EVENING)


def test_runs_keep_apart_also_around_one_that_is_left_out():
    # Only the first hour is cheap; of three runs two would like to lie in its first quarter.
    three = job(**BATCHES | {"later_usual_starts": ("13:00", "14:00")}, worth_krw=1500)
    price = np.where(np.arange(14) < 3, 60.0, 200.0)
    power_kw, cost_krw = cheapest(three, EVENING, price)
    assert power_kw == pytest.approx(profile_at(0), abs=1e-6)
    assert cost_krw == pytest.approx(20 * 60 + 2 * 1500)
    assert three.violations(profile_at(0) * 2, EVENING)


def test_runs_that_are_done_or_under_way_are_not_planned_again():
    at_two = TimeGrid(datetime(2026, 7, 1, 14, tzinfo=SEOUL), steps=14)
    batches = BATCHES | {"later_usual_starts": ("12:45", "13:30"), "latest_end": "16:00"}
    as_usual = job(**batches)
    assert as_usual.usual_kw(at_two).tolist() == [20] + [0] * 13  # the third began at 13:30
    one_done = job(**batches, runs_done=1, steps_done=2)
    assert [(run.usual_start, run.starts) for run in one_done.runs(at_two)] == [
        (-2, ()),
        (1, (1, 2, 3, 4, 5)),
    ]
    assert one_done.usual_kw(at_two)[:5].tolist() == [20, 60, 0, 20, 0]
    assert one_done.violations(one_done.usual_kw(at_two), at_two) == ()
    assert job(**batches, runs_done=3).runs(at_two) == ()


def test_runs_that_no_longer_fit_are_lost():
    at_three = TimeGrid(datetime(2026, 7, 1, 15, tzinfo=SEOUL), steps=10)
    batches = BATCHES | {"latest_end": "16:00"}
    (run,) = job(**batches, runs_done=0).runs(at_three)
    assert (run.usual_start, run.starts) == (0, (0, 1))


@settings(max_examples=60)
@given(
    start=st.integers(40, 70),
    steps=st.integers(1, 120),
    done=st.integers(0, 3),
    under_way=st.integers(0, 2),
)
def test_whatever_was_done_before_the_usual_operation_is_allowed(start, steps, done, under_way):
    batches = job(
        **BATCHES | {"later_usual_starts": ("13:30", "14:15")}, runs_done=done, steps_done=under_way
    )
    from_then = TimeGrid(grid().at(start), steps=steps)
    assert batches.violations(batches.usual_kw(from_then), from_then) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"later_usual_starts": ("12:30",)}, "later_usual_starts 12:30 is before the run from"),
        ({"later_usual_starts": ("15:00",)}, "later_usual_starts 15:00 puts the run outside"),
        ({"steps_done": 1}, "steps_done needs runs_done"),
        ({"steps_done": 3, "runs_done": 0}, "steps_done 3 is the whole run of 3 steps"),
        ({"worth_krw": 0}, "greater than 0"),
    ],
)
def test_runs_that_cannot_be_are_refused_with_the_parameter(changes, said):
    with pytest.raises(ValueError, match=said):
        job(**BATCHES | changes)
