"""A bill over the API is that of the command line; what cannot be billed is a named problem.

``SANDAN_SOAK=1`` runs the long form.
"""

from __future__ import annotations

import json
import os
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.main import app
from models.tariffs.bill.errors import ReadingsOutsideMonthError
from models.tariffs.errors import TariffTableError
from serving.api.problem import problem_of
from tests.serving.billed_works import BACKWARDS, HALF_READ, NOW, SILENT, serve_billed
from tests.serving.conftest import FIRM, Served

QUESTIONS = 1000 if os.environ.get("SANDAN_SOAK") else 50
OCTOBER = f"/v1/firms/{FIRM}/bills/2026-10"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def served(home):
    served = serve_billed(home)
    yield served
    served.application.close()


def billed(served: Served, **terms) -> dict:
    answer = served.client.get(OCTOBER, params=terms)
    assert answer.status_code == 200, answer.text
    return answer.json()


def krw_of(bill: dict, kind: str) -> int:
    return sum(line["amount_krw"] for line in bill["lines"] if line["kind"] == kind)


def test_the_lines_add_up_to_the_total(served):
    bill = billed(served)
    amounts = [line["amount_krw"] for line in bill["lines"]]
    assert [bill["month"], bill["first_day"], bill["last_day"]] == [
        "2026-10",
        "2026-10-01",
        "2026-10-31",
    ]
    assert sum(amounts[:-5]) == bill["subtotal_krw"] == krw_of(bill, "subtotal")
    assert sum(amounts[-5:-1]) == bill["total_krw"] == krw_of(bill, "total")
    assert krw_of(bill, "basic") == 440 * 8320


def test_gaps_are_listed_with_what_was_taken_for_them_and_never_as_zero(served):
    missing = billed(served)["missing"]
    assert (missing["count"], missing["of"]) == (4, 31 * 96)
    assert missing["gaps"] == [
        {
            "start": "2026-10-07T10:00:00+09:00",
            "end": "2026-10-07T11:00:00+09:00",
            "filled_kwh": 400,
        }
    ]


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ({}, ()),
        (
            {"option": "III", "contract_power_kw": 900, "switch": ["split=by_days"]},
            ("--option", "III", "--contract-power", "900", "--switch", "split=by_days"),
        ),
        (
            {"as_of": "2026-11-02T00:00:00+09:00", "tariff_date": "2024-10-24"},
            ("--as-of", "2026-11-02T00:00:00+09:00", "--tariff-date", "2024-10-24"),
        ),
        (
            {"peak": ["2026-10=470", "2026-01=480"]},
            ("--peak", "2026-10=470", "--peak", "2026-01=480"),
        ),
    ],
    ids=["as declared", "what if", "as of", "a statement's peak"],
)
def test_the_command_line_prints_the_same_document(served, home, monkeypatch, query, options):
    monkeypatch.setenv("SANDAN_HOME", str(home))
    monkeypatch.setenv("SANDAN_REPLAY_TIME", NOW.isoformat())
    asked = ("bill", "--firm", FIRM, "--month", "2026-10", "--json", *options)
    ended = CliRunner().invoke(app, asked)
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout) == billed(served, **query)


def test_only_what_was_known_then_is_billed(served):
    assert billed(served)["demand"]["kw"] == 440
    assert billed(served, as_of="2026-11-04T23:59:59+09:00")["demand"]["kw"] == 400
    assert billed(served, as_of="2026-11-04T15:00:00Z")["demand"]["kw"] == 440


def test_a_literal_plus_in_a_query_is_the_plus_of_the_offset(served):
    answer = served.client.get(f"{OCTOBER}?as_of=2026-11-02T00:00:00+09:00")
    assert answer.json() == billed(served, as_of="2026-11-02T00:00:00+09:00")


def test_a_month_is_billed_from_the_instant_it_is_over(served):
    assert billed(served, as_of="2026-11-01T00:00:00+09:00")["total_krw"] > 0
    early = served.client.get(OCTOBER, params={"as_of": "2026-10-31T23:59:59+09:00"})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/month-not-over")
    assert "ends at 2026-11-01T00:00:00+09:00" in early.json()["detail"]


@pytest.mark.parametrize(
    ("terms", "contract", "basic_krw"),
    [
        ({"option": "I"}, {"option": "I"}, 440 * 7220),
        ({"voltage": "high_b"}, {"voltage": "high_b"}, 440 * 7380),
        ({"contract_power_kw": 2000}, {"power_kw": 2000}, 600 * 8320),
        ({"tariff_date": "2022-01-01"}, {"tariff_date": "2022-01-01"}, 440 * 8320),
        (
            {"tariff_class": "industrial_gab_2", "contract_power_kw": 299},
            {"tariff_class": "industrial_gab_2", "power_kw": 299},
            440 * 7470,
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else str(value),
)
def test_what_if_the_terms_were_others(served, terms, contract, basic_krw):
    declared, bill = billed(served), billed(served, **terms)
    assert bill["contract"] == declared["contract"] | contract
    assert krw_of(bill, "basic") == basic_krw
    assert bill["total_krw"] != declared["total_krw"]


def test_a_peak_of_a_statement_goes_before_the_readings(served):
    bill = billed(served, peak=["2026-10=450.4"])
    assert (bill["demand"]["kw"], krw_of(bill, "basic")) == (450, 450 * 8320)
    ratchet = billed(served, peak=["2026-01=480"])
    assert (ratchet["demand"]["kw"], ratchet["demand"]["month"]) == (480, "2026-01")
    for wrong in ("2026-01", "2026-01=-1", "2026-01=nan", "2026-01=x"):
        answer = served.client.get(OCTOBER, params={"peak": wrong})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/impossible-peak")


def test_every_switch_of_a_question_is_taken_and_told(served):
    bill = billed(served, switch=["assumed_fuel_krw_per_kwh=0", "power_factor_notice=first_month"])
    changed = {one["name"]: one["value"] for one in bill["switches"] if not one["usual"]}
    assert changed == {"assumed_fuel_krw_per_kwh": "0.0", "power_factor_notice": "first_month"}
    assert krw_of(bill, "fuel") == krw_of(bill, "power_factor") == 0
    assert krw_of(billed(served), "power_factor") > 0


def test_a_month_with_too_many_gaps_is_billed_only_by_someone_who_says_so(served):
    path = f"/v1/firms/{HALF_READ}/bills/2026-10"
    refused = served.client.get(path)
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "/problems/too-many-missing-readings",
    )
    allowed = served.client.get(path, params={"switch": "most_missing_share=0.7"})
    assert allowed.json()["missing"]["count"] == 21 * 96


@pytest.mark.parametrize(
    ("asked", "problem", "said"),
    [
        ("nobody/bills/2026-10", "404 unknown-firm", "nobody"),
        (f"{FIRM}/bills/2026-11", "409 month-not-over", "ends at 2026-12-01"),
        (f"{FIRM}/bills/2099-12", "409 month-not-over", "earlier month"),
        (f"{FIRM}/bills/2025-08", "409 too-many-missing-readings", "import the missing"),
        (f"{FIRM}/bills/2020-12", "422 no-tariff", "2020-12-01"),
        (f"{SILENT}/bills/2026-10", "409 not-enough-readings", "import"),
        (f"{BACKWARDS}/bills/2026-10", "409 negative-reading", "2026-10-01T10:00:00+09:00"),
        (f"{FIRM}/bills/2026-13", "422 unknown-month", "write it like 2026-07"),
        (f"{FIRM}/bills/202610", "422 unknown-month", "write it like 2026-07"),
        (f"{FIRM}/bills/0000-01", "422 unknown-month", "write it like 2026-07"),
        (f"{FIRM}/bills/9999-12", "422 unknown-month", "write it like 2026-07"),
        ("?tariff_class=homes", "422 unknown-terms", "'industrial_gab_1'"),
        ("?voltage=high", "422 unknown-terms", "'high_a'"),
        ("?option=IV", "422 unknown-terms", "'none', 'I', 'II' or 'III'"),
        ("?contract_power_kw=0", "422 unknown-terms", "greater than 0"),
        ("?contract_power_kw=inf", "422 unknown-terms", "power_kw cannot be"),
        ("?contract_power_kw=nan", "422 unknown-terms", "power_kw cannot be"),
        ("?contract_power_kw=1e300", "422 unknown-terms", "power_kw cannot be"),
        ("?contract_power_kw=much", "422 invalid-request", "contract_power_kw"),
        ("?option=none", "422 no-tariff", "high_a/none"),
        ("?tariff_date=2012-12-31", "422 no-tariff", "2012-12-31"),
        ("?tariff_date=0001-01-01", "422 no-tariff", "0001-01-01"),
        ("?tariff_date=June", "422 invalid-request", "write it like 2026-06-01"),
        ("?tariff_date=1774051200", "422 invalid-request", "write it like 2026-06-01"),
        ("?switch=splitting=by_days", "422 unknown-switch", "there are"),
        ("?switch=split=by_hour", "422 unknown-switch", "by_hour"),
        ("?switch=most_missing_share=nan", "422 unknown-switch", "most_missing_share"),
        ("?switch=assumed_fuel_krw_per_kwh=inf", "422 unknown-switch", "cannot be 'inf'"),
        ("?switch=assumed_fuel_krw_per_kwh=1e300", "422 unknown-switch", "cannot be '1e300'"),
        ("?as_of=2026-11-09T00:00:00", "422 invalid-request", "no offset"),
        ("?as_of=2026-11-10T09:00:01%2B09:00", "422 moment-ahead", "has not come yet"),
        ("?as_of=yesterday", "422 invalid-request", "RFC 3339"),
        ("?optoin=I", "422 invalid-request", "query.optoin"),
    ],
)
def test_what_cannot_be_billed_is_a_named_problem(served, asked, problem, said):
    path = OCTOBER + asked if asked.startswith("?") else f"/v1/firms/{asked}"
    answer = served.client.get(path)
    status, kind = problem.split()
    assert (answer.status_code, answer.json()["type"]) == (int(status), f"/problems/{kind}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert set(answer.json()) == {"type", "title", "status", "detail"}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TariffTableError("rates: two versions overlap; end the first"), "contradicting-tariffs"),
        (ReadingsOutsideMonthError("readings of May; pass June's"), "readings-outside-month"),
    ],
)
def test_faults_of_tables_and_readings_that_no_request_can_cause_have_their_kind(error, kind):
    document = problem_of(error)
    assert (document.status, document.type) == (409, f"/problems/{kind}")


anything = st.text(max_size=12)
months = anything | st.from_regex(r"\A[0-9]{4}-[0-9]{2}\Z")
figures = st.floats().map(repr) | anything
terms = st.fixed_dictionaries(
    {},
    optional={
        "tariff_class": st.sampled_from(["industrial_gab_1", "industrial_gab_2"]) | anything,
        "voltage": st.sampled_from(["low", "high_b", "high_c"]) | anything,
        "option": st.sampled_from(["none", "I", "III"]) | anything,
        "contract_power_kw": figures,
        "tariff_date": st.dates().map(str) | anything,
        "as_of": st.datetimes().map(lambda moment: f"{moment.isoformat()}+09:00") | anything,
        "switch": st.builds(
            "{}={}".format,
            st.sampled_from(["most_missing_share", "assumed_fuel_krw_per_kwh", "split"]) | anything,
            figures,
        ),
    },
)


@settings(
    max_examples=QUESTIONS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(month=months | st.just("2026-10"), terms=terms)
def test_no_question_is_answered_by_a_fault_of_the_service(served, month, terms):
    path = f"/v1/firms/{FIRM}/bills/{quote(month, safe='')}"
    answer = served.client.get(path, params=terms)
    assert answer.status_code in {200, 404, 409, 422}, answer.text
    if answer.status_code != 200:
        assert answer.json()["type"] != "/problems/unusable-input"
