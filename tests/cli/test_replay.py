"""Through the real command line: readings and a battery in, a folder with figures and pages out."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from cli.main import app
from tests.builders import a_history
from tests.made_replay import APRIL, a_firm_with_battery, a_load
from tests.training.evaluation.measured_files import readings_of
from training.replay.files import FIGURES, KOREAN_REPORT, REPORT

JUNE = ("--from", "2026-06-01", "--to", "2026-07-01", "--jobs", "1")
STEEL = Path(__file__).parents[2].parent / "shared/data/Steel_industry_data.csv"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SANDAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SANDAN_REPLAY_TIME", "2026-12-01T00:00:00+09:00")


def written(folder, histories, firms):
    readings, site = folder / "readings.parquet", folder / "site.yaml"
    readings_of(*histories).write_parquet(readings)
    declared = {
        "firms": [json.loads(firm.model_dump_json(exclude_defaults=True)) for firm in firms]
    }
    site.write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    return ("--readings", str(readings), "--site", str(site))


@pytest.fixture
def files(tmp_path):
    firms = [a_firm_with_battery(), a_firm_with_battery("press_shop")]
    return written(tmp_path, [a_load(), a_load("press_shop", seed=1)], firms)


def sandan(*arguments):
    ended = CliRunner().invoke(app, ["replay", *map(str, arguments)])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, " ".join(ended.output.split())


def test_months_of_two_firms_are_lived_again_and_told(files, tmp_path):
    out = tmp_path / "out"
    code, said = sandan(*files, *JUNE, "--months-alone", "--policies", "threshold", "--out", out)
    assert code == 0, said
    assert {FIGURES, REPORT, KOREAN_REPORT} <= {path.name for path in out.iterdir()}
    told = json.loads((out / FIGURES).read_text("utf-8"))
    assert [one["policy"] for one in told["policies"]] == [
        "nothing",
        "threshold",
        "perfect-foresight",
    ]
    assert [cell["site"] for cell in told["cells"]] == ["kiln_works", "press_shop"]
    assert all(cell["capture"]["perfect-foresight"] == 1 for cell in told["cells"])
    assert "2 sites, 2026-06-01 to 2026-07-01" in said
    assert str(out / REPORT).replace(" ", "") in said.replace(" ", "")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("--from", "1st of May"), "--from 1st of May: is no day; write it as 2018-07-01"),
        (("--to", "2026-13-01"), "--to 2026-13-01: is no day"),
        (("--to", "2026-06-20"), "no whole billing month lies between"),
        (("--policies", "threshold,oracle"), "no policy is called oracle; name some of nothing"),
    ],
)
def test_a_wrong_option_is_told_and_nothing_is_written(files, tmp_path, changed, told):
    out = tmp_path / "out"
    code, said = sandan(*files, *JUNE, "--policies", "threshold", *changed, "--out", out)
    assert code == 1
    assert told in said
    assert not out.exists() or not list(out.iterdir())


def test_adopting_wants_months_alone_of_a_firm_that_is_declared(files, tmp_path):
    adopting = (*files, *JUNE, "--adopt", "--out", tmp_path / "out")
    code, said = sandan(*adopting)
    assert code == 1
    assert "add --months-alone" in said
    code, said = sandan(*adopting, "--months-alone")
    assert code == 1
    assert "kiln_works: the ledger declares no such firm" in said
    assert not (tmp_path / "out").exists()


def test_a_firm_without_readings_is_named(tmp_path):
    firms = [a_firm_with_battery(), a_firm_with_battery("newcomer")]
    code, said = sandan(*written(tmp_path, [a_load()], firms), *JUNE, "--out", tmp_path / "out")
    assert code == 1
    assert "readings.parquet: holds no reading of newcomer; add them or leave the firms out" in said


def test_a_firm_without_a_battery_is_named(tmp_path):
    firm = a_firm_with_battery().model_copy(update={"equipment": ()})
    code, said = sandan(*written(tmp_path, [a_load()], [firm]), *JUNE, "--out", tmp_path / "out")
    assert code == 1
    assert "kiln_works: declares no battery; declare at least one" in said


def test_readings_that_are_none_are_refused_with_their_rows(tmp_path):
    site = written(tmp_path, [a_load()], [a_firm_with_battery()])[2:]
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "firm_id,period_start,kwh\nkiln_works,2026-05-01T00:00:00+09:00,many\n", encoding="utf-8"
    )
    code, said = sandan("--readings", bad, *site, *JUNE, "--out", tmp_path / "out")
    assert code == 1
    assert "bad.csv: was refused" in said
    assert "row 2, kwh 'many'" in said


def test_a_load_of_nothing_is_lived_too(tmp_path):
    """A closed firm saves nothing; no figure is made up of it."""
    history = a_history(np.zeros(a_load().grid.steps).tolist(), start=APRIL)
    files = written(tmp_path, [history], [a_firm_with_battery()])
    out = tmp_path / "out"
    code, said = sandan(*files, *JUNE, "--months-alone", "--policies", "threshold", "--out", out)
    assert code == 0, said
    assert (
        json.loads((out / FIGURES).read_text("utf-8"))["cells"][0]["capture"]["threshold"] is None
    )


@pytest.mark.skipif(not STEEL.exists(), reason="the public steel readings are not beside the tree")
def test_a_month_of_the_public_steel_readings_is_lived_by_a_cheap_rule(tmp_path):
    firm = a_firm_with_battery("steel", capacity_kwh=1000, max_charge_kw=250, max_discharge_kw=250)
    contract = firm.contract.model_copy(update={"power_kw": 700, "tariff_date": date(2026, 5, 4)})
    site = written(tmp_path, [a_load()], [firm.model_copy(update={"contract": contract})])[2:]
    code, said = sandan(
        *("--readings", STEEL, *site, "--from", "2018-07-01", "--to", "2018-08-01"),
        *("--months-alone", "--policies", "threshold", "--jobs", "1", "--out", tmp_path / "out"),
    )
    assert code == 0, said
    (cell,) = json.loads((tmp_path / "out" / FIGURES).read_text("utf-8"))["cells"]
    assert 0.5 < cell["capture"]["threshold"] < 0.95
    assert cell["peak_kw"]["perfect-foresight"] < cell["peak_kw"]["threshold"]
