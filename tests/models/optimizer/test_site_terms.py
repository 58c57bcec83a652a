"""Export, hard contract power, the interval under way, events and kept plans, by hand."""

import json
from itertools import pairwise

import numpy as np
import pytest

from feature_store.time_grid import HOURS_PER_STEP
from models.optimizer.problem_file.reading import read_problem
from models.optimizer.schedule import Infeasible
from models.optimizer.schedule_site import filled, schedule_site
from models.optimizer.solve import Solution, solve
from tests.models.optimizer.example_problems import (
    KEPCO,
    PRICE,
    STATED,
    STEPS,
    changed,
    day_kw,
    read,
    scheduled,
)
from tests.models.optimizer.example_works import CHILLER

FLAT = changed(STATED, tariff__krw_per_kwh=100.0, tariff__peaks=[], base_load__kw=[100.0] * STEPS)
"""Nothing to be gained by moving energy in time."""
SURPLUS = changed(FLAT, base_load__kw=[-50.0] * 40 + [100.0] * 56)
EVENT = {
    "name": "call",
    "start": "2026-07-01T16:00:00+09:00",
    "end": "2026-07-01T17:00:00+09:00",
    "baseline_kw": 100.0,
    "reduction_kw": 80.0,
    "paid_krw_per_kwh": 1000.0,
}
SPREAD = {
    "kind": "scenarios",
    "risk_share": 0.4,
    "tail_share": 0.3,
    "paths": [
        {"probability": 0.5, "kw": day_kw()},
        {"probability": 0.3, "kw": day_kw(day=460)},
        {"probability": 0.2, "kw": [*day_kw()[:60], *[520.0] * 4, *day_kw()[64:]]},
    ],
}
PROBLEMS = {
    "a tariff of KEPCO's": KEPCO,
    "stated prices with two peaks": changed(
        STATED,
        tariff__peaks=[
            {"name": "any hour", "krw_per_kw": 3000.0},
            {"name": "dear hours", "krw_per_kw": 6000.0, "steps": list(range(60, 84))},
        ],
        tariff__excess_krw_per_kw=12000.0,
        site__contract_power_kw=380.0,
    ),
    "export": changed(STATED, site__export={"krw_per_kwh": 90.0}, base_load__kw=day_kw(night=-50)),
    "export above the purchase price": changed(
        STATED, site__export={"krw_per_kwh": [120.0] * 8 + [60.0] * 88, "most_kw": 80.0}
    ),
    "a hard contract power": changed(
        STATED, site__contract_power_kw=375.0, site__contract_limit="hard"
    ),
    "an interval under way": changed(STATED, running={"drawn_kwh": 80.0, "elapsed_share": 0.6}),
    "an event": changed(STATED, events=[EVENT | {"baseline_kw": 400.0}]),
    "scenarios": changed(STATED, base_load=SPREAD),
    "scenarios under a tariff of KEPCO's": changed(
        KEPCO, base_load=SPREAD, past_peaks_kw=dict.fromkeys(KEPCO["past_peaks_kw"], 310.0)
    ),
    "scenarios with export": changed(STATED, base_load=SPREAD, site__export={"krw_per_kwh": 60.0}),
}


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_solver_pays_what_the_schedule_says(problem):
    value = read(problem)
    scheduling = filled(value)
    assert scheduling.problem.is_dpp()
    assert isinstance(solve(scheduling, time_limit_s=30), Solution)
    schedule = scheduled(problem)
    assert schedule.planned_cost.total_krw == pytest.approx(
        float(scheduling.bill_krw.value), abs=1.0
    )
    assert schedule.planned_cost.total_krw <= schedule.usual_cost.total_krw


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_same_problem_gives_the_same_plan(problem):
    first, second = scheduled(problem), scheduled(problem)
    for name, power_kw in first.equipment_kw.items():
        assert np.array_equal(power_kw, second.equipment_kw[name])
    assert first.moves == second.moves


def test_stated_prices_are_paid_as_they_are_told():
    schedule = scheduled(PROBLEMS["stated prices with two peaks"])
    for cost, import_kw in [
        (schedule.usual_cost, schedule.usual_import_kw),
        (schedule.planned_cost, schedule.planned_import_kw),
    ]:
        highest, dear = import_kw.max(), import_kw[60:84].max()
        excess = max(highest - 380.0, 0.0)
        assert cost.energy_krw == pytest.approx(np.dot(PRICE, import_kw) * HOURS_PER_STEP)
        assert cost.demand_krw == pytest.approx(3000 * highest + 6000 * dear + 12000 * excess)
    assert [peak.name for peak in schedule.peaks][:2] == ["any hour", "dear hours"]
    assert schedule.peaks[1].planned_kw < schedule.peaks[0].planned_kw


def test_surplus_is_sold_where_it_may_be_fed_back():
    schedule = scheduled(changed(SURPLUS, site__export={"krw_per_kwh": 40.0}))
    # A kWh sold earns 40, one kept costs 95 % twice and saves 100: 0.9025 kWh for one.
    assert schedule.usual_cost.export_earned_krw == pytest.approx(50 * 40 * HOURS_PER_STEP * 40)
    assert schedule.usual_cost.energy_krw == pytest.approx(100 * 56 * HOURS_PER_STEP * 100)
    room_kwh = (0.9 - 0.5) * 400
    charged_kwh, discharged_kwh = room_kwh / 0.95, room_kwh * 0.95
    assert schedule.saved_krw == pytest.approx(100 * discharged_kwh - 40 * charged_kwh, abs=0.1)


def test_no_more_is_fed_back_than_the_connection_takes():
    limited = {"krw_per_kwh": 500.0, "most_kw": 60.0}
    schedule = scheduled(changed(SURPLUS, site__export=limited))
    assert schedule.planned_net_kw.min() == pytest.approx(-60.0)
    assert (np.minimum(schedule.planned_net_kw, 0) >= -60.001).all()


def test_the_meter_never_counts_both_ways_at_once():
    # Fed back, a kWh earns 30 more than one drawn costs: both at once would have no end.
    schedule = scheduled(changed(FLAT, site__export={"krw_per_kwh": 130.0}))
    cost = schedule.planned_cost
    net_kwh = schedule.planned_net_kw * HOURS_PER_STEP
    assert cost.energy_krw == pytest.approx(100 * np.maximum(net_kwh, 0).sum())
    assert cost.export_earned_krw == pytest.approx(130 * np.maximum(-net_kwh, 0).sum())
    # Discharging at 100 kW leaves the load of 100 kW at nothing: there is nothing to feed back.
    assert cost.export_earned_krw == pytest.approx(0.0)


def test_without_export_surplus_of_told_equipment_is_held_back():
    roof = {"name": "roof", "kind": "solar"}
    roof["parameters"] = {"peak_kw": 300, "tilt_deg": 10, "azimuth_deg": 180}
    schedule = scheduled(changed(FLAT, equipment=[roof], base_load__kw=[20.0] * STEPS))
    assert schedule.usual_import_kw.min() == 0.0
    assert schedule.equipment_kw["roof"].min() == pytest.approx(-20.0)
    assert schedule.moves == ()


def test_a_hard_contract_power_is_kept_though_nothing_is_saved():
    # Shaving one hour from 160 to 120 kW costs the battery's losses, and saves nothing.
    spike = [100.0] * 40 + [160.0] * 4 + [100.0] * 52
    hard = {"id": "works", "contract_power_kw": 120.0, "contract_limit": "hard"}
    schedule = scheduled(changed(FLAT, base_load__kw=spike, site=hard))
    assert schedule.planned_import_kw.max() <= 120.001
    lost_kwh = 40.0 / 0.9025 - 40.0
    assert schedule.saved_krw == pytest.approx(-100 * lost_kwh, abs=0.1)
    assert schedule.usual_cost.demand_krw == 0.0


def test_a_hard_contract_power_that_cannot_be_kept_says_what_could_be():
    hard = {"id": "works", "contract_power_kw": 90.0, "contract_limit": "hard"}
    spike = [100.0] * 40 + [250.0] * 4 + [100.0] * 52
    outcome = schedule_site(read(changed(FLAT, base_load__kw=spike, site=hard)))
    assert isinstance(outcome, Infeasible)
    assert outcome.reason == (
        "the contract power of 90 kW cannot be kept: no operation stays below 150.0 kW; declare "
        "at least as much, or let it be exceeded at the surcharge"
    )


def test_a_hard_contract_power_is_kept_in_every_scenario():
    rare = {"probability": 0.001, "kw": [100.0] * 40 + [190.0] * 4 + [100.0] * 52}
    usual = {"probability": 0.999, "kw": [100.0] * STEPS}
    load = {"kind": "scenarios", "paths": [usual, rare]}
    hard = {"id": "works", "contract_power_kw": 130.0, "contract_limit": "hard"}
    schedule = scheduled(changed(FLAT, base_load=load, site=hard))
    assert (np.array(rare["kw"]) + schedule.equipment_kw["ESS"]).max() <= 130.001
    with_less = changed(FLAT, base_load=load, site=hard | {"contract_power_kw": 80.0})
    outcome = schedule_site(read(with_less))
    assert isinstance(outcome, Infeasible)
    # What shaves the spike, 190 - P for an hour, is charged in the other 23 at P - 100, less
    # losses: 190 - P = 0.9025 x 23 x (P - 100), so P = 104.1.
    assert "no operation stays below 104.1 kW" in outcome.reason


def test_what_the_interval_under_way_has_drawn_is_in_its_demand():
    # 30 kWh in the first 9 minutes and 100 kW for the other 6: (30 + 10) kWh x 4 = 160 kW.
    running = {"drawn_kwh": 30.0, "elapsed_share": 0.6}
    peak = [{"name": "now", "krw_per_kw": 10000.0, "floor_kw": 110.0}]
    schedule = scheduled(changed(FLAT, running=running, tariff__peaks=peak))
    assert schedule.usual_import_kw[0] == pytest.approx(160.0)
    assert schedule.peaks[0].usual_kw == pytest.approx(160.0)
    # All that the battery can do until its end: 100 kW for 6 of 15 minutes.
    assert schedule.equipment_kw["ESS"][0] == pytest.approx(-100.0)
    assert schedule.peaks[0].planned_kw == pytest.approx(120.0)
    assert schedule.planned_import_kw[1:].min() >= -1e-6


def test_a_paid_reduction_is_made_and_paid():
    schedule = scheduled(changed(FLAT, events=[EVENT]))
    assert schedule.planned_import_kw[64:68] == pytest.approx([20.0] * 4)
    cost = schedule.planned_cost
    assert cost.events_earned_krw == pytest.approx(80 * 1000)
    lost_kwh = 80 / 0.9025 - 80
    assert schedule.saved_krw == pytest.approx(80_000 - 100 * lost_kwh, abs=1)


def test_an_event_whose_penalty_outweighs_its_pay_is_declined_unless_it_must_be_taken():
    # The battery reduces 100 of the 200 kW asked for: 100 kWh paid, 100 kWh penalised.
    dear = EVENT | {"baseline_kw": 200.0, "reduction_kw": 200.0, "penalty_krw_per_kwh": 3000.0}
    load = [200.0] * STEPS
    free = scheduled(changed(FLAT, base_load__kw=load, events=[dear]))
    assert free.moves == ()
    assert free.planned_cost.events_earned_krw == 0.0
    bound = scheduled(changed(FLAT, base_load__kw=load, events=[dear | {"optional": False}]))
    assert bound.usual_cost.events_earned_krw == pytest.approx(-200 * 3000)
    assert bound.planned_cost.events_earned_krw == pytest.approx(100 * 1000 - 100 * 3000)


def test_a_draw_above_the_baseline_is_no_reduction_and_no_negative_one():
    bound = EVENT | {"baseline_kw": [150.0, 90.0, 150.0, 90.0], "optional": False}
    chiller = {"name": "chiller", "kind": "curtailable_load"}
    chiller["parameters"] = CHILLER | {"cost_krw_per_kwh": 10_000}
    schedule = scheduled(changed(FLAT, equipment=[chiller], events=[bound]))
    assert schedule.moves == ()
    assert schedule.planned_cost.events_earned_krw == pytest.approx(1000 * 2 * 50 * HOURS_PER_STEP)


def previous_of(problem: dict, threshold_krw: float) -> dict:
    schedule = scheduled(problem)
    return {
        "start": problem["grid"]["start"],
        "equipment_kw": {
            name: np.round(power_kw, 3).tolist() for name, power_kw in schedule.equipment_kw.items()
        },
        "keep_unless_saves_krw": threshold_krw,
    }


AT_REST = {
    "start": STATED["grid"]["start"],
    "equipment_kw": {"ESS": [0.0] * STEPS},
    "keep_unless_saves_krw": 0.0,
}
"""A plan of doing nothing, made before."""


def test_a_plan_is_kept_until_another_saves_more_than_its_threshold():
    gain_krw = scheduled(STATED).saved_krw
    assert gain_krw > 100_000
    for threshold_krw, keeps in [(0, False), (gain_krw - 5, False), (gain_krw + 5, True)]:
        previous = AT_REST | {"keep_unless_saves_krw": threshold_krw}
        schedule = scheduled(changed(STATED, previous=previous))
        assert schedule.kept_previous is keeps
        assert schedule.saved_krw == pytest.approx(0.0 if keeps else gain_krw, abs=15)
        assert bool(schedule.moves) is not keeps


def test_a_kept_plan_is_carried_on_over_intervals_that_it_did_not_cover():
    later = changed(
        STATED,
        grid={"start": "2026-07-01T01:00:00+09:00", "steps": STEPS},
        tariff__krw_per_kwh=[*PRICE[4:], *PRICE[:4]],
        base_load__kw=[*day_kw()[4:], *day_kw()[:4]],
    )
    before = previous_of(STATED, 1e9)
    stored_kwh = scheduled(STATED).soc_kwh["ESS"][4]
    told = [
        {"equipment": "ESS", "measured_at": later["grid"]["start"], "soc_kwh": float(stored_kwh)}
    ]
    schedule = scheduled(changed(later, previous=before, states=told))
    assert schedule.kept_previous
    held_kw = np.array(before["equipment_kw"]["ESS"][4:])
    assert schedule.equipment_kw["ESS"][:92] == pytest.approx(held_kw, abs=1e-3)
    assert schedule.equipment_kw["ESS"].shape == (STEPS,)


def test_a_plan_that_has_become_impossible_is_given_up():
    old = previous_of(STATED, 1e9)
    charged = next(step for step, kw in enumerate(old["equipment_kw"]["ESS"]) if kw > 1)
    full = [{"equipment": "ESS", "measured_at": STATED["grid"]["start"], "soc_share": 0.9}]
    assert charged < 32
    assert not scheduled(changed(STATED, previous=old, states=full)).kept_previous


def test_a_measured_state_replaces_the_declared_one():
    told = [{"equipment": "ESS", "measured_at": STATED["grid"]["start"], "soc_kwh": 120.0}]
    assert scheduled(changed(STATED, states=told)).soc_kwh["ESS"][0] == pytest.approx(120.0)
    told = [
        {
            "equipment": "ESS",
            "measured_at": STATED["grid"]["start"],
            "parameters": {"max_discharge_kw": 20.0},
        }
    ]
    weaker = scheduled(changed(STATED, states=told))
    assert weaker.equipment_kw["ESS"].min() == pytest.approx(-20.0)


def test_a_metered_load_has_the_usual_runs_taken_out_of_it():
    kiln = KEPCO["equipment"][1]
    load = day_kw()
    metered = [kw + 90.0 * (60 <= step < 68) for step, kw in enumerate(load)]
    told = changed(STATED, equipment=[kiln], base_load__kw=load)
    of_meter = changed(told, base_load={"kind": "path", "of": "metered", "kw": metered})
    first, second = scheduled(told), scheduled(of_meter)
    assert first.usual_import_kw == pytest.approx(second.usual_import_kw)
    assert first.planned_import_kw == pytest.approx(second.planned_import_kw)


def test_levels_between_told_quantiles_are_interpolated():
    told = {
        "kind": "quantiles",
        "kw": {"q0.4": [90.0] * STEPS, "q0.6": [110.0] * STEPS, "q0.9": [170.0] * STEPS},
    }
    base = read(changed(FLAT, base_load=told)).base
    assert base.median_kw == pytest.approx([100.0] * STEPS)
    assert base.cautious_kw == pytest.approx([150.0] * STEPS)  # two thirds of 110 to 170


def test_a_job_of_another_day_than_the_grids_does_not_run():
    sunday = changed(STATED, equipment=[KEPCO["equipment"][1]])
    sunday = changed(sunday, grid__start="2026-07-05T00:00:00+09:00")
    assert not scheduled(sunday).equipment_kw["kiln"].any()


def test_problems_are_read_alike_whatever_the_order_of_their_fields():
    reordered = json.dumps(STATED, sort_keys=True).encode()
    first, second = (
        schedule_site(read_problem(text).problem).schedule
        for text in (json.dumps(STATED).encode(), reordered)
    )
    assert np.array_equal(first.equipment_kw["ESS"], second.equipment_kw["ESS"])


def test_a_longer_grid_never_plans_the_same_hours_dearer():
    costs = []
    for steps in (32, 64, 96):
        part = changed(
            FLAT,
            grid__steps=steps,
            tariff__krw_per_kwh=PRICE[:steps],
            base_load__kw=[100.0] * steps,
        )
        costs.append(scheduled(part).saved_krw)
    assert all(later >= earlier - 1 for earlier, later in pairwise(costs))
