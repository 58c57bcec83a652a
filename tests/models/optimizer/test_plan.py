"""A plan costs what would be billed, is never dearer than doing nothing, and obeys physics."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import HOURS_PER_STEP, TimeGrid
from models.optimizer import start_search
from models.optimizer.base_load import PEAK_QUANTILE, base_load
from models.optimizer.plan import plan
from models.optimizer.problem import assemble
from models.optimizer.schedule import Infeasible, Schedule, Solved, TimedOut
from models.optimizer.solve import GAP_KRW, Solution, solve
from models.optimizer.verify import verify
from models.site import site_of
from models.tariffs.grid_prices import grid_prices
from tests.builders import SEOUL
from tests.fakes.clock import SuddenEnd
from tests.models.optimizer.example_works import (
    BATTERY,
    CHILLER,
    CHILLER_LOAD,
    ESS,
    EVERYTHING,
    KILN_JOB,
    ROOF_SOLAR,
    WEDNESDAY,
    a_day_shape,
    forecast_of,
    history_of,
    works,
)

LOADS = arrays(np.float64, 96, elements=st.floats(100, 900))
PRICE = np.repeat([116.0, 163.8, 229.0, 163.8, 116.0], [32, 28, 24, 4, 8]) + 14.0
"""Won per kWh of a working day in June 2026, A II: the published hours and rates, by hand."""
COUNTED = slice(32, 88)
"""8 to 22 h."""
BASIC_KRW_PER_KW = 8320


def planned(firm, forecast, history=None) -> Schedule:
    outcome = plan(firm, history or history_of(), forecast)
    assert isinstance(outcome, Solved)
    return outcome.schedule


def bill_by_hand(median_kw, cautious_kw, *, floor_kw=300.0, contract_kw=1000.0) -> float:
    peak_kw = max(cautious_kw[COUNTED].max(), floor_kw)
    excess_kw = max(cautious_kw.max() - contract_kw, 0.0)
    energy_krw = (PRICE * median_kw).sum() * HOURS_PER_STEP
    return energy_krw + BASIC_KRW_PER_KW * (peak_kw + 1.5 * excess_kw)


def wear_by_hand(schedule: Schedule) -> float:
    discharged_kwh = np.maximum(-schedule.equipment_kw["ESS"], 0).sum() * HOURS_PER_STEP
    given_up_kwh = -schedule.equipment_kw["chiller"].sum() * HOURS_PER_STEP
    return 20 * discharged_kwh + 300 * given_up_kwh


@settings(max_examples=15, deadline=None)
@given(load_kw=LOADS, spread_kw=st.floats(0, 200))
def test_plan_and_usual_operation_cost_what_they_would_be_billed(load_kw, spread_kw):
    forecast = forecast_of(load_kw, spread_kw=spread_kw)
    schedule = planned(works(*EVERYTHING), forecast)
    above_median_kw = base_load(site_of(works(*EVERYTHING)), forecast)
    above_median_kw = above_median_kw.cautious_kw - above_median_kw.median_kw
    usual_krw = bill_by_hand(schedule.usual_import_kw, schedule.usual_import_kw + above_median_kw)
    planned_krw = bill_by_hand(
        schedule.planned_import_kw, schedule.planned_import_kw + above_median_kw
    )
    assert schedule.usual_cost.total_krw == pytest.approx(usual_krw)
    assert schedule.planned_cost.total_krw == pytest.approx(planned_krw + wear_by_hand(schedule))


@settings(max_examples=15, deadline=None)
@given(load_kw=LOADS, spread_kw=st.floats(0, 200))
def test_doing_nothing_is_never_cheaper(load_kw, spread_kw):
    schedule = planned(works(*EVERYTHING), forecast_of(load_kw, spread_kw=spread_kw))
    assert schedule.planned_cost.total_krw <= schedule.usual_cost.total_krw
    assert bool(schedule.moves) == (schedule.saved_krw > 0)


@settings(max_examples=15, deadline=None)
@given(load_kw=LOADS)
def test_every_plan_obeys_physics(load_kw):
    schedule = planned(works(*EVERYTHING), forecast_of(load_kw))
    powers = schedule.equipment_kw
    total_kw = sum(powers.values())
    usual_kw = sum(asset.usual_kw(schedule.grid) for asset in site_of(works(*EVERYTHING)).assets)
    assert schedule.planned_import_kw - schedule.usual_import_kw == pytest.approx(
        total_kw - usual_kw, abs=1e-6
    )
    assert schedule.planned_import_kw.min() >= -1e-3

    soc_kwh = 200.0
    for step, power_kw in enumerate(powers["ESS"]):
        assert -100.001 <= power_kw <= 100.001
        assert schedule.soc_kwh["ESS"][step] == pytest.approx(soc_kwh, abs=1e-3)
        soc_kwh += 0.25 * (power_kw * 0.95 if power_kw > 0 else power_kw / 0.95)
        assert 40 - 1e-3 <= soc_kwh <= 360 + 1e-3
    assert soc_kwh >= 200 - 1e-3

    for name, profile_kw, first, end in [
        ("kiln", [90.0] * 8, 32, 96),
        ("mixer", [60.0, 60.0, 60.0, 30.0], 24, 80),
    ]:
        running = np.flatnonzero(powers[name])
        assert powers[name][running].tolist() == profile_kw
        assert np.array_equal(running, np.arange(running[0], running[0] + len(profile_kw)))
        assert first <= running[0]
        assert running[-1] < end

    assert (powers["chiller"] <= 1e-6).all()
    assert (powers["chiller"] >= -50.001).all()
    assert -powers["chiller"].sum() * 0.25 <= 100.01
    assert not powers["chiller"][:32].any()
    assert not powers["chiller"][88:].any()
    assert (powers["roof"] <= 1e-6).all()


def test_the_solver_pays_what_the_schedule_says():
    firm, forecast = works(*EVERYTHING), forecast_of(a_day_shape(), spread_kw=100)
    site = site_of(firm)
    scheduling = assemble(site, grid_prices(site.contract, forecast.grid, site.zone))
    assert scheduling.problem.is_dpp()
    scheduling.fill(base_load(site, forecast), [300.0], later_cuts=())
    assert isinstance(solve(scheduling, time_limit_s=10), Solution)
    cost = planned(firm, forecast).planned_cost
    assert scheduling.bill_krw.value == pytest.approx(cost.total_krw, abs=1.0)
    assert 0 <= scheduling.problem.value - scheduling.bill_krw.value < 5  # the tie-breaks


def test_a_plan_lowers_bill_and_peak_of_an_ordinary_day():
    schedule = planned(works(*EVERYTHING), forecast_of(a_day_shape(), spread_kw=100))
    assert schedule.usual_peak_kw == pytest.approx(430)  # 400 and 0.3 of the spread
    assert schedule.planned_peak_kw < 400
    assert schedule.saved_krw > 100_000
    assert schedule.peak_quantile == PEAK_QUANTILE


def test_the_same_inputs_give_the_same_plan():
    first, second = (
        planned(works(*EVERYTHING), forecast_of(a_day_shape(), spread_kw=100)) for _ in range(2)
    )
    for name, power_kw in first.equipment_kw.items():
        assert np.array_equal(power_kw, second.equipment_kw[name])
    assert first.moves == second.moves


def test_a_peak_below_what_is_billed_anyway_is_not_worth_shaving():
    spike_kw = np.full(96, 250.0)
    spike_kw[40:44] = 500.0
    dear = ESS.model_copy(update={"parameters": BATTERY | {"wear_krw_per_kwh": 500}})
    billed_anyway = history_of(600.0)
    assert planned(works(dear), forecast_of(spike_kw), billed_anyway).moves == ()
    not_billed_yet = history_of(250.0)
    (move,) = planned(works(dear), forecast_of(spike_kw), not_billed_yet).moves
    assert move.reason == "lower_peak"
    assert move.saved_krw > 0


def test_a_peak_that_does_not_count_is_not_worth_shaving():
    spike_kw = np.full(96, 250.0)
    spike_kw[8:12] = 600.0  # 2 to 3 h at night
    dear = ESS.model_copy(update={"parameters": BATTERY | {"wear_krw_per_kwh": 500}})
    assert planned(works(dear), forecast_of(spike_kw)).moves == ()


def test_demand_above_the_contract_power_is_avoided_even_at_night():
    spike_kw = np.full(96, 150.0)  # below 30 % of the contract power
    spike_kw[8:12] = 600.0
    dear = ESS.model_copy(update={"parameters": BATTERY | {"wear_krw_per_kwh": 500}})
    schedule = planned(works(dear, power_kw=550), forecast_of(spike_kw))
    assert schedule.planned_import_kw.max() <= 550.01
    assert schedule.usual_cost.demand_krw - schedule.planned_cost.demand_krw == pytest.approx(
        50 * 1.5 * BASIC_KRW_PER_KW, rel=1e-3
    )


def test_a_peak_forecast_only_by_the_upper_quantile_is_shaved():
    median_kw = np.full(96, 250.0)
    forecast = forecast_of(median_kw)
    uncertain_kw = forecast.demand_kw.copy()
    uncertain_kw[60:64, -3:] = 500.0  # from the 0.8 quantile up
    uncertain = replace(forecast, demand_kw=uncertain_kw)
    dear = ESS.model_copy(update={"parameters": BATTERY | {"wear_krw_per_kwh": 500}})
    assert planned(works(dear), forecast).moves == ()
    schedule = planned(works(dear), uncertain)
    assert schedule.usual_peak_kw == pytest.approx(500)
    assert schedule.planned_peak_kw < 450


def test_each_billing_month_touched_has_its_own_floor():
    # 31 July to 1 August 2026 is Friday to Saturday; July's peak is remembered in August.
    start = datetime(2026, 7, 31, tzinfo=SEOUL)
    friday_kw, saturday_kw = np.full(96, 400.0), np.full(96, 200.0)
    schedule = planned(works(), forecast_of(np.r_[friday_kw, saturday_kw], start=start))
    cost = schedule.usual_cost
    billed_krw = cost.demand_krw - cost.later_demand_krw
    assert billed_krw == pytest.approx((400 + 400) * BASIC_KRW_PER_KW)
    # And until June 2027: of later months nothing more than 300 kW is expected.
    assert cost.later_demand_krw == pytest.approx(10 * (400 - 300) * BASIC_KRW_PER_KW)
    # From June to July nothing is remembered: 300 kW is 30 % of the contract power.
    start = datetime(2026, 6, 30, tzinfo=SEOUL)
    schedule = planned(works(), forecast_of(np.r_[friday_kw, saturday_kw], start=start))
    assert schedule.usual_cost.demand_krw == pytest.approx((400 + 300) * BASIC_KRW_PER_KW)
    assert schedule.usual_cost.later_demand_krw == 0


def test_readings_known_only_later_change_nothing():
    honest = history_of(310.0)
    later = np.full(96, 5000.0)
    grid = TimeGrid(honest.grid.start, steps=honest.grid.steps + 96)
    poisoned = LoadHistory(
        firm_id="works",
        grid=grid,
        demand_kw=np.r_[honest.demand_kw, later],
        known_at=np.r_[honest.known_at, honest.known_at[-1:].repeat(96) + np.timedelta64(1, "D")],
    )
    forecast = forecast_of(a_day_shape(), spread_kw=100)
    expected = planned(works(ESS, KILN_JOB), forecast, honest)
    found = planned(works(ESS, KILN_JOB), forecast, poisoned)
    assert found.demand_floor_kw == expected.demand_floor_kw == 310
    assert found.moves == expected.moves


def test_the_usual_import_is_the_forecast_and_what_runs_draw_beyond_it_is_told():
    forecast = forecast_of(a_day_shape())
    schedule = planned(works(*EVERYTHING), forecast)
    assert schedule.usual_import_kw == pytest.approx(forecast.median_kw)
    assert schedule.undrawn_kwh == 0
    # A kiln of 90 kW for two hours in a load of 40 kW: 50 kW are not in the forecast.
    schedule = planned(works(KILN_JOB), forecast_of(np.full(96, 40.0)))
    assert schedule.undrawn_kwh == pytest.approx(50 * 2)
    assert schedule.usual_import_kw[60:68] == pytest.approx(np.full(8, 90.0))


def test_a_roof_newer_than_the_readings_lowers_the_usual_import():
    new_roof = ROOF_SOLAR.model_copy(
        update={"parameters": dict(ROOF_SOLAR.parameters) | {"in_readings": False}}
    )
    forecast = forecast_of(a_day_shape())
    metered, newer = planned(works(ROOF_SOLAR), forecast), planned(works(new_roof), forecast)
    generated_kw = -newer.equipment_kw[new_roof.name]
    assert generated_kw.max() > 0
    assert metered.usual_import_kw == pytest.approx(forecast.median_kw)
    assert newer.usual_import_kw == pytest.approx(
        np.maximum(forecast.median_kw - generated_kw, 0.0)
    )


def test_a_new_roof_that_brings_more_than_the_site_draws_is_held_back_even_if_nothing_pays():
    new_roof = ROOF_SOLAR.model_copy(
        update={"parameters": dict(ROOF_SOLAR.parameters) | {"in_readings": False}}
    )
    schedule = planned(works(new_roof), forecast_of(np.full(96, 5.0)))
    generated_kw = -schedule.equipment_kw[new_roof.name]
    assert generated_kw.max() == pytest.approx(5.0)
    assert (schedule.usual_import_kw >= 0).all()
    assert schedule.moves == ()


def test_surplus_sun_is_thrown_away_rather_than_fed_back():
    # A roof of 100 kW beside a metered load of 5 kW, of which the chiller may give up 50: as the
    # meter shows 5 kW with the sun at work, nothing more can be given up without feeding back.
    free = CHILLER_LOAD.model_copy(update={"parameters": CHILLER | {"cost_krw_per_kwh": 0}})
    schedule = planned(works(free, ROOF_SOLAR), forecast_of(np.full(96, 5.0)))
    assert schedule.planned_import_kw.min() >= -1e-3
    assert schedule.planned_import_kw[48:56] == pytest.approx(np.zeros(8), abs=1e-3)


def test_a_works_without_equipment_has_a_schedule_and_no_moves():
    schedule = planned(works(), forecast_of(a_day_shape()))
    assert schedule.moves == ()
    assert schedule.saved_krw == 0
    assert schedule.equipment_kw == {}


def test_a_night_plan_that_no_bill_month_looks_at_is_still_a_plan():
    sunday = datetime(2026, 6, 21, tzinfo=SEOUL)
    schedule = planned(works(ESS), forecast_of(a_day_shape(), start=sunday))
    assert schedule.usual_peak_kw == 0
    assert schedule.usual_cost.demand_krw == pytest.approx(300 * BASIC_KRW_PER_KW)


def test_a_state_outside_of_the_limits_is_infeasible_and_names_the_equipment():
    empty = ESS.model_copy(update={"parameters": BATTERY | {"initial_soc_share": 0.05}})
    outcome = plan(works(empty, KILN_JOB), history_of(), forecast_of(a_day_shape()))
    assert isinstance(outcome, Infeasible)
    assert outcome.reason.startswith("ESS: no operation satisfies the declared limits")


@pytest.mark.parametrize("equipment", [EVERYTHING, (ESS,)], ids=["with jobs", "battery alone"])
def test_out_of_time_is_an_outcome_and_no_schedule(equipment):
    outcome = plan(
        works(*equipment),
        history_of(),
        forecast_of(a_day_shape(), spread_kw=100),
        time_limit_s=1e-9,
    )
    assert outcome == TimedOut(time_limit_s=1e-9)


def test_the_best_plan_by_the_time_limit_is_told_but_is_no_schedule(monkeypatch):
    firm, forecast = works(*EVERYTHING), forecast_of(a_day_shape(), spread_kw=100)
    solved = plan(firm, history_of(), forecast)
    assert isinstance(solved, Solved)
    # The relaxation and the rounded starts are solved, nothing is exchanged or proved.
    monkeypatch.setattr(start_search, "time", SuddenEnd(after_looks=3))
    outcome = plan(firm, history_of(), forecast)
    assert isinstance(outcome, TimedOut)
    assert outcome.incumbent is not None
    assert set(outcome.incumbent.equipment_kw) == set(solved.schedule.equipment_kw)
    assert outcome.incumbent.saved_krw >= 0
    cheapest_krw = solved.schedule.planned_cost.total_krw
    assert outcome.incumbent.planned_cost.total_krw >= cheapest_krw - GAP_KRW
    assert outcome.bound_krw <= cheapest_krw + GAP_KRW
    site = site_of(firm)
    verify(site, forecast.grid, base_load(site, forecast), outcome.incumbent.equipment_kw)


def test_the_gap_is_smaller_than_any_bill_shows():
    assert GAP_KRW < 10  # bills are cut to 10 won


def test_a_run_under_way_is_in_the_plan_and_not_moved():
    start = WEDNESDAY + timedelta(hours=16)
    schedule = planned(works(KILN_JOB), forecast_of(a_day_shape()[64:], start=start))
    assert schedule.equipment_kw["kiln"][:5].tolist() == [90, 90, 90, 90, 0]
    assert schedule.moves == ()
