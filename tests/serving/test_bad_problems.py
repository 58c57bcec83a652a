"""Whatever is wrong with a problem is named before anything is solved, alike in both doors."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from feature_store.errors import SandanError
from feature_store.settings import Settings
from models.optimizer.problem_file.reading import read_problem
from tests.fakes.scheduler import OneJobScheduler
from tests.models.optimizer.example_problems import (
    KEPCO,
    PAST_PEAKS,
    STATED,
    STEPS,
    changed,
    day_kw,
)
from tests.serving.conftest import serve

NAN = float("nan")
ESS, KILN = "equipment__0__parameters", "equipment__1__parameters"
PATHS = [{"probability": 0.5, "kw": day_kw()}, {"probability": 0.5, "kw": day_kw()}]
SCENARIOS = {"kind": "scenarios", "paths": PATHS}
EVENT = {
    "name": "call",
    "start": "2026-07-01T16:00:00+09:00",
    "end": "2026-07-01T17:00:00+09:00",
    "baseline_kw": 400.0,
    "reduction_kw": 50.0,
    "paid_krw_per_kwh": 300.0,
}
PREVIOUS = {
    "start": "2026-07-01T00:00:00+09:00",
    "equipment_kw": {"ESS": [0.0] * STEPS},
    "keep_unless_saves_krw": 100.0,
}


def state(**told) -> dict:
    """A state of charge measured as the grid starts."""
    return {"equipment": "ESS", "measured_at": "2026-07-01T00:00:00+09:00"} | told


def without(problem: dict, place: str) -> dict:
    return {name: part for name, part in problem.items() if name != place}


BAD = {
    "a load is missing at some intervals": (
        changed(KEPCO, base_load__kw=[*day_kw()[:40], None, *day_kw()[41:]]),
        "unusable-base-load",
        ["no load is told for 1 of 96 intervals", "2026-07-01T10:00", "fill the gaps"],
    ),
    "a path is too short": (
        changed(KEPCO, base_load__kw=day_kw()[:95]),
        "unusable-base-load",
        ["95 values for 96 intervals"],
    ),
    "a path is not a number somewhere": (
        changed(KEPCO, base_load__kw=[NAN, *day_kw()[1:]]),
        "unusable-base-load",
        ["no load is told for 1 of 96", "2026-07-01T00:00"],
    ),
    "a path is infinite somewhere": (
        changed(KEPCO, base_load__kw=[float("inf"), *day_kw()[1:]]),
        "unusable-base-load",
        ["no load is told for 1 of 96"],
    ),
    "a load is below zero": (
        changed(KEPCO, base_load__kw=[-1.0, *day_kw()[1:]]),
        "unusable-base-load",
        ["-1 kW", "declare site.export"],
    ),
    "there is no load at all": (
        without(KEPCO, "base_load"),
        "unreadable-problem",
        ["base_load: Field required"],
    ),
    "a scenario is not a number somewhere": (
        changed(
            KEPCO, base_load=SCENARIOS | {"paths": [PATHS[0], PATHS[1] | {"kw": [NAN] * STEPS}]}
        ),
        "unusable-base-load",
        ["base_load.paths.1.kw: no load is told for 96 of 96"],
    ),
    "probabilities do not add up to 1": (
        changed(
            KEPCO, base_load=SCENARIOS | {"paths": [PATHS[0], PATHS[1] | {"probability": 0.4}]}
        ),
        "probabilities",
        ["add up to 0.9, not 1", "divide each by their sum"],
    ),
    "quantiles cross": (
        changed(
            KEPCO,
            base_load={"kind": "quantiles", "kw": {"q0.5": day_kw(), "q0.8": [10.0] * STEPS}},
        ),
        "unusable-base-load",
        ["q0.8 lies below q0.5 at 2026-07-01T00:00"],
    ),
    "quantiles do not reach as far as peaks are judged": (
        changed(KEPCO, base_load={"kind": "quantiles", "kw": {"q0.5": day_kw()}}),
        "unusable-base-load",
        ["do not enclose", "add q0.5 and q0.8"],
    ),
    "a level is no probability": (
        changed(KEPCO, base_load={"kind": "quantiles", "kw": {"P80": day_kw()}}),
        "unusable-base-load",
        ["'P80' is no probability level"],
    ),
    "a capacity is negative": (
        changed(KEPCO, **{f"{ESS}__capacity_kwh": -400}),
        "unusable-equipment",
        ["works, ESS: capacity_kwh", "greater than 0"],
    ),
    "an efficiency is over 1": (
        changed(KEPCO, **{f"{ESS}__charge_efficiency": 1.05}),
        "unusable-equipment",
        ["works, ESS: charge_efficiency", "less than or equal to 1"],
    ),
    "a limit is not a number": (
        changed(KEPCO, **{f"{ESS}__max_charge_kw": NAN}),
        "unusable-equipment",
        ["works, ESS: max_charge_kw"],
    ),
    "a window is shorter than the job": (
        changed(KEPCO, **{f"{KILN}__latest_end": "09:00"}),
        "unusable-equipment",
        ["works, kiln: ", "8 steps of profile_kw do not fit in 08:00 to 09:00", "widen"],
    ),
    "a kind is not known": (
        changed(KEPCO, equipment__0__kind="flywheel"),
        "unusable-equipment",
        ["kind 'flywheel' is not known", "battery"],
    ),
    "two pieces of equipment have one name": (
        changed(KEPCO, equipment__1__name="ESS"),
        "unusable-equipment",
        ["two pieces of equipment are called 'ESS'"],
    ),
    "a declared state of charge is outside of its window": (
        changed(KEPCO, **{f"{ESS}__initial_soc_share": 0.05}),
        "state-outside-window",
        ["ESS: a state of charge of 0.05", "0.1 to 0.9"],
    ),
    "a measured state of charge is outside of its window": (
        changed(KEPCO, states=[state(soc_kwh=399.0)]),
        "state-outside-window",
        ["0.9975", "measure again"],
    ),
    "a state is stale": (
        changed(KEPCO, states=[state(soc_share=0.5, measured_at="2026-06-30T22:00:00+09:00")]),
        "stale-state",
        ["120 minutes before the grid starts, and 30 are allowed", "max_state_age_minutes"],
    ),
    "a state is not measured yet": (
        changed(KEPCO, states=[state(soc_share=0.5, measured_at="2026-07-01T03:00:00+09:00")]),
        "stale-state",
        ["after the grid's first interval"],
    ),
    "what was announced was told a while ago": (
        changed(
            KEPCO,
            states=[
                state(
                    equipment="chiller",
                    measured_at="2026-06-30T23:40:00+09:00",
                    parameters={"notice": "01:00", "announced_kw": [0.0, 30.0]},
                )
            ],
        ),
        "stale-state",
        ["announced_kw of chiller was told 20 minutes before", "tell it again"],
    ),
    "more was reduced than can be": (
        changed(
            KEPCO, states=[state(equipment="chiller", parameters={"reduced_before_kw": [80.0]})]
        ),
        "unusable-equipment",
        ["works, chiller: ", "reduced_before_kw holds 80, above max_reduction_kw 50"],
    ),
    "a state is of no equipment": (
        changed(KEPCO, states=[state(equipment="ESS 2", soc_share=0.5)]),
        "unusable-problem",
        ["no equipment is called 'ESS 2'", "ESS, kiln"],
    ),
    "a state of charge is told of a job": (
        changed(KEPCO, states=[state(equipment="kiln", soc_share=0.5)]),
        "unusable-problem",
        ["kiln declares no initial_soc_share"],
    ),
    "past peaks are missing": (
        changed(KEPCO, past_peaks_kw=without(PAST_PEAKS, "2026-01")),
        "missing-past-peaks",
        ["2026-01", "write each in kW, or null"],
    ),
    "the running month's peak is missing": (
        changed(KEPCO, grid__start="2026-07-15T00:00:00+09:00"),
        "missing-past-peaks",
        ["the peaks of 2026-07 are not told"],
    ),
    "a past peak has not been yet": (
        changed(KEPCO, past_peaks_kw=PAST_PEAKS | {"2026-08": 400.0}),
        "unusable-problem",
        ["2026-08 begins after the grid does"],
    ),
    "a past peak is of no month": (
        changed(KEPCO, past_peaks_kw=PAST_PEAKS | {"July": 400.0}),
        "unknown-month",
        ["'July' is not a billing month"],
    ),
    "the grid starts off the quarter hour": (
        changed(KEPCO, grid__start="2026-07-01T00:07:00+09:00"),
        "off-grid",
        ["not on a quarter hour", "2026-07-01T00:00:00+09:00", "running"],
    ),
    "the grid's start has no offset": (
        changed(KEPCO, grid__start="2026-07-01T00:00:00"),
        "off-grid",
        ["no offset from UTC", "+09:00"],
    ),
    "the grid's start is no time": (
        changed(KEPCO, grid__start="tomorrow"),
        "off-grid",
        ["'tomorrow' is no time"],
    ),
    "a field is unknown": (
        changed(KEPCO, site__contract_kw=500),
        "unreadable-problem",
        ["site.contract_kw: Extra inputs are not permitted", "sandan schedule --schema"],
    ),
    "the format is another": (
        changed(KEPCO, format="sandan-problem/2"),
        "unreadable-problem",
        ["format", "sandan-problem/1"],
    ),
    "the contract power is missing": (
        changed(KEPCO, site={"id": "works"}),
        "unusable-problem",
        ["a tariff of KEPCO's needs the contract power"],
    ),
    "a contract power that is none is hard": (
        changed(STATED, site={"id": "works", "contract_limit": "hard"}),
        "unusable-problem",
        ["there is none to be kept"],
    ),
    "a time zone does not exist": (
        changed(KEPCO, site__timezone="Asia/Gwangju"),
        "unreadable-problem",
        ["site.timezone", "Asia/Seoul"],
    ),
    "no table answers for the day": (
        changed(KEPCO, grid__start="2001-07-01T00:00:00+09:00", past_peaks_kw={}),
        "no-tariff",
        ["no version covers"],
    ),
    "prices do not cover the grid": (
        changed(STATED, tariff__krw_per_kwh=[100.0] * 95),
        "unusable-prices",
        ["tariff.krw_per_kwh: 95 values for 96 intervals"],
    ),
    "a peak counts an interval that is none": (
        changed(STATED, tariff__peaks=[{"name": "p", "krw_per_kw": 1.0, "steps": [96]}]),
        "unusable-prices",
        ["counts intervals 96 to 96", "0 to 95"],
    ),
    "a price is negative": (
        changed(STATED, tariff__krw_per_kwh=-1.0),
        "unreadable-problem",
        ["greater than or equal to 0"],
    ),
    "feeding back earns more than drawing costs, over scenarios": (
        changed(STATED, base_load=SCENARIOS, site__export={"krw_per_kwh": 120.0}),
        "unusable-prices",
        ["earns more than one drawn costs"],
    ),
    "an event lies outside of the grid": (
        changed(STATED, events=[EVENT | {"end": "2026-07-02T17:00:00+09:00"}]),
        "unusable-problem",
        ["events: call runs from"],
    ),
    "an event begins off the quarter hour": (
        changed(STATED, events=[EVENT | {"start": "2026-07-01T16:05:00+09:00"}]),
        "off-grid",
        ["the start of call", "2026-07-01T16:00:00+09:00"],
    ),
    "two events have one name": (
        changed(STATED, events=[EVENT, EVENT]),
        "unusable-problem",
        ["two are called 'call'"],
    ),
    "the interval under way fed back what may not be": (
        changed(STATED, running={"drawn_kwh": -1.0, "elapsed_share": 0.5}),
        "unusable-problem",
        ["running.drawn_kwh", "fed back"],
    ),
    "the interval under way is over": (
        changed(STATED, running={"drawn_kwh": 1.0, "elapsed_share": 1.0}),
        "unreadable-problem",
        ["running.elapsed_share", "less than 1"],
    ),
    "the plan made before is of other equipment": (
        changed(STATED, previous=PREVIOUS | {"equipment_kw": {"old": [0.0]}}),
        "unusable-problem",
        ["it is about old, and the site has ESS"],
    ),
    "the plan made before begins later": (
        changed(STATED, previous=PREVIOUS | {"start": "2026-07-01T01:00:00+09:00"}),
        "unusable-problem",
        ["after the grid"],
    ),
    "the plan made before is over": (
        changed(STATED, previous=PREVIOUS | {"start": "2026-06-30T00:00:00+09:00"}),
        "unusable-problem",
        ["it is over before the grid starts"],
    ),
    "plans made before have different lengths": (
        changed(
            KEPCO,
            previous=PREVIOUS
            | {"equipment_kw": {"ESS": [0.0], "kiln": [0.0, 0.0], "chiller": [0.0], "roof": [0.0]}},
        ),
        "unusable-problem",
        ["plans of different lengths"],
    ),
    "the grid starts in no time to come": (
        changed(KEPCO, grid__start="9999-12-31T23:45:00+00:00"),
        "off-grid",
        ["outside of the years 2000 to 2099"],
    ),
    "a load is not one of a site": (
        changed(KEPCO, base_load__kw=[1e12, *day_kw()[1:]]),
        "unusable-base-load",
        ["1e+12 kW is more than any site draws"],
    ),
    "there are too many intervals": (
        changed(STATED, grid__steps=1345),
        "problem-too-large",
        ["grid.steps: 1,345, and up to 1,344 are taken"],
    ),
    "there is too much equipment": (
        changed(STATED, equipment=STATED["equipment"] * 201),
        "problem-too-large",
        ["equipment: 201, and up to 200 are taken"],
    ),
    "there are too many paths": (
        changed(KEPCO, base_load=SCENARIOS | {"paths": PATHS * 26}),
        "problem-too-large",
        ["base_load.paths: 52, and up to 50 are taken"],
    ),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    served = serve(Settings(home=tmp_path_factory.mktemp("home")), OneJobScheduler())
    yield served.client
    served.application.close()


@pytest.mark.parametrize(("problem", "kind", "said"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_named_with_its_mend(client, tmp_path, problem, kind, said):
    text = json.dumps(problem)
    with pytest.raises(SandanError):  # where nothing has been solved yet
        read_problem(text.encode())
    answer = client.post("/v1/schedule/problem", content=text)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == 422
    document = answer.json()
    assert document["type"] == f"/problems/{kind}"
    assert [part for part in said if part not in document["detail"]] == []

    file, out = tmp_path / "problem.json", tmp_path / "answer.json"
    file.write_text(text, encoding="utf-8")
    ended = CliRunner().invoke(app, ["schedule", "--problem", str(file), "--out", str(out)])
    assert ended.exit_code == 1
    assert f"error: {document['detail']}" in ended.output
    assert not out.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '"format"', "\x00", '{"format": 1}'])
def test_what_is_no_problem_at_all_is_unreadable(client, text):
    document = client.post("/v1/schedule/problem", content=text).json()
    assert document["type"] == "/problems/unreadable-problem"
    assert "docs/schedules.md" in document["detail"]


def test_a_problem_of_more_than_four_mebibytes_is_refused(client, tmp_path):
    text = json.dumps(STATED) + " " * (4 * 1024 * 1024)
    assert client.post("/v1/schedule/problem", content=text).status_code == 413
    file = tmp_path / "problem.json"
    file.write_text(text, encoding="utf-8")
    ended = CliRunner().invoke(app, ["schedule", "--problem", str(file)])
    assert ended.exit_code == 1
    assert "up to 4,194,304 are taken" in ended.output
