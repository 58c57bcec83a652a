"""What limits a plan is found under every term of the grid, and the relations between jobs hold."""

import pytest

from feature_store.time_grid import HOURS_PER_STEP
from models.optimizer.job_relations import relation_violations
from models.optimizer.plan_limits import PlanLimits, plan_limits
from models.optimizer.schedule_site import pricing_of, schedule_site, usual_operation
from tests.models.optimizer.example_problems import KEPCO, STATED, changed, read
from tests.models.optimizer.example_works import KILN, MIXER
from tests.models.optimizer.test_site_terms import EVENT, PROBLEMS, SPREAD

PATIENT_S = 120.0
RELATED = changed(
    KEPCO,
    equipment=[
        KEPCO["equipment"][0],
        {"name": "kiln", "kind": "shiftable_job", "parameters": KILN},
        {"name": "mixer", "kind": "shiftable_job", "parameters": MIXER},
    ],
    job_relations=[{"kind": "precedence", "first": "mixer", "then": "kiln", "gap": "01:00"}],
)


def limits_of(told: dict) -> PlanLimits:
    problem = read(told)
    schedule = schedule_site(problem).schedule
    return plan_limits(problem, schedule.equipment_kw, time_limit_s=PATIENT_S)


@pytest.mark.parametrize(
    "name", ["export", "an event", "scenarios", "a hard contract power", "an interval under way"]
)
def test_under_each_term_the_plan_itself_comes_first_and_no_other_saves_more(name):
    problem = read(PROBLEMS[name])
    schedule = schedule_site(problem).schedule
    found = plan_limits(problem, schedule.equipment_kw, time_limit_s=PATIENT_S)
    assert {(one.equipment, one.kind) for one in found.worth} == {
        (None, "contract_power_kw"),
        ("ESS", "battery_kwh"),
        ("ESS", "battery_kw"),
    }
    first, *others = found.alternatives
    assert first.name == "cheapest"
    assert first.cost == schedule.planned_cost
    assert all(one.saved_krw <= first.saved_krw + 2 for one in others)
    assert found.planned_peak is not None
    assert found.planned_peak.demand_kw == pytest.approx(schedule.planned_peak_kw)


def test_a_kw_of_a_hard_contract_power_has_a_worth():
    spike = [100.0] * 40 + [160.0] * 4 + [100.0] * 52
    hard = changed(
        STATED,
        tariff__krw_per_kwh=100.0,
        tariff__peaks=[],
        base_load__kw=spike,
        site={"id": "works", "contract_power_kw": 120.0, "contract_limit": "hard"},
    )
    worth = {(one.equipment, one.kind): one for one in limits_of(hard).worth}
    # Each kWh that need not pass through the battery saves its losses.
    lost_share = 1 / 0.9025 - 1
    assert worth[None, "contract_power_kw"].saved_krw_per_unit == pytest.approx(
        100 * lost_share, abs=0.5
    )


def test_what_the_running_interval_has_drawn_is_no_equipments():
    running = {"drawn_kwh": 90.0, "elapsed_share": 0.6}
    peak = limits_of(changed(STATED, running=running, base_load__kw=[100.0] * 96)).planned_peak
    assert peak is not None
    assert peak.at.hour == 0
    # 90 kWh in nine minutes and what the rest draws: the battery takes off 100 kW for six minutes.
    assert peak.equipment_kw == pytest.approx({"ESS": -40.0})
    assert peak.base_kw == pytest.approx(90 / HOURS_PER_STEP + 40.0)


def test_related_jobs_keep_their_order_in_every_alternative():
    problem = read(RELATED)
    found = limits_of(RELATED)
    assert len(found.alternatives) > 1
    for one in found.alternatives:
        assert relation_violations(problem.site, problem.prices.grid, one.equipment_kw) == []
    usual_kw = usual_operation(pricing_of(problem))
    fewest = {one.name: one for one in found.alternatives}["fewest_moves"]
    for name in set(usual_kw) - set(fewest.moved):
        assert fewest.equipment_kw[name] == pytest.approx(usual_kw[name], abs=1e-6)


def test_over_scenarios_the_safest_plan_looks_at_the_highest_path():
    told = changed(STATED, base_load=SPREAD | {"risk_share": 0.0}, events=[EVENT])
    found = limits_of(told)
    for one in found.alternatives:
        assert one.safe_peak_kw >= one.peak_kw - 1e-6


def test_without_time_the_plan_is_told_alone():
    problem = read(STATED)
    schedule = schedule_site(problem).schedule
    found = plan_limits(problem, schedule.equipment_kw, time_limit_s=0.0)
    assert found.worth == ()
    assert [one.name for one in found.alternatives] == ["cheapest"]
    assert found.planned_peak is not None
