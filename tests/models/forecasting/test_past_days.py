"""Days before a moment are laid out, compared with their kind, and chosen as similar ones."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from feature_store.features.load_table import HALF_DAY, REST_DAY, WORKDAY
from feature_store.features.local_days import PROFILE_DAYS
from feature_store.time_grid import STEPS_PER_DAY, utc_instant
from models.forecasting.analogue_loads import NO_DAY
from models.forecasting.day_deviation import day_deviations_kw
from models.forecasting.past_days import past_days
from models.forecasting.similar_days import similar_days
from tests.builders import MONDAY, a_firm, a_history

FIRM = a_firm(holiday_country=None)
WEEKS = 8


def by_day(level_of_day):
    """A history whose days each have one load."""
    return a_history(np.repeat(level_of_day, STEPS_PER_DAY).tolist())


NUMBERED = by_day(np.arange(7.0 * WEEKS))
"""Each day's load is its number: days of the week are told by the remainder of seven."""


def test_the_days_end_before_that_of_the_moment():
    past = past_days(FIRM, NUMBERED, MONDAY + timedelta(days=9, hours=13))
    assert past.date[0] == np.datetime64(MONDAY.date())
    assert past.demand_kw[:, 0].tolist() == list(range(9))
    assert past.kind[:7].tolist() == [WORKDAY] * 5 + [HALF_DAY, REST_DAY]


def test_what_was_not_known_at_the_moment_is_not_there():
    moment = MONDAY + timedelta(days=9)
    late = NUMBERED.known_at.copy()
    late[: 2 * STEPS_PER_DAY] = utc_instant(moment + timedelta(hours=1))
    history = type(NUMBERED)(
        firm_id=FIRM.firm_id, grid=NUMBERED.grid, demand_kw=NUMBERED.demand_kw, known_at=late
    )
    past = past_days(FIRM, history, moment)
    assert np.isnan(past.demand_kw[:2]).all()
    assert np.isfinite(past.demand_kw[2:]).all()


def test_a_day_is_compared_with_the_days_of_its_kind_before_it():
    level = np.where(np.arange(7 * WEEKS) % 7 < 5, 100.0, 20.0)
    level[31] += 8.0  # a Thursday
    deviation_kw = day_deviations_kw(past_days(FIRM, by_day(level), NUMBERED.end))
    assert np.isnan(deviation_kw[:3]).all()  # fewer than three working days before
    assert np.isnan(deviation_kw[[5, 12, 19]]).all()  # fewer than three Saturdays before
    assert deviation_kw[30] == 0
    assert deviation_kw[31] == 8
    assert deviation_kw[32] == pytest.approx(-8 / 12)  # one of twelve days before was the high one


def test_a_day_with_a_large_gap_is_neither_compared_nor_compared_with():
    kw = np.repeat(np.full(7 * WEEKS, 100.0), STEPS_PER_DAY)
    kw[31 * STEPS_PER_DAY : 31 * STEPS_PER_DAY + 12] = np.nan
    kw[31 * STEPS_PER_DAY + 12 : 32 * STEPS_PER_DAY] = 900.0
    deviation_kw = day_deviations_kw(past_days(FIRM, a_history(kw.tolist()), NUMBERED.end))
    assert np.isnan(deviation_kw[31])
    assert deviation_kw[32] == 0


def test_the_newest_days_of_the_kind_are_taken_for_each_target_day():
    """Issued on the eighth Friday at noon: Friday's working days, then Saturdays."""
    issue = MONDAY + timedelta(days=53, hours=12)
    found = similar_days(FIRM, NUMBERED, issue, STEPS_PER_DAY)
    friday, saturday = (found.demand_kw[part.start] for part in found.parts)
    assert friday[:6].tolist() == [52, 51, 50, 49, 46, 45]
    assert saturday[:7].tolist() == [47, 40, 33, 26, 19, 12, 5]
    assert [part.stop - part.start for part in found.parts] == [48, 48]
    assert (np.diff(found.shares[:, :6], axis=1) < 0).all()
    assert (found.day[-1] != NO_DAY).sum() == 7
    assert found.day.shape == (STEPS_PER_DAY, PROFILE_DAYS)


def test_past_days_in_a_row_go_on_into_one_another():
    """A past Saturday follows the Friday before it."""
    issue = MONDAY + timedelta(days=53, hours=12)
    found = similar_days(FIRM, NUMBERED, issue, STEPS_PER_DAY)
    friday, saturday = found.part_days(0), found.part_days(1)
    last_friday = friday[found.demand_kw[0] == 46]
    saturday_after = saturday[found.demand_kw[-1] == 47]
    assert last_friday == saturday_after


def test_readings_from_the_issue_time_on_change_no_similar_day():
    issue = MONDAY + timedelta(days=30, hours=7)
    known = NUMBERED.as_of(issue)
    now, then = (similar_days(FIRM, history, issue, 100) for history in (NUMBERED, known))
    np.testing.assert_array_equal(now.demand_kw, then.demand_kw)
    np.testing.assert_array_equal(now.day, then.day)


def test_a_young_firm_has_too_few_similar_days():
    young = a_history([50.0] * STEPS_PER_DAY)
    found = similar_days(FIRM, young, young.end, 2 * STEPS_PER_DAY)
    assert (found.day != NO_DAY).sum(axis=1).tolist() == [1] * 2 * STEPS_PER_DAY
    assert not found.shares.any()
