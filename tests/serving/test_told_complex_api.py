"""``/v1/schedule/complex`` answers what the command answers, and names what is wrong."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from feature_store.errors import SandanError
from feature_store.settings import Settings
from models.optimizer.problem_file.complex_reading import read_complex
from tests.fakes.scheduler import OneJobScheduler
from tests.models.optimizer.example_complexes import CASTING, COMPLEX, MILLING
from tests.models.optimizer.example_problems import BATTERY_WITHOUT_WEAR, KILN, changed
from tests.serving.conftest import serve

PATH = "/v1/schedule/complex"
PEAK = {"peak_krw_per_kw": 3000.0}
STORE = BATTERY_WITHOUT_WEAR | {"name": "community"}
SHARED_STORE = PEAK | {"batteries": [STORE], "battery_krw_per_kwh": 160.0}


def measured(at: str = "2026-07-01T13:55:00+09:00", **state) -> dict:
    """The complex with a battery of the community and what was measured of it."""
    state = {"equipment": "community", "measured_at": at} | state
    return COMPLEX | {"shared": SHARED_STORE | {"states": [state]}}


KILN_PART = {"name": "kiln", "kind": "shiftable_job", "parameters": KILN}
SCENARIOS = {"kind": "scenarios", "paths": [{"probability": 1.0, "kw": [100.0] * 8}]}
BAD = {
    "no firm is named": (COMPLEX | {"members": []}, "unreadable-problem", ["members"]),
    "the format is another": (
        COMPLEX | {"format": "sandan-complex/2"},
        "unreadable-problem",
        ["format", "write a sandan-complex/1"],
    ),
    "a firm is named twice": (
        COMPLEX | {"members": [CASTING, CASTING]},
        "unusable-complex",
        ["casting is named twice"],
    ),
    "firms are planned for other intervals": (
        changed(COMPLEX, members__1__grid__start="2026-07-01T15:00:00+09:00"),
        "unusable-complex",
        ["milling is planned from", "the same intervals"],
    ),
    "the limit is not told for every interval": (
        COMPLEX | {"shared": {"feeder_limit_kw": [600.0] * 7}},
        "unusable-complex",
        ["feeder_limit_kw has shape (7,)", "each of the 8 intervals"],
    ),
    "the peak counts an interval that is none": (
        COMPLEX | {"shared": PEAK | {"peak_steps": [8]}},
        "unusable-complex",
        ["peak_steps counts intervals 8 to 8", "0 to 7"],
    ),
    "a shared battery's energy has no price": (
        COMPLEX | {"shared": {"batteries": [BATTERY_WITHOUT_WEAR]}},
        "unusable-complex",
        ["give battery_krw_per_kwh"],
    ),
    "a job is shared": (
        COMPLEX | {"shared": {"batteries": [KILN_PART]}},
        "unusable-equipment",
        ["shared, kiln: only batteries are shared"],
    ),
    "a shared battery was measured too long ago": (
        measured("2026-07-01T12:00:00+09:00", soc_share=0.4),
        "stale-state",
        ["shared, states: community was measured at", "120 minutes before the grid starts"],
    ),
    "a shared battery was measured later": (
        measured("2026-07-01T14:15:00+09:00", soc_share=0.4),
        "stale-state",
        ["shared, states: community is told as of", "after the grid's first interval"],
    ),
    "a shared battery is charged beyond its window": (
        measured(soc_share=0.95),
        "state-outside-window",
        ["shared, community: a state of charge of 0.95 lies outside of its window"],
    ),
    "a state is of no shared battery": (
        measured(equipment="ESS", soc_share=0.4),
        "unusable-problem",
        ["shared, states: no equipment is called 'ESS'; name one of community"],
    ),
    "a firm's load is missing": (
        changed(COMPLEX, members__1__base_load__kw=[None] * 8),
        "unusable-base-load",
        ["members.1, milling: base_load.kw: no load is told"],
    ),
    "a firm's load is told as scenarios": (
        COMPLEX | {"members": [CASTING, MILLING | {"base_load": SCENARIOS}]},
        "unusable-problem",
        ["members.1, milling: scenarios cannot be planned together with other firms"],
    ),
    "a firm feeds back": (
        changed(COMPLEX, members__0__site__export={"krw_per_kwh": 50.0}),
        "unusable-problem",
        ["members.0, casting: site.export cannot be planned together"],
    ),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    served = serve(Settings(home=tmp_path_factory.mktemp("home")), OneJobScheduler())
    yield served.client
    served.application.close()


def test_both_doors_give_the_same_answer(client):
    ended = CliRunner().invoke(
        app, ["schedule", "--problem", "-", "--out", "-"], input=json.dumps(COMPLEX)
    )
    answer = client.post(PATH, json=COMPLEX)
    assert (ended.exit_code, answer.status_code) == (0, 200)
    documents = [json.loads(ended.output), answer.json()]
    for document in documents:
        document["plan"].pop("solve_seconds")
    assert documents[0] == documents[1]


def test_a_shared_battery_begins_as_it_was_measured(client):
    told = measured(soc_kwh=42.0) | {"split": False}
    (battery,) = client.post(PATH, json=told).json()["plan"]["batteries"]
    assert battery["soc_kwh"][0] == 42.0
    old = measured("2026-07-01T12:00:00+09:00", soc_kwh=42.0) | {"split": False}
    shared = old["shared"] | {"max_state_age_minutes": 120.0}
    (battery,) = client.post(PATH, json=old | {"shared": shared}).json()["plan"]["batteries"]
    assert battery["soc_kwh"][0] == 42.0


def test_a_complex_without_a_plan_is_a_problem_document(client):
    answer = client.post(PATH, json=changed(COMPLEX, shared__feeder_limit_kw=300.0))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/infeasible")
    assert answer.json()["detail"].startswith("the feeder's limit cannot be kept")


@pytest.mark.parametrize(
    ("service_s", "told_s", "mend"),
    [
        (1e-9, 30.0, "name fewer firms or raise SANDAN_SOLVER_TIME_LIMIT_S"),
        (10.0, 1e-9, "raise time_limit_s, or name fewer firms"),
    ],
    ids=["the service's", "its own"],
)
def test_the_time_limit_that_ended_is_the_one_that_is_named(tmp_path, service_s, told_s, mend):
    served = serve(Settings(home=tmp_path, solver_time_limit_s=service_s), OneJobScheduler())
    answer = served.client.post(PATH, json=changed(COMPLEX, time_limit_s=told_s))
    served.application.close()
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/solver-timed-out")
    assert answer.json()["detail"].endswith(f"; {mend}")


@pytest.mark.parametrize(("told", "kind", "said"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_named_with_its_mend(client, told, kind, said):
    text = json.dumps(told)
    with pytest.raises(SandanError):  # where nothing has been solved yet
        read_complex(text.encode())
    answer = client.post(PATH, content=text)
    assert answer.status_code == 422
    document = answer.json()
    assert document["type"] == f"/problems/{kind}"
    assert [part for part in said if part not in document["detail"]] == []
    ended = CliRunner().invoke(app, ["schedule", "--problem", "-"], input=text)
    assert ended.exit_code == 1
    assert f"error: {document['detail']}" in ended.output


def test_a_page_of_another_site_may_not_ask(client):
    answer = client.post(PATH, json=COMPLEX, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
