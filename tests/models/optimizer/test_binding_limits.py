"""Each move is told the limits that it lies at, and no others; worked out by hand."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from cli.binding_limits import BINDING_LIMITS as PRINTED_LIMITS
from feature_store.entities.firm import Equipment
from feature_store.entities.job_relation import Crew, Exclusion, Precedence
from models.optimizer.base_load import BaseLoad
from models.optimizer.binding_limits import binding_limits
from models.optimizer.grid_terms import Export, GridTerms
from models.optimizer.pricing import Pricing
from models.optimizer.schedule import Binding, BindingLimit
from models.optimizer.schedule_site import usual_operation
from models.site import KINDS, site_of
from models.tariffs.grid_prices import grid_prices
from serving.web.words import BINDING_LIMITS
from tests.contracts.test_every_asset import DECLARED
from tests.models.optimizer.example_works import BATTERY, CHILLER, KILN, forecast_of, works

HOUR = 4
LOAD_KW = 500.0


def priced(*equipment: Equipment, relations=(), terms=None, **contract) -> Pricing:
    """A day of 500 kW that nobody plans, under a contract of 1,000 kW."""
    firm = works(*equipment, **contract).model_copy(update={"job_relations": relations})
    forecast = forecast_of(np.full(96, LOAD_KW))
    site = site_of(firm)
    return Pricing(
        site=site,
        prices=grid_prices(site.contract, forecast.grid, site.zone),
        base=BaseLoad(median_kw=np.full(96, 500.0), cautious_kw=np.full(96, 500.0), undrawn_kwh=0),
        demand_floor_kw=np.zeros(1),
        terms=GridTerms() if terms is None else terms,
    )


def limits_of(pricing: Pricing, name: str, **powers_kw: np.ndarray) -> set[BindingLimit]:
    """What binds one piece of equipment by powers; others draw as usual unless told."""
    (asset,) = (one for one in pricing.site.assets if one.name == name)
    usual_kw = usual_operation(pricing)
    return set(binding_limits(pricing, asset, usual_kw, {**usual_kw, **powers_kw}))


def told(pricing: Pricing, name: str, **powers_kw: np.ndarray) -> set[str]:
    return {limit.what for limit in limits_of(pricing, name, **powers_kw)}


def one(name: str, kind: str, parameters: dict, **changes) -> Equipment:
    return Equipment(name=name, kind=kind, parameters=parameters | changes)


def drawn(*blocks: tuple[float, float, float]) -> np.ndarray:
    """Power of a day in blocks of first hour, last hour and kW."""
    power_kw = np.zeros(96)
    for first, end, kw in blocks:
        power_kw[round(first * HOUR) : round(end * HOUR)] = kw
    return power_kw


LOSSLESS = {"charge_efficiency": 1.0, "discharge_efficiency": 1.0}
ESS = one("ESS", "battery", BATTERY, **LOSSLESS)
"""40 to 360 kWh, 200 at the start, 100 kW."""


def test_a_battery_that_reaches_no_limit_is_told_none():
    assert told(priced(ESS), "ESS", ESS=drawn((1, 2, 90), (15, 16, -90))) == set()


def test_a_battery_is_told_when_it_is_full_and_empty_and_at_its_power():
    full = drawn((1, 3, 80), (15, 17, -80))
    assert told(priced(ESS), "ESS", ESS=full) == {"full"}
    empty = drawn((15, 17, -80), (22, 24, 80))
    assert told(priced(ESS), "ESS", ESS=empty) == {"empty"}
    powers = drawn((1, 1.5, 100), (15, 15.5, -100))
    assert told(priced(ESS), "ESS", ESS=powers) == {"charging_power", "discharging_power"}


def test_a_battery_is_told_its_reserve_instead_of_being_empty():
    kept = one("ESS", "battery", BATTERY, **LOSSLESS, reserve_share=0.3)  # 120 kWh
    assert told(priced(kept), "ESS", ESS=drawn((15, 16, -80), (22, 23, 80))) == {"reserve"}


def test_a_battery_is_told_its_days_discharge_with_what_it_gave_before():
    daily = {"max_discharge_kwh_per_day": 100, "discharged_today_kwh": 30}
    cycled = one("ESS", "battery", BATTERY, **LOSSLESS, **daily)
    assert told(priced(cycled), "ESS", ESS=drawn((1, 2, 70), (15, 16, -70))) == {"days_discharge"}
    assert told(priced(cycled), "ESS", ESS=drawn((1, 2, 60), (15, 16, -60))) == set()


KILN_JOB = one("kiln", "shiftable_job", KILN)
"""Two hours of 90 kW, usually from 15 h, between 8 and 24 h."""
MIXER_JOB = one("mixer", "shiftable_job", KILN, usual_start="20:00")


@pytest.mark.parametrize(
    ("first", "limits"), [(8, {"window_start"}), (22, {"window_end"}), (12, set()), (15, set())]
)
def test_a_job_is_told_the_end_of_its_window_that_it_lies_at(first, limits):
    assert told(priced(KILN_JOB), "kiln", kiln=drawn((first, first + 2, 90))) == limits


def test_a_job_is_told_which_job_it_waits_for_or_has_to_be_over_for():
    relation = Precedence(kind="precedence", first="kiln", then="mixer", gap="01:00")
    pricing = priced(KILN_JOB, MIXER_JOB, relations=(relation,))
    kiln_kw, mixer_kw = drawn((10, 12, 90)), drawn((13, 15, 90))
    waiting = limits_of(pricing, "mixer", kiln=kiln_kw, mixer=mixer_kw)
    assert waiting == {BindingLimit(what="precedence", others=("kiln",))}
    before = limits_of(pricing, "kiln", kiln=kiln_kw, mixer=mixer_kw)
    assert before == {BindingLimit(what="precedence", others=("mixer",))}
    assert told(pricing, "kiln", kiln=drawn((9, 11, 90)), mixer=mixer_kw) == set()


@pytest.mark.parametrize(
    "relation",
    [
        Exclusion(kind="exclusion", jobs=("kiln", "mixer")),
        Crew(kind="crew", jobs=("kiln", "mixer"), at_most=1, from_time="08:00", to_time="22:00"),
    ],
    ids=lambda relation: relation.kind,
)
def test_a_job_is_told_who_runs_where_it_would_lie_a_quarter_hour_earlier_or_later(relation):
    pricing = priced(KILN_JOB, MIXER_JOB, relations=(relation,))
    beside = limits_of(pricing, "kiln", kiln=drawn((18, 20, 90)))
    assert beside == {BindingLimit(what=relation.kind, others=("mixer",))}
    assert told(pricing, "kiln", kiln=drawn((17, 19, 90))) == set()


def test_a_job_that_may_pause_is_told_its_starts_and_its_shortest_run_and_pause():
    limits = {"min_on": "00:30", "min_off": "00:45", "max_starts": 3}
    pumps = one("pumps", "interruptible_job", DECLARED["interruptible_job"], **limits)
    pricing = priced(pumps)  # 110 kWh at 30 or 50 kW from 10 to 22 h, usually at 13 h
    assert told(pricing, "pumps", pumps=drawn((11, 12, 50), (17, 18.25, 50))) == set()
    short = drawn((11, 12.75, 50), (19, 19.5, 50))
    assert told(pricing, "pumps", pumps=short) == {"shortest_time"}
    paused = drawn((11, 12, 50), (12.75, 14, 50))
    assert told(pricing, "pumps", pumps=paused) == {"shortest_pause"}
    often = drawn((10, 10.75, 50), (14, 14.75, 50), (21, 22, 50))
    assert told(pricing, "pumps", pumps=often) == {"days_starts", "window_start", "window_end"}


CHILLER_LOAD = one("chiller", "curtailable_load", CHILLER)
"""50 kW and 100 kWh a day at most, from 8 to 22 h."""


@pytest.mark.parametrize(
    ("given_up", "limits"),
    [
        ((10, 11, 40), set()),
        ((10, 11, 50), {"largest_reduction"}),
        ((10, 12.5, 40), {"days_reduction"}),
        ((8, 9, 40), {"window_start"}),
        ((21, 22, 40), {"window_end"}),
    ],
)
def test_a_reduction_is_told_its_depth_its_energy_and_its_window(given_up, limits):
    first, end, kw = given_up
    assert told(priced(CHILLER_LOAD), "chiller", chiller=drawn((first, end, -kw))) == limits


def test_a_reduction_is_told_its_lengths_its_least_depth_and_its_notice():
    steady = {
        "min_reduction_kw": 20,
        "min_duration": "00:45",
        "max_duration": "01:30",
        "notice": "09:00",
    }
    pricing = priced(one("chiller", "curtailable_load", CHILLER, **steady))
    assert told(pricing, "chiller", chiller=drawn((10, 11, -30))) == set()
    assert told(pricing, "chiller", chiller=drawn((10, 10.75, -30))) == {"shortest_time"}
    assert told(pricing, "chiller", chiller=drawn((10, 11.5, -30))) == {"longest_time"}
    assert told(pricing, "chiller", chiller=drawn((10, 11, -20))) == {"least_reduction"}
    assert told(pricing, "chiller", chiller=drawn((9, 10, -30))) == {"notice"}


def test_a_reduction_as_deep_as_was_announced_is_told_its_notice():
    announced = {"notice": "01:00", "announced_kw": [0, 20, 20, 50], "earliest_start": "00:00"}
    pricing = priced(one("chiller", "curtailable_load", CHILLER, **announced))
    assert told(pricing, "chiller", chiller=drawn((0.25, 0.75, -10))) == set()
    assert told(pricing, "chiller", chiller=drawn((0.25, 0.75, -20))) == {"notice"}
    assert told(pricing, "chiller", chiller=drawn((0.75, 1, -50))) == {"largest_reduction"}


def test_a_thermal_store_is_told_the_ends_of_its_band_and_its_machine():
    tank = {
        "max_kw": 50,
        "coefficient_of_performance": 2,
        "capacity_kwh": 100,
        "usual_kwh": 40,
        "standing_loss_kw": 40,
        "loss_share_per_hour": 0.0,
    }
    pricing = priced(one("tank", "thermal_store", tank))  # usually 20 kW all day
    usual_kw = np.full(96, 20.0)
    half_kw = usual_kw + drawn((6, 7, 20), (15, 17, -10))
    assert told(pricing, "tank", tank=half_kw) == set()
    filled_kw = usual_kw + drawn((6, 7.5, 20), (15, 18, -10))  # 40 + 60 kWh
    assert told(pricing, "tank", tank=filled_kw) == {"full"}
    drained_kw = usual_kw + drawn((6, 7, -20), (8, 9, 20))  # 40 - 40 kWh
    assert told(pricing, "tank", tank=drained_kw) == {"empty"}
    strong_kw = usual_kw + drawn((6, 6.5, 30), (15, 15.75, -20))
    assert told(pricing, "tank", tank=strong_kw) == {"machine_power"}


def test_a_charger_is_told_its_power_and_its_departure():
    stay = {
        "max_kw": 20,
        "efficiency": 1.0,
        "arrivals": ["09:00"],
        "departures": ["15:00"],
        "energy_kwh": [40],
        "days": [2],
    }
    pricing = priced(one("truck", "charger", stay))  # usually 20 kW from 9 to 11 h
    assert told(pricing, "truck", truck=drawn((9, 13, 10))) == set()
    assert told(pricing, "truck", truck=drawn((12, 14, 20))) == {"charging_power"}
    assert told(pricing, "truck", truck=drawn((11, 15, 10))) == {"departure"}


def test_a_generator_is_told_its_outputs_its_times_and_its_starts():
    diesel = {
        "min_kw": 40,
        "max_kw": 100,
        "fuel_krw_per_kwh": 200,
        "min_on": "01:00",
        "min_off": "00:30",
        "max_starts": 2,
    }
    pricing = priced(one("diesel", "generator", diesel))
    assert told(pricing, "diesel", diesel=drawn((15, 17, -70))) == set()
    assert told(pricing, "diesel", diesel=drawn((15, 17, -100))) == {"largest_output"}
    assert told(pricing, "diesel", diesel=drawn((15, 17, -40))) == {"least_output"}
    assert told(pricing, "diesel", diesel=drawn((15, 16, -70))) == {"shortest_time"}
    twice = drawn((15, 17, -70), (17.5, 20, -70))
    assert told(pricing, "diesel", diesel=twice) == {"shortest_pause", "days_starts"}


def test_a_move_that_draws_up_to_the_contract_power_is_told_it_and_one_that_draws_less_is_not():
    pricing = priced(ESS, power_kw=590)
    up_to_it = drawn((1, 2, 90), (15, 16, -90))
    assert told(pricing, "ESS", ESS=up_to_it) == {"contract_power"}
    assert told(priced(ESS, KILN_JOB, power_kw=590), "kiln", kiln=np.zeros(96)) == set()


def test_a_move_that_feeds_up_to_what_may_be_fed_back_is_told_so():
    diesel = one("diesel", "generator", {"min_kw": 40, "max_kw": 900, "fuel_krw_per_kwh": 100})
    pricing = priced(diesel)
    assert told(pricing, "diesel", diesel=drawn((15, 17, -500))) == {"no_feeding_back"}
    export = GridTerms(export=Export(krw_per_kwh=np.full(96, 50.0), most_kw=80.0))
    allowed = replace(pricing, terms=export)
    assert told(allowed, "diesel", diesel=drawn((15, 17, -500))) == set()
    assert told(allowed, "diesel", diesel=drawn((15, 17, -580))) == {"feeding_back"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_as_usual_lies_at_nothing(kind):
    pricing = priced(one("piece", kind, DECLARED[kind]))
    assert told(pricing, "piece") == set()


def test_operators_have_a_word_for_every_limit_on_the_page_and_in_the_table():
    assert set(BINDING_LIMITS) == set(PRINTED_LIMITS) == set(get_args(Binding))
