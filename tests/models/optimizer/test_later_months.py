"""A plan pays for its peak in the months that will remember it, by the sum of their bills."""

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from feature_store.time_grid import HOURS_PER_STEP
from models.optimizer.base_load import base_load
from models.optimizer.plan import plan
from models.optimizer.problem import assemble
from models.optimizer.schedule import Schedule, Solved
from models.optimizer.solve import Solution, solve
from models.site import site_of
from models.tariffs.grid_prices import grid_prices
from models.tariffs.later_demand import demand_cuts, later_months
from models.tariffs.value_of_kw import later_charges
from tests.builders import SEOUL
from tests.models.optimizer.example_works import (
    BATTERY,
    ESS,
    EVERYTHING,
    a_day_shape,
    forecast_of,
    works,
)
from tests.models.tariffs.monthly_levels import history_of_levels, month

JULY_WEDNESDAY = datetime(2026, 7, 15, tzinfo=SEOUL)
BASIC = 8320
LAST_YEAR = {
    month(text): kw
    for text, kw in {
        "2025-07": 310.0, "2025-08": 330.0, "2025-09": 320.0, "2025-10": 450.0, "2025-11": 200.0,
        "2025-12": 305.0, "2026-01": 308.0, "2026-02": 306.0, "2026-03": 200.0, "2026-04": 380.0,
        "2026-05": 200.0, "2026-06": 200.0,
    }.items()
}  # fmt: skip
HISTORY = history_of_levels(LAST_YEAR)
ANYWAY_KW = {330.0: 9, 380.0: 1, 450.0: 1}
"""Of the eleven months after July 2026, how many are billed this much anyway: August 2025 until
July 2026, its like in August 2026 from then on, more in October and April."""
PRICE = np.repeat([116.0, 163.8, 229.0, 163.8, 116.0], [32, 28, 24, 4, 8]) + 14.0
COUNTED = slice(32, 88)
LOADS = arrays(np.float64, 96, elements=st.floats(100, 900))

DEAR = ESS.model_copy(update={"parameters": BATTERY | {"wear_krw_per_kwh": 20_000}})
"""A kWh of it is worth a kW for three months and not for one."""


def planned(firm, forecast, history=HISTORY) -> Schedule:
    outcome = plan(firm, history, forecast)
    assert isinstance(outcome, Solved)
    return outcome.schedule


def later_by_hand(peak_kw: float) -> float:
    return sum(BASIC * n * max(peak_kw - anyway, 0.0) for anyway, n in ANYWAY_KW.items())


@settings(max_examples=12, deadline=None)
@given(load_kw=LOADS)
def test_plan_and_usual_operation_are_charged_what_july_and_the_months_after_will_bill(load_kw):
    schedule = planned(
        works(*EVERYTHING, power_kw=1100), forecast_of(load_kw, start=JULY_WEDNESDAY)
    )
    for cost, import_kw in [
        (schedule.usual_cost, schedule.usual_import_kw),
        (schedule.planned_cost, schedule.planned_import_kw),
    ]:
        # Without a spread the cautious path is the median one.
        peak_kw = import_kw[COUNTED].max()
        assert cost.later_demand_krw == pytest.approx(later_by_hand(peak_kw), abs=1)
        assert cost.demand_krw == pytest.approx(
            BASIC * max(peak_kw, 330.0) + later_by_hand(peak_kw), abs=1
        )
        assert cost.energy_krw == pytest.approx((PRICE * import_kw).sum() * HOURS_PER_STEP)
        assert cost.total_krw == cost.energy_krw + cost.demand_krw + cost.wear_krw
    assert schedule.planned_cost.total_krw <= schedule.usual_cost.total_krw


@settings(max_examples=8, deadline=None)
@given(load_kw=LOADS)
def test_the_moves_of_july_add_up_with_what_later_months_save(load_kw):
    schedule = planned(works(*EVERYTHING), forecast_of(load_kw, start=JULY_WEDNESDAY))
    assert sum(move.saved_krw for move in schedule.moves) == pytest.approx(
        schedule.saved_krw, abs=1e-2
    )


def spike(start: datetime):
    load_kw = np.full(96, 300.0)
    load_kw[40:44] = 600.0
    return forecast_of(load_kw, start=start)


def test_a_peak_that_later_months_remember_is_worth_more_than_one_that_they_forget():
    before_june = {known: kw for known, kw in LAST_YEAR.items() if known < month("2026-06")}
    june = datetime(2026, 6, 17, tzinfo=SEOUL)
    forgotten = planned(works(DEAR), spike(june), history_of_levels(before_june))
    assert forgotten.moves == ()
    remembered = planned(works(DEAR), spike(JULY_WEDNESDAY))
    assert remembered.planned_peak_kw == pytest.approx(500)
    (move,) = remembered.moves
    assert move.reason == "lower_peak"
    assert move.saved_krw == pytest.approx(remembered.saved_krw)


def test_a_peak_is_shaved_down_to_where_too_few_months_pay_for_it():
    # From 400 to 330 kW ten months pay, above 450 twelve; below 330 nobody does.
    load_kw = np.full(96, 250.0)
    load_kw[40:44] = 400.0
    schedule = planned(works(DEAR), forecast_of(load_kw, start=JULY_WEDNESDAY))
    assert schedule.planned_peak_kw == pytest.approx(330, abs=0.01)


def test_the_schedule_says_what_the_next_kw_costs_and_over_how_many_months():
    at_600 = planned(works(), spike(JULY_WEDNESDAY))
    assert (at_600.peak_krw_per_kw, at_600.peak_months) == (12 * BASIC, 12)
    at_400 = planned(works(), forecast_of(np.full(96, 400.0), start=JULY_WEDNESDAY))
    assert (at_400.peak_krw_per_kw, at_400.peak_months) == (11 * BASIC, 11)
    at_200 = planned(works(), forecast_of(np.full(96, 200.0), start=JULY_WEDNESDAY))
    assert (at_200.peak_krw_per_kw, at_200.peak_months) == (0, 0)


def test_a_horizon_over_a_months_end_is_remembered_as_long_as_either_month():
    # 31 July to 1 August 2026. Until June both are remembered, in July 2027 August alone is.
    start = datetime(2026, 7, 31, tzinfo=SEOUL)
    load_kw = np.r_[np.full(96, 500.0), np.full(96, 400.0)]
    cost = planned(works(), forecast_of(load_kw, start=start)).usual_cost
    # September to June: eight months at 330 kW, October at 450, April at 380; July 2027 at 330.
    expected_krw = BASIC * (8 * 170 + 50 + 120 + (400 - 330))
    assert cost.later_demand_krw == pytest.approx(expected_krw)
    assert cost.demand_krw - cost.later_demand_krw == pytest.approx(BASIC * (500 + 500))


def test_the_same_problem_takes_the_numbers_of_another_history():
    firm, forecast = works(ESS), forecast_of(a_day_shape(), start=JULY_WEDNESDAY)
    site = site_of(firm)
    prices = grid_prices(site.contract, forecast.grid, site.zone)
    groups = later_months(site.contract, prices)
    scheduling = assemble(site, prices)
    assert scheduling.problem.is_dpp()
    higher = history_of_levels(LAST_YEAR | {month("2025-09"): 390.0})
    for history in (HISTORY, higher):
        months = [later for group in groups for later in group.months]
        charges = later_charges(site.contract, history, month("2026-07"), months, site.zone)
        cuts = [demand_cuts(group, charges) for group in groups]
        floor_kw = 330.0 if history is HISTORY else 390.0
        scheduling.fill(base_load(site, forecast), [floor_kw], cuts)
        assert isinstance(solve(scheduling, time_limit_s=10), Solution)
        fresh = planned(firm, forecast, history).planned_cost
        assert scheduling.bill_krw.value == pytest.approx(fresh.total_krw, abs=1)


def test_a_horizon_that_no_later_month_remembers_has_none():
    firm = works()
    prices = grid_prices(firm.contract, forecast_of(a_day_shape()).grid, SEOUL)  # in June
    assert later_months(firm.contract, prices) == ()
    sunday = forecast_of(a_day_shape(), start=datetime(2026, 7, 19, tzinfo=SEOUL)).grid
    assert later_months(firm.contract, grid_prices(firm.contract, sunday, SEOUL)) == ()
