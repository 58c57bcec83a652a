"""``sandan schedule``: a problem from a file, its plan as JSON or as a table, and its form."""

import json

import numpy as np
import pytest
from pydantic import TypeAdapter
from typer.testing import CliRunner

from cli.main import app
from models.optimizer import start_search
from models.optimizer.problem_file.document import ProblemDocument
from tests.fakes.clock import SuddenEnd
from tests.models.optimizer.example_problems import KEPCO, STATED, changed, scheduled


@pytest.fixture
def sandan(tmp_path, monkeypatch):
    """Run a command beside an empty home; returns its exit code and all that it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SANDAN_HOME", str(tmp_path / "home"))

    def run(*arguments, told=None):
        ended = CliRunner().invoke(app, ["schedule", *arguments], input=told)
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        return ended.exit_code, ended.output

    return run


@pytest.fixture
def problem(tmp_path):
    """Write a problem to a file."""

    def write(told: dict) -> str:
        file = tmp_path / "problem.json"
        file.write_text(json.dumps(told), encoding="utf-8")
        return str(file)

    return write


def test_the_answer_is_the_plan_of_the_problem(sandan, problem, tmp_path):
    code, said = sandan("--problem", problem(KEPCO), "--out", "answer.json")
    assert (code, said) == (0, "the answer is in answer.json\n")
    answer = json.loads((tmp_path / "answer.json").read_text("utf-8"))
    plan, schedule = answer["plan"], scheduled(KEPCO)
    assert (answer["format"], answer["outcome"], answer["site_id"]) == (
        "sandan-answer/1",
        "solved",
        "works",
    )
    assert plan["saved_krw"] == pytest.approx(schedule.saved_krw)
    assert plan["valid_times"][0] == "2026-07-01T00:00:00+09:00"
    assert 0 <= plan["gap_krw"] <= 2
    assert plan["bound_krw"] <= plan["planned_cost"]["total_krw"]
    assert [move["equipment"] for move in plan["moves"]] == [
        move.equipment for move in schedule.moves
    ]
    assert sum(move["saved_krw"] for move in plan["moves"]) == pytest.approx(plan["saved_krw"])
    total_kw = np.sum([piece["planned_kw"] for piece in plan["equipment"]], axis=0)
    base_kw = np.array(KEPCO["base_load"]["kw"])
    assert plan["planned_import_kw"] == pytest.approx(base_kw + total_kw, abs=0.01)
    stored = {piece["name"]: piece["soc_kwh"] for piece in plan["equipment"]}
    assert len(stored["ESS"]) == 97
    assert stored["kiln"] is None
    assert not (tmp_path / "home").exists()


def test_without_a_file_to_write_the_plan_is_a_table(sandan, problem):
    code, said = sandan("--problem", problem(KEPCO))
    assert code == 0
    for part in (
        "전력량요금",
        "demand",
        "피크 peak",
        "2026-07",
        "430.0",
        "ESS",
        "kiln",
        "discharge",
    ):
        assert part in said
    assert "earned by export" not in said


def test_the_table_tells_how_likely_what_is_billed_anyway_is_passed(sandan, problem):
    paths = [
        {"probability": share, "kw": [kw] * 96} for share, kw in ((0.75, 200.0), (0.25, 400.0))
    ]
    scenarios = {"kind": "scenarios", "paths": paths}
    code, said = sandan("--problem", problem(changed(STATED, equipment=[], base_load=scenarios)))
    assert code == 0
    assert "25% → 25%" in said
    assert "chance" not in sandan("--problem", problem(changed(STATED, equipment=[])))[1]


def test_a_table_stands_beside_the_file_where_it_is_asked_for(sandan, problem, tmp_path):
    event = {
        "name": "call",
        "start": "2026-07-01T16:00:00+09:00",
        "end": "2026-07-01T17:00:00+09:00",
        "baseline_kw": 400.0,
        "reduction_kw": 50.0,
        "paid_krw_per_kwh": 900.0,
    }
    told = changed(STATED, events=[event], site__export={"krw_per_kwh": 50.0})
    code, said = sandan("--problem", problem(told), "--out", "answer.json", "--table")
    assert code == 0
    assert "call: 참여 takes part, 50.0 kWh, +45,000 won" in said
    answer = json.loads((tmp_path / "answer.json").read_text("utf-8"))
    assert answer["plan"]["events"][0]["credited_kwh"] == pytest.approx(50)


def test_standard_input_and_output_serve_as_files(sandan):
    code, said = sandan("--problem", "-", "--out", "-", told=json.dumps(STATED))
    assert code == 0
    assert json.loads(said)["outcome"] == "solved"


def test_a_problem_without_a_plan_says_why_and_ends_with_1(sandan, problem, tmp_path):
    told = changed(STATED, site__contract_power_kw=100.0, site__contract_limit="hard")
    code, said = sandan("--problem", problem(told), "--out", "answer.json")
    assert code == 1
    answer = json.loads((tmp_path / "answer.json").read_text("utf-8"))
    assert (answer["outcome"], answer["plan"]) == ("infeasible", None)
    assert answer["reason"].startswith("the contract power of 100 kW cannot be kept")
    assert answer["reason"] in said
    late = changed(KEPCO, time_limit_s=1e-9)
    code, said = sandan("--problem", problem(late))
    assert code == 1
    assert "no plan (timed_out)" in said
    assert "raise time_limit_s" in said


def test_the_best_plan_by_the_end_of_the_time_is_written_as_not_proved(
    sandan, problem, tmp_path, monkeypatch
):
    # The relaxation and the rounded starts are solved, nothing is proved.
    monkeypatch.setattr(start_search, "time", SuddenEnd(after_looks=3))
    code, said = sandan("--problem", problem(KEPCO), "--out", "answer.json", "--table")
    assert code == 1
    assert "unproved plan (timed_out)" in said
    answer = json.loads((tmp_path / "answer.json").read_text("utf-8"))
    assert answer["outcome"] == "timed_out"
    plan = answer["plan"]
    assert plan["saved_krw"] > 0
    assert plan["gap_krw"] == pytest.approx(plan["planned_cost"]["total_krw"] - plan["bound_krw"])


def test_the_schema_is_the_form_of_a_problem(sandan):
    code, said = sandan("--schema")
    assert code == 0
    assert json.loads(said) == TypeAdapter(ProblemDocument).json_schema()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "no problem is named"),
        (("--problem", "missing.json"), "missing.json cannot be read"),
        (("--problem", "."), ". cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(sandan, arguments, named):
    code, said = sandan(*arguments)
    assert code == 1
    assert named in said


def test_a_file_that_cannot_be_written_is_named(sandan, problem):
    code, said = sandan("--problem", problem(STATED), "--out", "nowhere/answer.json")
    assert code == 1
    assert "nowhere/answer.json cannot be written" in said
