"""A load is reduced only in its window, within its power, and within each day's energy."""

from datetime import datetime

import numpy as np
import pytest

from feature_store.time_grid import TimeGrid
from models.assets.curtailable_load import CurtailableLoad, CurtailableLoadParameters
from tests.builders import SEOUL

GRID = TimeGrid(datetime(2026, 7, 1, 12, tzinfo=SEOUL), steps=96)
CHILLER = CurtailableLoad(
    name="chiller",
    parameters=CurtailableLoadParameters(
        max_reduction_kw=60,
        max_energy_kwh_per_day=30,
        cost_krw_per_kwh=300,
        earliest_start="13:00",
        latest_end="16:00",
    ),
    zone=SEOUL,
)


def reduced(kw: float, first: int, steps: int) -> np.ndarray:
    power_kw = np.zeros(GRID.steps)
    power_kw[first : first + steps] = -kw
    return power_kw


@pytest.mark.parametrize(
    ("power_kw", "said"),
    [
        (reduced(61, 4, 1), "too far or outside"),
        (reduced(10, 3, 1), "too far or outside"),  # 12:45
        (reduced(10, 16, 1), "too far or outside"),  # 16:00
        (reduced(40, 4, 4), "too much energy on a day"),
        (reduced(-5, 4, 1), "draws more than usual"),
    ],
)
def test_each_limit_is_noticed_alone(power_kw, said):
    (found,) = CHILLER.violations(power_kw, GRID)
    assert said in found


def test_the_daily_energy_is_counted_by_local_day():
    # 30 kWh on 1 July (13:00) and 15 kWh in the little that the grid holds of the window on 2 July.
    late = TimeGrid(GRID.start, steps=120)
    both_days = np.zeros(late.steps)
    both_days[4:6] = -60
    both_days[100:101] = -60
    assert CHILLER.violations(both_days, late) == ()
    assert CHILLER.cost_krw(both_days).value == pytest.approx(45 * 300)


def test_a_window_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="latest_end 08:00 is not after earliest_start 13:00"):
        CurtailableLoadParameters(
            max_reduction_kw=60,
            max_energy_kwh_per_day=30,
            cost_krw_per_kwh=300,
            earliest_start="13:00",
            latest_end="08:00",
        )
