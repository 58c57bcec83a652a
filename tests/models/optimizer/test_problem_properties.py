"""What must hold of any problem: free equipment, order, units, weeks, and doing nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.optimizer.solve import GAP_KRW
from models.site import KINDS
from tests.contracts.test_every_asset import DECLARED
from tests.models.optimizer.example_problems import changed, scheduled
from tests.models.optimizer.example_works import BATTERY

STEPS = 24
"""From 8 to 14 h: enough for every kind to matter, small enough to be solved many times."""
SLACK_KRW = GAP_KRW + 5
"""The solver's gap, and the preferences among equally cheap plans."""
LOADS = arrays(np.float64, STEPS, elements=st.floats(50, 500)).map(np.ndarray.tolist)
PRICES = arrays(np.float64, STEPS, elements=st.floats(20, 300)).map(np.ndarray.tolist)
FEW = settings(max_examples=12, deadline=None)
OF_EVERY_KIND = settings(max_examples=2, deadline=None)
"""For each kind: more examples of it alone are in its contract suite."""

ESS = {"name": "ESS", "kind": "battery", "parameters": BATTERY}
FREE_ESS = {"name": "free", "kind": "battery", "parameters": BATTERY | {"wear_krw_per_kwh": 0}}
ROOF = {
    "name": "roof",
    "kind": "solar",
    "parameters": {"peak_kw": 60, "tilt_deg": 10, "azimuth_deg": 180},
}
MIXER = {
    "name": "mixer",
    "kind": "shiftable_job",
    "parameters": {
        "profile_kw": [60.0, 60.0, 30.0],
        "usual_start": "10:00",
        "earliest_start": "08:00",
        "latest_end": "14:00",
        "days": [0, 1, 2, 3, 4],
    },
}
CHILLER = {
    "name": "chiller",
    "kind": "curtailable_load",
    "parameters": {
        "max_reduction_kw": 40,
        "max_energy_kwh_per_day": 60,
        "cost_krw_per_kwh": 200,
        "earliest_start": "08:00",
        "latest_end": "14:00",
    },
}
PIECES = (ESS, MIXER, CHILLER, ROOF)
HIGH_LOADS = arrays(np.float64, STEPS, elements=st.floats(200, 600)).map(np.ndarray.tolist)
"""Loads in which the usual draw of every kind has room."""


def of_kind(kind: str) -> dict:
    """One piece of a kind, with what its contract suite declares."""
    return {"name": kind, "kind": kind, "parameters": DECLARED[kind]}


def a_problem(load, price, *equipment) -> dict:
    return {
        "format": "sandan-problem/1",
        "site": {"id": "works"},
        "grid": {"start": "2026-06-17T08:00:00+09:00", "steps": STEPS},
        "tariff": {
            "kind": "stated",
            "krw_per_kwh": price,
            "peaks": [
                {"name": "morning", "krw_per_kw": 5000.0, "steps": list(range(16))},
                {"name": "all", "krw_per_kw": 3000.0, "floor_kw": 100.0},
            ],
        },
        "base_load": {"kind": "path", "kw": load},
        "equipment": list(equipment),
    }


@FEW
@given(load=LOADS, price=PRICES, added=st.sampled_from([FREE_ESS, ROOF]))
def test_adding_free_equipment_never_costs_more(load, price, added):
    without = scheduled(a_problem(load, price, ESS, MIXER)).planned_cost.total_krw
    beside = scheduled(a_problem(load, price, ESS, MIXER, added)).planned_cost.total_krw
    assert beside <= without + SLACK_KRW


@FEW
@given(
    load=LOADS,
    price=PRICES,
    export=st.none() | st.builds(dict, krw_per_kwh=st.floats(0, 150), most_kw=st.just(80.0)),
    reduction_kw=st.none() | st.floats(10, 100),
)
def test_doing_nothing_is_never_cheaper(load, price, export, reduction_kw):
    event = {
        "name": "call",
        "start": "2026-06-17T09:00:00+09:00",
        "end": "2026-06-17T10:00:00+09:00",
        "baseline_kw": 300.0,
        "reduction_kw": reduction_kw,
        "paid_krw_per_kwh": 400.0,
        "penalty_krw_per_kwh": 600.0,
        "optional": False,
    }
    problem = a_problem(load, price, *PIECES)
    problem = changed(problem, site__export=export, events=[event] if reduction_kw else [])
    schedule = scheduled(problem)
    assert schedule.saved_krw >= 0
    assert bool(schedule.moves) == (schedule.saved_krw > 0)


@FEW
@given(load=LOADS, price=PRICES, order=st.permutations(PIECES))
def test_the_order_of_equipment_does_not_matter(load, price, order):
    declared = scheduled(a_problem(load, price, *PIECES))
    shuffled = scheduled(a_problem(load, price, *order))
    assert declared.usual_cost.total_krw == pytest.approx(shuffled.usual_cost.total_krw)
    assert declared.planned_cost.total_krw == pytest.approx(
        shuffled.planned_cost.total_krw, abs=SLACK_KRW
    )


def enlarged(piece: dict, factor: float) -> dict:
    """The piece with every kW and kWh times a factor."""
    sized = ("capacity_kwh", "max_charge_kw", "max_discharge_kw", "max_reduction_kw")
    parameters = dict(piece["parameters"])
    for name in (*sized, "max_energy_kwh_per_day", "peak_kw"):
        if name in parameters:
            parameters[name] *= factor
    if "profile_kw" in parameters:
        parameters["profile_kw"] = [kw * factor for kw in parameters["profile_kw"]]
    return piece | {"parameters": parameters}


@FEW
@given(load=LOADS, price=PRICES, factor=st.sampled_from([0.1, 2.0, 10.0]))
def test_a_site_of_another_size_has_a_bill_of_that_size(load, price, factor):
    small = scheduled(a_problem(load, price, *PIECES))
    large = a_problem(
        [kw * factor for kw in load], price, *(enlarged(piece, factor) for piece in PIECES)
    )
    large = scheduled(
        changed(
            large,
            tariff__peaks__1__floor_kw=large["tariff"]["peaks"][1]["floor_kw"] * factor,
        )
    )
    assert large.usual_cost.total_krw == pytest.approx(factor * small.usual_cost.total_krw)
    assert large.planned_cost.total_krw == pytest.approx(
        factor * small.planned_cost.total_krw, abs=SLACK_KRW * max(factor, 1.0)
    )


@FEW
@given(load=LOADS, price=PRICES)
def test_a_week_later_at_the_same_prices_the_plan_is_the_same(load, price):
    problem = a_problem(load, price, ESS, MIXER, CHILLER)
    now = scheduled(problem)
    later = scheduled(changed(problem, grid__start="2026-06-24T08:00:00+09:00"))
    for name, power_kw in now.equipment_kw.items():
        assert np.array_equal(power_kw, later.equipment_kw[name])
    assert now.planned_cost == later.planned_cost
    assert (later.grid.start - now.grid.start).days == 7


@pytest.mark.parametrize("kind", KINDS)
@OF_EVERY_KIND
@given(load=HIGH_LOADS, price=PRICES)
def test_equipment_of_any_kind_never_makes_a_load_dearer_that_holds_its_usual_draw(
    kind, load, price
):
    """Equipment that usually draws nothing is free to add; other is free to move."""
    metered = {"kind": "path", "of": "metered", "kw": load}
    without = scheduled(a_problem(load, price)).planned_cost.total_krw
    beside = scheduled(a_problem(load, price, of_kind(kind)) | {"base_load": metered})
    assert beside.usual_cost.total_krw == pytest.approx(without)
    assert beside.saved_krw >= 0
    assert bool(beside.moves) == (beside.saved_krw > 0)


@pytest.mark.parametrize("kind", KINDS)
@OF_EVERY_KIND
@given(load=LOADS, price=PRICES)
def test_equipment_of_any_kind_may_be_declared_first_or_last(kind, load, price):
    first = scheduled(a_problem(load, price, of_kind(kind), ESS, MIXER))
    last = scheduled(a_problem(load, price, MIXER, ESS, of_kind(kind)))
    assert first.usual_cost.total_krw == pytest.approx(last.usual_cost.total_krw)
    assert first.planned_cost.total_krw == pytest.approx(last.planned_cost.total_krw, abs=SLACK_KRW)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "solar"])
@OF_EVERY_KIND
@given(load=LOADS, price=PRICES)
def test_a_week_later_equipment_of_any_kind_but_the_suns_does_the_same(kind, load, price):
    problem = a_problem(load, price, of_kind(kind), MIXER)
    now = scheduled(problem)
    later = scheduled(changed(problem, grid__start="2026-06-24T08:00:00+09:00"))
    for name, power_kw in now.equipment_kw.items():
        assert np.array_equal(power_kw, later.equipment_kw[name])
    assert now.planned_cost == later.planned_cost
