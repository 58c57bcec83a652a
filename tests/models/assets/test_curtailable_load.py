"""A load is reduced only in its window, within its power, and within each day's energy."""

from datetime import datetime
from itertools import groupby

import numpy as np
import pytest

from feature_store.time_grid import TimeGrid
from models.assets.curtailable_load import CurtailableLoad, CurtailableLoadParameters
from tests.builders import SEOUL
from tests.models.assets.cheapest import cheapest

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


HOURS = TimeGrid(datetime(2026, 7, 1, 12, tzinfo=SEOUL), steps=20)
STEADY = {
    "max_reduction_kw": 60,
    "max_energy_kwh_per_day": 60,
    "cost_krw_per_kwh": 100,
    "earliest_start": "13:00",
    "latest_end": "16:00",
}


def load(**changes) -> CurtailableLoad:
    return CurtailableLoad(
        name="chiller", parameters=CurtailableLoadParameters(**STEADY | changes), zone=SEOUL
    )


def test_a_reduction_lasts_as_long_as_it_has_to_and_no_longer():
    timed = load(min_reduction_kw=20, min_duration="00:30", max_duration="01:00")
    price = np.full(20, 50.0)
    price[6], price[12:16] = 900, 400
    power_kw, _ = cheapest(timed, HOURS, price)
    assert timed.violations(power_kw, HOURS) == ()
    assert power_kw[6] == pytest.approx(-60)
    assert min(-power_kw[5], -power_kw[7]) < 1e-6  # one neighbour joins it at least depth
    assert max(-power_kw[5], -power_kw[7]) == pytest.approx(20)
    kept_kw = cheapest(timed, HOURS, np.full(20, 400.0))[0]
    lengths = [
        len(list(stretch)) for on, stretch in groupby(kept_kw < -1) if on
    ]  # 12 steps of window
    assert max(lengths) <= 4
    assert min(lengths) >= 2


@pytest.mark.parametrize(
    ("power_kw", "said"),
    [
        (-30.0 * (np.arange(20) == 6), "reduced too short at once"),
        (-20.0 * ((np.arange(20) >= 5) & (np.arange(20) < 10)), "reduced too long at once"),
        (-10.0 * ((np.arange(20) >= 5) & (np.arange(20) < 8)), "reduced by less than 20 kW"),
    ],
)
def test_length_and_depth_of_one_reduction_are_noticed(power_kw, said):
    timed = load(min_reduction_kw=20, min_duration="00:30", max_duration="01:00")
    assert any(said in found for found in timed.violations(power_kw, HOURS))


def test_nothing_is_reduced_before_the_notice_is_over():
    told_late = load(notice="01:30")
    power_kw, _ = cheapest(told_late, HOURS, np.linspace(500, 300, 20))
    assert np.flatnonzero(power_kw < -1).min() == 6
    assert "too far or outside" in told_late.violations(-10.0 * (np.arange(20) == 5), HOURS)[0]


def test_what_was_given_up_is_drawn_again_evenly_by_hand():
    # 40 kW for a quarter hour: half of its 10 kWh come back over an hour, 5 kW each quarter.
    rebound = load(recovery_share=0.5, recovery="01:00")
    power_kw = np.zeros(20)
    power_kw[4], power_kw[5:9] = -40, 5
    assert rebound.violations(power_kw, HOURS) == ()
    assert rebound.cost_krw(power_kw).value == pytest.approx(10 * 100)
    assert rebound.violations(np.where(np.arange(20) == 4, -40.0, 0.0), HOURS)  # nothing comes back
    best_kw, cost_krw = cheapest(rebound, HOURS, np.where(np.arange(20) == 6, 900.0, 200.0))
    # 15 kWh not drawn at 900 won, 7.5 drawn again at 200, 15 x 100 of lost work: 10,500 saved.
    # Elsewhere 200 x 0.5 = 100 won is what a kWh saves and costs, so it does not matter.
    assert best_kw[6] == pytest.approx(-60)
    assert cost_krw == pytest.approx(-15 * 900 + 7.5 * 200 + 1500, abs=1e-3)


def test_what_was_given_up_today_before_the_plan_counts():
    price = np.full(20, 400.0)
    declared, _ = cheapest(load(given_up_today_kwh=45), HOURS, price)
    measured, _ = cheapest(load(), HOURS, price, given_up_today_kwh=45)
    assert declared.sum() / 4 == pytest.approx(-15)
    assert measured.sum() / 4 == pytest.approx(-15)
    assert load(given_up_today_kwh=45).violations(reduced(60, 4, 2)[:20], HOURS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"min_duration": "00:30"}, "need min_reduction_kw above 0"),
        ({"min_reduction_kw": 70}, "min_reduction_kw 70 is above max_reduction_kw 60"),
        (
            {"min_reduction_kw": 20, "min_duration": "02:00", "max_duration": "01:00"},
            "max_duration 01:00 is below min_duration 02:00",
        ),
        ({"min_reduction_kw": 20, "min_duration": "04:00"}, "04:00 does not fit in 13:00 to 16:00"),
        ({"recovery_share": 0.5}, "recovery_share needs recovery"),
        ({"recovery_share": 1.5, "recovery": "01:00"}, "less than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused_with_the_parameter(changes, said):
    with pytest.raises(ValueError, match=said):
        load(**changes)
