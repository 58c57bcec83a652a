"""Worked bills over the API: the file's own verdict, and no body that breaks the service.

``SANDAN_SOAK=1`` runs the long form.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.tariffs.bill.bill_cases import read_bill_cases
from models.tariffs.bill.verification import verify
from serving.api.guards import BODY_LIMIT_BYTES, LONGER_BODIES
from serving.api.worked_bills import MOST_BANDS
from tests.serving.conftest import Served

QUESTIONS = 1000 if os.environ.get("SANDAN_SOAK") else 60
PATH = "/v1/bills/verify"
WORKED = Path(__file__).parents[1] / "golden/worked_bills.yaml"
FILE = json.loads(json.dumps(yaml.safe_load(WORKED.read_text("utf-8")), default=str))
"""The file as JSON."""
BILL = FILE["bills"][0]


def stated(**changes) -> dict:
    """A file of one bill with some of its inputs changed."""
    bill = deepcopy(BILL)
    bill["inputs"] |= changes
    return {"bills": [bill]}


def test_a_file_of_worked_bills_is_computed_as_the_command_line_computes_it(served: Served):
    answer = served.client.post(PATH, json=FILE)
    checked = verify(read_bill_cases(WORKED.read_text("utf-8"), what=WORKED.name))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "cases": checked.cases,
        "lines": len(checked.lines),
        "differing": [],
        "not_checked": ["june_2025"],
    }
    assert checked.cases > 20


def test_each_differing_line_is_told_with_both_figures(served: Served):
    wrong = deepcopy(FILE)
    wrong["bills"][2]["expected"]["total"] = 59238440
    wrong["bills"][0]["expected"]["fund"] = 1
    wrong["band_cases"][0]["band"] = "mid"
    differing = served.client.post(PATH, json=wrong).json()["differing"]
    assert differing == [
        {"case": "eul_a2_winter_2023", "line": "fund", "expected": 1, "computed": None},
        {
            "case": "eul_a2_summer_2025",
            "line": "total",
            "expected": 59238440,
            "computed": 59238430,
        },
        {"case": "2026-04-15T14:00", "line": "band", "expected": "mid", "computed": "peak"},
    ]


def test_decimals_are_taken_as_they_are_written(served: Served):
    energy = {"mid": {"kwh": 100, "rate": 128.7}}  # in binary a little below 12,870 won
    body = {"bills": [{"id": "one", "inputs": {"energy": energy}, "expected": {}}]}
    body["bills"][0]["expected"] = {"energy": {"mid": 12870}}
    assert served.client.post(PATH, json=body).json()["differing"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "states no bill"),
        ({"bills": []}, "states no bill"),
        ({"bills": [{"id": "one"}]}, "bills.one.inputs: Field required"),
        (stated(basic_won_per_kW=8320), "bills.eul_a2_winter_2023.inputs.basic_won_per_kW"),
        (stated(billed_demand_kw="many"), "billed_demand_kw"),
        (stated(billed_demand_kw=None, energy={"mid": {"kwh": -1, "rate": 1}}), "greater than"),
        (stated(billed_demand_kw="1e999999999"), "no more than 30 digits"),
        (stated(billed_demand_kw="1e-999999999"), "no more than 30 digits"),
        (stated(billed_demand_kw=10**30), "no more than 30 digits"),
        (stated(billed_demand_kw="NaN"), "finite"),
        (
            stated(energy={"mid": []}),
            "eul_a2_winter_2023.inputs.energy.mid: Value should have at least 1 item",
        ),
        (stated(fund_rate=[]), "should have at least 1 item"),
        (stated(beside={"fee": 10**4000}), "inputs.beside.fee"),
        ({"band_cases": [{"start": "0001-01-01T00:00", "band": "mid"}]}, "2000 to 2099"),
        ({"band_cases": [{"start": "9999-12-31T23:45", "band": "mid"}]}, "2000 to 2099"),
        (
            {
                "ratchet_cases": [
                    {
                        "id": "old",
                        "contract_kw": 1,
                        "current": "0000-01",
                        "monthly_max_kw": {},
                        "expected_billed_kw": 1,
                    }
                ]
            },
            "is not a billing month",
        ),
    ],
)
def test_what_no_bill_can_be_computed_from_is_told_with_its_place(served: Served, body, said):
    answer = served.client.post(PATH, json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unreadable-worked-bills")
    assert said in answer.json()["detail"]


def test_the_answer_to_a_wrong_file_does_not_grow_with_it(served: Served):
    answer = served.client.post(PATH, json={"bills": [{"id": "one"}] * 500})
    assert "in 1000 places" in answer.json()["detail"]
    assert len(answer.content) < 1000


def test_a_band_before_the_first_table_has_no_tariff(served: Served):
    body = {"band_cases": [{"start": "2001-01-01T00:00", "band": "mid"}]}
    answer = served.client.post(PATH, json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/no-tariff")


@pytest.mark.parametrize("body", [b"", b"[]", b"bills: []", b'{"bils": []}', b"[" * 60_000])
def test_a_body_of_another_form_is_refused(served: Served, body):
    headers = {"content-type": "application/json"}
    answer = served.client.post(PATH, content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


def test_a_file_may_be_longer_than_other_bodies_and_not_without_end(served: Served):
    size = len(json.dumps(BILL, ensure_ascii=False, separators=(",", ":")).encode())
    many = {"bills": [BILL] * (BODY_LIMIT_BYTES // size + 1)}
    assert served.client.post(PATH, json=many).json()["lines"] > 1
    more = {"bills": [BILL] * (LONGER_BODIES[PATH] // size + 1)}
    refused = served.client.post(PATH, json=more)
    assert (refused.status_code, refused.json()["type"]) == (413, "/problems/body-too-large")


def test_a_thousand_bands_are_computed_and_no_more(served: Served):
    one = {"start": "2026-04-15T14:00", "band": "peak"}
    more = served.client.post(PATH, json={"band_cases": [one] * (MOST_BANDS + 1)})
    assert (more.status_code, more.json()["type"]) == (422, "/problems/invalid-request")
    assert "at most 1000 items" in more.json()["detail"]
    some = served.client.post(PATH, json={"band_cases": [one] * 50})
    assert (some.json()["lines"], some.json()["differing"]) == (50, [])


figures = st.integers() | st.floats() | st.text("0123456789.e-+", max_size=12) | st.none()
rows = st.fixed_dictionaries({"kwh": figures, "rate": figures})
inputs = st.fixed_dictionaries(
    {},
    optional={
        "billed_demand_kw": figures,
        "basic_won_per_kw": figures,
        "energy": st.dictionaries(st.text(max_size=3), rows | st.lists(rows, max_size=2)),
        "fuel_rate": figures | st.lists(rows, max_size=2),
        "fund_rate": figures
        | st.lists(st.fixed_dictionaries({"days": figures, "rate": figures}), max_size=2),
        "excess": st.fixed_dictionaries({"contract_kw": figures, "max_kw": figures}),
        "other": st.dictionaries(st.text(max_size=3), st.integers()),
        "power_factor": st.fixed_dictionaries(
            {"standard_lagging": st.integers(), "cap": st.integers(), "lagging": st.integers()}
        ),
    },
)


@settings(
    max_examples=QUESTIONS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(inputs=inputs, expected=st.fixed_dictionaries({}, optional={"total": st.integers()}))
def test_no_worked_bill_is_answered_by_a_fault_of_the_service(served: Served, inputs, expected):
    body = {"bills": [{"id": "made", "inputs": inputs, "expected": expected}]}
    content = json.dumps(body).encode()
    answer = served.client.post(PATH, content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {200, 422}, answer.text
