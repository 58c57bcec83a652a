"""Paths are spread as the forecast says and go as the past days went, the same each time."""

from __future__ import annotations

from datetime import UTC, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.errors import NaiveTimeError
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.scenario_paths import STEP_CORRELATION, path_seed, scenario_paths_kw
from tests.builders import MONDAY
from tests.models.forecasting.made_analogues import bell_kw, in_parts, of_days

STEPS = 12
FORECAST_KW = bell_kw(np.linspace(80, 120, STEPS), 10.0)
EARLY = [9.0] * 6 + [1.0] * 6
LATE = [1.0] * 6 + [9.0] * 6
EARLY_OR_LATE = of_days([EARLY, EARLY, EARLY, LATE, LATE, LATE])


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 200), st.integers(0, 2**32), st.booleans())
def test_at_every_step_the_paths_are_spread_as_the_forecast_says(paths, seed, alike):
    drawn = scenario_paths_kw(FORECAST_KW, EARLY_OR_LATE if alike else None, paths=paths, seed=seed)
    inner = slice(1, -1)  # the outer levels lie between the ends of few paths
    told_kw = weighted_quantiles(drawn.T, np.ones(paths), QUANTILES)[:, inner]
    np.testing.assert_allclose(told_kw, FORECAST_KW[:, inner], atol=0.3)


def test_the_same_seed_gives_the_same_paths_and_another_gives_others():
    first, again, other = (
        scenario_paths_kw(FORECAST_KW, EARLY_OR_LATE, paths=50, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_paths_go_as_the_days_went():
    """Days are high early or late, never both: so are the paths, though each step alone is free."""
    score = scenario_paths_kw(FORECAST_KW, EARLY_OR_LATE, paths=200, seed=3) > FORECAST_KW[:, 5]
    assert np.corrcoef(score[:, 0], score[:, 5])[0, 1] > 0.6
    assert np.corrcoef(score[:, 0], score[:, 11])[0, 1] < -0.6


def test_paths_of_one_past_day_do_not_stay_together():
    """Each path is shifted a little on its own.

    Days are the higher in the evening, the lower they were in the morning; paths are so nearly.
    """
    opposite = of_days([[level] * 6 + [40.0 - level] * 6 for level in range(40)])
    paths_kw = scenario_paths_kw(FORECAST_KW, opposite, paths=200, seed=3)
    assert -0.92 < np.corrcoef(paths_kw[:, 0], paths_kw[:, 11])[0, 1] < -0.7


def test_paths_go_on_over_midnight_as_the_same_past_day():
    days = dict.fromkeys(range(1, 9), 1.0)
    analogues = in_parts((days, 6), ({**dict.fromkeys(range(8, 0, -1), 1.0)}, 6), members=8)
    paths_kw = scenario_paths_kw(FORECAST_KW, analogues, paths=200, seed=3)
    assert np.corrcoef(paths_kw[:, 0], paths_kw[:, 11])[0, 1] > 0.9


def test_a_gap_in_a_past_day_is_bridged():
    holed = [row.copy() for row in (EARLY, EARLY, EARLY, LATE, LATE, LATE)]
    for row in holed[:2]:
        row[2:4] = [np.nan, np.nan]
    paths_kw = scenario_paths_kw(FORECAST_KW, of_days(holed), paths=200, seed=3)
    assert np.isfinite(paths_kw).all()
    assert np.corrcoef(paths_kw[:, 2], paths_kw[:, 5])[0, 1] > 0.6


def test_without_days_alike_each_step_goes_on_from_the_one_before():
    wide_kw = bell_kw(np.full(400, 100.0), 10.0)
    paths_kw = scenario_paths_kw(wide_kw, None, paths=200, seed=1)
    for lag in (1, 40):
        together = np.corrcoef(paths_kw[:, :-lag].ravel(), paths_kw[:, lag:].ravel())[0, 1]
        assert abs(together - STEP_CORRELATION**lag) < 0.12 * lag / 40 + 0.01


def test_a_target_day_without_days_alike_goes_on_from_the_one_before():
    """The second day has two members, too few; its first step follows the first day's last."""
    analogues = in_parts(({1: 1, 2: 1, 3: 1}, 6), ({1: 1, 2: 1}, 6), members=3)
    paths_kw = scenario_paths_kw(FORECAST_KW, analogues, paths=200, seed=1)
    assert np.corrcoef(paths_kw[:, 5], paths_kw[:, 6])[0, 1] > 0.9


def test_the_seed_is_of_firm_and_instant_whatever_the_zone():
    assert path_seed("a", MONDAY) == path_seed("a", MONDAY.astimezone(UTC))
    assert path_seed("a", MONDAY) != path_seed("b", MONDAY)
    assert path_seed("a", MONDAY) != path_seed("a", MONDAY + timedelta(minutes=15))
    with pytest.raises(NaiveTimeError):
        path_seed("a", MONDAY.replace(tzinfo=None))
