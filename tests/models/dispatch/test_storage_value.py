"""The dynamic program against every decision tried by hand, and against a linear problem."""

from itertools import product

import numpy as np
import pytest

from feature_store.time_grid import HOURS_PER_STEP
from models.dispatch.load_chain import LoadChain
from models.dispatch.policy import PeakCost
from models.dispatch.storage_plan import StoragePlan
from models.dispatch.storage_value import (
    DayPrices,
    StateGrid,
    cheapest_move_kw,
    day_value,
)
from models.dispatch.store import Store

STORE = Store(
    least_kwh=0.0,
    most_kwh=40.0,
    charge_kw=40.0,
    discharge_kw=40.0,
    charge_efficiency=1.0,
    discharge_efficiency=1.0,
    wear_krw_per_kwh=3.0,
    start_kwh=20.0,
)
GRID = StateGrid(soc_kwh=np.linspace(0, 40, 33), peak_kw=np.linspace(0, 160, 65))
"""Steps of 1.25 kWh, an interval at 5 kW, and of 2.5 kW: loads and the powers tried lie on it."""
KRW_PER_KW = 70.0
PEAK_KRW = np.tile(KRW_PER_KW * GRID.peak_kw, (33, 1))


def a_chain() -> LoadChain:
    """Loads that have no memory of their last hours."""
    return LoadChain(
        levels_kw=np.array(LEVELS_KW),
        means=np.zeros(1),
        moves=np.concatenate([MOVES, MOVES[-1:]]),  # the last is not used
    )


def a_certain_chain(load_kw) -> LoadChain:
    load_kw = np.asarray(load_kw, dtype=float)
    return LoadChain(
        levels_kw=load_kw[:, None], means=np.zeros(1), moves=np.ones((len(load_kw), 1, 1))
    )


LEVELS_KW = [[40.0, 80.0], [60.0, 120.0], [50.0, 90.0]]
MOVES = np.array([[[0.7, 0.3], [0.2, 0.8]], [[0.9, 0.1], [0.4, 0.6]]])
POWERS_KW = np.arange(-40.0, 41.0, 10.0)


def by_trying_all(prices, step, state, soc_kwh, peak_kw) -> float:
    """The cheapest expected cost from a step on, by trying every power after every load."""
    if step == len(LEVELS_KW):
        return KRW_PER_KW * peak_kw
    load_kw = LEVELS_KW[step][state]
    least_kw, most_kw = STORE.reach_kw(soc_kwh, load_kw)
    chances = MOVES[step][state] if step < len(MOVES) else [1.0]
    costs = []
    for power_kw in POWERS_KW[(least_kw <= POWERS_KW) & (most_kw >= POWERS_KW)]:
        after_kwh = STORE.after_kwh(soc_kwh, power_kw)
        drawn_kw = load_kw + power_kw
        higher_kw = max(peak_kw, drawn_kw) if prices.counted[step] else peak_kw
        wear_krw = STORE.wear_krw_per_kwh * max(-power_kw, 0)
        later_krw = sum(
            chance * by_trying_all(prices, step + 1, following, after_kwh, higher_kw)
            for following, chance in enumerate(chances)
        )
        costs.append(HOURS_PER_STEP * (prices.krw_per_kwh[step] * drawn_kw + wear_krw) + later_krw)
    return min(costs)


@pytest.mark.parametrize("counted", list(product([True, False], repeat=3)))
def test_values_are_those_of_every_decision_tried(counted):
    """As low as any of 9 powers after any of the loads; lower by no more than finer powers give."""
    prices = DayPrices(
        krw_per_kwh=np.array([60.0, 200.0, 100.0]), counted=np.array(counted, dtype=bool)
    )
    start_krw = day_value(PEAK_KRW, a_chain(), prices, STORE, GRID).start_krw
    for state, soc, peak in product(range(2), (0, 16, 32), (0, 32, 64)):
        tried_krw = by_trying_all(prices, 0, state, GRID.soc_kwh[soc], GRID.peak_kw[peak])
        assert start_krw[state, soc, peak] == pytest.approx(tried_krw, rel=0.01)


def test_with_a_certain_load_the_value_is_that_of_a_linear_problem():
    random = np.random.default_rng(4)
    load_kw = 60 + 50 * random.random(24)
    prices = DayPrices(krw_per_kwh=80 + 120 * random.random(24), counted=np.ones(24, dtype=bool))
    fine = StateGrid(soc_kwh=np.linspace(0, 40, 81), peak_kw=np.linspace(0, 160, 161))
    missing_kwh = np.maximum(STORE.start_kwh - fine.soc_kwh, 0.0)
    missing_krw = 1e6 / STORE.most_kwh * missing_kwh  # as full as at the start
    end_krw = KRW_PER_KW * fine.peak_kw[None, :] + missing_krw[:, None]
    value = day_value(end_krw, a_certain_chain(load_kw), prices, STORE, fine)
    plan = StoragePlan.of(
        STORE,
        24,
        PeakCost(krw_per_kw=np.array([KRW_PER_KW]), above_kw=np.zeros(1)),
        missing_krw_per_kwh=1e6 / STORE.most_kwh,
    )
    power_kw, peak_kw = plan.solve(load_kw, prices, soc_kwh=STORE.start_kwh, held_kw=0.0)
    discharged_kw = np.maximum(-power_kw, 0.0)
    lowest_krw = KRW_PER_KW * peak_kw + HOURS_PER_STEP * float(
        prices.krw_per_kwh @ (load_kw + power_kw) + STORE.wear_krw_per_kwh * discharged_kw.sum()
    )
    of_grid_krw = value.start_krw[0, 40, 0]
    assert of_grid_krw == pytest.approx(lowest_krw, rel=0.005)
    idle_krw = KRW_PER_KW * load_kw.max() + HOURS_PER_STEP * prices.krw_per_kwh @ load_kw
    assert idle_krw - of_grid_krw > 0.9 * (idle_krw - lowest_krw)


def test_following_the_values_costs_no_more_than_they_promise():
    prices = DayPrices(krw_per_kwh=np.array([60.0, 200.0, 100.0]), counted=np.ones(3, dtype=bool))
    value = day_value(PEAK_KRW, a_chain(), prices, STORE, GRID)
    expected_krw = 0.0
    for states in product(range(2), repeat=2):
        chance = MOVES[0][0][states[0]] * MOVES[1][states[0]][states[1]]
        soc_kwh, peak_kw, cost_krw = 20.0, 0.0, 0.0
        for step, state in enumerate((0, *states)):
            load_kw = LEVELS_KW[step][state]
            power_kw, _ = cheapest_move_kw(
                value.after_krw[step],
                np.eye(2)[state],
                load_kw=load_kw,
                soc_kwh=soc_kwh,
                peak_kw=peak_kw,
                krw_per_kwh=float(prices.krw_per_kwh[step]),
                counted=True,
                store=STORE,
                grid=GRID,
            )
            cost_krw += HOURS_PER_STEP * prices.krw_per_kwh[step] * (load_kw + power_kw)
            cost_krw += HOURS_PER_STEP * STORE.wear_krw_per_kwh * max(-power_kw, 0.0)
            soc_kwh = STORE.after_kwh(soc_kwh, power_kw)
            peak_kw = max(peak_kw, load_kw + power_kw)
        expected_krw += chance * (cost_krw + KRW_PER_KW * peak_kw)
    promised_krw = value.start_krw[0, 16, 0]
    assert expected_krw <= promised_krw + 1e-6  # finer powers are tried than when values are made
    assert expected_krw == pytest.approx(promised_krw, rel=0.03)


def test_an_interval_that_does_not_count_may_draw_all_there_is_room_for():
    prices = DayPrices(krw_per_kwh=np.array([50.0, 150.0]), counted=np.array([False, True]))
    value = day_value(PEAK_KRW, a_certain_chain([100.0, 100.0]), prices, STORE, GRID)
    power_kw, _ = cheapest_move_kw(
        value.after_krw[0],
        np.ones(1),
        load_kw=100.0,
        soc_kwh=0.0,
        peak_kw=0.0,
        krw_per_kwh=50.0,
        counted=False,
        store=STORE,
        grid=GRID,
    )
    assert power_kw == pytest.approx(40.0)
