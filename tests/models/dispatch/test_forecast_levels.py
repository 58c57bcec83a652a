"""Upper levels of a day lie where the firm's past forecasts were passed, and learn no future."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.features.load_table import load_table
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from models.dispatch.forecast_levels import (
    MOST_FACTOR,
    UPPER,
    levels_of_forecast_kw,
    upper_factors,
)
from models.dispatch.known_load import Forecasts, KnownLoad
from models.dispatch.load_chain import SCORES
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.normal_score import normal_score
from tests.made_replay import a_site

SITE = a_site()
TABLE = load_table(SITE.firm, SITE.history, 0)
EVERY = 2 * STEPS_PER_HOUR
FIRST, END = 20 * STEPS_PER_DAY, 60 * STEPS_PER_DAY
MEDIAN_KW, SPREAD_KW = 100.0, 10.0
BELL_KW = MEDIAN_KW + SPREAD_KW * normal_score(np.array(QUANTILES))


def a_load(times: float, *, seed: int = 0) -> KnownLoad:
    """A load that scatters so many times as far as it was forecast to."""
    chance = np.random.default_rng(seed).normal(size=len(TABLE.demand_kw))
    issue = np.arange(FIRST, END, EVERY)
    quantiles_kw = np.broadcast_to(BELL_KW, (len(issue), STEPS_PER_DAY, len(BELL_KW)))
    return KnownLoad(
        table=replace(TABLE, demand_kw=MEDIAN_KW + times * SPREAD_KW * chance),
        forecasts=Forecasts(issue=issue, quantiles_kw=quantiles_kw),
    )


@pytest.mark.parametrize("times", [1.0, 1.5, 2.0])
def test_a_load_that_scatters_farther_than_forecast_moves_the_levels_as_far(times):
    assert upper_factors(a_load(times), END) == pytest.approx(np.full(UPPER, times), rel=0.12)


def test_a_correction_is_held_within_its_bounds():
    assert upper_factors(a_load(9.0), END).max() == MOST_FACTOR


def test_before_enough_is_measured_the_forecast_is_taken_as_it_is():
    known = a_load(2.0)
    assert (upper_factors(known, FIRST + STEPS_PER_DAY) == 1).all()
    assert (upper_factors(KnownLoad(table=known.table), END) == 1).all()


def test_what_is_measured_later_moves_no_level():
    known, at = a_load(1.5), 50 * STEPS_PER_DAY + 3
    changed_kw = known.table.demand_kw.copy()
    changed_kw[at:] *= 3
    changed = replace(known, table=replace(known.table, demand_kw=changed_kw))
    np.testing.assert_array_equal(upper_factors(known, at), upper_factors(changed, at))


def test_levels_below_are_those_of_the_forecast_and_upper_ones_are_stretched_from_the_median():
    quantiles_kw = np.broadcast_to(BELL_KW, (3, len(BELL_KW)))
    as_told = levels_of_forecast_kw(quantiles_kw, np.ones(UPPER))
    stretched = levels_of_forecast_kw(quantiles_kw, np.full(UPPER, 2.0))
    np.testing.assert_array_equal(stretched[:, :-UPPER], as_told[:, :-UPPER])
    np.testing.assert_allclose(
        stretched[:, -UPPER:] - MEDIAN_KW, 2 * (as_told[:, -UPPER:] - MEDIAN_KW), atol=1e-9
    )
    np.testing.assert_allclose(
        as_told[0, SCORES < 2], MEDIAN_KW + SPREAD_KW * SCORES[SCORES < 2], atol=0.5
    )
