"""Held-back weeks: one cut for all firms, and enough on both sides of it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEP, STEPS_PER_DAY, utc_instant
from tests.builders import MONDAY, SEOUL, a_firm, a_history, corrected_at
from tests.fakes.made_load import a_made_load
from training.splits import hold_back, hold_back_of


def held(histories, as_of, test_days=56):
    return hold_back(
        {str(number): history for number, history in enumerate(histories)},
        as_of=as_of,
        test_days=test_days,
        issue_hours=(0, 12),
        steps=2 * STEPS_PER_DAY,
    )


def test_the_test_is_the_last_weeks_before_the_moment():
    history = a_made_load(300)
    as_of = MONDAY + timedelta(days=250)
    assert held([history], as_of).start == as_of - timedelta(days=56)


def test_a_history_that_was_corrected_afterwards_has_the_issue_times_it_had():
    history = a_made_load(300)
    held_back = held([history], history.end)
    expected = held_back.issue_times(a_firm(), history)
    later = corrected_at(history, history.end + timedelta(days=1))
    assert len(expected) > 50
    np.testing.assert_array_equal(held_back.issue_times(a_firm(), later), expected)


def test_a_short_history_holds_back_a_quarter():
    history = a_made_load(80)
    assert held([history], history.end).start == history.end - timedelta(days=20)


def test_too_short_a_history_says_how_much_it_takes():
    history = a_made_load(40)
    with pytest.raises(NotEnoughReadingsError, match="at least 56 days of readings, 40 are known"):
        held([history], history.end)


def test_issue_times_are_the_local_hours_that_leave_room_for_every_step():
    history = a_made_load(300)
    period = held([history], history.end)
    issue_times = period.issue_times(a_firm(), history)
    clock_hours = (issue_times - utc_instant(MONDAY)) // np.timedelta64(3600, "s") % 24
    assert set(clock_hours.tolist()) == {0, 12}
    assert len(issue_times) == 2 * 54 + 1
    assert issue_times.min() == utc_instant(period.start)
    assert issue_times.max() + 2 * STEPS_PER_DAY * STEP == utc_instant(history.end)


def test_a_firm_is_tested_from_its_first_known_reading_on():
    """Metered since ten days before the end: no issue time before it has anything to go by."""
    young = a_made_load(10, start=MONDAY + timedelta(days=290))
    period = held([young, a_made_load(300)], MONDAY + timedelta(days=300))
    issue_times = period.issue_times(a_firm(), young)
    assert issue_times.min() > young.grid.starts[0]


def test_a_firm_is_not_tested_while_it_has_been_silent_for_four_weeks():
    load = a_made_load(300)
    demand_kw = load.demand_kw.copy()
    demand_kw[230 * STEPS_PER_DAY : 280 * STEPS_PER_DAY] = np.nan
    gap = a_history(demand_kw.tolist())
    period = held([load], load.end)
    whole, broken = (period.issue_times(a_firm(), history) for history in (load, gap))
    missing = set(whole.tolist()) - set(broken.tolist())
    start = utc_instant(MONDAY)
    days = {(np.datetime64(one) - start) // np.timedelta64(1, "D") for one in missing}
    assert days == set(range(258, 280 + 1))


def test_a_firm_whose_meter_fell_silent_before_them_is_not_tested():
    silent, going = a_made_load(100), a_made_load(300)
    period = held([silent, going], going.end)
    assert not len(period.issue_times(a_firm(), silent))
    assert len(period.issue_times(a_firm(timezone=SEOUL.key), going))


def test_a_firm_alone_holds_back_whole_days_before_its_own_last_reading():
    demand_kw = a_made_load(100).demand_kw
    demand_kw[-3 * STEPS_PER_DAY :] = np.nan
    history = a_history(demand_kw.tolist())
    period = hold_back_of(history, test_days=20, issue_hours=(0, 12), steps=STEPS_PER_DAY)
    assert period.end == history.end == MONDAY + timedelta(days=97)
    assert period.end - period.start == timedelta(days=20)


def test_a_change_of_clocks_takes_no_hour_from_the_test():
    """Clocks in Berlin go back on 2026-10-25; the test is days of 24 hours all the same."""
    start = datetime(2026, 8, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    history = a_made_load(100, start=start)
    period = hold_back_of(history, test_days=20, issue_hours=(0,), steps=STEPS_PER_DAY)
    assert utc_instant(period.end) - utc_instant(period.start) == 20 * STEPS_PER_DAY * STEP


def test_less_than_six_weeks_before_a_firms_own_test_are_too_few():
    hold_back_of(a_made_load(62), test_days=20, issue_hours=(0,), steps=STEPS_PER_DAY)
    with pytest.raises(NotEnoughReadingsError, match="41 days of readings lie before the last 20"):
        hold_back_of(a_made_load(61), test_days=20, issue_hours=(0,), steps=STEPS_PER_DAY)
    gap_kw = a_made_load(80).demand_kw
    gap_kw[:2000] = np.nan
    with pytest.raises(NotEnoughReadingsError, match="39 days of readings lie before the last 20"):
        hold_back_of(
            a_history(gap_kw.tolist()), test_days=20, issue_hours=(0,), steps=STEPS_PER_DAY
        )
    with pytest.raises(NotEnoughReadingsError, match="kiln_works: 0 days"):
        hold_back_of(a_made_load(10), test_days=20, issue_hours=(0,), steps=STEPS_PER_DAY)
