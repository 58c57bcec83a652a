"""A reduction that was announced stands a quarter hour later, when it is planned again."""

import numpy as np
import pytest

from feature_store.entities.firm import Equipment
from feature_store.time_grid import TimeGrid
from models.optimizer.problem_file.announced import with_announced
from models.optimizer.problem_file.errors import StaleStateError
from models.optimizer.problem_file.firm_now import FirmNow, site_now
from models.site import site_of
from tests.builders import a_firm
from tests.models.optimizer.example_problems import STATED, changed, read, scheduled
from tests.models.optimizer.example_works import CHILLER

STEPS = 24
CHILLING = CHILLER | {
    "cost_krw_per_kwh": 100,
    "min_reduction_kw": 20,
    "min_duration": "00:30",
    "max_duration": "01:00",
    "notice": "01:00",
    "recovery_share": 0.5,
    "recovery": "00:30",
}
BEFORE = {"reduced_before_kw": [0, 30], "announced_kw": [50, 50, 0, 0]}
"""A reduction began a quarter hour before noon and was announced until half past twelve."""


def problem(step: int, **told) -> dict:
    """The works from noon on, ``step`` quarter hours later; dear until 13 h and from 14 h."""
    price = np.full(STEPS + step, 120.0)
    price[:4], price[8:12] = 700.0, 900.0
    return changed(
        STATED,
        grid={"start": f"2026-07-01T12:{15 * step:02}:00+09:00", "steps": STEPS},
        tariff={"kind": "stated", "krw_per_kwh": price[step:].tolist()},
        base_load__kw=[400.0] * STEPS,
        equipment=[{"name": "chiller", "kind": "curtailable_load", "parameters": CHILLING}],
        **told,
    )


def state(step: int, parameters: dict, *, at: str = "") -> list[dict]:
    measured_at = at or f"2026-07-01T12:{15 * step:02}:00+09:00"
    return [{"equipment": "chiller", "measured_at": measured_at, "parameters": parameters}]


def test_the_announced_reduction_stands_a_quarter_hour_later():
    first_problem = problem(0, states=state(0, BEFORE))
    first = scheduled(first_problem)
    planned_kw = first.equipment_kw["chiller"]
    (load,) = read(first_problem).site.assets
    reduction_kw = load.reduction_kw(planned_kw)
    # Two steps more of the one under way, which lasts half an hour so; then as soon as it pays.
    assert reduction_kw[:4] == pytest.approx([50, 50, 0, 0])
    assert reduction_kw[8:12].min() == pytest.approx(50)
    # 30 kW before: 7.5 in each of two steps; 50 kW at first: 12.5 in each of the next two.
    assert planned_kw[:3] == pytest.approx([7.5 - 50, 7.5 + 12.5 - 50, 25])

    told = state(
        1,
        {
            "reduced_before_kw": [0, 30, float(reduction_kw[0])],
            "announced_kw": np.round(reduction_kw[1:5], 3).tolist(),
        },
    )
    previous = {
        "start": first_problem["grid"]["start"],
        "equipment_kw": {"chiller": np.round(planned_kw, 3).tolist()},
        "keep_unless_saves_krw": 1e9,
    }
    again = scheduled(problem(1, states=told, previous=previous))
    assert again.kept_previous
    assert again.equipment_kw["chiller"][: STEPS - 1] == pytest.approx(planned_kw[1:], abs=1e-3)
    # Also without the old plan the announced quarter hour is reduced, as before.
    anew = scheduled(problem(1, states=told))
    assert anew.equipment_kw["chiller"][0] == pytest.approx(planned_kw[1], abs=1e-3)

    forgotten = scheduled(problem(1, previous=previous))
    assert not forgotten.kept_previous
    assert forgotten.equipment_kw["chiller"][:4] == pytest.approx(np.zeros(4))


def test_what_nobody_tells_of_a_load_is_what_its_accepted_plan_has_announced():
    first = scheduled(problem(0, states=state(0, BEFORE)))
    chiller = Equipment(name="chiller", kind="curtailable_load", parameters=CHILLING)
    firm = a_firm(equipment=(chiller,))
    later = TimeGrid(first.grid.at(1), STEPS)
    with_state = FirmNow(states=state(0, BEFORE))
    told = with_announced(FirmNow(keep_unless_saves_krw=1e9), firm, later, first, with_state)
    (found,) = told.states
    assert found.parameters["reduced_before_kw"] == pytest.approx([0, 30, 50])
    assert found.parameters["announced_kw"] == pytest.approx([50, 0, 0, 0])
    now = site_now(told, firm, later, first)
    (load,) = site_of(firm.model_copy(update={"equipment": now.equipment})).assets
    held_kw = now.previous.equipment_kw["chiller"]
    assert load.reduction_kw(held_kw)[:4] == pytest.approx([50, 0, 0, 0], abs=1e-6)
    measured = FirmNow(states=state(1, {"announced_kw": [30]}))
    assert with_announced(measured, firm, later, first, with_state) == measured


def test_a_load_that_draws_again_takes_part_in_an_event():
    chilling = CHILLER | {"cost_krw_per_kwh": 100, "recovery_share": 0.5, "recovery": "00:30"}
    event = {
        "name": "DR",
        "start": "2026-07-01T13:00:00+09:00",
        "end": "2026-07-01T14:00:00+09:00",
        "baseline_kw": 400.0,
        "reduction_kw": 40.0,
        "paid_krw_per_kwh": 3000.0,
    }
    asked = problem(0, events=[event]) | {
        "tariff": {"kind": "stated", "krw_per_kwh": [120.0] * STEPS},
        "equipment": [{"name": "chiller", "kind": "curtailable_load", "parameters": chilling}],
    }
    plan = scheduled(asked)
    # 40, then 50 - 40 / 4, then 50 less a quarter of the two before; all that is left of 50 kW.
    assert plan.equipment_kw["chiller"][4:8] == pytest.approx([-40, -40, -27.5, -25], abs=1e-3)
    (result,) = plan.events
    assert result.takes_part
    assert result.credited_kwh == pytest.approx((40 + 40 + 27.5 + 25) / 4, abs=1e-3)
    most = scheduled(asked | {"site": asked["site"] | {"export": {"krw_per_kwh": 130.0}}})
    assert most.events[0].takes_part


def carried(changes: dict, *, step: int = 2, told_then: dict | None = None, **of_firm) -> dict:
    """What is remembered of a plan from noon on, where the load is declared otherwise since."""
    declared = CHILLING | changes
    chiller = Equipment(name="chiller", kind="curtailable_load", parameters=declared)
    firm = a_firm(equipment=(chiller,), **of_firm)
    states = state(0, BEFORE | (told_then or {}))
    first, with_state = scheduled(problem(0, states=states)), FirmNow(states=states)
    later = TimeGrid(first.grid.at(step), STEPS)
    told = with_announced(FirmNow(keep_unless_saves_krw=1e9), firm, later, first, with_state)
    now = site_now(told, firm, later, first)
    site_of(firm.model_copy(update={"equipment": now.equipment}))  # would refuse what does not fit
    return told.states[0].parameters


@pytest.mark.parametrize(
    ("changes", "before_kw", "announced_kw"),
    [
        ({}, [0, 30, 50, 50, 0, 0, 0, 0], [0, 0, 50, 50]),
        ({"max_reduction_kw": 25}, [0, 25, 25, 25, 0, 0, 0, 0], [0, 0, 25, 25]),
        ({"notice": "00:45"}, [0, 30, 50, 50, 0, 0, 0, 0], [0, 0, 50]),
        (
            {"max_reduction_kw": 80, "min_reduction_kw": 60},
            [0, 30, 50, 50, 0, 0, 0, 0],
            [0, 0, 0, 0],
        ),
    ],
)
def test_what_is_remembered_is_cut_to_what_is_declared_since(changes, before_kw, announced_kw):
    found = carried(changes, step=6)
    assert found["reduced_before_kw"] == pytest.approx(before_kw)
    assert found["announced_kw"] == pytest.approx(announced_kw)


def test_other_equipments_old_state_is_not_read_again():
    first = scheduled(problem(0, states=state(0, BEFORE)))
    firm = a_firm(
        equipment=(Equipment(name="chiller", kind="curtailable_load", parameters=CHILLING),)
    )
    full = {"equipment": "ESS", "measured_at": first.grid.start, "soc_share": 0.88}
    with_state = FirmNow(states=[*state(0, BEFORE), full])
    later = TimeGrid(first.grid.at(1), STEPS)
    (found,) = with_announced(FirmNow(), firm, later, first, with_state).states
    assert found.parameters["announced_kw"] == pytest.approx([50, 0, 0, 0])


def test_what_was_given_up_today_is_remembered_until_midnight():
    # 20 kWh until noon are told, of which 7.5 are known; two quarter hours of 50 kW follow.
    told_then = {"given_up_today_kwh": 20}
    for step, given_up_kwh in ((0, 20), (1, 32.5), (2, 45), (4, 45)):
        found = carried({}, step=step, told_then=told_then)
        assert found["given_up_today_kwh"] == pytest.approx(given_up_kwh)
    # Nobody told it: what is known by step, which on a day of 25 hours is not all of it.
    assert carried({})["given_up_today_kwh"] == pytest.approx(7.5 + 2 * 12.5)
    # The same plan at another place, where it is ten at night: from the eighth step on, tomorrow.
    for step, is_told in ((7, True), (8, False)):
        found = carried({}, step=step, told_then=told_then, timezone="America/Bogota")
        assert ("given_up_today_kwh" in found) is is_told


def test_what_earlier_reductions_draw_again_comes_on_top_of_the_load():
    drawn = scheduled(problem(0, states=state(0, {"reduced_before_kw": [40, 40]})))
    assert drawn.usual_import_kw[:3] == pytest.approx([420, 410, 400])


def test_values_by_interval_are_told_as_of_the_grids_start():
    late = state(0, BEFORE, at="2026-07-01T11:44:00+09:00")
    with pytest.raises(StaleStateError, match="reduced_before_kw of chiller was told 16 minutes"):
        read(problem(0, states=late))
    read(problem(0, states=state(0, BEFORE, at="2026-07-01T11:45:00+09:00")))
