"""What days left of a month make of its peak: known by hand, never above the bill, and no leak."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_DAY, TimeGrid, utc_instant
from models.assets.battery import Battery
from models.dispatch.firm_peak_value import firm_peak_value
from models.dispatch.firm_plan import PeakValues
from models.dispatch.kept_values import KeptValues
from models.dispatch.load_chain import LoadChain
from models.dispatch.pooled_store import NO_STORE, pooled_store
from models.dispatch.rest_of_month import Known, begin_of_day, rest_of_month
from models.dispatch.storage_value import DayPrices, StateGrid, day_value
from models.forecasting.load_forecast import QUANTILES, LoadForecast
from models.optimizer.peak_value import PeakValue, peak_value
from models.optimizer.schedule import Solved
from models.site import site_of
from models.tariffs.value_of_kw import ChargedMonth, ValueOfKw, value_of_kw
from tests.builders import SEOUL, a_firm
from tests.made_replay import a_firm_with_battery, a_load
from tests.models.tariffs.monthly_levels import month

BASIC = 8320.0
ISSUE = datetime(2026, 6, 23, 14, tzinfo=SEOUL)
"""A Tuesday: the plan of two days ends on Thursday, five days of June are left, four of them
count, Sunday does not."""
LOAD = a_load()
FIRM = a_firm_with_battery().model_copy(update={"peak_pricing": "month_value"})
BARE = FIRM.model_copy(update={"equipment": ()})


def forecast_from(issue: datetime = ISSUE, steps: int = 2 * STEPS_PER_DAY) -> LoadForecast:
    grid = TimeGrid(issue, steps=steps)
    level_kw = LOAD.demand_on(TimeGrid(issue - timedelta(days=7), steps=steps))
    spread = 1 + 0.2 * (np.array(QUANTILES) - 0.5)
    return LoadForecast(
        firm_id=FIRM.firm_id,
        issue_time=issue,
        grid=grid,
        demand_kw=level_kw[:, None] * spread,
        model_version="last-week/1",
    )


def value_of(firm, history=LOAD, forecast=None, kept=None):
    forecast = forecast or forecast_from()
    return firm_peak_value(firm, history, forecast, KeptValues() if kept is None else kept)


@pytest.fixture(scope="module")
def with_battery():
    return value_of(FIRM)


@pytest.fixture(scope="module")
def without():
    return value_of(BARE)


def test_two_days_left_and_a_load_of_two_levels_give_what_is_known_by_hand():
    """100 or 200 kW with even chances, twice: a quarter of such months never sees 200 kW."""
    grid = StateGrid(soc_kwh=np.linspace(0, 1, 2), peak_kw=np.linspace(0, 300, 7))
    prices = DayPrices(krw_per_kwh=np.zeros(1), counted=np.ones(1, dtype=bool))
    coin = LoadChain(
        levels_kw=np.array([[100.0, 200.0]]), means=np.zeros(1), moves=np.full((1, 2, 2), 0.5)
    )
    value_krw = np.tile(BASIC * grid.peak_kw, (2, 1))
    for _ in range(2):
        starts_krw = day_value(value_krw, coin, prices, NO_STORE, grid).start_krw
        value_krw = np.tensordot([0.5, 0.5], starts_krw, axes=1)
    by_hand = 0.25 * np.maximum(grid.peak_kw, 100) + 0.75 * np.maximum(grid.peak_kw, 200)
    np.testing.assert_allclose(value_krw[0], BASIC * by_hand)
    charge = ChargedMonth(
        month=month("2026-06"), basic_krw_per_kw=BASIC, anyway_kw=50.0, expected=None
    )
    bill = ValueOfKw(month=charge.month, charges=(charge,))
    value = peak_value(grid.peak_kw, value_krw[0], bill, days_left=2)
    assert value.krw(100.0) == pytest.approx(0.0)  # some day makes 100 kW anyway
    assert value.krw(200.0) == pytest.approx(0.25 * BASIC * 100)
    assert value.krw(300.0) == pytest.approx(0.25 * BASIC * 100 + BASIC * 100)


def test_it_bends_upward_and_no_kw_costs_more_than_its_bill(with_battery, without):
    bill = value_of_kw(FIRM.contract, LOAD.as_of(ISSUE), month("2026-06"), SEOUL)
    asked_kw = np.linspace(0, 600, 301)
    for value in (with_battery, without):
        assert isinstance(value, PeakValue)
        cost_krw = np.array([value.krw(kw) for kw in asked_kw])
        slope = np.diff(cost_krw) / np.diff(asked_kw)
        assert slope.min() >= 0.0
        assert np.diff(slope).min() >= -1e-6
        assert slope.max() <= sum(one.basic_krw_per_kw for one in bill.charges) + 1e-6
        billed_krw = np.array([bill.cost_krw(kw) for kw in asked_kw])
        assert (cost_krw <= billed_krw + 1e-3).all()
        assert cost_krw[-1] > 0.0


def test_a_firm_that_can_hold_later_peaks_down_pays_more_for_one_of_today(with_battery, without):
    asked_kw = np.linspace(0, 600, 61)
    held = np.array([with_battery.krw(kw) for kw in asked_kw])
    bare = np.array([without.krw(kw) for kw in asked_kw])
    assert (held >= bare - 0.01 * bare.max()).all()
    assert held.sum() > bare.sum()


def test_days_whose_demand_counts_are_counted(with_battery):
    assert with_battery.days_left == 4


def test_fewer_days_left_make_a_peak_cost_more():
    rest = rest_of_month(Known.of(BARE, LOAD.as_of(ISSUE), begin_of_day(BARE, ISSUE)))
    rise_krw = rest.end_krw[:, -1:] - rest.end_krw
    assert (np.diff(rise_krw, axis=0) >= -1.0).all()  # from day to day each kW below costs more
    assert rest.days_after(len(rest.counted) - 1) == 0


def test_readings_of_today_and_later_ones_change_nothing(without):
    changed_kw = LOAD.demand_kw.copy()
    begins = begin_of_day(BARE, ISSUE)
    later = LOAD.grid.starts >= utc_instant(begins)
    changed_kw[later] = 0.5 * changed_kw[later] + 1.0
    changed = replace(LOAD, demand_kw=changed_kw)
    again = value_of(BARE, changed)
    np.testing.assert_array_equal(again.cuts.krw_per_kw, without.cuts.krw_per_kw)
    np.testing.assert_array_equal(again.cuts.intercept_krw, without.cuts.intercept_krw)


def test_readings_that_were_not_known_at_the_issue_time_are_not_looked_at():
    late = np.arange(LOAD.grid.steps) % 7 == 0
    told_late = replace(
        LOAD,
        demand_kw=np.where(late, 3 * LOAD.demand_kw, LOAD.demand_kw),
        known_at=np.where(late, np.datetime64("2026-07-01", "s"), LOAD.known_at),
    )
    hidden = replace(LOAD, demand_kw=np.where(late, np.nan, LOAD.demand_kw))
    today = begin_of_day(BARE, ISSUE)
    told, hid = (Known.of(BARE, one.as_of(ISSUE), today) for one in (told_late, hidden))
    np.testing.assert_array_equal(told.past.demand_kw, hid.past.demand_kw)


def test_a_month_is_valued_once_a_day_and_again_when_a_past_day_is_corrected():
    kept, made = KeptValues(), []
    known = partial(Known.of, BARE)
    for history, moment in (
        (LOAD, ISSUE),
        (LOAD, ISSUE + timedelta(hours=3)),
        (replace(LOAD, demand_kw=1.1 * LOAD.demand_kw), ISSUE),
        (LOAD, ISSUE + timedelta(days=1)),
    ):
        digest = known(history.as_of(moment), begin_of_day(BARE, moment)).digest
        kept.of(digest, lambda: made.append(moment))  # noqa: B023  asked for at once
    assert made == [ISSUE, ISSUE, ISSUE + timedelta(days=1)]


def test_what_was_asked_for_least_lately_is_forgotten():
    kept, made = KeptValues(most=2), []
    for digest in ("a", "b", "a", "c", "a", "b"):
        kept.of(digest, lambda: made.append(digest))  # noqa: B023  asked for at once
    assert made == ["a", "b", "c", "b"]


def test_equipment_that_can_be_moved_is_no_peak_to_count_on():
    job = {
        "profile_kw": [60.0] * 8,
        "usual_start": "10:00",
        "earliest_start": "06:00",
        "latest_end": "20:00",
        "days": [0, 1, 2, 3, 4],
    }
    moved = a_firm(
        FIRM.firm_id,
        holiday_country=None,
        contract=Contract(power_kw=500),
        equipment=[{"name": "kiln", "kind": "shiftable_job", "parameters": job}],
    )
    today = begin_of_day(moved, ISSUE)
    bare, without_job = (
        Known.of(firm, LOAD.as_of(ISSUE), today).past.demand_kw for firm in (BARE, moved)
    )
    less_kw = (bare - without_job)[np.isfinite(bare)]
    assert set(np.unique(np.round(less_kw, 6))) == {0.0, 60.0}


def test_several_batteries_count_as_one_and_none_has_no_power():
    (battery,) = (asset for asset in site_of(FIRM).assets if isinstance(asset, Battery))
    twice = pooled_store([battery, battery])
    assert twice.discharge_kw == 2 * battery.parameters.max_discharge_kw
    assert twice.most_kwh - twice.least_kwh == pytest.approx(2 * 0.8 * 250)
    assert twice.charge_efficiency == pytest.approx(0.95)
    assert pooled_store([]) == NO_STORE
    assert NO_STORE.reach_kw(0.5, 100.0) == (0.0, 0.0)


def short(days: int) -> LoadHistory:
    """The last days before the issue time alone."""
    begins = LOAD.grid.starts >= utc_instant(ISSUE - timedelta(days=days))
    return replace(LOAD, demand_kw=np.where(begins, LOAD.demand_kw, np.nan))


@pytest.mark.parametrize(
    ("firm", "history", "issue", "why"),
    [
        (FIRM, short(20), ISSUE, "few_days"),
        (FIRM, LOAD, datetime(2026, 6, 29, 14, tzinfo=SEOUL), "month_ends"),
        (FIRM, LOAD, datetime(2026, 6, 29, tzinfo=SEOUL), "month_ends"),
        (
            a_firm_with_battery().model_copy(
                update={
                    "peak_pricing": "month_value",
                    "contract": Contract(
                        power_kw=300, tariff_class="industrial_gab_1", voltage="low", option="none"
                    ),
                }
            ),
            LOAD,
            ISSUE,
            "not_metered",
        ),
    ],
    ids=["few days", "next month begins", "no day is left", "not metered"],
)
def test_where_it_is_not_known_a_plan_is_made_by_the_bill_and_says_why(firm, history, issue, why):
    forecast = forecast_from(issue, steps=STEPS_PER_DAY if why == "not_metered" else 192)
    outcome = PeakValues().plan(firm, history, forecast, time_limit_s=60.0)
    assert isinstance(outcome, Solved)
    assert outcome.schedule.by_bill_because == why
    assert outcome.schedule.expected_demand is None


def test_whatever_goes_wrong_with_it_the_plan_is_made_by_the_bill(caplog):
    class Broken(KeptValues):
        def of(self, digest, make):
            raise FloatingPointError(f"{digest}: {make} fails")

    outcome = PeakValues(kept=Broken()).plan(FIRM, LOAD, forecast_from(), time_limit_s=60.0)
    assert isinstance(outcome, Solved)
    assert outcome.schedule.by_bill_because == "value_failed"
    assert "its plan is made by the bill" in caplog.text


def test_a_firm_that_does_not_ask_for_it_plans_by_its_bill_and_nothing_is_valued():
    class Unasked(KeptValues):
        def of(self, digest, make):
            raise AssertionError(digest, make)

    usual = FIRM.model_copy(update={"peak_pricing": "bill"})
    outcome = PeakValues(kept=Unasked()).plan(usual, LOAD, forecast_from(), time_limit_s=60.0)
    assert isinstance(outcome, Solved)
    assert outcome.schedule.expected_demand is None
    assert outcome.schedule.by_bill_because is None


def test_a_firm_that_asks_for_it_is_planned_by_it(with_battery):
    kept = KeptValues()
    outcome = PeakValues(kept=kept).plan(FIRM, LOAD, forecast_from(), time_limit_s=60.0)
    assert isinstance(outcome, Solved)
    schedule = outcome.schedule
    assert len(kept.kept) == 1
    assert schedule.saved_krw >= 0
    if schedule.by_bill_because is None:
        expected = schedule.expected_demand
        assert expected is not None
        assert expected.days_left == with_battery.days_left
        assert expected.planned_krw <= schedule.planned_cost.demand_krw + 1
