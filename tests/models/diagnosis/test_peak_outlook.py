"""Peaks to come hold what was measured, look at the hours that count, and pass levels in time."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEPS_PER_DAY
from models.diagnosis.day_peaks import day_peaks
from models.diagnosis.later_days import LaterDay
from models.diagnosis.month_peak import month_peak
from models.diagnosis.peak_outlook import peak_outlook
from models.forecasting.load_forecast import QUANTILES
from models.tariffs.billing_month import BillingMonth
from tests.builders import a_history
from tests.models.diagnosis.outlook_of_works import HISTORY, THURSDAY, seen, with_load, works

MEDIAN = QUANTILES.index(0.5)
NOON, EVENING = THURSDAY + timedelta(hours=12), THURSDAY + timedelta(hours=20)


def test_each_day_that_is_covered_to_its_end_has_a_peak():
    assert [one.day for one in day_peaks(seen(), "all")] == [date(2026, 7, 9), date(2026, 7, 10)]
    assert [one.day for one in day_peaks(seen(NOON), "all")] == [
        date(2026, 7, 9),
        date(2026, 7, 10),
    ]
    assert day_peaks(seen(NOON, steps=40), "all") == ()


def test_a_peak_is_about_as_high_as_those_of_days_before():
    """Working days reach 250 kW, give or take a tenth of what is worked."""
    peak = day_peaks(seen(), "all")[0]
    past_kw = seen().past.demand_kw[seen().past.kind == 0].max(axis=1)
    assert abs(peak.quantiles_kw[MEDIAN] - np.median(past_kw)) < 12
    assert 8 <= peak.likeliest_at.hour < 18


def test_what_was_measured_today_is_not_undercut():
    high = with_load(HISTORY, THURSDAY + timedelta(hours=9), 400.0)
    today, tomorrow = day_peaks(seen(EVENING, history=high), "all")
    assert today.measured_kw == 400
    np.testing.assert_array_equal(today.quantiles_kw, np.full(len(QUANTILES), 400.0))
    assert today.time.over_share == 1
    assert tomorrow.measured_kw is None
    assert tomorrow.quantiles_kw[MEDIAN] < 300


def test_a_night_peak_counts_for_the_day_and_not_for_the_bill():
    at_night = with_load(HISTORY, THURSDAY + timedelta(hours=3), 400.0)
    known = seen(NOON, history=at_night)
    assert day_peaks(known, "all")[0].quantiles_kw[0] == 400
    assert day_peaks(known, "counted")[0].quantiles_kw[-1] < 400
    peaks = peak_outlook(known)
    assert peaks.billed.month.maximum.so_far_kw < 400
    assert not peaks.billed.ratchet.passed


def test_sundays_do_not_count():
    saturday = THURSDAY + timedelta(days=2)
    assert [one.day.isoformat() for one in day_peaks(seen(saturday), "all")] == [
        "2026-07-11",
        "2026-07-12",
    ]
    assert [one.day.isoformat() for one in day_peaks(seen(saturday), "counted")] == ["2026-07-11"]


def test_the_month_has_every_counted_day_to_come_once():
    known = seen(NOON)
    month = month_peak(known, day_peaks(known, "counted"), "counted")
    assert month.month == BillingMonth(2026, 7)
    expected = [
        date(2026, 7, day)
        for day in range(9, 32)
        if date(2026, 7, day).weekday() != 6 and day != 17
    ]  # 17 July is Constitution Day
    assert [one.day for one in month.days] == expected
    assert [isinstance(one, LaterDay) for one in month.days[:3]] == [False, False, True]


def test_a_month_that_ends_within_the_forecast_has_no_day_of_the_next():
    last = THURSDAY + timedelta(days=-9)  # 30 June
    month = month_peak(seen(last), day_peaks(seen(last), "counted"), "counted")
    assert [one.day for one in month.days] == [date(2026, 6, 30)]


def test_the_billing_month_follows_the_meter_reading_day():
    known = seen(firm=works(meter_reading_day=15))
    month = month_peak(known, day_peaks(known, "counted"), "counted")
    assert month.month == BillingMonth(2026, 7)
    assert month.days[-1].day == date(2026, 7, 14)


def test_the_month_is_at_least_what_it_reached_so_far():
    high = with_load(HISTORY, THURSDAY - timedelta(days=2, hours=-10), 390.0)
    month = peak_outlook(seen(history=high)).billed.month
    assert month.maximum.so_far_kw == 390
    assert month.maximum.quantiles_kw[0] == 390


def test_a_peak_of_the_month_before_is_not_of_this_month():
    june = with_load(HISTORY, THURSDAY - timedelta(days=20, hours=-10), 390.0)
    assert peak_outlook(seen(history=june)).billed.month.maximum.so_far_kw < 350


def test_levels_are_passed_surely_perhaps_or_never():
    billed = peak_outlook(seen(firm=works(2000)), level_kw=200.0).billed
    assert (billed.asked.passed, billed.asked.chance) == (True, 1.0)
    assert billed.asked.expected_at is None
    assert billed.ratchet.level_kw == 600  # 30 % of the contract power
    assert billed.ratchet.chance == 0
    assert billed.ratchet.expected_at is None
    assert billed.contract_power.chance == 0
    near_kw = float(billed.month.maximum.quantiles_kw[QUANTILES.index(0.8)])
    perhaps = peak_outlook(seen(), level_kw=near_kw).billed.asked
    assert 0.1 < perhaps.chance < 0.3
    assert sum(chance for _, chance in perhaps.by_day) == pytest.approx(perhaps.chance)
    assert perhaps.expected_at.date() > THURSDAY.date()
    assert 8 <= perhaps.expected_at.hour < 18


def test_a_level_that_every_day_of_work_passes_is_passed_on_the_next_one():
    wednesday = THURSDAY - timedelta(days=8)  # 1 July: nothing is measured in the month yet
    asked = peak_outlook(seen(wednesday), level_kw=150.0).billed.asked
    assert asked.chance > 0.99
    assert asked.expected_at.date() == wednesday.date()
    assert asked.by_day[0][1] > 0.99


def test_the_contract_power_is_held_against_all_hours():
    at_night = with_load(HISTORY, THURSDAY - timedelta(days=3, hours=-3), 520.0)
    billed = peak_outlook(seen(history=at_night)).billed
    assert billed.contract_power.passed
    assert not billed.ratchet.passed


def test_without_a_demand_meter_there_is_no_month():
    firm = works(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=200)
    peaks = peak_outlook(seen(firm=firm), level_kw=100.0)
    assert peaks.billed is None
    assert peaks.counted_days == ()
    assert len(peaks.days) == 2
    assert peaks.ahead.level_kw == 100
    assert peaks.ahead.chance == 1
    assert peaks.ahead.by_step.max() > 0.99
    assert peaks.ahead.by_step.min() == 0


@pytest.mark.parametrize("hours", [0, 13])
def test_readings_from_the_issue_time_on_change_nothing(hours):
    issue = THURSDAY + timedelta(hours=hours)
    now, then = (
        peak_outlook(seen(issue, history=history), level_kw=300.0)
        for history in (HISTORY, HISTORY.as_of(issue))
    )
    np.testing.assert_array_equal(
        now.billed.month.maximum.peak_kw, then.billed.month.maximum.peak_kw
    )
    assert now.billed.month.maximum.so_far_kw == then.billed.month.maximum.so_far_kw
    assert now.billed.asked == then.billed.asked


def test_days_beyond_the_forecast_need_a_whole_day_before():
    young = a_history([50.0] * (STEPS_PER_DAY // 2))
    forecast_of_others = seen().outlook
    known = seen(history=HISTORY)
    known = type(known)(firm=known.firm, history=young, outlook=forecast_of_others)
    with pytest.raises(NotEnoughReadingsError, match="no day is half known"):
        month_peak(known, (), "counted")


def test_a_meter_with_many_gaps_still_foretells_its_month():
    gaps = np.random.default_rng(0).random(HISTORY.grid.steps) < 0.3
    holed = a_history(np.where(gaps, np.nan, HISTORY.demand_kw).tolist())
    whole, gappy = (
        month_peak(known, day_peaks(known, "counted"), "counted").maximum.quantiles_kw[MEDIAN]
        for known in (seen(), seen(history=holed))
    )
    assert gappy == pytest.approx(whole, rel=0.05)
