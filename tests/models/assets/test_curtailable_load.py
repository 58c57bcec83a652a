"""A load is reduced only in its window, within its power, and within each day's energy."""

from datetime import datetime
from itertools import groupby, product

import cvxpy as cp
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
        ({"reduced_before_kw": [20, -1]}, "greater than or equal to 0"),
        ({"reduced_before_kw": [61]}, "reduced_before_kw holds 61, above max_reduction_kw 60"),
        ({"reduced_before_kw": [1] * 97}, "reduced_before_kw has 97 values; tell the last 96"),
        (
            {"notice": "00:30", "announced_kw": [1, 1, 1]},
            "announced_kw has 3 values, longer than notice 00:30",
        ),
        (
            {"notice": "00:30", "announced_kw": [0, 61]},
            "announced_kw holds 61, above max_reduction_kw 60",
        ),
        (
            {"notice": "00:30", "announced_kw": [10], "min_reduction_kw": 20},
            "announced_kw holds 10, below min_reduction_kw 20",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_parameter(changes, said):
    with pytest.raises(ValueError, match=said):
        load(**changes)


def test_what_was_announced_may_still_be_reduced_and_no_more():
    told = load(notice="01:30", announced_kw=[0, 0, 0, 0, 40])
    power_kw, _ = cheapest(told, HOURS, np.where(np.arange(20) < 6, 900.0, 50.0))
    assert power_kw == pytest.approx(np.where(np.arange(20) == 4, -40.0, 0.0))
    assert told.violations(power_kw, HOURS) == ()
    assert told.violations(0 * power_kw, HOURS) == ()  # it may be withdrawn
    (found,) = told.violations(1.1 * power_kw, HOURS)
    assert found.endswith("outside of its window or of what was announced")


def test_earlier_reductions_are_drawn_again_by_hand():
    # Half of 40 kW over an hour is 5 kW in each of four quarters: of the reduction just before the
    # grid in its first four, of the one before that in its first three.
    rebound = load(recovery_share=0.5, recovery="01:00", reduced_before_kw=[40, 40])
    again_kw = np.array([10.0, 10, 10, 5, *[0.0] * 16])
    assert rebound.usual_kw(HOURS) == pytest.approx(again_kw)
    assert rebound.violations(again_kw, HOURS) == ()
    assert rebound.billed_krw(again_kw) == pytest.approx(0)
    assert rebound.violations(np.zeros(20), HOURS)  # what must be drawn again is not
    best_kw, cost_krw = cheapest(rebound, HOURS, np.where(np.arange(20) == 6, 900.0, 150.0))
    # Beside it 15 kWh are not drawn at 900 won and 7.5 drawn again at 150, for 1,500 of lost work.
    own_kw = np.array([*[0.0] * 6, -60.0, *[7.5] * 4, *[0.0] * 9])
    assert best_kw == pytest.approx(again_kw + own_kw)
    assert cost_krw == pytest.approx(35 / 4 * 150 - 15 * 900 + 7.5 * 150 + 1500, abs=1e-3)


@pytest.mark.parametrize("before", [0, 1, 2, 3, 4])
def test_lengths_go_on_from_before_the_grid_as_a_reader_of_the_rule_would_count_them(before):
    afternoon = TimeGrid(datetime(2026, 7, 1, 13, tzinfo=SEOUL), steps=5)
    timed = load(
        min_reduction_kw=20,
        min_duration="00:30",
        max_duration="00:45",
        max_energy_kwh_per_day=600,
        reduced_before_kw=[0, *[30] * before],
    )
    plan, asked_kw = timed.plan(afternoon), cp.Parameter(5)
    problem = cp.Problem(cp.Minimize(0), [*plan.constraints, plan.power_kw == asked_kw])
    for pattern in product((0, 1), repeat=5):
        whole = "".join(map(str, (*[1] * before, *pattern)))
        runs = [len(run) for run in whole.split("0")]  # the last one may go on
        fits = all(not run or run >= 2 for run in runs[:-1]) and max(runs[1:], default=0) <= 3
        allowed = fits and runs[0] <= max(3, before)
        asked_kw.value = -20.0 * np.array(pattern)
        problem.solve(solver=cp.HIGHS, warm_start=False)
        assert (problem.status == cp.OPTIMAL) == allowed, whole
        assert (timed.violations(asked_kw.value, afternoon) == ()) == allowed, whole


@pytest.mark.parametrize(
    ("start", "energy_kwh", "steps"), [(13, 60, 3), (13, 24, 1), (15.5, 60, 2), (16, 60, 0)]
)
def test_a_reduction_under_way_lasts_its_least_time_as_far_as_it_can(start, energy_kwh, steps):
    grid = TimeGrid(datetime(2026, 7, 1, int(start), int(start % 1 * 60), tzinfo=SEOUL), steps=8)
    held = load(
        min_reduction_kw=20,
        min_duration="01:00",
        notice="01:00",
        max_energy_kwh_per_day=energy_kwh,
        reduced_before_kw=[60],
    )
    least_kw = -20.0 * (np.arange(8) < steps)
    assert held.usual_kw(grid) == pytest.approx(least_kw)
    assert cheapest(held, grid, np.full(8, 1.0))[0] == pytest.approx(least_kw)
    assert held.violations(least_kw, grid) == ()
    if steps:
        assert held.violations(np.zeros(8), grid) == ("chiller is reduced too short at once",)


def test_what_was_reduced_since_midnight_counts_for_the_day():
    night = TimeGrid(datetime(2026, 7, 2, 0, 15, tzinfo=SEOUL), steps=20)
    all_day = load(earliest_start="00:00", reduced_before_kw=[60, 60, 60])  # one of them today
    power_kw, _ = cheapest(all_day, night, np.full(20, 900.0))
    assert -power_kw.sum() / 4 == pytest.approx(60 - 15)
    power_kw[np.argmax(power_kw)] -= 1
    assert all_day.violations(power_kw, night) == ("chiller gives up too much energy on a day",)
    more = load(earliest_start="00:00", reduced_before_kw=[60], given_up_today_kwh=50)
    assert -cheapest(more, night, np.full(20, 900.0))[0].sum() / 4 == pytest.approx(10)


def test_a_rounded_draw_is_read_as_the_depths_that_it_came_from():
    rebound = load(recovery_share=1.0, recovery="00:45").rebound
    reduction_kw = np.tile([0, 49.1234, 49.1234, 20, 0, 0, 33.3], 27)
    written_kw = np.round(rebound.net(reduction_kw.size) @ reduction_kw, 3)
    depths_kw = (0, 20, 49.1234)
    read_kw = rebound.reduction_kw(written_kw, depths_kw=depths_kw, error_kw=1e-3)
    is_depth = np.isin(reduction_kw, depths_kw)
    assert (read_kw[is_depth] == reduction_kw[is_depth]).all()
    assert read_kw == pytest.approx(reduction_kw, abs=1e-2)
    # Without the depths the errors of each step go on into the next.
    assert (rebound.reduction_kw(written_kw)[is_depth] != reduction_kw[is_depth]).any()
