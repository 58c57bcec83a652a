"""``sandan db`` upgrades, checks, backs up, restores and rolls up the ledger, and says so."""

import pytest
from typer.testing import CliRunner

from cli.main import app
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import STEPS_PER_DAY
from tests.builders import MONDAY, a_batch, a_firm


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("SANDAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SANDAN_DATABASE_URL", raising=False)

    def run(*words):
        return CliRunner().invoke(app, ["db", *map(str, words)])

    return run


def test_a_ledger_is_made_checked_backed_up_and_restored(run, tmp_path):
    assert run("check").exit_code == 1
    assert "at revision" in run("upgrade").output
    checked = run("check")
    assert checked.exit_code == 0
    assert "the ledger is whole" in checked.output
    assert "readings" in checked.output
    assert run("backup", tmp_path / "copy").exit_code == 0
    assert (tmp_path / "copy").exists()
    assert run("restore", tmp_path / "copy").exit_code == 0


def test_what_cannot_be_done_is_told_with_exit_code_1(run, tmp_path):
    run("upgrade")
    assert run("restore", tmp_path / "none").exit_code == 1
    (tmp_path / "there").touch()
    assert run("backup", tmp_path / "there").exit_code == 1


def test_daily_loads_are_rolled_up_once_and_again_when_asked(run, tmp_path):
    store = open_store(Settings(home=tmp_path / "home"))
    store.declare(a_firm(), known_at=MONDAY)
    store.append(a_batch([1.0] * 2 * STEPS_PER_DAY), recorded_at=MONDAY)
    store.close()
    assert "1 firms: 2 days worked out" in run("rollup").output
    assert "1 firms: 0 days worked out" in run("rollup").output
    assert "1 firms: 2 days worked out" in run("rollup", "--rebuild").output
    assert run("check").exit_code == 0
