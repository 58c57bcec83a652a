"""A plan that ends in a value sells what is worth less than its price and holds what it values."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.features.load_table import load_table
from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.days_left import DaysLeft
from models.dispatch.known_load import KnownLoad
from models.dispatch.live import live
from models.dispatch.policy import Month, Morning, Now, PeakCost
from models.dispatch.rolling_value import RollingValue
from models.dispatch.step_values import day_views, state_weights, step_values
from models.dispatch.storage_plan import NoStoragePlanError, StoragePlan
from models.dispatch.storage_value import DayPrices, StateGrid
from models.dispatch.store import Store
from models.dispatch.value_plan import ValuePlan
from tests.made_replay import a_site, forecasts_by_last_week

KRW_PER_KW = 8000.0
STEPS = 24
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
GRID = StateGrid(soc_kwh=np.linspace(0, 40, 5), peak_kw=np.linspace(0, 200, 21))
ALL = np.ones(STEPS, dtype=bool)
PRICES = DayPrices(krw_per_kwh=np.full(STEPS, 100.0), counted=ALL)
SPIKE_KW = np.where(np.arange(STEPS) == 12, 160.0, 100.0)
"""100 kW, and once 160: 60 kW of a quarter hour, 15 kWh, more than the battery can give."""


def solved(end_krw, *, load_kw=SPIKE_KW, prices=PRICES, usable=ALL, soc_kwh=20.0):
    plan = ValuePlan.of(STORE, STEPS, GRID, krw_per_kw=KRW_PER_KW)
    return plan.solve(load_kw, prices, end_krw, usable=usable, soc_kwh=soc_kwh, held_kw=0.0)


def worth(krw_per_kw: float, krw_per_kwh: float) -> np.ndarray:
    """A value of charge and peak that is a plane."""
    return krw_per_kw * GRID.peak_kw[None, :] - krw_per_kwh * GRID.soc_kwh[:, None] + 7e6


def test_a_peak_that_is_worth_its_bill_is_shaved_as_far_as_the_battery_reaches():
    power_kw, peak_kw = solved(worth(KRW_PER_KW, 100.0))
    assert peak_kw == pytest.approx(120.0)
    assert power_kw[12] == pytest.approx(-40.0)


def test_a_peak_that_some_day_will_pass_anyway_is_left_alone():
    power_kw, peak_kw = solved(worth(0.0, 100.0))
    np.testing.assert_allclose(power_kw, 0.0, atol=1e-6)
    assert peak_kw == pytest.approx(160.0)


def test_charge_worth_more_than_its_price_is_bought_and_worth_less_is_sold():
    flat_kw = np.full(STEPS, 100.0)
    bought, _ = solved(worth(0.0, 120.0), load_kw=flat_kw)
    assert 0.25 * bought.sum() == pytest.approx(20.0)
    sold, _ = solved(worth(0.0, 80.0), load_kw=flat_kw)
    assert 0.25 * sold.sum() == pytest.approx(-20.0)
    kept, _ = solved(worth(0.0, 102.0), load_kw=flat_kw, soc_kwh=40.0)
    assert 0.25 * kept.sum() == pytest.approx(0.0)


def test_the_battery_rests_after_the_end_of_the_month():
    usable = np.arange(STEPS) < 10
    power_kw, peak_kw = solved(worth(KRW_PER_KW, 500.0), usable=usable)
    np.testing.assert_allclose(power_kw[10:], 0.0, atol=1e-9)
    assert peak_kw == pytest.approx(160.0)


def test_beyond_the_grid_a_kw_costs_its_full_price():
    high_kw = SPIKE_KW + 300.0
    _, peak_kw = solved(worth(KRW_PER_KW, 100.0), load_kw=high_kw)
    assert peak_kw == pytest.approx(420.0)


def test_with_the_bill_as_its_value_it_is_the_plan_that_pays_the_bill():
    random = np.random.default_rng(2)
    load_kw = 60 + 90 * random.random(STEPS)
    prices = DayPrices(krw_per_kwh=80 + 120 * random.random(STEPS), counted=ALL)
    missing_krw = 1e6 * np.maximum(STORE.start_kwh - GRID.soc_kwh, 0.0)
    end_krw = KRW_PER_KW * GRID.peak_kw[None, :] + missing_krw[:, None]
    by_value, value_peak_kw = solved(end_krw, load_kw=load_kw, prices=prices)
    bill = PeakCost(krw_per_kw=np.array([KRW_PER_KW]), above_kw=np.zeros(1))
    by_bill, bill_peak_kw = StoragePlan.of(STORE, STEPS, bill, missing_krw_per_kwh=1e6).solve(
        load_kw, prices, soc_kwh=20.0, held_kw=0.0
    )
    assert value_peak_kw == pytest.approx(bill_peak_kw)
    wear = STORE.wear_krw_per_kwh
    costs = [
        prices.krw_per_kwh @ kw + wear * np.maximum(-kw, 0).sum() for kw in (by_value, by_bill)
    ]
    assert costs[0] == pytest.approx(costs[1])


SITE = a_site()
TABLE = load_table(SITE.firm, SITE.history, 0)
KNOWN = KnownLoad(table=TABLE, forecasts=forecasts_by_last_week(SITE.history.demand_kw))
MONTH = Month(
    name="three days",
    first=63 * STEPS_PER_DAY,
    prices=DayPrices(
        krw_per_kwh=np.full(3 * STEPS_PER_DAY, 100.0),
        counted=np.ones(3 * STEPS_PER_DAY, dtype=bool),
    ),
    store=SITE.store,
    peak_cost=PeakCost(krw_per_kw=np.array([KRW_PER_KW]), above_kw=np.zeros(1)),
)


@pytest.fixture(scope="module")
def left():
    days = DaysLeft(month=MONTH, known=KNOWN)
    days.value(0)
    return days


def test_states_are_weighed_by_chances_that_sum_to_one(left):
    chain = left.chain(1, seen_from=0)
    weight = state_weights(chain)
    assert (weight >= 0).all()
    np.testing.assert_allclose(weight.sum(axis=1), 1.0)


def test_values_within_a_day_end_where_the_next_day_begins(left):
    values = step_values(left, 1, seen_from=0)
    assert values.shape == (STEPS_PER_DAY, len(left.grid.soc_kwh), len(left.grid.peak_kw))
    np.testing.assert_allclose(values[-1], left.end_krw(1))
    rise_krw = np.diff(values, axis=2)
    a_kw_krw = KRW_PER_KW * np.diff(left.grid.peak_kw)[0]
    assert rise_krw.min() >= -0.03 * a_kw_krw  # what straight lines between grid points allow
    assert rise_krw.max() <= 1.03 * a_kw_krw


def test_a_running_day_is_seen_in_each_level_of_the_month(left):
    views = day_views(left, 1)
    assert sum(view.probability for view in views) == pytest.approx(1.0)
    assert [view.first for view in views] == [STEPS_PER_DAY] * len(views)


def test_the_look_up_does_no_more_than_the_plan_leaves_open():
    dispatcher = RollingValue(name="made").start(MONTH, KNOWN)
    load_kw = KNOWN.table.demand_kw[MONTH.first : MONTH.first + MONTH.steps]
    soc_kwh, peak_kw, less = MONTH.store.start_kwh, 0.0, 0
    dispatcher.place(Morning(step=0, steps=STEPS_PER_DAY, soc_kwh=soc_kwh, peak_kw=0.0))
    for step in range(STEPS_PER_DAY):
        now = Now(step=step, load_kw=float(load_kw[step]), soc_kwh=soc_kwh, peak_kw=peak_kw)
        power_kw = dispatcher.move(now).power_kw
        planned_kw = float(dispatcher.planned_kw[step - dispatcher.planned_at])
        held_kw = max(dispatcher.planned_peak_kw, peak_kw)
        assert power_kw <= max(planned_kw, 0.0) + 1e-9
        assert power_kw >= min(planned_kw, held_kw - load_kw[step]) - 1e-9
        less += abs(power_kw - planned_kw) > 1.0
        least_kw, most_kw = MONTH.store.reach_kw(soc_kwh, now.load_kw)
        power_kw = min(max(power_kw, least_kw), most_kw)
        soc_kwh = MONTH.store.after_kwh(soc_kwh, power_kw)
        peak_kw = max(peak_kw, load_kw[step] + power_kw)
    assert less > 0


def test_a_plan_without_forecasts_says_so():
    blind = replace(KNOWN, forecasts=None)
    with pytest.raises(NoStoragePlanError, match="forecast the month from its start"):
        live(RollingValue(name="blind"), MONTH, blind)
