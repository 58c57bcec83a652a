"""A threshold is kept, a planned peak is held while there is charge, and days alike are alike."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.features.load_table import HALF_DAY, REST_DAY, WORKDAY, load_table
from feature_store.time_grid import DAYS_PER_WEEK, HOURS_PER_STEP, STEPS_PER_DAY
from models.dispatch.days_alike import BORROWED_WEIGHT, HALF_LIFE_DAYS, days_alike
from models.dispatch.known_load import KnownLoad
from models.dispatch.live import live
from models.dispatch.policy import Month, Now, PeakCost
from models.dispatch.rolling_plan import RollingPlan
from models.dispatch.storage_plan import NoStoragePlanError
from models.dispatch.storage_value import DayPrices
from models.dispatch.threshold_rule import ThresholdDispatcher, ThresholdRule
from tests.made_replay import a_site, forecasts_by_last_week

SITE = a_site()
STORE = SITE.store
KNOWN = KnownLoad(
    table=load_table(SITE.firm, SITE.history, 0),
    forecasts=forecasts_by_last_week(SITE.history.demand_kw),
)
NIGHT = np.arange(STEPS_PER_DAY) < STEPS_PER_DAY // 3


def a_month(days: int, *, krw_per_kwh=None, counted=None) -> Month:
    """From the 64th day on, a Monday."""
    flat = np.full(STEPS_PER_DAY, 100.0)
    always = np.ones(STEPS_PER_DAY, dtype=bool)
    return Month(
        name="made",
        first=63 * STEPS_PER_DAY,
        prices=DayPrices(
            krw_per_kwh=np.tile(flat if krw_per_kwh is None else krw_per_kwh, days),
            counted=np.tile(always if counted is None else counted, days),
        ),
        store=STORE,
        peak_cost=PeakCost(krw_per_kw=np.array([8000.0]), above_kw=np.zeros(1)),
    )


def now(step, load_kw, soc_kwh=None, peak_kw=0.0):
    soc_kwh = STORE.start_kwh if soc_kwh is None else soc_kwh
    return Now(step=step, load_kw=load_kw, soc_kwh=soc_kwh, peak_kw=peak_kw)


def test_above_the_threshold_the_battery_gives_just_what_is_above():
    rule = ThresholdDispatcher.of(a_month(1), threshold_kw=200.0, reserve_share=1.0)
    assert rule.move(now(40, 230.0)).power_kw == pytest.approx(-30.0)


def test_charging_never_passes_the_threshold_where_demand_counts():
    price = np.where(NIGHT, 50.0, 150.0)
    month = a_month(1, krw_per_kwh=price, counted=~NIGHT)
    rule = ThresholdDispatcher.of(month, threshold_kw=200.0, reserve_share=1.0)
    assert rule.move(now(10, 190.0)).power_kw == STORE.charge_kw  # at night it does not count
    flat = ThresholdDispatcher.of(a_month(1), threshold_kw=200.0, reserve_share=1.0)
    assert flat.move(now(40, 190.0)).power_kw == pytest.approx(10.0)


def test_in_dear_hours_only_what_is_above_the_reserve_is_sold():
    price = np.where(NIGHT, 50.0, 150.0)
    rule = ThresholdDispatcher.of(
        a_month(1, krw_per_kwh=price), threshold_kw=1000.0, reserve_share=0.5
    )
    half_kwh = (STORE.least_kwh + STORE.most_kwh) / 2
    assert rule.move(now(60, 100.0, soc_kwh=half_kwh + 1)).power_kw == -STORE.discharge_kw
    assert rule.move(now(60, 100.0, soc_kwh=half_kwh - 1)).power_kw == 0.0


def test_a_rule_is_tuned_on_the_days_before_the_month():
    """A Friday to a Monday: the kinds of day that the past holds are all in it."""
    month = replace(a_month(4), first=60 * STEPS_PER_DAY)
    threshold_kw = ThresholdRule().start(month, KNOWN).threshold_kw
    highest_kw = KNOWN.table.demand_kw[18 * STEPS_PER_DAY : month.first].max()
    assert 0.5 * highest_kw <= threshold_kw < highest_kw


def test_without_a_past_a_rule_trades_nothing():
    month = replace(a_month(1), first=0)
    assert ThresholdRule().start(month, KNOWN).threshold_kw == np.inf


def test_a_planned_peak_is_held_while_the_battery_has_charge():
    policy = RollingPlan(name="held", level=0.75)
    month = a_month(2)
    dispatcher = policy.start(month, KNOWN)
    load_kw = KNOWN.table.demand_kw[month.first : month.first + month.steps]
    soc_kwh, peak_kw, above = STORE.start_kwh, 0.0, 0
    for step in range(month.steps):
        power_kw = dispatcher.move(now(step, float(load_kw[step]), soc_kwh, peak_kw)).power_kw
        held_kw = max(dispatcher.planned_peak_kw, peak_kw)
        least_kw, most_kw = STORE.reach_kw(soc_kwh, float(load_kw[step]))
        power_kw = min(max(power_kw, least_kw), most_kw)
        if load_kw[step] + power_kw > held_kw + 1e-6:
            above += 1
            assert power_kw == pytest.approx(least_kw)  # it gave all that it had
        soc_kwh = STORE.after_kwh(soc_kwh, power_kw)
        peak_kw = max(peak_kw, load_kw[step] + power_kw)
    assert above < month.steps // 4


def test_a_starting_target_spends_nothing_below_what_past_days_could_not_avoid():
    month = a_month(1)
    target_kw = RollingPlan(name="target", starting_target=True).start(month, KNOWN).target_kw
    past_kw = KNOWN.table.by_day_kw[33:63]
    assert past_kw.max() - STORE.discharge_kw - 1e-6 <= target_kw <= past_kw.max()


def test_a_battery_that_cannot_be_full_again_within_a_day_is_planned_all_the_same():
    month = a_month(2)
    slow = replace(month, store=replace(STORE, charge_kw=0.05))
    lived = live(RollingPlan(name="slow", level=0.75), slow, KNOWN)
    assert lived.soc_kwh[-1] < STORE.start_kwh


def test_a_plan_without_forecasts_says_so():
    blind = KnownLoad(table=KNOWN.table)
    with pytest.raises(NoStoragePlanError, match="forecast the month from its start"):
        live(RollingPlan(name="blind"), a_month(1), blind)


def test_a_plan_that_knows_the_day_ahead_lives_it_better():
    month = a_month(3)
    told, guessed = (
        live(RollingPlan(name=path, path=path), month, KNOWN).bill_krw
        for path in ("measured", "forecast")
    )
    assert told < guessed


def test_days_of_a_kind_are_weighed_by_their_age():
    kind = np.array([WORKDAY, REST_DAY] * 60)
    by_day_kw = np.arange(120.0)[:, None] * np.ones(STEPS_PER_DAY)
    alike_kw, weight = days_alike(by_day_kw, kind, REST_DAY)
    assert (alike_kw[:, 0] % 2 == 1).all()
    assert weight[-1] == 1.0
    assert weight[0] == pytest.approx(0.5 ** (118 / HALF_LIFE_DAYS))


def test_half_days_borrow_working_days_at_a_small_weight():
    kind = np.where(np.arange(70) % DAYS_PER_WEEK == 5, HALF_DAY, WORKDAY)
    _, weight = days_alike(np.ones((70, STEPS_PER_DAY)), kind, HALF_DAY)
    assert len(weight) == 70
    assert weight[68] == pytest.approx(0.5 ** (1 / HALF_LIFE_DAYS))
    assert weight[69] == pytest.approx(BORROWED_WEIGHT)


def test_too_few_days_of_a_kind_take_all_days():
    kind = np.array([WORKDAY] * 20 + [REST_DAY] * 2)
    alike_kw, _ = days_alike(np.ones((22, STEPS_PER_DAY)), kind, REST_DAY)
    assert len(alike_kw) == 22


def test_a_day_with_a_long_gap_is_not_learnt_from_and_a_short_gap_is_filled():
    by_day_kw = np.ones((10, STEPS_PER_DAY))
    by_day_kw[3, :20] = np.nan
    by_day_kw[4, 10:12] = np.nan
    alike_kw, _ = days_alike(by_day_kw, np.zeros(10, dtype=int), WORKDAY)
    assert len(alike_kw) == 9
    assert (alike_kw == 1.0).all()


def test_a_peak_that_is_billed_anyway_costs_nothing_more():
    cost = PeakCost(krw_per_kw=np.array([100.0, 50.0]), above_kw=np.array([0.0, 200.0]))
    np.testing.assert_allclose(cost.krw(np.array([100.0, 300.0])), [10_000.0, 35_000.0])


def test_charge_bought_back_and_wear_are_in_the_bill():
    month = replace(a_month(1), store=replace(STORE, wear_krw_per_kwh=10.0))
    lived = live(ThresholdRule(), month, KNOWN)
    discharged_kwh = HOURS_PER_STEP * np.maximum(-lived.power_kw, 0).sum()
    assert lived.wear_krw == pytest.approx(10 * discharged_kwh)
    assert lived.bill_krw == lived.energy_krw + lived.peak_krw + lived.wear_krw
