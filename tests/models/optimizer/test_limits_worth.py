"""What a limit is worth is what the plan saves when there is more of it."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.entities.firm import Equipment
from feature_store.entities.job_relation import Crew
from models.optimizer.limits_worth import LimitWorth, least_cost, limits_worth
from models.optimizer.planned_peak import planned_peak
from models.optimizer.solve import GAP_KRW
from tests.models.optimizer.example_works import (
    BATTERY,
    CHILLER_LOAD,
    ESS,
    KILN,
    KILN_JOB,
    a_day_shape,
)
from tests.models.optimizer.priced_works import Priced, priced

BASIC_KRW_PER_KW = 8320


def worth_of(found: Priced) -> dict[tuple[str | None, str], LimitWorth]:
    worth = limits_worth(found.site, least_cost(found.pricing, time_limit_s=60))
    assert [one.saved_krw_per_unit for one in worth] == sorted(
        (one.saved_krw_per_unit for one in worth), reverse=True
    )
    return {(one.equipment, one.kind): one for one in worth}


def test_a_kw_of_contract_power_is_worth_the_surcharge_where_the_load_exceeds_it():
    found = worth_of(priced(np.full(96, 500.0), power_kw=400))
    # 500 kW all day against 400: one and a half basic charges a kW.
    assert found[None, "contract_power_kw"].saved_krw_per_unit == pytest.approx(
        1.5 * BASIC_KRW_PER_KW
    )
    spare = worth_of(priced(np.full(96, 500.0), power_kw=1000))
    assert spare[None, "contract_power_kw"].saved_krw_per_unit == 0


def test_a_kw_of_battery_is_worth_the_demand_charge_of_a_short_spike():
    spike_kw = np.full(96, 350.0)
    spike_kw[50] = 700.0
    dear = ESS.model_copy(update={"parameters": BATTERY | {"wear_krw_per_kwh": 500}})
    found = worth_of(priced(spike_kw, dear))
    # One quarter of an hour is shaved by 100 kW; its energy costs little beside a month's kW.
    assert found["ESS", "battery_kw"].saved_krw_per_unit == pytest.approx(
        BASIC_KRW_PER_KW, rel=0.03
    )
    assert found["ESS", "battery_kwh"].saved_krw_per_unit < 0.01 * BASIC_KRW_PER_KW


def test_a_window_is_worth_what_one_more_step_of_it_saves():
    early = KILN | {"latest_end": "21:15", "earliest_start": "15:00", "usual_start": "15:00"}
    job = KILN_JOB.model_copy(update={"parameters": early})
    load_kw = a_day_shape(night_kw=100, day_kw=200)  # below the floor: only energy matters
    load_kw[60:68] += 90
    found = worth_of(priced(load_kw, job))
    # Of the run one more quarter of an hour leaves the peak band (229.0) for the mid one (163.8).
    assert found["kiln", "latest_end_step"].saved_krw_per_unit == pytest.approx(
        90 * 0.25 * (229.0 - 163.8), abs=2 * GAP_KRW
    )


def test_a_reduction_that_costs_more_than_it_saves_is_worth_nothing():
    found = worth_of(priced(np.full(96, 200.0), CHILLER_LOAD))
    assert found["chiller", "reduction_kw"].saved_krw_per_unit == 0


BELOW_THE_FLOOR_KW = np.full(96, 200.0)
"""Only energy matters: 130.0 won a kWh to 8 h and from 22 h on, 177.8 to 15 h, 243.0 to 21 h."""


def test_a_kw_of_charger_is_worth_what_leaves_the_dear_hours():
    stay = {
        "max_kw": 20,
        "efficiency": 1.0,
        "arrivals": ["14:00"],
        "departures": ["17:00"],
        "energy_kwh": [30],
        "days": [0, 1, 2, 3, 4],
    }
    charger = Equipment(name="forklift", kind="charger", parameters=stay)
    found = worth_of(priced(BELOW_THE_FLOOR_KW, charger))
    # 20 of the 30 kWh fit into the hour before the peak band; one more kW brings one more.
    assert found["forklift", "charger_kw"].saved_krw_per_unit == pytest.approx(
        243.0 - 177.8, abs=2 * GAP_KRW
    )


def test_a_charger_gives_a_vehicle_that_outlasts_the_plan_no_more_for_being_stronger():
    night = {
        "max_kw": 20,
        "efficiency": 1.0,
        "arrivals": ["23:00"],
        "departures": ["06:00"],
        "energy_kwh": [100],
        "days": [0, 1, 2, 3, 4],
        "overnight": True,
    }
    charger = Equipment(name="truck", kind="charger", parameters=night)
    found = worth_of(priced(BELOW_THE_FLOOR_KW, charger))
    assert found["truck", "charger_kw"].saved_krw_per_unit == pytest.approx(0, abs=2 * GAP_KRW)


def test_a_kw_of_generator_is_worth_its_margin_in_the_hours_that_it_runs():
    fuel = {"min_kw": 40, "max_kw": 100, "fuel_krw_per_kwh": 200}
    found = worth_of(
        priced(BELOW_THE_FLOOR_KW, Equipment(name="diesel", kind="generator", parameters=fuel))
    )
    assert found["diesel", "generator_kw"].saved_krw_per_unit == pytest.approx(
        6 * (243.0 - 200.0), abs=2 * GAP_KRW
    )


def test_a_kwh_of_cold_is_worth_what_it_moves_out_of_the_dear_hours():
    tank = {
        "max_kw": 50,
        "coefficient_of_performance": 3,
        "capacity_kwh": 100,
        "usual_kwh": 40,
        "standing_loss_kw": 30,
        "loss_share_per_hour": 0.0,
    }
    found = worth_of(
        priced(BELOW_THE_FLOOR_KW, Equipment(name="tank", kind="thermal_store", parameters=tank))
    )
    # The peak band takes 180 kWh of cold and the tank holds 100: one more is made before 8 h.
    assert found["tank", "thermal_kwh"].saved_krw_per_unit == pytest.approx(
        (243.0 - 130.0) / 3, abs=2 * GAP_KRW
    )
    assert found["tank", "thermal_kw"].saved_krw_per_unit == pytest.approx(0, abs=2 * GAP_KRW)


def vehicle(*, arrival: str, departure: str) -> Equipment:
    """20 kW for 30 kWh."""
    stay = {
        "max_kw": 20,
        "efficiency": 1.0,
        "arrivals": [arrival],
        "departures": [departure],
        "energy_kwh": [30],
        "days": [0, 1, 2, 3, 4],
    }
    return Equipment(name="forklift", kind="charger", parameters=stay)


PUMPS = Equipment(
    name="pumps",
    kind="interruptible_job",
    parameters={
        "levels_kw": [50.0],
        "duration": "02:00",
        "usual_start": "16:00",
        "earliest_start": "14:00",
        "latest_end": "21:30",
        "days": [0, 1, 2, 3, 4],
    },
)
"""Two hours of 50 kW; an hour and a half of them fit outside of the peak band."""
DEEP_ESS = ESS.model_copy(update={"parameters": BATTERY | {"reserve_share": 0.4}})
CYCLED_ESS = ESS.model_copy(update={"parameters": BATTERY | {"max_discharge_kwh_per_day": 100}})
WORTH_REDUCING = CHILLER_LOAD.model_copy(
    update={
        "parameters": {
            "max_reduction_kw": 50,
            "max_energy_kwh_per_day": 1000,
            "cost_krw_per_kwh": 200,
            "earliest_start": "16:00",
            "latest_end": "20:00",
        }
    }
)


@pytest.mark.parametrize(
    ("piece", "kinds", "krw"),
    [
        # Twelve and a half kWh, or five of the vehicle's, leave the peak band for the mid one.
        (PUMPS, ("earliest_start_step", "latest_end_step"), 12.5 * (243.0 - 177.8)),
        (vehicle(arrival="14:00", departure="17:00"), ("arrival_step",), 5 * (243.0 - 177.8)),
        (vehicle(arrival="15:00", departure="21:15"), ("departure_step",), 5 * (243.0 - 177.8)),
        # One step more of 50 kW whose kWh costs 200 won to give up.
        (WORTH_REDUCING, ("earliest_start_step", "latest_end_step"), 12.5 * (243.0 - 200.0)),
        # Of a kWh stored 0.95 come out, in the peak band; it is stored again at night.
        (DEEP_ESS, ("battery_reserve_kwh",), 0.95 * (243.0 - 20.0) - 130.0 / 0.95),
        (CYCLED_ESS, ("battery_day_kwh",), 243.0 - 20.0 - 130.0 / 0.95**2),
    ],
    ids=["pumps", "arrival", "departure", "reduction", "reserve", "day"],
)
def test_every_further_limit_is_worth_what_it_saves_in_the_dear_hours(piece, kinds, krw):
    found = worth_of(priced(BELOW_THE_FLOOR_KW, piece))
    for kind in kinds:
        assert found[piece.name, kind].saved_krw_per_unit == pytest.approx(krw, abs=2 * GAP_KRW)


def test_a_crew_for_one_job_more_is_worth_what_both_save_at_once():
    hour = {
        "profile_kw": [40.0] * 4,
        "earliest_start": "15:00",
        "latest_end": "22:00",
        "days": [0, 1, 2, 3, 4],
    }
    jobs = [
        Equipment(name=name, kind="shiftable_job", parameters=hour | {"usual_start": start})
        for name, start in (("kiln", "15:00"), ("mixer", "17:00"))
    ]
    found = priced(BELOW_THE_FLOOR_KW, *jobs)
    crew = Crew(kind="crew", jobs=("kiln", "mixer"), at_most=1)
    few = replace(found.site, job_relations=(crew,))
    worth = limits_worth(few, least_cost(found.pricing, time_limit_s=60))
    (of_crew,) = (one for one in worth if one.kind == "crew_jobs")
    # Only one of them fits into the hour after the peak band.
    assert of_crew.equipment == "kiln, mixer"
    assert of_crew.saved_krw_per_unit == pytest.approx(40 * (243.0 - 177.8), abs=2 * GAP_KRW)


def test_a_worth_is_the_difference_of_the_plans_of_two_declared_sites():
    load_kw = a_day_shape(day_kw=380)  # above the floor: the peak matters too
    wider = PUMPS.model_copy(update={"parameters": PUMPS.parameters | {"latest_end": "21:45"}})
    narrow, wide = priced(load_kw, PUMPS, ESS), priced(load_kw, wider, ESS)
    saved_krw = narrow.solution.objective_krw - wide.solution.objective_krw
    assert saved_krw > 5 * GAP_KRW
    assert worth_of(narrow)["pumps", "latest_end_step"].saved_krw_per_unit == pytest.approx(
        saved_krw, abs=2 * GAP_KRW + 1
    )


def test_the_peak_is_told_with_its_hour_and_what_draws_then():
    load_kw = np.full(96, 350.0)
    load_kw[40:48] = 420.0  # 10 to 12 h
    found = priced(load_kw, KILN_JOB, CHILLER_LOAD)
    peak = planned_peak(found.pricing, found.solution.equipment_kw)
    demand_kw = load_kw.copy()
    assert peak is not None
    assert peak.demand_kw == pytest.approx(peak.base_kw + sum(peak.equipment_kw.values()), abs=0.1)
    assert found.pricing.counted_peak_kw(found.solution.equipment_kw) == pytest.approx(
        peak.demand_kw
    )
    usual = planned_peak(found.pricing, found.usual_kw)
    assert usual is not None
    assert (usual.at.hour, usual.demand_kw) == (10, demand_kw.max())
    assert usual.equipment_kw == {}
    with_kiln = planned_peak(found.pricing, found.usual_kw | {"kiln": np.full(96, 90.0)})
    assert with_kiln is not None
    assert with_kiln.equipment_kw == {"kiln": 90.0}
