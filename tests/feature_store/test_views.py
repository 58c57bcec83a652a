"""Training and serving frames are the same rows from the same code."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.features.catalogue import LOOKBACK
from feature_store.time_grid import INTERVAL, STEP, STEPS_PER_DAY, TimeGrid
from feature_store.views import feature_frame, seen_at, stack
from tests.builders import a_firm, a_history
from tests.fakes.made_load import a_made_load

HISTORY = a_made_load(110)
FIRM = a_firm(holiday_country=None)
STEPS = 2 * STEPS_PER_DAY


def test_what_serving_reads_gives_the_rows_that_training_saw():
    days = LOOKBACK // timedelta(days=1) + 12
    history = a_made_load(days)
    last = (days - 5) * STEPS_PER_DAY + 29
    issues = history.grid.starts[last - STEPS_PER_DAY : -STEPS : STEPS_PER_DAY]
    trained = feature_frame(FIRM, history, issues, np.arange(STEPS))
    known = history.as_of(history.grid.at(last))
    first = last - LOOKBACK // INTERVAL
    assert first > 0
    recent = type(history)(
        firm_id=FIRM.firm_id,
        grid=TimeGrid(history.grid.at(first), last - first),
        demand_kw=known.demand_kw[first:last],
        known_at=known.known_at[first:last],
    )
    served = feature_frame(FIRM, recent, recent.grid.starts[-1:] + STEP, np.arange(STEPS))
    at = trained.issue_time == served.issue_time[0]
    assert at.sum() == STEPS < len(at)
    np.testing.assert_array_equal(served.values, trained.values[at])
    assert np.isnan(served.target_kw).all()


def test_targets_are_what_was_measured_in_the_interval_ahead():
    issues = HISTORY.grid.starts[[5000, 6000]]
    frame = feature_frame(FIRM, HISTORY, issues, np.array([[0, 10], [3, 190]]))
    assert frame.target_kw.tolist() == HISTORY.demand_kw[[5000, 5010, 6003, 6190]].tolist()
    assert (frame.valid_time - frame.issue_time).tolist() == (
        np.array([0, 10, 3, 190]) * STEP
    ).tolist()


def test_frames_of_several_firms_stack():
    other = a_firm("press_shop", holiday_country=None)
    frames = [
        feature_frame(firm, HISTORY, HISTORY.grid.starts[[5000]], np.arange(4))
        for firm in (FIRM, other)
    ]
    both = stack(frames)
    assert both.firm_id == ("kiln_works", "press_shop")
    assert both.firm_code.tolist() == [0] * 4 + [1] * 4


def test_the_hour_that_the_clock_doubles_does_not_leak_into_an_issue_time_inside_it():
    """In autumn 02:00 comes twice: from between the two, the second is not known yet."""
    berlin = ZoneInfo("Europe/Berlin")
    firm = a_firm(holiday_country=None, timezone="Europe/Berlin")
    start = datetime(2026, 10, 24, tzinfo=berlin)
    steps = 4 * STEPS_PER_DAY
    leads = np.arange(STEPS_PER_DAY)
    honest = a_history(np.full(steps, 100.0).tolist(), start=start)
    for first in range(STEPS_PER_DAY + 2 * 4, STEPS_PER_DAY + 4 * 4):
        issue = TimeGrid(start, steps).starts[first : first + 1]
        later_kw = np.full(steps, 100.0)
        later_kw[first:] = 9999.0
        poisoned = a_history(later_kw.tolist(), start=start)
        np.testing.assert_array_equal(
            feature_frame(firm, honest, issue, leads).values,
            feature_frame(firm, poisoned, issue, leads).values,
        )
        for part in seen_at(firm, poisoned, issue, leads):
            known_kw = part.table.by_day_kw[part.table.day[part.rows.issue[0]]]
            assert not (known_kw[: part.table.step_of_day[part.rows.issue[0]]] > 100.0).any()


def test_issue_times_are_parted_where_a_reading_of_theirs_came_late():
    late = HISTORY.known_at.copy()
    late[[3000, 3001, 6000]] += np.array([5, 400, 2]) * STEP
    history = replace(HISTORY, known_at=late)
    positions = np.array([2999, 3000, 3001, 3006, 3401, 3402, 6001, 6002, 6003])
    parts = seen_at(FIRM, history, HISTORY.grid.starts[positions], np.arange(1))
    shared = positions[parts[0].at].tolist()
    assert shared == [2999, 3000, 3402, 6003]
    assert [int(positions[part.at[0]]) for part in parts[1:]] == [3001, 3006, 3401, 6001, 6002]
    for part in parts:
        for issue in part.rows.issue:
            seen = np.isfinite(part.table.demand_kw[[3000, 3001, 6000]])
            known = late[[3000, 3001, 6000]] <= part.table.instant(issue)
            before = np.array([3000, 3001, 6000]) < issue
            np.testing.assert_array_equal(seen & before, known & before)
