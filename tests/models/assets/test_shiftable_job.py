"""A job runs whole, once a working day, in its window, and only runs still to come can move."""

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.time_grid import TimeGrid
from models.assets.shiftable_job import ShiftableJob, ShiftableJobParameters
from tests.builders import SEOUL, a_firm

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
