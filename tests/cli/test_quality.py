"""Through the real command line: findings with advice, freshness, and a calendar that is kept."""

import json
from contextlib import closing
from datetime import timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.main import app
from feature_store.settings import Settings
from feature_store.storage.findings import FindingStore
from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import STEPS_PER_DAY
from tests.builders import MONDAY, a_batch_of, a_firm, batch_of
from tests.fakes.made_load import a_made_load

DAYS = 40
END = MONDAY + timedelta(days=DAYS)
WEEK = slice(28 * STEPS_PER_DAY, 33 * STEPS_PER_DAY)
"""Monday to Friday."""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SANDAN_HOME", str(tmp_path))
    history = a_made_load(DAYS)
    history.demand_kw[WEEK] = 0.0
    history.demand_kw[35 * STEPS_PER_DAY + 40 : 35 * STEPS_PER_DAY + 44] = np.nan
    store = open_store(Settings(home=tmp_path))
    for firm_id in ("bakery", "kiln_works"):
        store.declare(a_firm(firm_id, holiday_country=None), known_at=MONDAY)
    store.append(batch_of(a_batch_of(history).rows), recorded_at=END)
    store.close()


def sandan(*arguments):
    ended = CliRunner().invoke(app, arguments)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.output


def told(*arguments, as_of=END):
    code, said = sandan("quality", *arguments, "--json", "--as-of", as_of.isoformat())
    assert code == 0
    return {one["firm_id"]: one for one in json.loads(said)}


def test_the_table_tells_findings_advice_and_freshness_in_both_languages():
    code, said = sandan("quality", "--firm", "kiln_works", "--as-of", END.isoformat())
    assert code == 0
    assert "green" in said
    assert "받지 못한 0" in said
    assert "missing readings" in said
    assert "sandan firms calendar" in said


def test_the_json_tells_the_same_for_a_program():
    one = told("--firm", "kiln_works")["kiln_works"]
    assert [found["kind"] for found in one["findings"]] == ["false_zero", "gap"]
    zero, gap = one["findings"]
    assert zero["start"] == (MONDAY + timedelta(days=28)).isoformat()
    assert zero["learnt"]["unit"] == "%"
    assert gap["seen"][0] == {"name": "missing intervals", "value": 4, "unit": ""}
    assert gap["advice"]["ko"] != gap["advice"]["en"]


def test_all_firms_are_told_at_once_also_one_that_never_reported():
    everyone = told("--all")
    assert list(everyone) == ["bakery", "kiln_works"]
    assert everyone["bakery"]["freshness"]["state"] == "red"
    assert everyone["bakery"]["findings"] == []


def test_a_past_moment_knows_nothing_of_what_came_later():
    before = told("--firm", "kiln_works", as_of=MONDAY + timedelta(days=27))
    assert before["kiln_works"]["freshness"]["age_s"] == 0
    assert before["kiln_works"]["findings"] == []


def test_a_declared_shutdown_takes_its_finding_away_from_when_it_is_known(tmp_path):
    file = tmp_path / "calendar.csv"
    first, last = (MONDAY + timedelta(days=day) for day in (28, 32))
    file.write_text(f"kind,from,to\nsummer_shutdown,{first.date()},{last.date()}\n", "utf-8")
    at = (END + timedelta(hours=1)).isoformat()
    code, said = sandan("firms", "calendar", str(file), "--firm", "kiln_works", "--known-at", at)
    assert code == 0
    assert "kiln_works: changed, 1 period declared" in said
    after = told("--firm", "kiln_works", as_of=END + timedelta(hours=2))["kiln_works"]
    assert [one["kind"] for one in after["findings"]] == ["gap"]
    assert len(told("--firm", "kiln_works")["kiln_works"]["findings"]) == 2
    _, again = sandan("firms", "calendar", str(file), "--firm", "kiln_works", "--known-at", at)
    assert "unchanged" in again


def test_a_calendar_can_be_taken_back(tmp_path):
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("firm_id,kind,from,to\nbakery,closure,2026-05-04,2026-05-04\n", "utf-8")
    other.write_text("firm_id,kind,from,to\nbakery,closure,2026-05-06,2026-05-06\n", "utf-8")
    sandan("firms", "calendar", str(one))
    assert "2 periods" in sandan("firms", "calendar", str(other))[1]
    assert "1 period declared" in sandan("firms", "calendar", str(other), "--replace")[1]
    assert "2026-05-04" not in sandan("firms", "show", "bakery")[1]


def test_declaring_a_firm_again_keeps_its_calendar_unless_it_brings_one(tmp_path):
    calendar, firms = tmp_path / "calendar.csv", tmp_path / "firms.yaml"
    calendar.write_text("firm_id,kind,from,to\nbakery,closure,2026-05-04,2026-05-04\n", "utf-8")
    declared = (
        "firms:\n  - {firm_id: bakery, name_ko: 빵집, name_en: Bakery, contract: {power_kw: 99}"
    )
    sandan("firms", "calendar", str(calendar))
    firms.write_text(declared + "}", "utf-8")
    assert "changed" in sandan("firms", "declare", str(firms))[1]
    assert "2026-05-04" in sandan("firms", "show", "bakery")[1]
    firms.write_text(declared + ", work_calendar: []}", "utf-8")
    assert "changed" in sandan("firms", "declare", str(firms))[1]
    assert "2026-05-04" not in sandan("firms", "show", "bakery")[1]


def test_a_calendar_with_bad_rows_is_refused_whole_and_every_row_is_named(tmp_path):
    file = tmp_path / "calendar.csv"
    file.write_text(
        "firm_id,kind,from,to\nbakery,closure,2026-05-04,2026-05-04\n"
        "steel,closure,2026-05-04,2026-05-04\nbakery,nap,2026-05-04,2026-05-03\n",
        "utf-8",
    )
    code, said = sandan("firms", "calendar", str(file))
    assert code == 1
    assert "steel" in said
    assert "nap" in said
    assert "nothing was stored" in said
    assert "work_calendar: []" in sandan("firms", "show", "bakery")[1]


@pytest.fixture
def now_is_the_end(monkeypatch):
    monkeypatch.setenv("SANDAN_REPLAY_TIME", END.isoformat())


def recorded(tmp_path):
    with closing(open_store(Settings(home=tmp_path))) as store:
        known = FindingStore(engine=store.engine).findings_known(END, "kiln_works")
    return [one.finding.kind for one in known]


@pytest.mark.usefixtures("now_is_the_end")
def test_what_is_found_is_recorded_once(tmp_path):
    assert "recorded: 2 findings new or changed, 0 gone" in sandan("quality", "--all")[1]
    assert recorded(tmp_path) == ["false_zero", "gap"]
    assert "recorded: 0 findings new or changed, 0 gone" in sandan("quality", "--all")[1]


@pytest.mark.usefixtures("now_is_the_end")
def test_what_no_longer_holds_is_recorded_as_gone(tmp_path):
    sandan("quality", "--all")
    whole = a_made_load(DAYS)
    whole.demand_kw[WEEK] = 0.0
    with closing(open_store(Settings(home=tmp_path))) as store:
        store.append(batch_of(a_batch_of(whole).rows), recorded_at=END)
    code, said = sandan("quality", "--firm", "kiln_works")
    assert code == 0
    assert "recorded: 0 findings new or changed, 1 gone" in said
    assert recorded(tmp_path) == ["false_zero"]


@pytest.mark.usefixtures("now_is_the_end")
@pytest.mark.parametrize("arguments", [("--no-record",), ("--as-of", END.isoformat())])
def test_nothing_is_recorded_of_a_look_that_is_to_leave_no_trace(tmp_path, arguments):
    assert "recorded" not in sandan("quality", "--all", *arguments)[1]
    assert recorded(tmp_path) == []


@pytest.mark.usefixtures("now_is_the_end")
def test_only_the_days_asked_about_are_told():
    said = sandan("quality", "--firm", "kiln_works", "--days", "10", "--json", "--no-record")[1]
    assert [one["kind"] for one in json.loads(said)[0]["findings"]] == ["gap"]


def test_the_help_says_that_findings_are_recorded():
    _, said = sandan("quality", "--help")
    assert "What is found is recorded" in " ".join(said.split())


def test_a_check_of_an_earlier_time_than_the_last_says_that_it_recorded_nothing(monkeypatch):
    monkeypatch.setenv("SANDAN_REPLAY_TIME", END.isoformat())
    sandan("quality", "--all")
    monkeypatch.setenv("SANDAN_REPLAY_TIME", (END - timedelta(days=1)).isoformat())
    assert "checked as of a later moment" in sandan("quality", "--all")[1]


@pytest.mark.parametrize("arguments", [(), ("--firm", "bakery", "--all")])
def test_one_firm_or_all_must_be_named(arguments):
    code, said = sandan("quality", *arguments)
    assert code == 1
    assert "write --firm ID or --all" in said
