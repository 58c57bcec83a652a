"""What forecasters rely on, asked of every feature: nothing later leaks in, nothing is missing."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.features import (
    analogues,
    local_days,
    present_level,
    recent_range,
    same_time,
    seen_weather,
)
from feature_store.features.catalogue import CATALOGUE, LOOKBACK, NAMES, catalogue_hash
from feature_store.features.sight import Asked, sight
from feature_store.time_grid import INTERVAL, STEP, STEPS_PER_DAY, TimeGrid
from models.forecasting.online_state import LOOKBACK_OF_MIXTURE
from serving.planner import FORECAST_HISTORY_DAYS
from tests.builders import a_firm, seconds
from tests.fakes.made_load import a_made_load
from tests.fakes.told_weather import a_made_weather, from_hour, poisoned_after

HORIZON = 2 * STEPS_PER_DAY
DAYS = 380
HISTORY = replace(a_made_load(DAYS), weather=a_made_weather(DAYS))
FIRM = a_firm(holiday_country=None, closure_days=["2026-05-14"])

PUNCTUAL_OR_LATE = replace(
    HISTORY,
    known_at=HISTORY.known_at
    + np.where(np.arange(HISTORY.grid.steps) % 500 < 40, 3 * STEPS_PER_DAY, 0) * STEP,
)

every_feature = pytest.mark.parametrize("feature", CATALOGUE, ids=lambda f: type(f).__name__)


def values_of(feature, history, issues, leads, firm=FIRM):
    """The feature's columns for positions in the history, shape (issues, leads, columns)."""
    asked = Asked(
        firm=firm, history=history, issue_times=history.grid.starts[issues], leads=np.array(leads)
    )
    shape = (len(asked.issue_times), len(leads))
    columns = feature.values(sight([asked]))
    return np.stack([np.broadcast_to(column, shape) for column in columns], axis=2)


def values_at(feature, history, issue, leads):
    """The same for one issue time, shape (leads, columns)."""
    return values_of(feature, history, [issue], leads)[0]


def poisoned_from(history, issue):
    """The same history with nonsense where nothing may be read."""
    demand_kw = history.demand_kw.copy()
    demand_kw[issue:] = 1e9
    weather = poisoned_after(history.weather, seconds(history.grid.at(issue)))
    return replace(history, demand_kw=demand_kw, weather=weather)


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
@given(
    step=st.integers(0, STEPS_PER_DAY - 1),
    lead=st.integers(0, HORIZON - 1),
    history=st.sampled_from([HISTORY, PUNCTUAL_OR_LATE]),
)
def test_its_lookback_is_long_enough(feature, step, lead, history):
    issue = (DAYS - 4) * STEPS_PER_DAY + step
    whole = values_at(feature, history, issue, [lead])
    first = issue - feature.lookback // INTERVAL
    recent = type(history)(
        firm_id=history.firm_id,
        grid=TimeGrid(history.grid.at(first), history.grid.steps - first),
        demand_kw=history.demand_kw[first:],
        known_at=history.known_at[first:],
        weather=from_hour(history.weather, history.grid.at(first)),
    )
    np.testing.assert_array_equal(values_at(feature, recent, issue - first, [lead]), whole)


@every_feature
@settings(max_examples=15, deadline=None)
@given(
    issues=st.lists(st.integers(0, DAYS * STEPS_PER_DAY - 1), min_size=1, max_size=9, unique=True),
    leads=st.lists(st.integers(0, HORIZON - 1), min_size=1, max_size=9),
)
def test_one_issue_time_gets_the_bits_that_many_get(feature, issues, leads):
    together = values_of(feature, PUNCTUAL_OR_LATE, issues, leads)
    for number, issue in enumerate(issues):
        alone = values_of(feature, PUNCTUAL_OR_LATE, [issue], leads)[0]
        np.testing.assert_array_equal(together[number], alone)


@every_feature
def test_it_makes_the_columns_it_names(feature):
    made = values_at(feature, HISTORY, 60 * STEPS_PER_DAY, [0, 95, 191])
    assert made.shape == (3, len(feature.names))
    assert np.isfinite(made).all()


def test_no_two_features_name_the_same_column():
    assert len(set(NAMES)) == len(NAMES)


def test_serving_reads_at_least_the_longest_lookback():
    longest = max(feature.lookback for feature in CATALOGUE)
    assert timedelta(days=FORECAST_HISTORY_DAYS) >= LOOKBACK_OF_MIXTURE > longest == LOOKBACK


def test_another_number_in_a_feature_makes_another_catalogue(monkeypatch):
    before = catalogue_hash()
    assert catalogue_hash() == before
    for module, constant, value in (
        (recent_range, "STANDBY_SHARE", 0.2),
        (recent_range, "LEAST_RANGE_SHARE", 0.1),
        (same_time, "AROUND_STEPS", 1),
        (present_level, "UNREST_STEPS", (16, 95)),
        (local_days, "PROFILE_REACH_DAYS", 50),
        (analogues, "LIFT", 0.7),
        (seen_weather, "HOURS_AHEAD", {"temperature_celsius": 1, "ghi_w_per_m2": 1}),
        (analogues, "REACH_DAYS", 350),
        (analogues, "MEMBERS", 23),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(module, constant, value)
            assert catalogue_hash() != before
    assert catalogue_hash() == before


@every_feature
def test_another_line_of_code_another_lookback_or_no_such_feature_makes_another_catalogue(feature):
    @dataclass(frozen=True)
    class Doubled(type(feature)):
        """The same but for its code."""

        def values(self, sight):
            """Twice the values."""
            return tuple(2 * column for column in super().values(sight))

    Doubled.__qualname__ = type(feature).__qualname__
    longer = replace(feature, lookback=feature.lookback + timedelta(days=1))
    assert repr(Doubled()) == repr(feature)
    hashes = {catalogue_hash([each]) for each in (feature, Doubled(), longer)}
    assert len(hashes | {catalogue_hash([]), catalogue_hash()}) == 5
