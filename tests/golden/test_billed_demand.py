"""What a month is billed for whatever happens: ratchet cases worked out by hand (제68조).

The case of August 2026 repeats the months and kW of a real bill (general service, 118 kW billed);
the others are made up.
"""

from datetime import date, datetime, timedelta
from itertools import count

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEP, TimeGrid, utc_instant
from models.tariffs.billed_demand import demand_floor_kw
from models.tariffs.billing_month import BillingMonth
from tests.builders import SEOUL

WEDNESDAY = 2
BASE_KW = 10.0


def second_wednesday(month: str) -> datetime:
    first = date.fromisoformat(f"{month}-08")
    day = next(
        first + timedelta(days=n)
        for n in count()
        if (first + timedelta(days=n)).weekday() == WEDNESDAY
    )
    return datetime(day.year, day.month, day.day, 10, tzinfo=SEOUL)


def history_with(peaks: dict[datetime, float]) -> LoadHistory:
    """A small flat load from summer 2025 on, with single peaks."""
    grid = TimeGrid(datetime(2025, 6, 1, tzinfo=SEOUL), steps=96 * 470)
    demand_kw = np.full(grid.steps, BASE_KW)
    for moment, kw in peaks.items():
        demand_kw[(utc_instant(moment) - grid.starts[0]) // STEP] = kw
    return LoadHistory(firm_id="works", grid=grid, demand_kw=demand_kw, known_at=grid.starts + STEP)


def floor_kw(
    peaks: dict[datetime, float], month: str, *, contract_kw: float, reading_day: int = 1
) -> float:
    contract = Contract(power_kw=contract_kw, meter_reading_day=reading_day)
    year, number = map(int, month.split("-"))
    return demand_floor_kw(history_with(peaks), contract, SEOUL, BillingMonth(year, number))


@pytest.mark.parametrize(
    ("current", "contract_kw", "monthly_kw", "billed_kw"),
    [
        pytest.param(
            "2026-08",
            290,
            {
                "2025-08": 121,
                "2025-09": 115,
                "2025-12": 99,
                "2026-01": 106,
                "2026-02": 118,
                "2026-07": 100,
                "2026-08": 98,
            },
            118,
            id="last August is thirteen months ago",
        ),
        pytest.param(
            "2026-05",
            1000,
            {"2025-07": 240, "2025-08": 255, "2025-09": 230, "2026-03": 320, "2026-05": 200},
            300,
            id="March is not remembered and 30 % of the contract wins",
        ),
        pytest.param(
            "2026-04",
            1000,
            {"2025-07": 640, "2025-08": 655, "2026-02": 620, "2026-04": 702},
            702,
            id="April counts in April",
        ),
        pytest.param(
            "2026-05",
            1000,
            {"2025-08": 655, "2026-04": 702},
            655,
            id="April does not count in May",
        ),
        pytest.param(
            "2026-06", 1000, {"2025-07": 640, "2025-06": 900}, 640, id="July counts until June"
        ),
        pytest.param("2026-07", 1000, {"2025-07": 640}, 300, id="and not in the next July"),
    ],
)
def test_the_ratchet_remembers_the_months_of_the_terms(current, contract_kw, monthly_kw, billed_kw):
    peaks = {second_wednesday(month): kw for month, kw in monthly_kw.items()}
    assert floor_kw(peaks, current, contract_kw=contract_kw) == pytest.approx(billed_kw)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 7, 5, 16, tzinfo=SEOUL),  # Sunday
        datetime(2026, 7, 17, 16, tzinfo=SEOUL),  # public holiday
        datetime(2026, 7, 8, 23, tzinfo=SEOUL),  # night
    ],
)
def test_a_peak_on_a_sunday_a_holiday_or_at_night_does_not_count(moment):
    assert floor_kw({moment: 900.0}, "2026-07", contract_kw=1000) == 300
    afternoon = datetime(2026, 7, 8, 16, tzinfo=SEOUL)
    assert floor_kw({afternoon: 900.0}, "2026-07", contract_kw=1000) == 900


def test_a_peak_on_a_temporary_holiday_counts():
    # 27 January 2025 lies before the other cases: a history of that month alone.
    grid = TimeGrid(datetime(2025, 1, 27, tzinfo=SEOUL), steps=96)
    history = LoadHistory(
        firm_id="works", grid=grid, demand_kw=np.full(96, 450.0), known_at=grid.starts + STEP
    )
    contract = Contract(power_kw=1000)
    assert demand_floor_kw(history, contract, SEOUL, BillingMonth(2025, 2)) == 450


def test_the_billing_month_begins_on_the_reading_day():
    # 24 June lies in the June bill when the meter is read on the 1st, and June is not remembered;
    # read on the 15th it lies in the July bill, which is remembered in August.
    peaks = {datetime(2026, 6, 24, 16, tzinfo=SEOUL): 800.0}
    assert floor_kw(peaks, "2026-08", contract_kw=1000, reading_day=1) == 300
    assert floor_kw(peaks, "2026-08", contract_kw=1000, reading_day=15) == 800


def test_what_was_not_measured_does_not_count():
    peaks = {datetime(2026, 7, 8, 16, tzinfo=SEOUL): np.nan}
    assert floor_kw(peaks, "2026-07", contract_kw=1000) == 300


def test_without_a_demand_meter_the_contract_power_is_billed():
    contract = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=90)
    peaks = {datetime(2026, 7, 8, 16, tzinfo=SEOUL): 200.0}
    floor = demand_floor_kw(history_with(peaks), contract, SEOUL, BillingMonth(2026, 7))
    assert floor == 90
