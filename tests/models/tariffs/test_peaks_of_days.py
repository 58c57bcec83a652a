"""From the hours of days alone, a month's counted peak is what all its readings say."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.daily_load import DailyLoad
from feature_store.entities.firm import Contract
from feature_store.time_grid import STEPS_PER_DAY
from models.tariffs.billing_month import BillingMonth
from models.tariffs.monthly_peaks import monthly_peaks_kw
from models.tariffs.peaks_of_days import peaks_of_days_kw
from tests.builders import MONDAY, SEOUL, a_history

FIRST, LAST = BillingMonth(2026, 2), BillingMonth(2026, 7)


def days_of(history):
    """The daily loads as a plain loop over the history tells them."""
    by_day: dict[date, list] = {}
    for step in np.flatnonzero(np.isfinite(history.demand_kw)):
        start = history.grid.at(int(step))
        by_day.setdefault(start.date(), []).append((start, float(history.demand_kw[step])))
    return [
        DailyLoad(
            day=day,
            steps_known=len(told),
            kwh=0.0,
            highest_kw=max(kw for _, kw in told),
            highest_at=max(told, key=lambda one: one[1])[0],
            highest_by_hour_kw=tuple(
                max((kw for start, kw in told if start.hour == hour), default=None)
                for hour in range(24)
            ),
        )
        for day, told in by_day.items()
    ]


@pytest.mark.parametrize("tariff_class", ["industrial_gab_1", "industrial_gab_2", "industrial_eul"])
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    known_share=st.sampled_from([0.01, 0.3, 1.0]),
    reading_day=st.sampled_from([1, 15]),
    first=st.integers(0, 60),
)
def test_peaks_of_days_equal_peaks_of_readings(tariff_class, seed, known_share, reading_day, first):
    """Over the change of hours on 2026-04-16, with gaps and peaks at any hour of any day."""
    random = np.random.default_rng(seed)
    kw = random.integers(0, 1000, 25 * STEPS_PER_DAY).astype(float)
    kw[random.random(kw.size) > known_share] = np.nan
    history = a_history(kw, start=MONDAY + timedelta(days=first))
    contract = Contract(power_kw=500, tariff_class=tariff_class, meter_reading_day=reading_day)
    said = monthly_peaks_kw(history, contract, SEOUL, first=FIRST, last=LAST)
    assert peaks_of_days_kw(days_of(history), contract, SEOUL) == said


def test_no_days_have_no_peaks():
    assert peaks_of_days_kw([], Contract(power_kw=500), SEOUL) == {}
