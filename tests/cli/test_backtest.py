"""Through the real command line: files in, forecasts and a report out, or what to mend."""

import json
from datetime import timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from cli.main import app
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from tests.builders import a_batch_of, a_firm
from tests.fakes.made_load import a_made_load
from tests.training.evaluation.measured_files import written_study
from training.evaluation.files import FILES

SHORT = ("--test-days", "15", "--steps", "144", "--jobs", "1")
RULE = ("--forecaster", "similar-day")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SANDAN_HOME", str(tmp_path / "home"))


@pytest.fixture
def files(tmp_path):
    histories = [a_made_load(70), a_made_load(75, firm_id="press_shop", seed=1)]
    readings, firms = written_study(tmp_path, histories)
    return ("--readings", str(readings), "--firms", str(firms))


def sandan(*arguments):
    ended = CliRunner().invoke(app, ["backtest", *map(str, arguments)])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.output


def test_by_default_the_model_is_compared_with_every_rule(files, tmp_path):
    out = tmp_path / "out"
    code, said = sandan(*files, *SHORT, "--out", out)
    assert code == 0, said
    assert {path.name for path in out.iterdir()} == set(FILES)
    told = json.loads((out / "metrics.json").read_text("utf-8"))
    names = ["model", "similar-day", "seasonal-naive", "same-day-type-mean"]
    assert told["protocol"]["forecasters"] == names
    loss = {name: told["forecasters"][name]["wql"] for name in names}
    assert loss["model"] < min(loss["seasonal-naive"], loss["same-day-type-mean"])
    taken = json.loads((out / "time.json").read_text("utf-8"))
    assert all(seconds > 0 for seconds in taken["fit_cpu_seconds"].values())
    assert "2 firms" in said
    assert all(name in said for name in names)
    assert str(out / "report.html") in said


def test_the_first_forecaster_named_is_the_one_under_test(files, tmp_path):
    code, _ = sandan(
        *files, *SHORT, "--forecaster", "seasonal-naive", *RULE, "--out", tmp_path / "out"
    )
    assert code == 0
    others = pl.read_parquet(tmp_path / "out" / "other_forecasts.parquet")
    assert others["forecaster"].unique().to_list() == ["similar-day"]


def test_issue_hours_and_days_are_those_that_were_asked(files, tmp_path):
    asked = ("--test-days", "3", "--issue-hours", "18,6", "--steps", "96", "--jobs", "1")
    code, _ = sandan(*files, *asked, *RULE, "--out", tmp_path / "out")
    assert code == 0
    rows = pl.read_parquet(tmp_path / "out" / "forecasts.parquet").filter(firm_id="kiln_works")
    issued = rows["issue_time"].unique().dt.convert_time_zone("Asia/Seoul").sort()
    assert issued.dt.hour().to_list() == [6, 18, 6, 18]
    assert rows.height == 4 * 96


def test_without_files_it_is_about_what_is_stored_cut_at_one_moment(tmp_path, monkeypatch):
    settings = Settings()
    histories = [a_made_load(70), a_made_load(66, firm_id="press_shop", seed=1)]
    end = histories[0].end
    monkeypatch.setenv("SANDAN_REPLAY_TIME", end.isoformat())
    store = open_store(settings)
    for history in histories:
        store.declare(a_firm(history.firm_id, holiday_country=None), known_at=history.grid.start)
        store.append(a_batch_of(history), recorded_at=end)
    store.close()
    code, said = sandan(*SHORT, *RULE, "--out", tmp_path / "out")
    assert code == 0, said
    told = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))
    starts = {firm["test_start"] for firm in told["firms"].values()}
    assert starts == {(end - timedelta(days=15)).isoformat()}
    assert len(told["firms"]) == 2


def test_a_firm_that_is_left_out_is_told_with_the_reason(tmp_path):
    histories = [a_made_load(70), a_made_load(50, firm_id="newcomer")]
    readings, firms = written_study(tmp_path, histories)
    code, said = sandan(
        "--readings", readings, "--firms", firms, *SHORT, *RULE, "--out", tmp_path / "out"
    )
    assert code == 0
    assert "left out: newcomer: 35 days of readings lie before the last 15" in said


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("--forecaster", "oracle"), "there is no forecaster 'oracle'; choose among model"),
        (("--issue-hours", "0,24"), "are not all hours of a clock"),
        (("--issue-hours", "noon"), "are not all hours of a clock"),
    ],
)
def test_a_wrong_option_is_told_and_nothing_is_written(files, tmp_path, changed, told):
    code, said = sandan(*files, *SHORT, *changed, "--out", tmp_path / "out")
    assert code == 1
    assert told in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("alone", [slice(0, 2), slice(2, 4)])
def test_one_file_without_the_other_is_told(files, tmp_path, alone):
    code, said = sandan(*files[alone], *SHORT, "--out", tmp_path / "out")
    assert code == 1
    assert "--readings and --firms go together" in said


def test_a_wrong_file_is_told_and_leaves_no_file(files, tmp_path):
    (tmp_path / "firms.csv").write_text("firm_id,timezone,holidays\n", encoding="utf-8")
    code, said = sandan(*files, *SHORT, "--out", tmp_path / "out")
    assert code == 1
    assert "firms.csv: holds no firm; write one a row" in said
    assert list((tmp_path / "out").iterdir()) == []
