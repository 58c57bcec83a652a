"""Days to come are expected to have their runs where their own prices and windows put them."""

from dataclasses import replace

import numpy as np

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from models.dispatch.placed_runs import PlacedRuns
from models.dispatch.storage_value import DayPrices
from tests.made_jobs import JOB, KRW_PER_KWH, some_days

STEADY_KW = np.full(STEPS_PER_DAY, 100.0)


def expected_hours(month, known) -> list[int]:
    """Return the hour at which each day's run is expected to begin."""
    total_kw = PlacedRuns.of(month, month.flexible, known).total_kw[: month.steps]
    by_day_kw = total_kw.reshape(-1, STEPS_PER_DAY)
    return [int(np.flatnonzero(day_kw > 1)[0]) // STEPS_PER_HOUR for day_kw in by_day_kw]


def cheap_at(hour: int) -> np.ndarray:
    """Return a day's prices."""
    krw_per_kwh = np.full(STEPS_PER_DAY, KRW_PER_KWH)
    krw_per_kwh[hour * STEPS_PER_HOUR : (hour + 1) * STEPS_PER_HOUR] /= 2
    return krw_per_kwh


def test_working_days_of_two_seasons_are_placed_by_their_own_prices():
    month, known = some_days(STEADY_KW, JOB)
    krw_per_kwh = np.concatenate([cheap_at(9), cheap_at(9), cheap_at(17)])
    month = replace(month, prices=replace(month.prices, krw_per_kwh=krw_per_kwh))
    assert expected_hours(month, known) == [9, 9, 17]


def test_a_day_whose_other_hours_count_for_the_peak_is_placed_by_them():
    month, known = some_days(STEADY_KW, JOB)
    counted = np.ones((3, STEPS_PER_DAY), dtype=bool)
    counted[0, 11 * STEPS_PER_HOUR : 12 * STEPS_PER_HOUR] = False
    counted[1:, 14 * STEPS_PER_HOUR : 15 * STEPS_PER_HOUR] = False
    prices = DayPrices(krw_per_kwh=month.prices.krw_per_kwh, counted=counted.ravel())
    assert expected_hours(replace(month, prices=prices), known) == [11, 14, 14]


def test_another_job_with_the_same_usual_run_is_placed_in_its_own_window():
    narrow = {"days": [1], "earliest_start": "09:00", "latest_end": "12:00"}
    kiln = JOB.model_copy(update={"parameters": JOB.parameters | {"days": [0]}})
    dryer = JOB.model_copy(update={"name": "dryer", "parameters": JOB.parameters | narrow})
    month, known = some_days(STEADY_KW, kiln, dryer, days=2)
    dear_at_10 = cheap_at(17)
    dear_at_10[10 * STEPS_PER_HOUR : 11 * STEPS_PER_HOUR] *= 2
    month = replace(month, prices=replace(month.prices, krw_per_kwh=np.tile(dear_at_10, 2)))
    on_monday, on_tuesday = expected_hours(month, known)
    assert on_monday == 17
    assert on_tuesday in {9, 11}


def test_days_that_differ_in_prices_alone_share_one_compiled_problem():
    month, known = some_days(STEADY_KW, JOB)
    krw_per_kwh = np.concatenate([cheap_at(9), cheap_at(13), cheap_at(17)])
    month = replace(month, prices=replace(month.prices, krw_per_kwh=krw_per_kwh))
    assert len(PlacedRuns.of(month, month.flexible, known).places.problems) == 1
