"""Through the real command line: a firm's year becomes advice, as a table and as JSON."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.main import app
from feature_store.entities.firm import Contract
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from tests.builders import a_batch, a_firm, with_reactive
from tests.models.diagnosis.metered_year import metered

ARGUMENTS = ("advise", "--firm", "kiln_works", "--as-of", "2026-11-01T09:00:00+09:00")
TARGETS = [("lagging", 95), ("lagging", 97), ("leading", 95)]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    readings = metered(working_kw=400, lagging_share=0.54)
    moment = readings.grid.end
    store = open_store(Settings(home=folder))
    store.declare(
        a_firm(contract=Contract(power_kw=500, option="II")), known_at=readings.grid.start
    )
    batch = a_batch(readings.kwh.tolist(), start=readings.grid.start)
    store.append(
        with_reactive(
            batch,
            lagging_kvarh=readings.lagging_kvarh.tolist(),
            leading_kvarh=np.zeros(readings.grid.steps).tolist(),
        ),
        recorded_at=moment,
    )
    store.close()
    return folder


@pytest.fixture
def sandan(home, monkeypatch):
    monkeypatch.setenv("SANDAN_HOME", str(home))
    monkeypatch.setenv("SANDAN_REPLAY_TIME", "2026-11-02T00:00:00+09:00")

    def run(*more):
        ended = CliRunner().invoke(app, [*ARGUMENTS, *more])
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        return ended.exit_code, ended.output

    return run


def test_the_table_says_what_each_contract_would_have_cost(sandan):
    code, said = sandan()
    assert code == 0
    assert "kiln_works: 2025-11 ~ 2026-10" in said
    assert "선택요금" in said
    assert "industrial_eul high_a I, 500 kW" in said
    assert "지상역률 (lagging) 97 %" in said
    assert "exceeds the contract power of at most 299 kW" in said


def test_the_json_says_the_same_for_a_program(sandan):
    code, said = sandan("--json", "--last-change", "2026-03-01")
    assert code == 0
    told = json.loads(said)
    assert told["best"]["option"] == "I"
    assert told["best"]["saved_krw"] == told["current"]["year_krw"] - told["best"]["year_krw"] > 0
    assert told["best"]["from"] == told["option_may_change_from"] == "2027-03-01"
    assert told["power_factor"]["charged_krw"] > 0
    assert [
        (target["kind"], target["percent"]) for target in told["power_factor"]["targets"]
    ] == TARGETS
    assert told["largest_kw"] == 400
    assert told["closed_classes"][0]["tariff_class"] == "industrial_gab_2"


def test_a_forbidden_change_is_told_with_its_first_day(sandan):
    _, said = sandan("--last-change", "2026-03-01")
    assert "2027-03-01" in said
    assert "제67조⑦" in said


def test_a_day_that_is_none_is_refused(sandan):
    code, said = sandan("--last-change", "March")
    assert code == 1
    assert "'March' is not a day; write it like 2026-06-01" in said


def test_a_change_after_the_day_of_the_advice_is_refused(sandan):
    code, said = sandan("--last-change", "2026-11-02")
    assert code == 1
    assert "last_change cannot be 2026-11-02" in said


def test_advice_of_a_moment_to_come_is_refused(sandan):
    code, said = sandan("--as-of", "2099-01-01T00:00:00+09:00")
    assert code == 1
    assert "has not come yet" in said


def test_a_firm_that_is_not_known_is_told(home, monkeypatch):
    monkeypatch.setenv("SANDAN_HOME", str(home))
    ended = CliRunner().invoke(app, ["advise", "--firm", "bakery"])
    assert ended.exit_code == 1
    assert "no firm 'bakery' is declared" in ended.output
