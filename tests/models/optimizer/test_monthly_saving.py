"""The monthly figure counts the peak once and the energy once per working day."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from models.optimizer.monthly_saving import saved_krw_per_month
from models.optimizer.plan import plan
from models.optimizer.schedule import PlanCost, Schedule
from tests.builders import SEOUL
from tests.models.optimizer.example_works import forecast_of, history_of, works


def schedule_of(start: datetime, *, days: int = 1, energy_krw: float = 1000) -> Schedule:
    """Energy (less wear) saved ``energy_krw`` in all, demand 50,000."""
    load_kw = np.full(96 * days, 100.0)
    made = plan(works(), history_of(), forecast_of(load_kw, start=start)).schedule
    return replace(
        made,
        usual_cost=PlanCost(energy_krw=energy_krw + 10, demand_krw=50_000, wear_krw=0),
        planned_cost=PlanCost(energy_krw=0, demand_krw=0, wear_krw=10),
    )


def test_a_working_days_saving_is_taken_for_each_working_day_of_the_month():
    # July 2026 has 23 weekdays, one of them (17 July) a public holiday.
    saved = saved_krw_per_month(schedule_of(datetime(2026, 7, 1, tzinfo=SEOUL)), works())
    assert saved == pytest.approx(50_000 + 22 * 1000)


def test_two_working_days_save_half_of_it_each():
    two_days = schedule_of(datetime(2026, 7, 1, tzinfo=SEOUL), days=2)
    assert saved_krw_per_month(two_days, works()) == pytest.approx(50_000 + 22 * 500)


def test_days_the_firm_is_closed_save_nothing():
    closed = works().model_copy(update={"closure_days": (date(2026, 7, 2), date(2026, 7, 3))})
    saved = saved_krw_per_month(schedule_of(datetime(2026, 7, 1, tzinfo=SEOUL)), closed)
    assert saved == pytest.approx(50_000 + 20 * 1000)


def test_a_weekend_counts_its_energy_once():
    saturday = schedule_of(datetime(2026, 7, 4, tzinfo=SEOUL))
    assert saved_krw_per_month(saturday, works()) == pytest.approx(51_000)


def test_the_month_is_the_billing_month():
    # Read on the 15th, 1 July lies in 15 June to 14 July: 22 weekdays, none a holiday.
    firm = works(meter_reading_day=15)
    saved = saved_krw_per_month(schedule_of(datetime(2026, 7, 1, tzinfo=SEOUL)), firm)
    assert saved == pytest.approx(50_000 + 22 * 1000)


def test_over_a_months_end_the_peak_of_one_month_is_counted():
    # 30 June and 1 July: two working days, two billing months; June has 22 weekdays, of which
    # 3 June was an election day.
    schedule = schedule_of(datetime(2026, 6, 30, tzinfo=SEOUL), days=2)
    assert saved_krw_per_month(schedule, works()) == pytest.approx(25_000 + 21 * 500)


def test_what_later_months_save_is_no_saving_of_this_one():
    schedule = schedule_of(datetime(2026, 7, 1, tzinfo=SEOUL))
    remembered = replace(
        schedule,
        usual_cost=replace(schedule.usual_cost, demand_krw=550_000, later_demand_krw=500_000),
    )
    assert saved_krw_per_month(remembered, works()) == pytest.approx(
        saved_krw_per_month(schedule, works())
    )
