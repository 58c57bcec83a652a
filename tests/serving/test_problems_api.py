"""``/v1/schedule/problem`` answers what the command answers; nothing of a problem is stored."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from feature_store.settings import Settings
from models.optimizer import start_search
from tests.fakes.clock import SuddenEnd
from tests.fakes.scheduler import OneJobScheduler
from tests.models.optimizer.example_problems import KEPCO, STATED, changed
from tests.serving.conftest import serve

PATH = "/v1/schedule/problem"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    served = serve(Settings(home=tmp_path_factory.mktemp("home")), OneJobScheduler())
    yield served.client
    served.application.close()


@pytest.mark.parametrize("told", [KEPCO, STATED], ids=["kepco", "stated"])
def test_both_doors_give_the_same_answer(client, tmp_path, told):
    file, out = tmp_path / "problem.json", tmp_path / "answer.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    ended = CliRunner().invoke(app, ["schedule", "--problem", str(file), "--out", str(out)])
    assert ended.exit_code == 0
    of_command = json.loads(out.read_text("utf-8"))
    answer = client.post(PATH, json=told)
    assert answer.status_code == 200
    of_service = answer.json()
    for document in (of_command, of_service):
        document["plan"].pop("solve_seconds")
    assert of_service == of_command


def test_what_limits_the_plan_is_told_where_it_is_asked_for(client, tmp_path):
    file, out = tmp_path / "problem.json", tmp_path / "answer.json"
    file.write_text(json.dumps(STATED), encoding="utf-8")
    command = ["schedule", "--problem", str(file), "--out", str(out), "--explain", "--table"]
    ended = CliRunner().invoke(app, command)
    assert ended.exit_code == 0, ended.output
    assert "계획 피크 planned peak: 2026-07-01" in ended.output
    assert "용량 capacity, kWh" in ended.output
    told = json.loads(out.read_text("utf-8"))["plan"]["explanation"]
    answered = client.post(f"{PATH}?explain=true", json=STATED).json()["plan"]["explanation"]
    assert answered == told
    assert told["planned_peak"]["demand_kw"] < told["usual_peak"]["demand_kw"]
    assert {one["limit"] for one in told["limits_worth"]} >= {"battery_kwh", "battery_kw"}
    assert told["alternatives"][0]["name"] == "cheapest"
    assert client.post(PATH, json=STATED).json()["plan"]["explanation"] is None


def test_a_problem_without_a_plan_is_a_problem_document(client):
    told = changed(STATED, site__contract_power_kw=100.0, site__contract_limit="hard")
    answer = client.post(PATH, json=told)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/infeasible"
    assert answer.json()["detail"].startswith("the contract power of 100 kW cannot be kept")
    late = client.post(PATH, json=changed(KEPCO, time_limit_s=1e-9))
    assert (late.status_code, late.json()["type"]) == (503, "/problems/solver-timed-out")
    assert late.json()["detail"].endswith("; raise time_limit_s or shorten the grid")


def test_the_services_own_time_limit_holds_and_is_the_one_that_is_named(tmp_path):
    hurried = Settings(home=tmp_path, solver_time_limit_s=1e-9)
    served = serve(hurried, OneJobScheduler())
    late = served.client.post(PATH, json=KEPCO)
    assert late.status_code == 503
    assert late.json()["detail"].endswith("; shorten the grid or raise SANDAN_SOLVER_TIME_LIMIT_S")
    served.application.close()


@pytest.mark.parametrize("query", ["", "?explain=true"])
def test_the_best_plan_by_the_end_of_the_time_is_answered_as_the_command_writes_it(
    client, tmp_path, monkeypatch, query
):
    file, out = tmp_path / "problem.json", tmp_path / "answer.json"
    file.write_text(json.dumps(KEPCO), encoding="utf-8")
    # The relaxation and the rounded starts are solved, nothing is proved.
    monkeypatch.setattr(start_search, "time", SuddenEnd(after_looks=3))
    command = ["schedule", "--problem", str(file), "--out", str(out)]
    assert CliRunner().invoke(app, command).exit_code == 1
    of_command = json.loads(out.read_text("utf-8"))
    monkeypatch.setattr(start_search, "time", SuddenEnd(after_looks=3))
    answer = client.post(PATH + query, json=KEPCO)
    assert answer.status_code == 200
    of_service = answer.json()
    assert of_service["outcome"] == "timed_out"
    plan = of_service["plan"]
    assert plan["gap_krw"] == pytest.approx(plan["planned_cost"]["total_krw"] - plan["bound_krw"])
    for document in (of_command, of_service):
        document["plan"].pop("solve_seconds")
    assert of_service == of_command


def test_where_the_services_limit_ended_the_plan_that_was_found_names_it(tmp_path, monkeypatch):
    served = serve(Settings(home=tmp_path, solver_time_limit_s=5), OneJobScheduler())
    monkeypatch.setattr(start_search, "time", SuddenEnd(after_looks=3))
    late = served.client.post(PATH, json=changed(KEPCO, time_limit_s=20)).json()
    served.application.close()
    assert late["plan"] is not None
    assert late["reason"].endswith("; shorten the grid or raise SANDAN_SOLVER_TIME_LIMIT_S")


def test_a_page_of_another_site_may_not_ask(client):
    answer = client.post(PATH, json=STATED, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
