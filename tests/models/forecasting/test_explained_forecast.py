"""What answering makes of a forecast's median belongs to its parts: they still add up."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feature_store.time_grid import INTERVAL, TimeGrid
from models.forecasting.explained_forecast import REASONS, Explanation
from models.forecasting.load_forecast import QUANTILES, LoadForecast
from tests.builders import MONDAY

STEPS = 8


def a_forecast(median_kw, start=MONDAY) -> LoadForecast:
    demand_kw = np.repeat(np.asarray(median_kw, dtype=float)[:, None], len(QUANTILES), axis=1)
    return LoadForecast(
        firm_id="kiln_works",
        issue_time=start,
        grid=TimeGrid(start, len(demand_kw)),
        demand_kw=demand_kw,
        model_version="load-forecaster/1",
    )


@given(st.integers(0, STEPS - 1), st.integers(0, 2**32 - 1))
def test_parts_of_the_served_steps_add_up_to_what_was_served(gap_steps, seed):
    """Asked from where the readings end, served later and never below zero."""
    rng = np.random.default_rng(seed)
    parts_kw = {reason: rng.normal(0, 50, STEPS) for reason in REASONS}
    asked = a_forecast(sum(parts_kw.values()))
    served = a_forecast(
        np.maximum(asked.median_kw[gap_steps:], 0.0), start=MONDAY + gap_steps * INTERVAL
    )
    told = Explanation(forecast=asked, parts_kw=parts_kw).of_served(
        served, off=np.zeros(served.grid.steps, dtype=bool)
    )
    assert told.forecast is served
    np.testing.assert_allclose(sum(told.parts_kw.values()), served.median_kw, atol=1e-9)
    for reason in set(REASONS) - {"past_errors"}:
        np.testing.assert_array_equal(told.parts_kw[reason], parts_kw[reason][gap_steps:])


def test_an_explanation_that_is_served_as_it_is_does_not_change():
    parts_kw = dict.fromkeys(REASONS, np.full(STEPS, 10.0))
    asked = a_forecast(np.full(STEPS, 10.0 * len(REASONS)))
    nowhere = np.zeros(STEPS, dtype=bool)
    told = Explanation(forecast=asked, parts_kw=parts_kw).of_served(replace(asked), off=nowhere)
    assert told.forecast.issue_time == MONDAY
    assert told.forecast.grid.end == MONDAY + timedelta(hours=2)
    for reason in REASONS:
        np.testing.assert_array_equal(told.parts_kw[reason], parts_kw[reason])


def test_what_a_planned_outage_takes_away_counts_to_the_closure():
    parts_kw = dict.fromkeys(REASONS, np.full(STEPS, 10.0))
    asked = a_forecast(np.full(STEPS, 10.0 * len(REASONS)))
    off = np.arange(STEPS) < 3
    served = a_forecast(np.where(off, 4.0, asked.median_kw - 1))
    told = Explanation(forecast=asked, parts_kw=parts_kw).of_served(served, off=off)
    np.testing.assert_allclose(sum(told.parts_kw.values()), served.median_kw)
    np.testing.assert_array_equal(told.parts_kw["past_errors"], np.where(off, 10.0, 9.0))
    assert (told.parts_kw["closure"][3:] == 10.0).all()
