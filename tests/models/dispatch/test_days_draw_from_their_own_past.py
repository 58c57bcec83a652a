"""What a day to come may draw is learnt from its own past: closures, holidays, plans, shifts."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from feature_store.entities.work_calendar import WorkPeriod
from feature_store.features.load_table import load_table
from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.days_left import DaysLeft
from models.dispatch.known_load import KnownLoad
from models.dispatch.load_chain import HIGHEST_SHARE
from models.dispatch.load_path import expected_path_kw
from tests.builders import SEOUL, a_firm, a_history
from tests.made_jobs import a_day_kw, some_days

FIRST = date(2026, 8, 3)
"""A Monday, the first day that is known. Of the eight weeks from it 24 and 25 September are
public holidays on working days."""
PAST, DAYS = 56, 14
"""Days that are known, and those of the stretch that follows, from 28 September on."""
REST_KW, WORK_KW, PLANNED_KW, SHIFT_KW = 50.0, 200.0, 320.0, 260.0
CLOSED = (date(2026, 8, 12), date(2026, 9, 30))
"""Two Wednesdays: one of the past, one to come."""
HOLIDAY = date(2026, 10, 9)
"""A Friday, Hangul Day."""
SHUTDOWN = WorkPeriod(
    kind="summer_shutdown", first_day=date(2026, 10, 1), last_day=date(2026, 10, 2)
)
PLANS = tuple(
    WorkPeriod(kind="production", first_day=day, last_day=day, output="extended")
    for day in (*(date(2026, 8, 4) + timedelta(weeks=week) for week in range(6)), date(2026, 10, 6))
)
"""Tuesdays of much output: six of the past, one to come."""
SHIFTS = tuple(
    WorkPeriod(kind="shift", first_day=day, last_day=day, hours="06:00-24:00")
    for day in (*(date(2026, 8, 6) + timedelta(weeks=week) for week in range(7)), date(2026, 10, 8))
)
"""Thursdays of two shifts: seven of the past, one to come."""
NEW_SHIFT = WorkPeriod(
    kind="shift", first_day=date(2026, 9, 29), last_day=date(2026, 9, 29), hours="22:00-06:00"
)
"""A night shift on a Tuesday, the first there is."""
FIRM = a_firm(
    holiday_country="KR",
    closure_days=CLOSED,
    work_calendar=(SHUTDOWN, *PLANS, *SHIFTS, NEW_SHIFT),
    equipment=(),
)
HOLIDAYS = {
    *(date(2026, 8, 17), date(2026, 9, 24), date(2026, 9, 25), date(2026, 10, 5), HOLIDAY),
    *(SHUTDOWN.first_day, SHUTDOWN.last_day),
}
"""Two days made up for on a Monday, the days of Chuseok on working days, Hangul Day, a shutdown."""


def load_of(day: date) -> float:
    """What the firm draws on a day, but for a few per cent."""
    if day.weekday() > 4 or day in CLOSED or day in HOLIDAYS:
        return REST_KW
    if day in {shift.first_day for shift in SHIFTS}:
        return SHIFT_KW
    return PLANNED_KW if day in {plan.first_day for plan in PLANS} else WORK_KW


def days_left() -> DaysLeft:
    rng = np.random.default_rng(5)
    days = [FIRST + timedelta(days=number) for number in range(PAST + DAYS)]
    by_day_kw = np.array([load_of(day) for day in days])[:, None]
    load_kw = by_day_kw * rng.uniform(0.95, 1.05, (len(days), STEPS_PER_DAY))
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=SEOUL)
    history = a_history(load_kw.ravel(), start=start)
    month, _ = some_days(a_day_kw(above_kw=0.0, first_hour=0, hours=1), days=DAYS)
    known = KnownLoad(table=load_table(FIRM, history, 0))
    return DaysLeft(month=replace(month, first=PAST * STEPS_PER_DAY, flexible=None), known=known)


LEFT = days_left()
KINDS_OF_DAY = [
    pytest.param(date(2026, 9, 28), WORK_KW, id="an ordinary Monday"),
    pytest.param(CLOSED[1], REST_KW, id="a closure"),
    pytest.param(SHUTDOWN.last_day, REST_KW, id="a shutdown"),
    pytest.param(HOLIDAY, REST_KW, id="a public holiday"),
    pytest.param(date(2026, 10, 4), REST_KW, id="a Sunday"),
    pytest.param(PLANS[-1].first_day, PLANNED_KW, id="a day of much planned output"),
    pytest.param(SHIFTS[-1].first_day, SHIFT_KW, id="a day of two shifts"),
]


@pytest.mark.parametrize(("day", "level_kw"), KINDS_OF_DAY)
def test_the_chain_of_a_day_to_come_lies_where_its_own_past_lay(day, level_kw):
    number = (day - FIRST).days - PAST
    levels_kw = LEFT.chain(number, seen_from=0).levels_kw
    assert levels_kw.min() >= 0.95 * level_kw
    assert levels_kw.max() <= HIGHEST_SHARE * 1.05 * level_kw


@pytest.mark.parametrize(("day", "level_kw"), KINDS_OF_DAY)
def test_the_path_that_is_planned_on_lies_there_too(day, level_kw):
    position = (day - FIRST).days * STEPS_PER_DAY
    path_kw = expected_path_kw(
        LEFT.known, position, level=0.9, steps=STEPS_PER_DAY, seen_from=LEFT.month.first
    )
    assert path_kw == pytest.approx(np.full(STEPS_PER_DAY, level_kw), rel=0.06)


@pytest.mark.parametrize(("day", "level_kw"), KINDS_OF_DAY)
def test_what_the_stretch_itself_drew_teaches_days_of_its_kind_alone(day, level_kw):
    levels_kw = LEFT.chain((day - FIRST).days - PAST, seen_from=DAYS - 1).levels_kw
    assert levels_kw.min() >= 0.95 * level_kw
    assert levels_kw.max() <= HIGHEST_SHARE * 1.05 * level_kw


def test_a_shift_that_was_never_worked_draws_from_working_days_of_any_hours():
    levels_kw = LEFT.chain((NEW_SHIFT.first_day - FIRST).days - PAST, seen_from=0).levels_kw
    assert levels_kw.min() >= 0.95 * WORK_KW
    assert levels_kw[:, -1].min() >= 0.95 * SHIFT_KW
