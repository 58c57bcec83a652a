"""Uploaded closures and shutdowns close their days, shifts do not, and each is what it says."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from feature_store.calendar.closed_days import closed_days
from feature_store.calendar.shift_days import shift_days
from feature_store.calendar.work_periods import with_periods
from feature_store.entities.firm import Firm
from feature_store.entities.work_calendar import MOST_DAYS, WorkPeriod
from tests.builders import a_firm

AUGUST = np.arange("2026-08-01", "2026-09-01", dtype="datetime64[D]")


def period(kind="closure", first="2026-08-03", last="2026-08-07", **changes):
    hours = {"hours": "22:00-06:00"} if kind in {"shift", "outage"} else {}
    return WorkPeriod.model_validate(
        {"kind": kind, "first_day": first, "last_day": last} | hours | changes
    )


def firm_with(*periods):
    return a_firm(holiday_country=None, work_calendar=periods)


@pytest.mark.parametrize("kind", ["closure", "summer_shutdown"])
def test_a_closure_closes_its_first_and_last_day_and_those_between(kind):
    closed = AUGUST[closed_days(firm_with(period(kind)), AUGUST)]
    assert closed.astype(str).tolist() == [f"2026-08-0{day}" for day in range(3, 8)]


def test_a_shift_changes_hours_and_closes_nothing():
    firm = firm_with(period("shift"))
    assert not closed_days(firm, AUGUST).any()
    assert shift_days(firm, AUGUST).sum() == 5


def test_an_outage_of_some_hours_closes_no_day():
    firm = firm_with(period("outage"))
    assert not closed_days(firm, AUGUST).any()
    assert shift_days(firm, AUGUST).sum() == 5


def test_a_shift_opens_no_closed_day():
    firm = firm_with(period("shift"), period("closure", last="2026-08-03"))
    assert closed_days(firm, AUGUST).sum() == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"last": "2026-08-02"}, "before it starts"),
        ({"last": "2027-09-02"}, f"{MOST_DAYS} are the most"),
        ({"first": "2026-02-30"}, "is not a day"),
        ({"first": 20260803}, "is not a day"),
        ({"hours": "09:00-18:00"}, "other kinds have"),
        ({"kind": "shift", "hours": None}, "a shift needs hours"),
        ({"kind": "outage", "hours": None}, "so does an outage"),
        ({"kind": "shift", "hours": "9-18"}, "no span of hours"),
        ({"kind": "shift", "hours": "09:00-24:15"}, "no span of hours"),
        ({"kind": "shift", "hours": "09:00-09:00"}, "no span of hours"),
        ({"kind": "holiday"}, "summer_shutdown"),
        ({"first": "1926-08-03"}, "2000-01-01"),
    ],
)
def test_what_is_no_period_is_refused_with_its_reason(changes, reason):
    with pytest.raises(ValidationError, match=reason):
        period(**changes)


def test_the_same_periods_again_change_nothing():
    once = with_periods(a_firm(), [period(), period("shift")])
    assert with_periods(once, [period("shift"), period()]) == once


def test_replacing_takes_back_what_was_declared():
    firm = with_periods(a_firm(), [period()])
    assert with_periods(firm, [period("shift")], replacing=True).work_calendar == (period("shift"),)


@given(first=st.dates(date(2020, 1, 1), date(2030, 1, 1)), days=st.integers(1, MOST_DAYS))
def test_a_declaration_survives_being_stored(first, days):
    last = first + timedelta(days=days - 1)
    firm = firm_with(WorkPeriod(kind="closure", first_day=first, last_day=last, note="휴무"))
    assert Firm.model_validate_json(firm.model_dump_json()) == firm
    every = np.arange(first, last + timedelta(days=2), dtype="datetime64[D]")
    assert closed_days(firm, every).sum() == days
