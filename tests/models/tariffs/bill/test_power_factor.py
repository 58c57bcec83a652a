"""The power factor: hours, clipped half hours, the standards before and after February 2025."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.monthly_bill import bill
from models.tariffs.bill.statement import Bill
from models.tariffs.switches import Switches
from tests.builders import SEOUL
from tests.models.tariffs.bill.metered import flat, month_of

CONTRACT = Contract(power_kw=400, option="II")
BASIC_KRW = 998_400  # 30 % of 400 kW at 8,320
ROOT = np.sqrt(100**2 - 80**2) / 80  # kvarh per kWh of a power factor of 80 %


def with_reactive(
    month: str,
    *,
    lagging: float = 0,
    leading: float = 0,
    hours: tuple[int, int] = (0, 24),
    reading_day: int = 1,
) -> MeteredEnergy:
    """A flat load with kvarh per kWh in some clock hours and none in the others."""
    readings = flat(month, 100, reading_day=reading_day)
    hour = readings.grid.clock(SEOUL).hour
    within = (hour >= hours[0]) & (hour < hours[1])
    return replace(
        readings,
        lagging_kvarh=np.where(within, lagging * readings.kwh, 0),
        leading_kvarh=np.where(within, leading * readings.kwh, 0),
    )


def billed(readings: MeteredEnergy, month: str, switches: Switches | None = None) -> Bill:
    return bill(CONTRACT, readings, month_of(month), switches=switches or Switches())


def points(made: Bill) -> list[int]:
    return [int(line.quantity) for line in made.lines if line.kind is LineKind.POWER_FACTOR]


@pytest.mark.parametrize(
    ("month", "bonus"),
    [("2025-01", 95 - 90), ("2025-02", 97 - 92), ("2026-05", 97 - 92)],
)
def test_a_perfect_power_factor_earns_up_to_the_cap(month, bonus):
    made = billed(with_reactive(month), month)
    assert points(made) == [-bonus]
    assert made.krw(LineKind.POWER_FACTOR) == -int(BASIC_KRW * 0.002 * bonus)


@pytest.mark.parametrize(("month", "below"), [("2025-01", 90 - 80), ("2025-02", 92 - 80)])
def test_a_low_lagging_power_factor_costs_by_the_percent(month, below):
    made = billed(with_reactive(month, lagging=ROOT), month)
    assert points(made) == [below]


def test_below_sixty_percent_nothing_more_is_charged():
    assert points(billed(with_reactive("2026-05", lagging=5), "2026-05")) == [92 - 60]


def test_lagging_is_judged_from_8_to_22_since_february_2025_and_from_9_to_23_before():
    # 8-9 h at 80 %: 1 of 14 hours. The mean of 97 (clipped) and 80 is 95.79, rounded 96.
    for month, expected in (("2025-01", 90 - 95), ("2025-02", 92 - 96)):
        readings = with_reactive(month, lagging=ROOT, hours=(8, 9))
        assert points(billed(readings, month)) == [expected]
    # 22-23 h: the other way round; 95 (clipped) and 80 make 93.93, rounded 94.
    for month, expected in (("2025-01", 90 - 94), ("2025-02", 92 - 97)):
        readings = with_reactive(month, lagging=ROOT, hours=(22, 23))
        assert points(billed(readings, month)) == [expected]


def test_leading_is_judged_at_night_alone_and_earns_nothing():
    night = with_reactive("2026-05", leading=ROOT, hours=(0, 8))
    # 8 of 10 night hours at 80 %, 2 at 100: 84 %, 11 below 95; the day is at its cap.
    assert points(billed(night, "2026-05")) == [11 - 5]
    day = with_reactive("2026-05", leading=ROOT, hours=(8, 22))
    assert points(billed(day, "2026-05")) == [-5]


def test_a_month_across_the_change_is_billed_by_each_rule_for_its_days():
    contract = CONTRACT.model_copy(update={"meter_reading_day": 15})
    readings = with_reactive("2025-02", lagging=ROOT, reading_day=15)
    made = bill(contract, readings, month_of("2025-02"))
    assert points(made) == [10, 12]
    amounts = [line.amount_krw for line in made.lines if line.kind is LineKind.POWER_FACTOR]
    # 15-31 January are 17 of 31 days, 1-14 February 14.
    assert amounts == [int(BASIC_KRW * 17 / 31 * 0.02), int(BASIC_KRW * 14 / 31 * 0.024)]


def test_without_a_reactive_meter_the_standard_is_taken():
    made = billed(flat("2026-05", 100), "2026-05")
    assert made.krw(LineKind.POWER_FACTOR) == 0
    line = next(line for line in made.lines if line.kind is LineKind.POWER_FACTOR)
    assert "기준역률" in line.name.ko


def test_half_hours_without_a_reading_or_without_use_are_left_out():
    readings = with_reactive("2026-05", lagging=ROOT)
    for column in ("kwh", "lagging_kvarh"):
        gap = getattr(readings, column).copy()
        gap[40:43] = np.nan
        assert points(billed(replace(readings, **{column: gap}), "2026-05")) == [12]
    idle = readings.kwh.copy()
    idle[:960] = 0
    still = replace(readings, kwh=idle, lagging_kvarh=ROOT * idle)
    assert points(billed(still, "2026-05")) == [12]


def test_half_hours_are_averaged_not_the_month():
    """Light half hours at 60 % and heavy ones at 100 weigh alike: 78.5, not nearly 97."""
    readings = with_reactive("2026-05")
    light = np.arange(readings.grid.steps) % 4 < 2
    kwh = np.where(light, 1.0, 100.0)
    lagging = np.where(light, 5.0, 0.0)
    made = billed(replace(readings, kwh=kwh, lagging_kvarh=lagging), "2026-05")
    assert points(made) == [92 - 79]


def test_a_first_month_with_a_surcharge_can_be_read_as_a_notice():
    readings = with_reactive("2026-05", lagging=ROOT)
    made = billed(readings, "2026-05", Switches(power_factor_notice="first_month"))
    assert made.krw(LineKind.POWER_FACTOR) == 0
    better = with_reactive("2026-05")
    assert billed(better, "2026-05", Switches(power_factor_notice="first_month")).krw(
        LineKind.POWER_FACTOR
    )
