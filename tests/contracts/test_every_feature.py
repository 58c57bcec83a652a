"""What forecasters rely on, asked of every feature: nothing later leaks in, nothing is missing."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.features.catalogue import CATALOGUE, LOOKBACK, NAMES
from feature_store.features.load_table import Rows, load_table
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY, TimeGrid
from serving.planner import FORECAST_HISTORY_DAYS
from tests.builders import a_firm
from tests.fakes.made_load import a_made_load

HORIZON = 2 * STEPS_PER_DAY
DAYS = 100
HISTORY = a_made_load(DAYS)
FIRM = a_firm(holiday_country=None, closure_days=["2026-05-14"])

every_feature = pytest.mark.parametrize("feature", CATALOGUE, ids=lambda f: type(f).__name__)


def values_at(feature, history, issue, leads):
    table = load_table(FIRM, history, HORIZON)
    rows = Rows(issue=np.full(len(leads), issue), lead=np.array(leads))
    return np.stack(feature.values(table, rows), axis=1)


def poisoned_from(history, issue):
    """The same history with nonsense where nothing may be read."""
    demand_kw = history.demand_kw.copy()
    demand_kw[issue:] = 1e9
    return type(history)(
        firm_id=history.firm_id, grid=history.grid, demand_kw=demand_kw, known_at=history.known_at
    )


@every_feature
@settings(max_examples=30, deadline=None)
@given(
    issue=st.integers(7 * STEPS_PER_DAY, (DAYS - 3) * STEPS_PER_DAY),
    leads=st.lists(st.integers(0, HORIZON - 1), min_size=1, max_size=20),
)
def test_nothing_measured_at_or_after_the_issue_time_changes_it(feature, issue, leads):
    honest = values_at(feature, HISTORY, issue, leads)
    poisoned = values_at(feature, poisoned_from(HISTORY, issue), issue, leads)
    np.testing.assert_array_equal(honest, poisoned)


@every_feature
@settings(max_examples=15, deadline=None)
@given(step=st.integers(0, STEPS_PER_DAY - 1), lead=st.integers(0, HORIZON - 1))
def test_its_lookback_is_long_enough(feature, step, lead):
    issue = (DAYS - 4) * STEPS_PER_DAY + step
    whole = values_at(feature, HISTORY, issue, [lead])
    first = issue - (feature.lookback + timedelta(days=1)) // INTERVAL
    recent = type(HISTORY)(
        firm_id=HISTORY.firm_id,
        grid=TimeGrid(HISTORY.grid.at(first), HISTORY.grid.steps - first),
        demand_kw=HISTORY.demand_kw[first:],
        known_at=HISTORY.known_at[first:],
    )
    np.testing.assert_allclose(values_at(feature, recent, issue - first, [lead]), whole)


@every_feature
def test_it_makes_the_columns_it_names(feature):
    made = values_at(feature, HISTORY, 60 * STEPS_PER_DAY, [0, 95, 191])
    assert made.shape == (3, len(feature.names))
    assert np.isfinite(made).all()


def test_no_two_features_name_the_same_column():
    assert len(set(NAMES)) == len(NAMES)


def test_serving_reads_at_least_the_longest_lookback():
    longest = max(feature.lookback for feature in CATALOGUE)
    assert timedelta(days=FORECAST_HISTORY_DAYS) >= longest == LOOKBACK
