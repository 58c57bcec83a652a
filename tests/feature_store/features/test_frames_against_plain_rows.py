"""Frames made at once for many firms and issue times hold what plain loops make, row by row.

Readings are multiples of an eighth of a kilowatt, whose sums are exact in any order, so that plain
means have to agree to the last bit, and only what is weighted or off a profile has to be close.
"""

import os
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.load_history import LoadHistory
from feature_store.entities.superseded import Superseded
from feature_store.entities.work_calendar import WorkPeriod
from feature_store.features.catalogue import NAMES
from feature_store.features.sight import Asked
from feature_store.time_grid import STEP, STEPS_PER_DAY, TimeGrid
from feature_store.views import features_of
from tests.builders import a_firm
from tests.fakes.told_weather import a_made_weather, told_weather_of
from tests.feature_store.features.plain_features import PlainFirm, PlainIssue

EXAMPLES = 300 if os.environ.get("SANDAN_SOAK") else 6
DAYS = 400
EXACT = np.array(
    [
        name in {"profile_last_kw", "profile_weekday_kw", "level_kw", "last_kw", "ramp_kw"}
        or name.startswith(("mean_", "same_time", "day_", "standby", "peak", "running_since"))
        or (not name.endswith(("_kw", "_share", "alike_days")) and "_off_profile" not in name)
        for name in NAMES
    ]
)
BERLIN = a_firm(
    "kiln_works",
    timezone="Europe/Berlin",
    closure_days=[date(2026, 3, 17) + number * timedelta(days=23) for number in range(16)],
)
SEOUL = a_firm(
    "press_shop",
    closure_days=["2026-03-16"],
    work_calendar=[
        WorkPeriod(kind="summer_shutdown", first_day="2026-07-27", last_day="2026-08-04"),
        WorkPeriod(kind="closure", first_day="2027-01-08", last_day="2027-01-08"),
        WorkPeriod(
            kind="shift", first_day="2026-12-05", last_day="2026-12-20", hours="06:00-22:00"
        ),
    ],
)


def a_quirky_history(firm, seed, *, days=DAYS, start=(2026, 1, 10)):
    """Gaps, a lost day, a standstill, readings late by hours or days and corrected twice."""
    random = np.random.default_rng(seed)
    grid = TimeGrid(datetime(*start, tzinfo=firm.zone), days * STEPS_PER_DAY)
    demand_kw = random.integers(-400, 4000, grid.steps) / 8
    still = random.integers(0, grid.steps)
    demand_kw[still : still + 20 * STEPS_PER_DAY] = 0.0
    lost = random.random(grid.steps) < 0.02
    lost[random.integers(0, grid.steps - STEPS_PER_DAY) :][:STEPS_PER_DAY] = True
    late = np.where(random.random(grid.steps) < 0.03, random.integers(0, 300, grid.steps), 0)
    some_day = random.integers(0, grid.steps - STEPS_PER_DAY)
    late[some_day : some_day + STEPS_PER_DAY] = 5 * STEPS_PER_DAY
    known_at = grid.starts + STEP + late * STEP + (late % 7) * np.timedelta64(1, "s")
    corrected = np.flatnonzero((random.random(grid.steps) < 0.03) & ~lost)
    first, second = known_at[corrected], known_at[corrected] + 40 * STEP
    known_at[corrected] += 700 * STEP
    return LoadHistory(
        firm_id=firm.firm_id,
        grid=grid,
        demand_kw=np.where(lost, np.nan, demand_kw),
        known_at=np.where(lost, np.datetime64("NaT", "s"), known_at),
        superseded=Superseded(
            start=np.repeat(grid.starts[corrected], 2),
            known_from=np.stack([first, second], axis=1).ravel(),
            known_until=np.stack([second, known_at[corrected]], axis=1).ravel(),
            demand_kw=random.integers(0, 4000, 2 * len(corrected)) / 8,
        ),
        weather=with_lost_hours(a_made_weather(days, start=grid.start, seed=seed), random),
    )


def with_lost_hours(weather, random):
    """The same with gaps, versions that came at any time, and values that were not told."""
    told = weather.told
    kept = random.random(len(told.hour)) < 0.9
    values = np.where(random.random(told.values.shape) < 0.03, np.nan, told.values)
    late = np.where(random.random(len(told.hour)) < 0.2, random.integers(0, 10**6, kept.size), 0)
    cut = told_weather_of(told.hour[kept], (told.known_at + late)[kept], *values[:, kept])
    return replace(weather, told=cut)


def plain_rows(asked):
    """Rows of what is asked, by loops."""
    firm, rows = PlainFirm(asked.firm, asked.history), []
    leads = np.broadcast_to(asked.leads, (len(asked.issue_times), asked.leads.shape[-1]))
    for issue_time, of_issue in zip(asked.issue_times, leads, strict=True):
        issue = PlainIssue(firm, int(issue_time.astype(int)) // 900)
        rows += [issue.features(int(lead)) for lead in of_issue]
    return np.array(rows)


def assert_same(values, plain):
    """Frames' values are the plain ones, those that are weighted to the last few bits."""
    assert plain.shape[1] == len(NAMES) == values.shape[1]
    expected = plain.astype(np.float32)
    for number, name in enumerate(NAMES):
        made, wanted = values[:, number], expected[:, number]
        if EXACT[number]:
            np.testing.assert_array_equal(made, wanted, err_msg=name)
        else:
            np.testing.assert_allclose(made, wanted, rtol=2e-6, atol=1e-6, err_msg=name)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data(), seed=st.integers(0, 99))
def test_every_row_is_what_plain_loops_make_of_it(data, seed):
    asked = []
    for firm in (BERLIN, SEOUL, BERLIN):
        history = a_quirky_history(firm, seed)
        position = st.one_of(  # young histories as well as full ones
            st.integers(0, history.grid.steps - 1),
            st.integers(history.grid.steps - 30 * STEPS_PER_DAY, history.grid.steps - 1),
        )
        issue_times = history.grid.starts[
            data.draw(st.lists(position, min_size=1, max_size=2, unique=True))
        ]
        drawn = st.lists(st.integers(0, 671), min_size=3, max_size=3)
        leads = np.array([data.draw(drawn) for _ in issue_times])
        asked.append(Asked(firm=firm, history=history, issue_times=issue_times, leads=leads))
    frame = features_of(asked)
    assert_same(frame.values, np.concatenate([plain_rows(one) for one in asked]))


def test_an_issue_time_asked_further_ahead_changes_nothing_for_a_later_one():
    """Calendars end a little after the last target: wherever that is, within a month of days."""
    history = a_quirky_history(SEOUL, 5)
    first = 340 * STEPS_PER_DAY
    for later in first + STEPS_PER_DAY * np.arange(1, 33):
        issue_times = history.grid.starts[[first, later]]
        leads = np.array([[0, 13 * STEPS_PER_DAY], [0, 1]])
        asked = Asked(firm=SEOUL, history=history, issue_times=issue_times, leads=leads)
        together = features_of([asked]).values
        alone = [features_of([asked.part(number, number + 1)]).values for number in range(2)]
        np.testing.assert_array_equal(together, np.concatenate(alone))


@pytest.mark.parametrize(
    ("start", "change"),
    [((2026, 1, 20), "2026-03-29T00:00"), ((2026, 8, 20), "2026-10-25T00:00")],
    ids=["spring", "autumn"],
)
def test_every_quarter_hour_around_a_clock_change_is_right(start, change):
    history = a_quirky_history(BERLIN, 3, days=80, start=start)
    first = int((np.datetime64(change, "s") - history.grid.starts[0]) // STEP)
    issue_times = history.grid.starts[first - 4 : first + 12]
    leads = np.array([0, 1, 5, 90, 191])
    asked = Asked(firm=BERLIN, history=history, issue_times=issue_times, leads=leads)
    assert_same(features_of([asked]).values, plain_rows(asked))


@pytest.mark.parametrize("change", ["2026-03-29T01:00", "2026-10-25T01:00"])
def test_days_alike_are_found_and_followed_across_a_clock_change(change):
    """A past day is compared by its clock, also where its successor is 23 or 25 hours long."""
    history = a_quirky_history(
        BERLIN, 5, days=100, start=(2026, *((1, 20) if "-03" in change else (8, 20)))
    )
    at = int((np.datetime64(change, "s") - history.grid.starts[0]) // STEP)
    issue_times = history.grid.starts[at + np.arange(1, 28, 3) * STEPS_PER_DAY - 30]
    asked = Asked(
        firm=BERLIN, history=history, issue_times=issue_times, leads=np.array([0, 40, 130, 671])
    )
    frame = features_of([asked])
    assert_same(frame.values, plain_rows(asked))
    assert np.isfinite(frame.column("alike_kw")).any()


def test_a_frame_of_more_issue_times_than_are_worked_on_at_once_is_in_order():
    history = a_quirky_history(SEOUL, 1)
    issue_times = history.grid.starts[40 * STEPS_PER_DAY :: 113]
    leads = np.array([0, 100])
    whole = features_of(
        [
            Asked(firm=firm, history=history, issue_times=issue_times, leads=leads)
            for firm in (SEOUL, BERLIN)
        ]
    )
    assert len(issue_times) > 300
    assert whole.firm_id == ("press_shop", "kiln_works")
    assert (whole.valid_time - whole.issue_time).tolist() == [
        timedelta(0),
        100 * timedelta(minutes=15),
    ] * (2 * len(issue_times))
    for code, firm in enumerate((SEOUL, BERLIN)):
        alone = features_of(
            [Asked(firm=firm, history=history, issue_times=issue_times[-1:], leads=leads)]
        )
        of_firm = whole.where(whole.firm_code == code)
        np.testing.assert_array_equal(of_firm.values[-2:], alone.values)
        np.testing.assert_array_equal(of_firm.target_kw[-2:], alone.target_kw)


def test_as_many_leads_must_be_asked_of_every_firm():
    history = a_quirky_history(SEOUL, 1, days=60)
    one, other = (
        Asked(
            firm=SEOUL,
            history=history,
            issue_times=history.grid.starts[5000:5001],
            leads=np.arange(leads),
        )
        for leads in (3, 4)
    )
    with pytest.raises(ValueError, match=r"as many leads, got \[3, 4\]"):
        features_of([one, other])
