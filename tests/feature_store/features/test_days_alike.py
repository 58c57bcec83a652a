"""Past days alike are those that went so, and what they did next is told at the present level.

A made plant has days of two shapes, as its order book wills: which one today is shows only in the
morning, and no calendar tells it.
"""

from datetime import timedelta

import numpy as np
import pytest

from feature_store.features.analogues import LIFT, LIFT_FADES_STEPS
from feature_store.features.sight import Asked
from feature_store.time_grid import STEP, STEPS_PER_DAY, STEPS_PER_HOUR
from feature_store.views import features_of
from tests.builders import MONDAY, a_firm, a_history

DAYS = 120
FIRM = a_firm(holiday_country=None)
TODAY = DAYS - 5  # a Thursday
NOON = 12 * STEPS_PER_HOUR
LATE = np.random.default_rng(0).random(DAYS) < 0.5
"""Days on which the plant runs from 6 to 20 o'clock; on the others it stops at 12."""


def the_load(today_late):
    """Both shapes agree until 9 o'clock; then the late one draws 80 kW more and goes on longer."""
    step = np.arange(STEPS_PER_DAY)
    early_kw = 50.0 + 200.0 * ((step >= 6 * STEPS_PER_HOUR) & (step < 14 * STEPS_PER_HOUR))
    late_kw = 50.0 + 200.0 * ((step >= 6 * STEPS_PER_HOUR) & (step < 20 * STEPS_PER_HOUR))
    late_kw[9 * STEPS_PER_HOUR : 20 * STEPS_PER_HOUR] += 80.0
    late = LATE.copy()
    late[TODAY] = today_late
    kw = np.where(late[:, None], late_kw, early_kw)
    kw[~(np.arange(DAYS) % 7 < 5)] = 50.0
    return kw + np.random.default_rng(1).normal(0, 1, kw.shape)


def told(kw, leads, step=NOON, firm=FIRM):
    """Features at a clock step of today."""
    history = a_history(kw.ravel().tolist())
    issue_times = history.grid.starts[[TODAY * STEPS_PER_DAY + step]]
    return features_of(
        [Asked(firm=firm, history=history, issue_times=issue_times, leads=np.array(leads))]
    )


@pytest.mark.parametrize("late", [True, False])
def test_the_afternoon_is_foretold_by_the_days_whose_morning_went_like_this(late):
    frame = told(the_load(late), [5 * STEPS_PER_HOUR])  # 17 o'clock
    expected_kw = 330.0 if late else 50.0
    assert frame.column("alike_kw")[0] == pytest.approx(expected_kw, abs=5)
    assert frame.column("alike_spread_kw")[0] < 5
    assert frame.column("profile_spread_kw")[0] > 100  # of which no profile knows
    assert frame.column("alike_days")[0] > 5


def test_in_the_night_before_it_shows_both_kinds_are_alike():
    frame = told(the_load(today_late=True), [12 * STEPS_PER_HOUR], step=5 * STEPS_PER_HOUR)
    assert frame.column("alike_spread_kw")[0] > 80


def test_the_present_level_lifts_what_they_did_and_less_so_further_ahead():
    kw = the_load(today_late=True)
    lifted = kw.copy()
    lifted[TODAY - 1 : TODAY + 1] += 30.0
    leads = [0, STEPS_PER_HOUR, 6 * STEPS_PER_HOUR]
    more_kw = told(lifted, leads).column("alike_kw") - told(kw, leads).column("alike_kw")
    expected_kw = 30.0 * LIFT * np.exp(-np.array(leads) / LIFT_FADES_STEPS)
    np.testing.assert_allclose(more_kw, expected_kw, atol=6)


def test_a_past_day_stands_for_tomorrow_only_if_its_own_morrow_was_of_that_kind():
    """From Thursday to Saturday: Thursdays are followed by one, the other days are not."""
    saturday = 2 * STEPS_PER_DAY
    frame = told(the_load(today_late=True), [0, saturday])
    assert frame.column("alike_days")[0] > 5
    assert frame.column("alike_kw")[1] == pytest.approx(50.0, abs=10)
    closed = a_firm(
        holiday_country=None,
        closure_days=[
            (MONDAY + timedelta(days=day)).date()
            for day in range(DAYS)
            if day % 7 == 5 and day != TODAY + 2
        ],
    )
    rare = told(the_load(today_late=True), [0, saturday], firm=closed)
    assert np.isnan(rare.column("alike_kw")[1])  # no Saturday was like this one
    assert np.isfinite(rare.column("alike_kw")[0])


def test_with_two_comparable_days_there_are_none_alike():
    kw = the_load(today_late=True)
    kw[: TODAY - 2] = np.nan  # Wednesday and Tuesday are left
    for column in ("alike_kw", "alike_near_kw", "alike_days", "alike_spread_kw"):
        assert np.isnan(told(kw, [1]).column(column)[0])


def test_a_morning_of_which_half_is_missing_is_still_compared_and_one_without_it_is_not():
    kw = the_load(today_late=True)
    torn = kw.copy()
    torn[:, ::2] = np.nan
    assert told(torn, [17]).column("alike_kw")[0] == pytest.approx(330.0, abs=8)
    silent = kw.copy()
    silent[TODAY, 6 * STEPS_PER_HOUR :] = np.nan  # the last six hours weigh most
    assert np.isnan(told(silent, [17]).column("alike_kw")[0])


def test_a_day_that_came_late_is_no_day_alike_before_it_came():
    kw = the_load(today_late=True)
    history = a_history(kw.ravel().tolist())
    issue = TODAY * STEPS_PER_DAY + NOON
    known_at = history.known_at.copy()
    before = np.arange(history.grid.steps) < (TODAY - 2) * STEPS_PER_DAY
    known_at[before] = history.grid.starts[issue] + STEP
    late = type(history)(
        firm_id="kiln_works", grid=history.grid, demand_kw=history.demand_kw, known_at=known_at
    )
    issue_times = history.grid.starts[[issue, issue + 1]]
    frame = features_of(
        [Asked(firm=FIRM, history=late, issue_times=issue_times, leads=np.array([4]))]
    )
    assert np.isnan(frame.column("alike_kw")).tolist() == [True, False]


def test_days_far_off_count_by_their_proportion_however_little_they_weigh():
    """The five nearest lack the reading asked for; the others are 22 times as far away."""
    morrows = [day for day in range(TODAY - 1) if day % 7 < 4]
    off_kw = np.full(DAYS, 22.0)
    off_kw[morrows[-5:]], off_kw[TODAY] = 1.0, 0.0
    kw = np.broadcast_to(100.0 + off_kw[:, None], (DAYS, STEPS_PER_DAY)).copy()
    kw[np.array(morrows[-5:]) + 1, 0] = np.nan
    frame = told(kw, [1], step=STEPS_PER_DAY - 1)  # at the first quarter hour of tomorrow
    assert np.isfinite(frame.column("alike_kw")[0])
    assert frame.column("alike_days")[0] >= 1.0
