"""Frames made at once for many firms and issue times hold what plain loops make, row by row.

Readings are multiples of an eighth of a kilowatt, whose sums are exact in any order, so that all
but means of deviations have to agree to the last bit.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.load_history import LoadHistory
from feature_store.features.catalogue import NAMES
from feature_store.features.sight import Asked
from feature_store.time_grid import STEP, STEPS_PER_DAY, TimeGrid, to_datetime
from feature_store.views import features_of
from tests.builders import a_firm
from tests.feature_store.features.plain_features import PlainIssue

DAYS = 100
DEVIATIONS = np.array([name.startswith("deviation") for name in NAMES])
BERLIN = a_firm("kiln_works", timezone="Europe/Berlin", closure_days=["2026-03-17", "2026-04-04"])
SEOUL = a_firm("press_shop", closure_days=["2026-03-16"])


def a_quirky_history(firm, seed, *, days=DAYS, start=(2026, 1, 10)):
    """Gaps, a lost day, readings a few hours or days late; clocks change on 29 March."""
    random = np.random.default_rng(seed)
    grid = TimeGrid(datetime(*start, tzinfo=firm.zone), days * STEPS_PER_DAY)
    demand_kw = random.integers(0, 4000, grid.steps) / 8
    lost = random.random(grid.steps) < 0.02
    lost[random.integers(0, grid.steps - STEPS_PER_DAY) :][:STEPS_PER_DAY] = True
    late = np.where(random.random(grid.steps) < 0.03, random.integers(0, 300, grid.steps), 0)
    some_day = random.integers(0, grid.steps - STEPS_PER_DAY)
    late[some_day : some_day + STEPS_PER_DAY] = 5 * STEPS_PER_DAY
    known_at = grid.starts + STEP + late * STEP + (late % 7) * np.timedelta64(1, "s")
    return LoadHistory(
        firm_id=firm.firm_id,
        grid=grid,
        demand_kw=np.where(lost, np.nan, demand_kw),
        known_at=np.where(lost, np.datetime64("NaT", "s"), known_at),
    )


def plain_rows(asked):
    """Rows of what is asked, by loops."""
    rows = []
    leads = np.broadcast_to(asked.leads, (len(asked.issue_times), asked.leads.shape[-1]))
    for issue_time, of_issue in zip(asked.issue_times, leads, strict=True):
        plain = PlainIssue(asked.firm, asked.history, to_datetime(issue_time))
        rows += [plain.features(int(lead)) for lead in of_issue]
    return rows


def assert_same(values, plain):
    """Frames' values are the plain ones, deviations to the last few bits."""
    expected = np.array(plain).astype(np.float32)
    np.testing.assert_array_equal(values[:, ~DEVIATIONS], expected[:, ~DEVIATIONS])
    np.testing.assert_allclose(values[:, DEVIATIONS], expected[:, DEVIATIONS], rtol=1e-6, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(data=st.data(), seed=st.integers(0, 99))
def test_every_row_is_what_plain_loops_make_of_it(data, seed):
    asked = []
    for firm in (BERLIN, SEOUL, BERLIN):
        history = a_quirky_history(firm, seed)
        positions = st.lists(st.integers(0, history.grid.steps - 1), min_size=1, max_size=2)
        issue_times = history.grid.starts[data.draw(positions)]
        drawn = st.lists(st.integers(0, 671), min_size=3, max_size=3)
        leads = np.array([data.draw(drawn) for _ in issue_times])
        asked.append(Asked(firm=firm, history=history, issue_times=issue_times, leads=leads))
    frame = features_of(asked)
    assert_same(frame.values, [row for one in asked for row in plain_rows(one)])


@pytest.mark.parametrize("firm", [BERLIN, SEOUL], ids=["Berlin", "Seoul"])
def test_every_quarter_hour_around_a_clock_change_is_right(firm):
    for start in ((2026, 3, 10), (2026, 10, 4)):  # 25 October is the other change
        history = a_quirky_history(firm, 3, days=30, start=start)
        change = datetime(2026, *((3, 29) if start[1] == 3 else (10, 25)), tzinfo=ZoneInfo("UTC"))
        first = int(
            (np.datetime64(change.replace(tzinfo=None), "s") - history.grid.starts[0]) // STEP
        )
        issue_times = history.grid.starts[first - 8 : first + 12]
        leads = np.array([0, 1, 5, 90, 191])
        asked = Asked(firm=firm, history=history, issue_times=issue_times, leads=leads)
        assert_same(features_of([asked]).values, plain_rows(asked))


def test_a_frame_of_more_issue_times_than_are_worked_on_at_once_is_in_order():
    history = a_quirky_history(SEOUL, 1)
    issue_times = history.grid.starts[40 * STEPS_PER_DAY :: 13]
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
    history = a_quirky_history(SEOUL, 1)
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
