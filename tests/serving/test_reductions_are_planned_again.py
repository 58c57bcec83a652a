"""Reductions of an accepted plan stand through plan after plan, as they are stored and read."""

from datetime import datetime
from pathlib import Path

import pytest

from feature_store.entities.firm import Contract, Equipment, Firm
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from models.dispatch.firm_plan import PeakValues
from tests.builders import a_batch_of, a_firm
from tests.made_replay import APRIL, BATTERY, a_load
from tests.serving.conftest import serve
from tests.serving.run_works import NOW

COLD = "cold_store"
CHILLING = {
    "max_reduction_kw": 50,
    "max_energy_kwh_per_day": 100,
    "cost_krw_per_kwh": 5,
    "earliest_start": "12:00",
    "latest_end": "17:00",
}
ON_OR_OFF = {
    "earliest_start": "13:00",
    "min_reduction_kw": 50,
    "max_duration": "00:30",
    "notice": "01:00",
    "recovery_share": 0.7,
    "recovery": "00:45",
}
CARRIED_ON = {"keep_unless_saves_krw": 1e9}


def cold_store(*equipment: Equipment, **chilling) -> Firm:
    chiller = Equipment(name="chiller", kind="curtailable_load", parameters=CHILLING | chilling)
    return a_firm(
        COLD,
        holiday_country=None,
        contract=Contract(power_kw=500),
        equipment=(chiller, *equipment),
    )


@pytest.fixture
def serve_cold_store(tmp_path: Path):
    settings, served = Settings(home=tmp_path, replay_time=NOW), []

    def declared(firm: Firm, known_at: datetime = APRIL):
        ledger = open_store(settings)
        ledger.declare(firm, known_at=known_at)
        if not served:
            ledger.append(a_batch_of(a_load(COLD)), recorded_at=NOW)
        ledger.close()
        served.append(serve(settings, PeakValues().plan))
        return served[-1]

    yield declared
    for one in served:
        one.application.close()


def at(clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return NOW.replace(hour=hour, minute=minute)


def asked(served, clock: str, **told):
    body = {"issue_time": at(clock).isoformat(), **told}
    return served.client.post(f"/v1/firms/{COLD}/suggestions", json=body)


def accepted(served, clock: str, **told) -> dict:
    """Return a plan that was made at a time, and accept it."""
    made = asked(served, clock, **told)
    assert made.status_code == 201, made.text
    decision = f"/v1/suggestions/{made.json()['suggestion_id']}/decision"
    accept = {"decision": "accepted", "decided_by": "Kim"}
    assert served.client.post(decision, json=accept).status_code == 201
    return made.json()


def state(equipment: str, clock: str, **told) -> dict:
    return {"equipment": equipment, "measured_at": at(clock).isoformat(), **told}


def remembered(made: dict) -> dict:
    (found,) = made["told"]["states"]
    return found["parameters"]


def test_no_announced_reduction_is_lost_to_the_rounding_of_stored_plans(serve_cold_store):
    served = serve_cold_store(cold_store(**ON_OR_OFF))
    accepted(served, "12:45")
    again = [accepted(served, clock, **CARRIED_ON) for clock in ("13:00", "13:15", "13:30")]
    assert all(made["schedule"]["kept_previous"] for made in again)
    depths_kw = [
        kw
        for made in again
        for kw in remembered(made)["reduced_before_kw"] + remembered(made)["announced_kw"]
    ]
    assert set(depths_kw) == {0, 50}


def test_what_was_given_up_today_counts_in_every_later_plan(serve_cold_store):
    served = serve_cold_store(cold_store())
    given_up = state("chiller", "12:00", parameters={"given_up_today_kwh": 60})
    made = accepted(served, "12:00", states=[given_up])
    planned_kw = made["schedule"]["equipment"][0]["planned_kw"]
    assert -sum(planned_kw[:48]) / 4 == pytest.approx(40, abs=0.01)  # until midnight
    for passed, clock in ((1, "12:15"), (2, "12:30")):
        made = accepted(served, clock, **CARRIED_ON)
        so_far_kwh = 60 - sum(planned_kw[:passed]) / 4
        assert remembered(made)["given_up_today_kwh"] == pytest.approx(so_far_kwh, abs=0.01)
        left_kw = made["schedule"]["equipment"][0]["planned_kw"][: 48 - passed]
        assert so_far_kwh - sum(left_kw) / 4 == pytest.approx(100, abs=0.01)


def test_a_plan_of_what_is_declared_otherwise_since_is_given_up_and_refuses_nothing(
    serve_cold_store,
):
    def battery(most_share: float) -> Equipment:
        parameters = BATTERY | {"max_soc_share": most_share}
        return Equipment(name="ESS", kind="battery", parameters=parameters)

    full = state("ESS", "12:00", soc_share=0.88)
    made = accepted(serve_cold_store(cold_store(battery(0.9))), "12:00", states=[full])
    assert min(made["schedule"]["equipment"][0]["planned_kw"]) < -30
    narrowed = cold_store(battery(0.8), max_reduction_kw=30)
    served = serve_cold_store(narrowed, known_at=at("13:00"))
    now = asked(served, "13:15", states=[state("ESS", "13:15", soc_share=0.7)], **CARRIED_ON)
    assert now.status_code == 201, now.text
    assert now.json()["previous_id"] == made["suggestion_id"]
    assert not now.json()["schedule"]["kept_previous"]
