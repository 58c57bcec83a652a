"""A declared firm is planned from what is measured of it, with its events and its accepted plan."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from feature_store.settings import Settings
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_HOUR
from models.dispatch.firm_plan import PeakValues
from models.optimizer.problem_file.firm_now import FirmNow
from serving.api.answers import ScheduleAnswer, ScheduleRequest
from serving.api.prediction import answer_schedule
from serving.suggestions.made_with import MadeWith
from serving.suggestions.suggestion import Decision
from serving.web.plan_peak import peak_of_plan
from tests.made_replay import BATTERY
from tests.serving.conftest import FIRM, serve
from tests.serving.run_works import NOW, TWO, serve_run

RUNNING = NOW.replace(minute=30)
"""Start of the running quarter hour, where the readings end."""
MIDNIGHT = NOW.replace(hour=0, minute=0)
MORNING = 8 * STEPS_PER_HOUR
"""When the cheap hours end."""
SUGGESTIONS = f"/v1/firms/{FIRM}/suggestions"
EVENT = {
    "name": "DR",
    "start": RUNNING.replace(hour=16, minute=0).isoformat(),
    "end": RUNNING.replace(hour=17, minute=0).isoformat(),
    "baseline_kw": 400.0,
    "reduction_kw": 380.0,
    "paid_krw_per_kwh": 2000.0,
}
"""From 16 to 17 h; all that the firm draws below 400 kW is paid."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    served = serve_run(tmp_path_factory.mktemp("home"), scheduler=PeakValues().plan)
    yield served
    served.application.close()


def charged(measured_at=RUNNING, **state) -> list[dict]:
    return [{"equipment": "Battery", "measured_at": measured_at.isoformat(), **state}]


def a_schedule(served, **told) -> ScheduleAnswer:
    answer = answer_schedule(served.planner, ScheduleRequest(firm_id=FIRM, **told))
    assert isinstance(answer, ScheduleAnswer), answer
    assert answer.proved
    return answer


def replayed_kwh(answer: ScheduleAnswer, stored_kwh: float) -> np.ndarray:
    """The battery's charge by hand: of what goes in and out 5 % are lost each way."""
    power_kw = np.array(answer.equipment[0].planned_kw)
    gained_kwh = np.where(power_kw > 0, power_kw * 0.95, power_kw / 0.95) * HOURS_PER_STEP
    return stored_kwh + np.concatenate([[0.0], np.cumsum(gained_kwh)])


def test_a_half_empty_battery_is_planned_from_what_is_in_it(served):
    most_kwh = BATTERY["capacity_kwh"] * BATTERY["max_soc_share"]
    least_kwh = BATTERY["capacity_kwh"] * BATTERY["min_soc_share"]
    drawn_kwh = []
    for stored_kwh, told in ((125.0, {}), (70.0, {"states": charged(MIDNIGHT, soc_kwh=70.0)})):
        answer = a_schedule(served, issue_time=MIDNIGHT.isoformat(), **told)
        soc_kwh = replayed_kwh(answer, stored_kwh)
        assert answer.equipment[0].soc_kwh == pytest.approx(soc_kwh, abs=0.1)
        assert least_kwh - 0.1 <= soc_kwh.min() <= soc_kwh.max() <= most_kwh + 0.1
        drawn_kwh.append(sum(answer.equipment[0].planned_kw[:MORNING]) * HOURS_PER_STEP)
    # It is full by morning either way: what was missing is drawn beside.
    assert drawn_kwh[1] - drawn_kwh[0] == pytest.approx((125 - 70) / 0.95, abs=0.1)


def test_a_state_that_is_too_old_or_of_no_equipment_is_refused_by_name(served):
    old = charged(RUNNING - timedelta(minutes=31), soc_kwh=70.0)
    refused = served.client.post(SUGGESTIONS, json={"states": old})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/stale-state")
    assert "Battery was measured at" in refused.json()["detail"]
    believed = {"states": old, "max_state_age_minutes": 31}
    assert served.client.post(SUGGESTIONS, json=believed).status_code == 201

    unknown = charged(soc_kwh=70.0)
    unknown[0]["equipment"] = "Batery"
    refused = served.client.post(SUGGESTIONS, json={"states": unknown})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/unusable-problem")
    assert "no equipment is called 'Batery'; name one of Battery" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"states": charged(soc_kwh=20.0)}, "state-outside-window"),
        ({"states": charged(parameters={"max_charge_kw": -1})}, "unusable-equipment"),
        ({"events": [EVENT | {"start": "2026-06-25T18:07:00+09:00"}]}, "off-grid"),
        ({"events": [EVENT | {"start": "0001-01-01T00:00:00+09:00"}]}, "off-grid"),
        ({"events": [EVENT | {"end": "2026-07-25T18:00:00+09:00"}]}, "unusable-problem"),
        ({"events": [EVENT | {"baseline_kw": [1.0]}]}, "unusable-prices"),
        ({"running": {"drawn_kwh": -1, "elapsed_share": 0.5}}, "unusable-problem"),
        ({"keep_unless_saves_krw": -1}, "invalid-request"),
        ({"state": []}, "invalid-request"),
    ],
)
def test_what_cannot_be_is_refused_as_in_a_problem(served, told, kind):
    refused = served.client.post(SUGGESTIONS, json=told)
    assert (refused.status_code, refused.json()["type"]) == (422, f"/problems/{kind}")


def test_an_event_lowers_the_draw_in_its_window_and_its_pay_is_kept_with_the_suggestion(served):
    window = slice(10, 10 + STEPS_PER_HOUR)
    without = a_schedule(served)
    made = served.client.post(SUGGESTIONS, json={"events": [EVENT]})
    assert made.status_code == 201
    schedule = made.json()["schedule"]
    drawn_kw = np.array(schedule["planned_import_kw"])[window]
    usual_kw = np.array(schedule["usual_import_kw"])[window]
    assert drawn_kw.mean() < np.mean(without.planned_import_kw[window]) - 1
    assert drawn_kw.sum() < usual_kw.sum()
    reduced_kwh = np.clip(400 - drawn_kw, 0, 380).sum() * HOURS_PER_STEP
    (event,) = schedule["events"]
    assert (event["name"], event["takes_part"]) == ("DR", True)
    assert event["credited_kwh"] == pytest.approx(reduced_kwh, abs=0.01)
    assert event["earned_krw"] == pytest.approx(2000 * reduced_kwh, abs=10)
    cost = schedule["planned_cost"]
    assert cost["events_earned_krw"] == event["earned_krw"]
    parts_krw = cost["energy_krw"] + cost["demand_krw"] + cost["wear_krw"]
    assert cost["total_krw"] == pytest.approx(parts_krw - event["earned_krw"])
    stored = served.planner.suggestions.get(made.json()["suggestion_id"])
    assert stored.schedule.saved_krw == pytest.approx(schedule["saved_krw"])
    assert stored.schedule.events[0].earned_krw == event["earned_krw"]


def test_what_the_meter_counted_of_the_running_interval_is_in_its_mean(served):
    whole = a_schedule(served)
    running = a_schedule(served, running={"drawn_kwh": 20.0, "elapsed_share": 0.25})
    # A quarter is over, in which 20 kWh were drawn: 80 kW of the mean.
    assert running.usual_import_kw[0] == pytest.approx(
        0.75 * whole.usual_import_kw[0] + 80, abs=0.01
    )
    assert running.usual_import_kw[1:] == whole.usual_import_kw[1:]


def test_what_limits_a_plan_is_asked_of_the_state_that_it_was_made_in(served):
    drawn = {"running": {"drawn_kwh": 200.0, "elapsed_share": 0.5}}  # 800 kW of the mean
    made = served.client.post(SUGGESTIONS, json=drawn).json()["suggestion_id"]
    hurried = served.planner.settings.model_copy(update={"solver_time_limit_s": 0.2})
    suggestion = served.planner.suggestions.get(made)
    limits = replace(served.planner, settings=hurried).limits(suggestion)
    for peak in (limits.planned_peak, peak_of_plan(served.planner.firm(FIRM), suggestion)):
        assert peak.at == RUNNING
        assert peak.demand_kw > 800


def test_the_same_state_gives_the_suggestion_stored_first_and_another_one_of_its_own(served):
    bodies = [{}, {"states": charged(soc_kwh=90.0)}, {"states": charged(soc_kwh=95.0)}]
    first, second, third = (
        served.client.post(SUGGESTIONS, json=body).json()["suggestion_id"] for body in bodies
    )
    assert second.startswith(f"{first}.")
    assert len({first, second, third}) == 3
    again = served.client.post(SUGGESTIONS, json=bodies[1]).json()
    assert again["suggestion_id"] == second
    assert again["told"]["states"][0]["soc_kwh"] == 90.0
    read = served.planner.suggestions.get(second)
    assert read.made_with == MadeWith(told=FirmNow(states=charged(soc_kwh=90.0)))


def test_with_a_state_told_the_plan_begins_in_the_running_quarter_hour(served):
    later = NOW.replace(month=7, day=3)  # the readings end with June
    settings = served.planner.settings.model_copy(update={"replay_time": later})
    with closing(serve(settings, PeakValues().plan).application) as application:
        planner = application.planner
        assert planner.plan(FIRM).forecast.grid.start == NOW.replace(
            month=7, day=1, hour=0, minute=0
        )
        told = FirmNow(states=charged(later, soc_kwh=70.0))
        assert planner.plan(FIRM, told=told).forecast.grid.start == RUNNING.replace(month=7, day=3)


def test_an_accepted_plan_is_carried_on_until_another_saves_more_than_the_threshold(served):
    before = served.client.post(SUGGESTIONS, json={"issue_time": MIDNIGHT.isoformat()}).json()
    plan, passed = before["schedule"]["equipment"][0], STEPS_PER_HOUR
    now = {
        "issue_time": (MIDNIGHT + timedelta(hours=1)).isoformat(),
        "states": charged(MIDNIGHT + timedelta(hours=1), soc_kwh=plan["soc_kwh"][passed]),
        "events": [EVENT],
    }
    asked = ScheduleRequest(firm_id=FIRM, **now).model_copy
    kept = answer_schedule(served.planner, asked(update={"keep_unless_saves_krw": 0.0}))
    assert (kept.kept_previous, kept.previous_id) == (False, None)  # nothing is accepted yet

    accept = {"decision": "accepted", "decided_by": "Kim"}
    served.client.post(f"/v1/suggestions/{before['suggestion_id']}/decision", json=accept)
    anew = answer_schedule(served.planner, asked())
    assert (anew.kept_previous, anew.previous_id) == (False, None)  # nobody asked to keep it
    kept = answer_schedule(served.planner, asked(update={"keep_unless_saves_krw": 1e9}))
    assert (kept.kept_previous, kept.previous_id) == (True, before["suggestion_id"])
    held_kw = plan["planned_kw"][passed:]
    assert kept.equipment[0].planned_kw[: len(held_kw)] == pytest.approx(held_kw, abs=2e-3)
    gain_krw = anew.saved_krw - kept.saved_krw
    assert gain_krw > 1000
    for threshold_krw, keeps in [(gain_krw - 5, False), (gain_krw + 5, True)]:
        body = now | {"keep_unless_saves_krw": threshold_krw}
        answer = served.client.post(SUGGESTIONS, json=body).json()
        assert answer["previous_id"] == before["suggestion_id"]
        assert answer["schedule"]["kept_previous"] is keeps
        assert answer["schedule"]["saved_krw"] == pytest.approx(
            (kept if keeps else anew).saved_krw, abs=1
        )
    page = f"/suggestions/{answer['suggestion_id']}"
    for language, words in (("en", ("Measured state", "carried on")), ("ko", ("그대로 유지",))):
        shown = served.client.get(f"{page}?lang={language}").text
        assert all(word in shown for word in words)


def test_an_issue_time_in_the_past_sees_only_the_decisions_of_then(served):
    made = served.planner.suggest(TWO, MIDNIGHT)
    decided_at = MIDNIGHT + timedelta(minutes=20)
    decision = Decision(verdict="accepted", reason="", decided_by="Kim", decided_at=decided_at)
    served.planner.suggestions.decide(made.suggestion_id, decision, now=decided_at)
    told = FirmNow(keep_unless_saves_krw=1e9)
    today = Settings(home=served.planner.settings.home)  # no past day is lived again
    with closing(serve(today, PeakValues().plan).application) as application:
        before, after = (
            application.planner.plan(TWO, MIDNIGHT + timedelta(minutes=minutes), told)
            for minutes in (15, 30)
        )
    assert before.previous_id is None
    assert not before.outcome.schedule.kept_previous
    assert after.previous_id == made.suggestion_id


def test_newer_suggestions_that_nobody_accepted_do_not_hide_the_accepted_plan(served):
    planner, store = served.planner, served.planner.suggestions
    made = planner.suggest(TWO, MIDNIGHT + timedelta(hours=6))
    planner.decide(made.suggestion_id, verdict="accepted", decided_by="Kim", reason="")
    state = {"equipment": "Large", "measured_at": MIDNIGHT, "soc_share": 0.3}
    other = MadeWith(told=FirmNow(states=[state]))
    zone = planner.firm(TWO).zone
    store.propose(made.forecast, made.schedule, zone=zone, created_at=NOW, made_with=other)
    assert [one.suggestion_id for one in store.accepted_of(TWO, limit=1)] == [made.suggestion_id]
    assert planner.accepted(TWO, NOW).suggestion_id == made.suggestion_id
    assert planner.accepted(TWO, MIDNIGHT - timedelta(minutes=15)) is None


def test_a_plan_of_equipment_that_is_declared_no_more_cannot_be_kept(served):
    made, firm = served.planner.suggest(TWO, MIDNIGHT), served.planner.firm(TWO)
    assert made.is_of(firm)
    assert not made.is_of(firm.model_copy(update={"equipment": firm.equipment[:1]}))
    moved = {move.equipment for move in made.schedule.moves}
    assert moved
    others = tuple(
        one.model_copy(update={"kind": "curtailable_load"}) if one.name in moved else one
        for one in firm.equipment
    )
    assert not made.is_of(firm.model_copy(update={"equipment": others}))
