"""``sandan schedule`` of firms that share something: the joint plan, its split, and refusals."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.main import app
from models.optimizer.problem_file import limits
from models.optimizer.problem_file.complex_document import ComplexDocument
from tests.models.optimizer.example_complexes import (
    CASTING,
    CASTING_KW,
    COMPLEX,
    MILLING,
    MILLING_KW,
)
from tests.models.optimizer.example_problems import BATTERY_WITHOUT_WEAR, KEPCO, changed

TEXT = (Path(__file__).parents[2] / "docs/complex.md").read_text("utf-8")
TOLD, ANSWERED = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)


def sandan(*arguments, told: dict | None = None):
    """Run the command on a complex given on standard input; returns exit code and output."""
    text = None if told is None else json.dumps(told)
    ended = CliRunner().invoke(app, ["schedule", *arguments], input=text)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.output


def answered(told: dict) -> dict:
    """What is answered to a complex that has a plan."""
    code, said = sandan("--problem", "-", "--out", "-", told=told)
    assert code == 0, said
    return json.loads(said)


def shown(told, answer) -> None:
    """Check that what is shown is the answer with parts left out and won rounded."""
    if isinstance(told, dict):
        for name, part in told.items():
            shown(part, answer[name])
    elif isinstance(told, list):
        for part, one in zip(told, answer, strict=True):
            shown(part, one)
    else:
        assert told == (pytest.approx(answer, rel=1e-4) if isinstance(told, float) else answer)


@pytest.fixture(scope="module")
def plan() -> dict:
    """The plan of the example."""
    return answered(COMPLEX)["plan"]


def test_the_joint_plan_adds_up_and_is_proved(plan):
    drawn_kw = np.sum([member["planned_import_kw"] for member in plan["members"]], axis=0)
    bills_krw = sum(member["planned_cost"]["total_krw"] for member in plan["members"])
    assert plan["demand_kw"] == pytest.approx(drawn_kw, abs=0.01)
    assert plan["peak_kw"] == pytest.approx(drawn_kw.max(), abs=0.01)
    assert plan["peak_kw"] < np.add(CASTING_KW, MILLING_KW).max() - 1
    assert plan["shared_krw"] == pytest.approx(3000 * plan["peak_kw"], rel=1e-5)
    assert plan["total_krw"] == pytest.approx(bills_krw + plan["shared_krw"])
    assert plan["bound_krw"] <= plan["total_krw"] + 1
    assert plan["gap_share"] <= 1e-5
    assert sum(plan["prices_krw_per_kw"]) == pytest.approx(3000, rel=1e-3)
    assert len(plan["members"][0]["equipment"][0]["soc_kwh"]) == 9


def test_the_parts_of_the_saving_are_told_and_nobody_is_worse_off(plan):
    split = plan["split"]
    assert split["method"] == "shapley"
    assert [part["site_id"] for part in split["members"]] == ["casting", "milling"]
    assert min(part["saved_krw"] for part in split["members"]) > 0
    paid_krw = sum(part["pays_krw"] for part in split["members"])
    assert paid_krw == pytest.approx(plan["total_krw"])


def test_the_table_shows_bills_and_parts():
    code, said = sandan("--problem", "-", told=COMPLEX)
    assert code == 0
    for part in ("casting", "milling", "공동 피크 shared peak", "절감 분배", "proved to"):
        assert part in said


def test_a_sampled_split_tells_how_well_it_is_known_and_who_would_object():
    members = [
        one | {"site": one["site"] | {"id": f"{one['site']['id']}_{number}"}}
        for number in range(3)
        for one in (CASTING, MILLING)
    ]
    told = COMPLEX | {"members": members, "time_limit_s": 3600.0}
    plan = answered(told)["plan"]
    split = plan["split"]
    parts_krw = [part["saved_krw"] for part in split["members"]]
    errors_krw = [part["standard_error_krw"] for part in split["members"]]
    assert (split["method"], split["not_shapley"]) == ("shapley_sampled", None)
    assert sum(part["pays_krw"] for part in split["members"]) == pytest.approx(plan["total_krw"])
    assert len(set(parts_krw[::2])) == len(set(parts_krw[1::2])) == 1
    assert 0 < max(errors_krw) < 0.001 * split["saved_krw"]
    assert 0 <= split["largest_objection_krw"] < split["saved_krw"]
    said = " ".join(sandan("--problem", "-", told=told)[1].split())
    for part in ("Shapley's value, sampled", "±", "largest objection of a group"):
        assert part in said


def test_a_feeders_limit_and_a_shared_battery_are_kept():
    shared = {
        "feeder_limit_kw": [600.0] * 8,
        "peak_krw_per_kw": 3000.0,
        "peak_steps": [4, 5, 6, 7],
        "batteries": [BATTERY_WITHOUT_WEAR | {"name": "community"}],
        "battery_krw_per_kwh": 160.0,
    }
    plan = answered(COMPLEX | {"shared": shared, "split": False})["plan"]
    demand_kw, (battery,) = np.array(plan["demand_kw"]), plan["batteries"]
    drawn_kw = np.sum([member["planned_import_kw"] for member in plan["members"]], axis=0)
    assert (battery["name"], len(battery["soc_kwh"])) == ("community", 9)
    assert demand_kw == pytest.approx(drawn_kw + battery["planned_kw"], abs=0.01)
    assert demand_kw.max() <= 600.001
    assert plan["peak_kw"] == pytest.approx(demand_kw[4:].max(), abs=0.01)
    assert plan["split"] is None


def test_a_split_that_cannot_be_is_refused_and_the_plan_stands():
    told = changed(COMPLEX, shared__feeder_limit_kw=600.0)
    plan = answered(told)["plan"]
    assert plan["split"] is None
    assert plan["split_refused"].startswith("casting alone cannot keep to its share of the feeder")
    assert "분배 없음 no split: casting" in sandan("--problem", "-", told=told)[1]


def test_a_limit_that_cannot_be_kept_says_why_and_ends_with_1():
    told = changed(COMPLEX, shared__feeder_limit_kw=300.0)
    code, said = sandan("--problem", "-", "--table", told=told)
    assert code == 1
    assert "no plan (infeasible): the feeder's limit cannot be kept" in said


def test_a_plan_that_is_not_found_in_time_says_so():
    code, said = sandan("--problem", "-", told=COMPLEX | {"time_limit_s": 1e-9})
    assert code == 1
    assert "no plan (timed_out): no joint plan was found within 1e-09 s" in said


def test_events_and_a_hard_contract_hold_for_the_firm_that_has_them():
    event = {
        "name": "call",
        "start": "2026-07-01T15:00:00+09:00",
        "end": "2026-07-01T15:30:00+09:00",
        "baseline_kw": 335.0,
        "reduction_kw": 30.0,
        "paid_krw_per_kwh": 50_000.0,
    }
    told = changed(COMPLEX, split=False, members__0__events=[event])
    plan = answered(told)["plan"]
    assert plan["members"][0]["planned_cost"]["events_earned_krw"] == pytest.approx(
        30.0 * 0.5 * 50_000, rel=1e-3
    )

    site = {"id": "casting", "contract_power_kw": 310.0, "contract_limit": "hard"}
    plan = answered(changed(COMPLEX, split=False, members__0__site=site))["plan"]
    assert max(plan["members"][0]["planned_import_kw"]) <= 310.001


def test_a_complex_is_not_explained():
    code, said = sandan("--problem", "-", "--explain", told=COMPLEX)
    assert code == 1
    assert "a complex is not explained" in said


def test_the_schema_is_the_form_of_a_complex():
    code, said = sandan("--schema", "--complex")
    assert code == 0
    assert json.loads(said) == ComplexDocument.model_json_schema()


def test_a_firm_of_a_tariff_of_kepcos_is_planned_with_another_one():
    other = changed(KEPCO, site__id="other", equipment=[])
    told = COMPLEX | {"members": [changed(KEPCO, equipment=[]), other], "split": False}
    plan = answered(told)["plan"]
    assert [member["site_id"] for member in plan["members"]] == ["works", "other"]
    assert plan["peak_kw"] == pytest.approx(800.0)


def test_the_example_of_the_document_has_the_answer_that_is_shown():
    shown(json.loads(ANSWERED), answered(json.loads(TOLD)))


def test_every_part_of_a_complex_is_told_with_its_limits():
    part = TEXT[TEXT.index("## As a file") :]
    assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == set(
        ComplexDocument.model_fields
    )
    assert f"Up to {limits.MOST_MEMBERS:,} firms, {limits.MOST_SHARED_BATTERIES} shared" in part
    assert f"{limits.MOST_COMPLEX_BYTES // 1024**2} MiB are taken" in part
