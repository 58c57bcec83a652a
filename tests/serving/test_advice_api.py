"""Advice and the value of a kW over the API: the command line's figures, of what was known then."""

from __future__ import annotations

import json
from itertools import accumulate

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.serving.billed_works import HALF_READ, NOW, SILENT, serve_billed
from tests.serving.conftest import FIRM

ADVICE, VALUE = f"/v1/firms/{FIRM}/advice", f"/v1/firms/{FIRM}/value-of-kw"
TARGETS = [("lagging", 95), ("lagging", 97), ("leading", 95)]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def served(home):
    served = serve_billed(home)
    yield served
    served.application.close()


def test_the_advice_ranks_every_contract_against_todays(served):
    told = served.client.get(ADVICE).json()
    assert (told["months"][0], told["months"][-1], len(told["months"])) == (
        "2025-11",
        "2026-10",
        12,
    )
    assert {one["option"] for one in told["options"]} == {"I", "II", "III"}
    for one in (told["best"], *told["options"], *told["classes"], *told["powers"]):
        assert one["saved_krw"] == told["current"]["year_krw"] - one["year_krw"]
    cheapest = min(one["year_krw"] for one in told["options"] + told["powers"])
    assert told["best"]["year_krw"] <= cheapest
    assert told["largest_kw"] == 440
    assert [
        (target["kind"], target["percent"]) for target in told["power_factor"]["targets"]
    ] == TARGETS
    assert [closed["tariff_class"] for closed in told["closed_classes"]] == ["industrial_gab_2"]


def test_the_command_line_prints_the_same_advice(served, home, monkeypatch):
    monkeypatch.setenv("SANDAN_HOME", str(home))
    monkeypatch.setenv("SANDAN_REPLAY_TIME", NOW.isoformat())
    asked = ("advise", "--firm", FIRM, "--json", "--last-change", "2026-03-01")
    ended = CliRunner().invoke(app, asked)
    assert ended.exit_code == 0, ended.output
    answer = served.client.get(ADVICE, params={"last_change": "2026-03-01"})
    assert json.loads(ended.stdout) == answer.json()


def test_an_option_changed_within_a_year_may_not_be_changed_yet(served):
    told = served.client.get(ADVICE, params={"last_change": "2026-03-01"}).json()
    assert told["option_may_change_from"] == "2027-03-01"
    if "option" in told["best"]["changes"]:
        assert told["best"]["from"] == "2027-03-01"
    assert served.client.get(ADVICE).json()["option_may_change_from"] == "2026-11-10"


def test_advice_rests_on_what_was_known_then(served):
    then = served.client.get(ADVICE, params={"as_of": "2026-11-04T00:00:00+09:00"}).json()
    assert (then["day"], then["largest_kw"]) == ("2026-11-04", 400)


def test_a_kw_is_worth_what_the_month_and_those_that_remember_it_pay(served):
    told = served.client.get(VALUE, params={"as_of": "2026-09-10T09:00:00+09:00"}).json()
    months = told["months"]
    assert (told["firm_id"], told["as_of"], told["month"]) == (
        FIRM,
        "2026-09-10T09:00:00+09:00",
        "2026-09",
    )
    assert [one["month"] for one in months][:2] == ["2026-09", "2026-10"]
    assert months[0]["expected"] is None
    assert months[1]["expected"]["ground"] == "same_month_last_year"
    assert months[1]["expected"]["seen_in"] == "2025-10"
    assert all(one["anyway_kw"] == 400 for one in months)
    assert told["breakpoints_kw"] == [400.0] * len(months)
    assert told["slopes_krw_per_kw"] == list(accumulate(one["basic_krw_per_kw"] for one in months))


def test_a_month_that_nothing_remembers_pays_alone(served):
    told = served.client.get(VALUE).json()
    assert [one["month"] for one in told["months"]] == ["2026-11"]
    assert told["slopes_krw_per_kw"] == [8320.0]


@pytest.mark.parametrize(
    ("asked", "problem", "said"),
    [
        ("nobody/advice", "404 unknown-firm", "nobody"),
        ("nobody/value-of-kw", "404 unknown-firm", "nobody"),
        (f"{SILENT}/advice", "409 not-enough-readings", "import"),
        (f"{SILENT}/value-of-kw", "409 not-enough-readings", "import"),
        (f"{HALF_READ}/advice", "409 not-enough-readings", "11 whole billing months"),
        (f"{FIRM}/advice?last_change=2026-11-11", "422 unknown-terms", "after the day"),
        (f"{FIRM}/advice?last_change=9999-12-31", "422 unknown-terms", "after the day"),
        (f"{FIRM}/advice?last_change=March", "422 invalid-request", "write it like 2026-06-01"),
        (f"{FIRM}/advice?as_of=2026-11-04T00:00:00", "422 invalid-request", "no offset"),
        (f"{FIRM}/advice?as_of=2027-01-01T00:00:00Z", "422 moment-ahead", "has not come yet"),
        (f"{FIRM}/value-of-kw?as_of=2027-01-01T00:00:00Z", "422 moment-ahead", "not come"),
        (f"{FIRM}/value-of-kw?month=2026-10", "422 invalid-request", "query.month"),
    ],
)
def test_what_cannot_be_advised_on_is_a_named_problem(served, asked, problem, said):
    answer = served.client.get(f"/v1/firms/{asked}")
    status, kind = problem.split()
    assert (answer.status_code, answer.json()["type"]) == (int(status), f"/problems/{kind}")
    assert said in answer.json()["detail"]
