"""The optimum equals that of two independently written references: scipy's MILP, brute force."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import LinearConstraint, milp

from models.optimizer.plan import plan
from models.optimizer.schedule import Solved
from models.optimizer.solve import GAP_KRW
from tests.models.optimizer.example_works import (
    CHILLER_LOAD,
    ESS,
    KILN_JOB,
    MIXER_JOB,
    a_day_shape,
    forecast_of,
    history_of,
    works,
)

STEPS = 96
PRICE = np.repeat([116.0, 163.8, 229.0, 163.8, 116.0], [32, 28, 24, 4, 8]) + 14.0
COUNTED = np.arange(32, 88)
BASIC, FLOOR, CONTRACT = 8320.0, 300.0, 1000.0
TIE_BREAKS_KRW = 5.0
LOADS = arrays(np.float64, STEPS, elements=st.floats(0, 600))


def optimum(load_kw, *equipment) -> float:
    outcome = plan(works(*equipment), history_of(), forecast_of(load_kw))
    assert isinstance(outcome, Solved)
    return outcome.schedule.planned_cost.total_krw


def milp_optimum(load_kw) -> float:
    """Battery, kiln and chiller, as one matrix: columns c, d, soc, g, start, peak, excess."""
    usual_kw = np.zeros(STEPS)
    usual_kw[60:68] = 90.0
    base_kw = np.maximum(load_kw - usual_kw, 0.0)
    starts = np.arange(32, 89)
    runs_kw = np.zeros((STEPS, len(starts)))
    for column, start in enumerate(starts):
        runs_kw[start : start + 8, column] = 90.0
    sizes = {"c": STEPS, "d": STEPS, "soc": STEPS + 1, "g": STEPS, "s": len(starts), "p": 1, "x": 1}
    offset = dict(zip(sizes, np.cumsum([0, *sizes.values()]), strict=False))
    columns = sum(sizes.values())

    def block(name):
        return slice(offset[name], offset[name] + sizes[name])

    power = np.zeros((STEPS, columns))
    power[:, block("c")], power[:, block("d")] = np.eye(STEPS), -np.eye(STEPS)
    power[:, block("g")], power[:, block("s")] = -np.eye(STEPS), runs_kw
    store = np.zeros((STEPS, columns))
    store[:, block("soc")] = np.eye(STEPS, STEPS + 1, 1) - np.eye(STEPS, STEPS + 1)
    store[:, block("c")] = -0.25 * 0.95 * np.eye(STEPS)
    store[:, block("d")] = 0.25 / 0.95 * np.eye(STEPS)
    once, daily = np.zeros((1, columns)), np.zeros((1, columns))
    once[0, block("s")], daily[0, block("g")] = 1, 0.25
    below_peak, below_excess = power[COUNTED].copy(), power.copy()
    below_peak[:, offset["p"]] = -1
    below_excess[:, offset["x"]] = -1

    cost = 0.25 * PRICE @ power
    cost[block("d")] += 0.25 * 20
    cost[block("g")] += 0.25 * 300
    cost[offset["p"]], cost[offset["x"]] = BASIC, 1.5 * BASIC
    low, high = np.zeros(columns), np.full(columns, np.inf)
    high[block("c")] = high[block("d")] = 100
    low[block("soc")], high[block("soc")] = 40, 360
    low[offset["soc"]] = high[offset["soc"]] = 200
    low[offset["soc"] + STEPS] = 200
    high[block("g")] = np.where(np.isin(np.arange(STEPS), COUNTED), 50, 0)
    high[block("s")] = 1
    low[offset["p"]] = FLOOR
    integrality = np.zeros(columns)
    integrality[block("s")] = 1
    found = milp(
        cost,
        integrality=integrality,
        bounds=(low, high),
        constraints=[
            LinearConstraint(store, 0, 0),
            LinearConstraint(once, 1, 1),
            LinearConstraint(daily, -np.inf, 100),
            LinearConstraint(power, -base_kw, np.inf),
            LinearConstraint(below_peak, -np.inf, -base_kw[COUNTED]),
            LinearConstraint(below_excess, -np.inf, CONTRACT - base_kw),
        ],
        options={"mip_rel_gap": 0.0},
    )
    assert found.success
    return found.fun + 0.25 * PRICE @ base_kw


@settings(max_examples=10, deadline=None)
@given(load_kw=LOADS)
def test_battery_job_and_curtailment_cost_what_scipys_milp_finds(load_kw):
    slack_krw = GAP_KRW + TIE_BREAKS_KRW
    expected = milp_optimum(load_kw)
    found = optimum(load_kw, ESS, KILN_JOB, CHILLER_LOAD)
    assert found == pytest.approx(expected, abs=slack_krw)


@settings(max_examples=10, deadline=None)
@given(load_kw=LOADS)
def test_two_jobs_cost_what_trying_every_pair_of_starts_finds(load_kw):
    kiln, mixer = np.full(8, 90.0), np.array([60.0, 60.0, 60.0, 30.0])

    def drawn(profile_kw, start):
        power_kw = np.zeros(STEPS)
        power_kw[start : start + len(profile_kw)] = profile_kw
        return power_kw

    base_kw = np.maximum(load_kw - drawn(kiln, 60) - drawn(mixer, 40), 0.0)
    paths_kw = base_kw + np.array(
        [
            drawn(kiln, first) + drawn(mixer, second)
            for first, second in product(range(32, 89), range(24, 77))
        ]
    )
    peaks_kw = np.maximum(paths_kw[:, COUNTED].max(axis=1), FLOOR)
    bills_krw = 0.25 * paths_kw @ PRICE + BASIC * peaks_kw
    assert optimum(load_kw, KILN_JOB, MIXER_JOB) == pytest.approx(
        bills_krw.min(), abs=GAP_KRW + TIE_BREAKS_KRW
    )


def test_on_a_flat_summer_day_the_kiln_leaves_the_peak_hours_for_the_night():
    load_kw = a_day_shape(night_kw=100, day_kw=200)  # below the floor: only energy matters
    load_kw[60:68] += 90
    outcome = plan(works(KILN_JOB), history_of(), forecast_of(load_kw))
    (move,) = outcome.schedule.moves
    assert (move.usual[0].start.hour, move.planned[0].start.hour) == (15, 22)
    # 90 kW for 2 h from 243.0 to 130.0 won/kWh.
    assert move.saved_krw == pytest.approx(180 * (229.0 - 116.0))
    assert move.reason == "cheaper_hours"
