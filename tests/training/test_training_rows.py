"""The rows a model learns from lie inside what was known, on all hours and on those of issue.

They cover near and far leads, and the same seed draws the same rows.
"""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from feature_store.entities.superseded import Superseded
from feature_store.errors import NotEnoughReadingsError
from feature_store.features.catalogue import NAMES
from feature_store.time_grid import (
    STEP,
    STEPS_PER_DAY,
    STEPS_PER_HOUR,
    STEPS_PER_WEEK,
    utc_instant,
)
from feature_store.views import feature_frame
from tests.builders import MONDAY, a_firm, a_history
from tests.fakes.made_load import a_made_load
from training.training_rows import LEAD_EDGES_HOURS, Sampling, training_rows

DAYS = 70
FIRM = a_firm(holiday_country=None)
OTHER = a_firm("press_shop", timezone="Europe/Berlin", holiday_country=None)
LOAD = a_made_load(DAYS)
SAMPLING = Sampling()
HOURLY = np.array(LEAD_EDGES_HOURS) * STEPS_PER_HOUR


def rows(history=LOAD, sampling=SAMPLING, firm=FIRM):
    """Rows of one firm."""
    return training_rows([firm], [history], sampling)


def leads(frame):
    """Steps from issue time to target."""
    return (frame.valid_time - frame.issue_time) // STEP


def test_every_row_is_the_frames_row_with_what_was_measured_as_its_target():
    frame = rows()
    assert len(frame.values) > 500
    for number in range(0, len(frame.values), 41):
        alone = feature_frame(
            FIRM, LOAD, frame.issue_time[[number]], leads(frame)[[number]].astype(np.int64)
        )
        np.testing.assert_array_equal(alone.values[0], frame.values[number])
        assert alone.target_kw[0] == frame.target_kw[number]
        position = int((frame.valid_time[number] - LOAD.grid.starts[0]) // STEP)
        assert frame.target_kw[number] == LOAD.demand_kw[position]


@pytest.mark.parametrize("at", [45 * STEPS_PER_DAY, 50 * STEPS_PER_DAY + 33])
def test_no_target_and_no_feature_lies_at_or_after_what_the_history_holds(at):
    """A cut in the middle of a day: what comes after it, told or not, changes no bit."""
    known = LOAD.as_of(LOAD.grid.at(at))
    frame = rows(known)
    cut = LOAD.grid.starts[at]
    assert frame.valid_time.max() < cut
    assert (frame.issue_time <= frame.valid_time).all()
    shorter = a_history(LOAD.demand_kw[:at].tolist())
    assert len(frame.values) == len(rows(shorter).values)
    np.testing.assert_array_equal(frame.values, rows(shorter).values)
    np.testing.assert_array_equal(frame.target_kw, rows(shorter).target_kw)


def test_a_target_is_what_is_known_today_and_a_feature_what_was_known_then():
    known_at = LOAD.known_at.copy()
    known_at[:] = utc_instant(LOAD.grid.at(LOAD.grid.steps))
    corrected = replace(
        LOAD,
        demand_kw=LOAD.demand_kw + 1000.0,
        known_at=known_at,
        superseded=Superseded(
            start=LOAD.grid.starts,
            known_from=LOAD.known_at,
            known_until=known_at,
            demand_kw=LOAD.demand_kw,
        ),
    )
    frame, before = rows(corrected), rows()
    np.testing.assert_array_equal(frame.values, before.values)
    np.testing.assert_array_equal(frame.target_kw, before.target_kw + 1000.0)


@pytest.mark.parametrize("firm", [FIRM, OTHER], ids=["Seoul", "Berlin"])
@pytest.mark.parametrize("hours", [(0, 12), (6,)])
def test_half_of_the_issue_times_lie_on_the_hours_of_issue_by_the_firms_clock(firm, hours):
    frame = rows(sampling=Sampling(issue_hours=hours, issues_per_day=2), firm=firm)
    issued = np.array([moment.item() for moment in np.unique(frame.issue_time)])
    local = [moment.replace(tzinfo=utc()).astimezone(firm.zone) for moment in issued]
    on_hour = [moment.hour in hours and moment.minute == 0 for moment in local]
    assert 0.45 < np.mean(on_hour) < 0.58
    others = [moment for moment, on in zip(local, on_hour, strict=True) if not on]
    assert {moment.minute for moment in others} == {0, 15, 30, 45}
    assert len({moment.hour for moment in others}) > 12


def utc():
    """The zone of numpy's instants."""
    return a_firm(timezone="UTC").zone


def test_so_many_issue_times_are_drawn_as_were_asked_for_a_day():
    for per_day in (1, 2, 3, 8):
        frame = rows(sampling=Sampling(issues_per_day=per_day))
        leads_each = len(LEAD_EDGES_HOURS) - 1
        drawn = per_day * (DAYS - SAMPLING.first_day) * leads_each
        assert 0.9 * drawn < len(frame.values) <= drawn  # the last ones' targets are yet to come


def test_every_issue_time_has_a_lead_in_each_range_and_all_of_them_come_up():
    frame = rows(sampling=Sampling(issues_per_day=20))
    early = frame.issue_time < LOAD.grid.starts[-STEPS_PER_WEEK]
    per_issue = leads(frame)[early].astype(int).reshape(-1, len(HOURLY) - 1)
    for number, (low, high) in enumerate(pairwise(HOURLY)):
        drawn = per_issue[:, number]
        assert low <= drawn.min()
        assert drawn.max() < high
        assert len(set(drawn.tolist())) > 0.75 * min(high - low, 300)
    assert per_issue.max() < STEPS_PER_WEEK
    assert (frame.column("lead_steps") == leads(frame)).all()


def test_the_same_seed_draws_the_same_rows_and_another_others():
    first, again, other = (rows(sampling=Sampling(seed=seed)) for seed in (0, 0, 1))
    for name in ("values", "target_kw", "issue_time", "valid_time", "firm_code"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert first.issue_time.tolist() != other.issue_time.tolist()


def test_what_one_firm_measures_changes_no_row_of_another():
    wild = a_history((9 * LOAD.demand_kw).tolist(), firm_id="press_shop")
    calm = a_history(LOAD.demand_kw.tolist(), firm_id="press_shop")
    one, other = (
        training_rows([FIRM, OTHER], [LOAD, history], SAMPLING) for history in (wild, calm)
    )
    for frame in (one, other):
        assert frame.firm_id == ("kiln_works", "press_shop")
        own = frame.where(frame.firm_code == 0)
        np.testing.assert_array_equal(own.values, rows().values)
    first, second = (frame.issue_time[frame.firm_code == 1] for frame in (one, other))
    assert first.tolist() == second.tolist()


def test_each_firm_draws_issue_times_of_its_own():
    twin = a_firm("press_shop", holiday_country=None)
    frame = training_rows([FIRM, twin], [LOAD, LOAD], SAMPLING)
    first, second = (set(frame.issue_time[frame.firm_code == code].tolist()) for code in (0, 1))
    assert len(first & second) < 0.8 * len(first)  # on the hours of issue they meet


def test_the_first_weeks_give_no_rows_and_what_follows_does():
    frame = rows(sampling=Sampling(first_day=40, issues_per_day=20))
    assert frame.issue_time.min() >= LOAD.grid.starts[40 * STEPS_PER_DAY]
    assert frame.issue_time.min() < LOAD.grid.starts[42 * STEPS_PER_DAY]


def test_targets_that_were_not_measured_are_left_out():
    kw = LOAD.demand_kw.copy()
    kw[50 * STEPS_PER_DAY : 55 * STEPS_PER_DAY] = np.nan
    torn = a_history(kw.tolist())
    frame = rows(torn)
    assert np.isfinite(frame.target_kw).all()
    lost = (frame.valid_time >= torn.grid.starts[50 * STEPS_PER_DAY]) & (
        frame.valid_time < torn.grid.starts[55 * STEPS_PER_DAY]
    )
    assert not lost.any()


def test_a_silence_at_the_end_is_no_time_to_draw_from():
    kw = LOAD.demand_kw.copy()
    kw[45 * STEPS_PER_DAY :] = np.nan
    frame = rows(a_history(kw.tolist()))
    ended = LOAD.grid.starts[45 * STEPS_PER_DAY]
    assert frame.valid_time.max() < ended
    assert frame.issue_time.max() > ended - 3 * STEPS_PER_DAY * STEP


@pytest.mark.parametrize("days", [1, 27, 28])
def test_a_young_firm_is_passed_over_and_none_at_all_is_told_with_the_next_step(days):
    young = a_made_load(days, start=MONDAY + timedelta(days=DAYS - days))
    both = training_rows([FIRM, OTHER], [LOAD, young], SAMPLING)
    assert both.firm_id == ("kiln_works",)
    with pytest.raises(NotEnoughReadingsError, match=r"no firm has 28 days .*import more"):
        training_rows([FIRM, OTHER], [young, young], SAMPLING)


def test_a_firm_of_which_nothing_is_known_any_more_is_passed_over():
    silent = a_history([float("nan")] * len(LOAD.demand_kw))
    assert training_rows([OTHER, FIRM], [silent, LOAD], SAMPLING).firm_id == ("kiln_works",)


def test_a_row_has_every_feature_of_the_catalogue():
    frame = rows()
    assert frame.names == NAMES
    assert frame.values.shape == (len(frame.target_kw), len(NAMES))
