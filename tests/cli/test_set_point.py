"""Through the real command line: a battery's set-point in words, as JSON, and what is refused."""

import json
from contextlib import closing
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from cli.main import app
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from serving.bootstrap import build
from tests.serving.conftest import FIRM
from tests.serving.run_works import BARE, NOW, TWO, fill

ASKED = ("set-point", FIRM, "--load-kw", "300", "--charge-kwh", "Battery=150")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with closing(open_store(Settings(home=folder))) as ledger:
        fill(ledger)
    return folder


@pytest.fixture
def sandan(home, monkeypatch):
    monkeypatch.setenv("SANDAN_HOME", str(home))
    monkeypatch.setenv("SANDAN_REPLAY_TIME", NOW.isoformat())

    def run(*arguments):
        ended = CliRunner().invoke(app, arguments)
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        return ended.exit_code, ended.output

    return run


def test_it_says_what_the_battery_does_and_why(sandan):
    code, said = sandan(*ASKED, "--peak-so-far-kw", "262")
    assert code == 0
    assert "13:30 ~ 13:45" in said
    assert "Discharges to hold the peak" in said
    assert "방전 discharge" in said
    assert "-38.0" in said
    assert "계량 meter 262.0 kW" in said


def test_as_json_it_is_what_the_api_answers(sandan):
    code, said = sandan(*ASKED, "--at", "2026-06-25T03:05:00+09:00", "--json")
    told = json.loads(said[said.index("{") :])
    assert code == 0
    assert told["interval_start"] == "2026-06-25T03:00:00+09:00"
    assert told["decided_on"]["issue_time"] == "2026-06-25T02:00:00+09:00"
    assert not told["counted"]


def test_a_firm_that_follows_a_plan_is_told_which_or_that_there_is_none(sandan):
    asked = ("set-point", TWO, "--load-kw", "100", "--charge-kwh", "Large=130")
    asked = (*asked, "--charge-kwh", "Small=25")
    with closing(build(Settings())) as application:
        planner = application.planner
        firm = planner.firm(TWO).model_copy(update={"battery_operation": "plan"})
        with closing(open_store(planner.settings)) as ledger:
            ledger.declare(firm, known_at=NOW - timedelta(hours=1))
        code, said = sandan(*asked)
        assert code == 0
        assert "지금 따를 수락한 계획이 없어" in said
        assert "No accepted plan of this equipment covers now, so price and value decide." in said
        made = planner.suggest(TWO)
        planner.decide(made.suggestion_id, verdict="accepted", decided_by="Kim", reason="as it is")
    code, said = sandan(*asked)
    assert code == 0
    assert "Follows the accepted plan." in said
    assert f"계획 plan {made.suggestion_id}" in " ".join(said.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*ASKED[:4], "--charge-kwh", "150"), "write it like ESS=310"),
        ((*ASKED[:4], "--charge-kwh", "Battery=much"), "write it like ESS=310"),
        ((*ASKED, "--discharged-today-kwh", "Other=5"), "Other: what it gave today"),
        ((*ASKED, "--discharged-today-kwh", "Battery=-1"), "discharged_today_kwh"),
        ((*ASKED, "--charge-kwh", "Battery=160"), "Battery is told twice"),
        ((*ASKED[:4], "--charge-kwh", "Battery=240"), "25 to 225 kWh"),
        ((*ASKED[:4], "--charge-kwh", "ESS=150"), "name one of Battery"),
        (("set-point", BARE, *ASKED[2:]), "declares no battery"),
        (("set-point", FIRM, "--load-kw", "nan", *ASKED[4:]), "load_kw"),
        ((*ASKED, "--at", "2026-06-25T03:05:00"), "no offset"),
    ],
)
def test_what_cannot_be_answered_ends_with_a_sentence(sandan, arguments, said):
    code, told = sandan(*arguments)
    assert code == 1
    assert said in " ".join(told.split())
