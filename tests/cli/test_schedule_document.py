"""The problem that docs/schedules.md shows is scheduled as it says, and what it names exists."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import TypeAdapter
from typer.testing import CliRunner

from cli.main import app
from models.optimizer.problem_file import limits
from models.optimizer.problem_file.document import ProblemDocument, ScenarioLoad
from models.optimizer.problem_file.firm_now import FirmNow
from models.optimizer.schedule import Binding

TEXT = (Path(__file__).parents[2] / "docs/schedules.md").read_text("utf-8")
PROBLEM, ANSWER, SCENARIOS, FIRM_NOW = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)


def shown(told, answered) -> None:
    """Check that what is shown is the answer with parts left out."""
    if isinstance(told, dict):
        for name, part in told.items():
            shown(part, answered[name])
    elif isinstance(told, list):
        assert len(told) == len(answered)
        for part, one in zip(told, answered, strict=True):
            shown(part, one)
    else:
        assert told == (pytest.approx(answered) if isinstance(told, float) else answered)


def test_the_example_has_the_answer_that_is_shown():
    ended = CliRunner().invoke(app, ["schedule", "--problem", "-", "--out", "-"], input=PROBLEM)
    assert ended.exit_code == 0, ended.output
    shown(json.loads(ANSWER), json.loads(ended.output))


def test_the_example_of_scenarios_is_one():
    assert TypeAdapter(ScenarioLoad).validate_json(SCENARIOS).risk_share == 0.5


def test_every_part_of_a_problem_is_told():
    told = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    assert told == set(ProblemDocument.model_fields) - {"max_state_age_minutes"}
    assert "`max_state_age_minutes` (30)" in TEXT
    assert ProblemDocument.model_fields["max_state_age_minutes"].default == 30


def test_every_limit_of_a_move_is_told():
    (section,) = re.findall(r"^## What holds a move\n(.*?)^## ", TEXT, re.DOTALL | re.MULTILINE)
    rows = [line for line in section.splitlines() if line.startswith("|")]
    told = [word for row in rows[2:] for word in re.findall(r"`(\w+)`", row.split("|")[2])]
    assert sorted(told) == sorted(get_args(Binding))


def test_the_limits_told_are_those_that_hold():
    assert f"Up to {limits.MOST_STEPS:,} intervals" in TEXT
    assert f"{limits.MOST_EQUIPMENT} pieces of equipment, {limits.MOST_PATHS} scenarios" in TEXT
    assert f"up to {limits.LONGEST_TIME_LIMIT_S:g} s" in TEXT
    assert f"{limits.MOST_BYTES // 1024**2} MiB are taken" in TEXT


def test_what_is_told_of_a_firm_in_the_document_names_every_field():
    told = FirmNow.model_validate_json(FIRM_NOW)
    assert told.model_fields_set == set(FirmNow.model_fields) - {"max_state_age_minutes"}
