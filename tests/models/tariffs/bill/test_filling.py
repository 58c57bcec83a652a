"""What a bill takes for a missing reading: like days first, then any day, then the whole month."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.time_grid import STEPS_PER_DAY
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.missing import MissingReadings
from models.tariffs.bill.monthly_bill import bill
from models.tariffs.switches import Switches
from tests.builders import SEOUL
from tests.models.tariffs.bill.metered import flat, month_of

CONTRACT = Contract(power_kw=400, option="II")
WORKING, SATURDAY, OFF = 20.0, 12.0, 4.0
ALL = Switches(most_missing_share=0.99)


def june(*gaps: tuple[int, int, int]) -> MeteredEnergy:
    """June 2026, each kind of day at its own kWh a step; gaps as day, first step and steps.

    Off-peak days are the Sundays 7, 14, 21 and 28, Wednesday the 3rd (local elections) and
    Saturday the 6th (Memorial Day).
    """
    readings = flat("2026-06", 0)
    clock = readings.grid.clock(SEOUL)
    day = (clock.date - np.datetime64("2026-06-01")).astype(int) + 1
    kwh = np.where(clock.weekday == 5, SATURDAY, WORKING)
    kwh[np.isin(day, [3, 6, 7, 14, 21, 28])] = OFF
    for missing_day, first, steps in gaps:
        begin = (missing_day - 1) * STEPS_PER_DAY + first
        kwh[begin : begin + steps] = np.nan
    return replace(readings, kwh=kwh)


def filled(readings: MeteredEnergy, switches: Switches = ALL) -> MissingReadings:
    return bill(CONTRACT, readings, month_of("2026-06"), switches=switches).missing


@pytest.mark.parametrize(("day", "kwh"), [(10, WORKING), (13, SATURDAY), (14, OFF), (6, OFF)])
def test_a_gap_takes_the_mean_of_its_step_on_like_days(day, kwh):
    missing = filled(june((day, 40, 3)))
    assert missing.filled_kwh == pytest.approx(3 * kwh)
    assert [gap.filled_kwh for gap in missing.gaps] == pytest.approx([3 * kwh])


def test_one_like_day_with_a_reading_is_enough():
    # Saturdays are the 13th, 20th and 27th: only the last one tells 10:00.
    missing = filled(june((13, 40, 1), (20, 40, 1)))
    assert missing.filled_kwh == pytest.approx(2 * SATURDAY)


def test_a_step_that_no_like_day_tells_takes_the_mean_of_all_days():
    missing = filled(june((13, 40, 1), (20, 40, 1), (27, 40, 1)))
    # 21 working days at 20 kWh and 6 off-peak days at 4 are left.
    assert missing.filled_kwh == pytest.approx(3 * (21 * WORKING + 6 * OFF) / 27)


def test_a_step_that_no_day_tells_takes_the_mean_of_the_month():
    missing = filled(june(*[(day, 95, 1) for day in range(1, 31)]))
    # 21 working days, 3 Saturdays and 6 off-peak days, all of their other steps known.
    assert missing.filled_kwh == pytest.approx(21 * WORKING + 3 * SATURDAY + 6 * OFF)
    assert missing.count == 30
    assert len(missing.gaps) == 30


def test_gaps_are_told_in_order_with_their_times_in_the_firms_zone():
    missing = filled(june((1, 0, 2), (30, 94, 2)))
    assert [(gap.start, gap.end) for gap in missing.gaps] == [
        (datetime(2026, 6, 1, 0, tzinfo=SEOUL), datetime(2026, 6, 1, 0, 30, tzinfo=SEOUL)),
        (datetime(2026, 6, 30, 23, 30, tzinfo=SEOUL), datetime(2026, 7, 1, tzinfo=SEOUL)),
    ]
    assert {moment.tzinfo for gap in missing.gaps for moment in (gap.start, gap.end)} == {SEOUL}
    assert (missing.count, missing.of) == (4, 30 * STEPS_PER_DAY)


def test_a_share_that_is_just_allowed_is_filled():
    exactly = Switches(most_missing_share=288 / 2880)
    assert filled(june((1, 0, 288)), exactly).count == 288


def test_nothing_missing_is_told_as_such():
    missing = filled(june())
    assert (missing.count, missing.of, missing.filled_kwh, missing.gaps) == (0, 2880, 0, ())
    assert missing.rule == "no reading is missing"
