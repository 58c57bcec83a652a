"""A planned outage covers its clock hours on each of its days, and its readings tell nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from feature_store.calendar.planned_outages import in_outage, without_outages
from feature_store.entities.work_calendar import WorkPeriod
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, TimeGrid
from tests.builders import MONDAY, a_firm, a_history, corrected_at

DAY = timedelta(days=1)


def firm_with(hours, *, days=(0, 0), kind="outage", **changes):
    """A firm with one period on days counted from a Monday."""
    first, last = (MONDAY.date() + number * DAY for number in days)
    period = WorkPeriod(kind=kind, first_day=first, last_day=last, hours=hours)
    return a_firm(work_calendar=(period,), **changes)


def hours_off(firm, days=4, start=MONDAY):
    """Hours from the start at which an interval is off."""
    off = in_outage(firm, TimeGrid(start, days * STEPS_PER_DAY))
    return (np.flatnonzero(off) / STEPS_PER_HOUR).tolist()


@pytest.mark.parametrize(
    ("hours", "first", "after"),
    [("13:00-17:00", 13, 17), ("22:30-24:00", 22.5, 24), ("22:00-02:15", 22, 26.25)],
)
def test_it_is_off_from_the_first_hour_to_before_the_last(hours, first, after):
    off = hours_off(firm_with(hours))
    assert (off[0], off[-1] + 1 / STEPS_PER_HOUR, len(off)) == (
        first,
        after,
        (after - first) * STEPS_PER_HOUR,
    )


def test_it_is_off_on_each_of_its_days_and_no_other():
    off = hours_off(firm_with("09:00-09:30", days=(1, 2)))
    assert off == [33, 33.25, 57, 57.25]


def test_a_shift_is_no_outage():
    assert hours_off(firm_with("09:00-18:00", kind="shift")) == []


def test_it_is_by_the_clock_of_the_firm_on_the_day_the_clock_changes():
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 29, tzinfo=berlin)
    period = WorkPeriod(
        kind="outage", first_day=start.date(), last_day=start.date(), hours="01:00-04:00"
    )
    firm = a_firm(work_calendar=(period,), timezone=berlin.key)
    assert len(hours_off(firm, days=1, start=start)) == 2 * STEPS_PER_HOUR


@pytest.mark.parametrize(
    ("day", "hours", "off"),
    [
        ((3, 29), "02:30-03:15", [2]),
        ((3, 29), "01:45-02:15", [1.75]),
        ((10, 25), "02:15-02:45", [2.25, 2.5, 3.25, 3.5]),
        ((10, 25), "01:45-02:00", [1.75]),
        ((10, 25), "03:00-03:15", [4]),
    ],
)
def test_an_hour_shown_twice_is_off_twice_and_one_that_is_skipped_never(day, hours, off):
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, *day, tzinfo=berlin)
    period = WorkPeriod(kind="outage", first_day=start.date(), last_day=start.date(), hours=hours)
    firm = a_firm(work_calendar=(period,), timezone=berlin.key)
    assert hours_off(firm, days=2, start=start) == off


def test_what_was_drawn_meanwhile_is_unknown_with_every_version_of_it():
    history = corrected_at(a_history([5.0] * STEPS_PER_DAY), MONDAY + DAY)
    history = replace(history, demand_kw=np.arange(STEPS_PER_DAY, dtype=float))
    known = without_outages(firm_with("13:00-17:00"), history)
    off = slice(13 * STEPS_PER_HOUR, 17 * STEPS_PER_HOUR)
    assert np.isnan(known.demand_kw[off]).all()
    assert np.isnat(known.known_at[off]).all()
    assert not np.isin(history.grid.starts[off], known.superseded.start).any()
    assert len(known.superseded.start) == STEPS_PER_DAY - 4 * STEPS_PER_HOUR
    np.testing.assert_array_equal(
        np.delete(known.demand_kw, off), np.delete(history.demand_kw, off)
    )
    assert np.isnan(known.as_of(MONDAY + DAY / 2).demand_kw[off]).all()


def test_a_firm_without_outages_has_its_history_as_it_is():
    history = a_history([5.0] * STEPS_PER_DAY)
    assert without_outages(firm_with("09:00-18:00", kind="shift"), history) is history
